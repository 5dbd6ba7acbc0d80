"""Steps that grow as robots come closer: no faithful body is ever asked for more than its reach, whatever its start.

P_0 = I, P_{k+1} = (I - α_k L) P_k, so that z^k = P_k θ. Over all types in the box, robot i's step in round k+1,
α_k (L P_k θ)_i, is longest at a corner, where it is α_k ‖(L P_k)_i‖₁ diam/2 with diam = ‖upper - lower‖. Hence

    α_k = min(1/λmax, reach / (max_i ‖(L P_k)_i‖₁ diam/2)).

I - α_k L is row-stochastic, so max_i ‖(L P_k)_i‖₁ never grows and α_k never falls. P_k is a polynomial of L with values
on its spectrum in [0, 1]: the mean stays where it is, and over all types ε(n) ≤ 2βD - β² as for a fixed step.

dist(z^k, Z) = ‖(P_k - J) θ‖ is convex in θ, so largest at a corner too: with h = (upper - lower)/2 and Q = (P_k - J)²

    β_k = ‖h‖ max_{s ∈ {-1,1}^N} √(sᵀ Q s) ≤ ‖h‖ √min(N λmax(Q), Σ|Q_ij|),

exact up to 16 robots, the upper end for more; λmax(Q) = Π (1 - α_j λ₂)², as every factor is largest at λ₂.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array
from robosim.errors import TooLarge
from robosim.kernels.corners import largest
from robosim.leader.bound import FLOOR
from robosim.network.network import Network

EXACT = 16
"""Most agents whose corners are all tried."""
MOST_ROUNDS = 10**7
"""Most rounds for which a bound is listed, 80 MB."""
MOST_WORK = 3e10
"""Most additions that a schedule may take, about half a minute."""
SAFE = 1e-10
"""What rounding may do to a listed distance, as a share of it: 2^15 flips, a product of as many factors as rounds."""


class Schedule(NamedTuple):
    """α_0..α_{n-1}, (n,), and the largest distance to agreement after each round, (n+1,) metres."""

    alpha: Array
    reached: Array


def rounding_floor(agents: int, lower: Array, upper: Array) -> float:
    """What rounding may add to a distance over the box, metres."""
    return FLOOR * float(np.sqrt(agents) * np.linalg.norm(np.maximum(np.abs(lower), np.abs(upper))))


def schedule(network: Network, top: float, reach_m: float, lower: Array, upper: Array, rounds: int) -> Schedule:
    """The schedule of this module for `rounds` rounds.

    Parameters
    ----------
    top : the largest step, at most 1/λmax.
    reach_m : how far a body gets in a round, metres.
    lower, upper : (d,) corners of the type space.

    Raises `TooLarge` where it would take more than `MOST_WORK` additions. It ends early where what is left is rounding:
    later steps then stay at the last one.
    """
    if rounds > MOST_ROUNDS:
        raise TooLarge(f"has a step for each of {rounds} rounds, at most {MOST_ROUNDS} (use fewer rounds)")
    plan = _Plan.of(network, top, reach_m, lower, upper)
    plan.refuse_work(min(rounds, plan.fewest()))
    alpha, reached = np.empty(rounds), np.empty(rounds + 1)
    reached[0] = plan.distance()
    for k in range(rounds):
        alpha[k] = plan.advance()
        reached[k + 1] = plan.distance()
        if plan.largest_m() <= plan.nothing_m or k + 1 == rounds:
            break
        plan.refuse_work(k + 1)
    tail = np.arange(1.0, rounds - k)
    alpha[k + 1 :] = alpha[k]
    reached[k + 2 :] = plan.largest_m() * (1 - alpha[k] * plan.slowest) ** tail
    reached *= 1 + SAFE
    alpha.setflags(write=False)
    reached.setflags(write=False)
    return Schedule(alpha, reached)


@dataclass(kw_only=True)
class _Plan:
    """Where the recursion stands: `stride` = L P_k, `form` = Q of P_k, both (N, N), `left` = Π (1 - α_j λ₂)."""

    laplacian: csr_array
    slowest: float
    top: float
    reach_m: float
    half_m: float
    nothing_m: float
    stride: Array
    form: Array
    left: float = 1.0

    @classmethod
    def of(cls, network: Network, top: float, reach_m: float, lower: Array, upper: Array) -> _Plan:
        n, eye = network.n, np.eye(network.n)
        return cls(
            laplacian=network.laplacian,
            slowest=network.connectivity * (1 - 1e-11),  # λ₂ is known to 12 digits
            top=top,
            reach_m=reach_m * (1 - 1e-12),
            half_m=float(np.linalg.norm(upper - lower)) / 2,
            nothing_m=1e-3 * rounding_floor(n, lower, upper),
            stride=network.laplacian @ eye,
            form=eye - 1 / n,
        )

    def advance(self) -> float:
        """α_k, and on to round k + 1. Sparse products add in one order, so bits repeat."""
        longest = float(np.abs(self.stride).sum(axis=1).max()) * self.half_m
        alpha = self.top if longest * self.top <= self.reach_m else self.reach_m / longest
        self.stride = self._shrunk(self.stride, alpha)
        self.form = self._shrunk(self._shrunk(self.form, alpha).T, alpha)
        self.left *= 1 - alpha * self.slowest
        return alpha

    def _shrunk(self, x: Array, alpha: float) -> Array:
        """(I - αL) x, with column sums that are 0 but for rounding put back to 0: nothing else would shrink them."""
        moved = x - alpha * (self.laplacian @ x)
        return np.asarray(moved - moved.mean(axis=0))

    def largest_m(self) -> float:
        """‖h‖ √(N λmax(Q)), metres."""
        return float(np.sqrt(len(self.form))) * self.left * self.half_m

    def distance(self) -> float:
        """β_k without its floor, metres."""
        if len(self.form) <= EXACT:
            return float(np.sqrt(max(largest(np.ascontiguousarray(self.form)), 0.0))) * self.half_m
        return min(self.largest_m(), float(np.sqrt(np.abs(self.form).sum())) * self.half_m)

    def fewest(self) -> float:
        """Rounds that would suffice, were every step the largest: there are no fewer until only rounding is left."""
        return float(np.log(self.nothing_m / self.largest_m()) / np.log1p(-self.top * self.slowest))

    def refuse_work(self, rounds: float) -> None:
        """Raise `TooLarge` where so many rounds take too long."""
        n = len(self.form)
        each = 3.0 * n * (self.laplacian.nnz + 2 * n) + (n * 2.0**n / 2 if n <= EXACT else 0.0)
        if rounds * each > MOST_WORK:
            raise TooLarge(
                f"takes too long: {rounds:.0f} rounds of {n} agents are {rounds * each:.1g} additions, at most "
                f"{MOST_WORK:.0g} (use fewer agents or rounds, longer rounds, or a fixed step)"
            )
