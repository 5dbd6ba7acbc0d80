"""How far from agreement faithful robots can be after k rounds, and what breaking that bound costs.

z^k = (I - αL) z^{k-1} leaves the mean where it is and shrinks what is off it, so for any connected graph

    dist(z^k, Z) ≤ r^k D,   r = max(|1 - αλ₂|, |1 - αλmax|),   D = sup_{q ∈ Θ} ‖(I - J) q‖            ("tight")

The bound of T, Algorithm 2, line 12, exists on trees only, where BᵀB is invertible with smallest eigenvalue λ₂:

    (1 - ρ)^k ‖B(BᵀB)⁻¹‖₂ sup_{q ∈ Θ} ‖Bᵀq‖₂,   ρ = αλ₂ ("paper"),   ρ = λ₂/λmax ("paper-as-published")

Where edges have weights, L = B diag(w) Bᵀ, the paper's proof goes through with B√w in place of B. f = √w Bᵀz obeys
f⁺ = (I - α√w BᵀB√w) f, whose matrix is symmetric with the eigenvalues of I - αL off the mean: ‖f^k‖ ≤ (1 - αλ₂)^k ‖f⁰‖.
The columns of B√w span what is off the mean: dist = ‖B√w(√w BᵀB√w)⁻¹ f‖ ≤ ‖f‖/√λ₂. "paper" is then
(1 - αλ₂)^k √Σw ‖hi - lo‖/√λ₂; for "paper-as-published" nothing is published.

As published it fines faithful robots: Appendix D needs 1 - αλ₂ ≤ 1 - λ₂/λmax, so α ≥ 1/λmax, which line 3 excludes.
Misses of at most `noise_m` a round and rounding widen every bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.packing import Axes
from robosim.network.network import Network

FLOOR = 1e-12
"""Rounding allowed for, as a share of sup ‖q‖ over the type space."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """β(k) = factor^k · size + noise · (1 - contraction^k) / (1 - contraction) + floor, all in metres.

    `contraction` is what a round truly shrinks; a published `factor` may claim more.
    """

    factor: float
    contraction: float
    size: float
    noise: float
    floor: float

    def beta(self, k: ArrayLike) -> Array:
        """The bound after k rounds; `k` may be an array of rounds."""
        rounds = np.asarray(k, dtype=np.float64)
        missed = rounds if self.contraction == 1.0 else (1 - self.contraction**rounds) / (1 - self.contraction)
        return np.asarray(self.factor**rounds * self.size + self.noise * missed + self.floor)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """β(k) = reached[k] + floor, metres: a bound that was computed, or proven, for each round 0..n.

    Parameters
    ----------
    reached : (n+1,) the largest distance to agreement of a faithful team after each round, over all types.
    floor : what rounding may add.
    noise : the Frobenius norm of what a team misses in a round, in the mean of all rounds.
    """

    reached: Annotated[Array, Axes("*", least=0)]
    floor: Annotated[float, Axes(least=0)]
    noise: Annotated[float, Axes(least=0)] = 0.0

    def beta(self, k: ArrayLike) -> Array:
        """The bound after k rounds, an array of the shape of `k`; infinite after the last round of the list."""
        rounds = np.asarray(k, dtype=np.float64)
        known = rounds <= len(self.reached) - 1
        place = np.where(known, rounds, 0.0).astype(np.int64)
        return np.asarray(np.where(known, self.reached[place], np.inf) + self.floor)


def contraction(network: Network, alpha: float) -> float:
    """max(|1 - αλ₂|, |1 - αλmax|): what one faithful round leaves of the distance to agreement."""
    slow = abs(1 - alpha * network.connectivity)
    fast = abs(1 - alpha * network.lambda_max)
    return slow if alpha * network.lambda_max <= 1 + 1e-11 else max(slow, fast)


def diameter(n: int, lower: Array, upper: Array) -> float:
    """D = sup ‖(I - J) q‖ over the box [lower, upper]^n: half of the robots in one corner, half in the opposite one."""
    return float(np.sqrt((n // 2) * ((n + 1) // 2) / n) * np.linalg.norm(upper - lower))


def edge_diameter(n: int, lower: Array, upper: Array, weight: float | None = None) -> float:
    """sup ‖√w Bᵀq‖ over the box on a tree: its colour classes stand in opposite corners; `weight` is Σw, else N - 1."""
    return float(np.sqrt(n - 1 if weight is None else weight) * np.linalg.norm(upper - lower))


def tight(network: Network, alpha: float, lower: Array, upper: Array) -> tuple[float, float]:
    """(factor, size) for any connected graph, 0 < α < 2/λmax."""
    return contraction(network, alpha), diameter(network.n, lower, upper)


def paper(network: Network, alpha: float, lower: Array, upper: Array) -> tuple[float, float]:
    """(factor, size) of T, Algorithm 2, line 12 with the corrected ρ = αλ₂."""
    return 1 - alpha * network.connectivity, _published_size(network, alpha, lower, upper)


def paper_as_published(network: Network, alpha: float, lower: Array, upper: Array) -> tuple[float, float]:
    """(factor, size) of T, Algorithm 2, lines 4 and 12 to the letter: too small, kept to show the fault."""
    if network.links.edge_weight is not None:
        raise BadInput('the paper publishes no bound for graphs with weights (use bound = "tight", or "paper")')
    return 1 - network.connectivity / network.lambda_max, _published_size(network, alpha, lower, upper)


def _published_size(network: Network, alpha: float, lower: Array, upper: Array) -> float:
    if not network.is_tree:
        raise BadInput(
            f"the paper's bound exists on trees only, this graph has {len(network.edges)} edges for "
            f'{network.n} agents (use bound = "tight")'
        )
    if alpha * network.lambda_max > 1 + 1e-11:
        raise BadInput(
            f"the paper's bound needs alpha <= 1/lambda_max = {1 / network.lambda_max:.6g}, got {alpha:.6g} "
            '(use a smaller alpha, or bound = "tight")'
        )
    each = network.links.edge_weight
    edges = edge_diameter(network.n, lower, upper, None if each is None else float(each.sum()) / 2)
    return edges / float(np.sqrt(network.connectivity))  # ‖B(BᵀB)⁻¹‖ = 1/√λmin(BᵀB)


BOUNDS: dict[str, Callable[[Network, float, Array, Array], tuple[float, float]]] = {
    "tight": tight,
    "paper": paper,
    "paper-as-published": paper_as_published,
}


def announce(rule: str, network: Network, alpha: float, lower: Array, upper: Array, noise_m: float = 0.0) -> Bound:
    """The bound named `rule`, widened by landing errors of at most `noise_m` a robot and a round, and by rounding.

    Raises `BadInput` where the rule does not exist: the paper's on graphs with cycles, or α out of range.
    """
    factor, size = BOUNDS[rule](network, alpha, lower, upper)
    largest = float(np.sqrt(network.n) * np.linalg.norm(np.maximum(np.abs(lower), np.abs(upper))))
    return Bound(
        factor=factor,
        contraction=contraction(network, alpha),
        size=size,
        noise=float(np.sqrt(network.n)) * noise_m,
        floor=FLOOR * largest,
    )
