"""The nearest point that an affine agent reaches within two balls, for many agents at once, from above by duality.

What agent i does moves the end of its team from z_f to z_f + H x, x = u - u_f. With H = Q S Vᵀ the gain is

    J(z_f) - min {‖z_f - θ + Q y‖² : ‖Π(z_f + Q y)‖ ≤ β, ‖S⁻¹ y‖ ≤ ρ}

and for any multipliers μ, ν ≥ 0 Lagrange's function has its least value at (D - μ m mᵀ) y = -(g + μ a), where

    D = 1 + μ + ν S⁻²,  m = Qᵀ e (e the unit vectors of agreement),  g = Qᵀ(z_f - θ),  a = QᵀΠ z_f,

a diagonal and a few columns. Its value bounds the gain from above whatever the multipliers are, so nothing rests on how
well they were found. 1 - ‖m‖² is never formed: where agreement lies nearly in the range of Q it would cancel; the part
of e that Q does not reach is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array

Mask = NDArray[np.bool_]

TURNS = 38
"""Halvings of the range of each multiplier's logarithm; near the optimum the bound is flat."""
RANGE = 30.0
"""Multipliers between 10⁻³⁰ and 10³⁰."""
TINY = 1e-300
KEPT = 1e-13
"""Responses below this share of the largest are rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reach:
    """What A agents can do to the end of their team, each in coordinates of its own.

    Parameters
    ----------
    sizes : (A, r) array
        S, decreasing; 0 where an agent has fewer than r directions.
    scripts : (A, r, columns) array
        Vᵀ.
    way, apart : (A, r, c) arrays
        g and a, c = d where axes are alike, else 1; metres.
    agreement : (A, r, p) array
        m, p = 1 where axes are alike, else d.
    beyond : (A, p, p) array
        eᵀ(1 - QQᵀ)e: what of agreement cannot be reached.
    rest : float
        ‖Π z_f‖², m².
    lost : (A,) array
        The largest of the sizes that were dropped as rounding.
    """

    sizes: Array
    scripts: Array
    way: Array
    apart: Array
    agreement: Array
    beyond: Array
    rest: float
    lost: Array

    def point(self, mu: Array, nu: Array) -> tuple[Array, Array]:
        """The y, (A, r, c), where Lagrange's function is least, and that value less J(z_f), (A,), at β = ρ = 0."""
        with np.errstate(divide="ignore"):
            weak = np.where(self.sizes > 0.0, 1.0 / np.where(self.sizes > 0.0, self.sizes, 1.0) ** 2, 0.0)
        diagonal = 1.0 + mu[:, None] + nu[:, None] * weak
        right = self.way + mu[:, None, None] * self.apart
        first = right / diagonal[:, :, None]
        steep = self.agreement / diagonal[:, :, None]
        share = (1.0 + nu[:, None] * weak) / diagonal
        inner = self.beyond + np.einsum("arp,ar,arq->apq", self.agreement, share, self.agreement)
        more = np.linalg.solve(inner, np.einsum("arp,arc->apc", self.agreement, first))
        y = -(first + mu[:, None, None] * np.einsum("arp,apc->arc", steep, more))
        return y, np.einsum("arc,arc->a", right, y) + mu * self.rest

    def distance(self, y: Array) -> Array:
        """‖Π(z_f + Q y)‖², (A,)."""
        agreed = np.einsum("arp,arq->apq", self.agreement, self.agreement)
        share = np.linalg.solve(agreed + TINY * np.eye(len(agreed[0])), np.einsum("arp,arc->apc", self.agreement, y))
        across = y - np.einsum("arp,apc->arc", self.agreement, share)
        along = np.einsum("apc,apq,aqr,arc->a", share, agreed, self.beyond, share)  # not ‖y‖² - ‖mᵀy‖²: that cancels
        size = np.einsum("arc,arc->a", across, across) + along
        return np.asarray(self.rest + 2.0 * np.einsum("arc,arc->a", self.apart, y) + size)

    def effort(self, y: Array) -> Array:
        """‖x‖² of the shortest deviation that reaches y, (A,), m²."""
        x = y / np.where(self.sizes > 0.0, self.sizes, np.inf)[:, :, None]
        return np.asarray(np.einsum("arc,arc->a", x, x))

    def deviation(self, y: Array) -> Array:
        """That deviation, (A, columns, c), metres."""
        x = y / np.where(self.sizes > 0.0, self.sizes, np.inf)[:, :, None]
        return np.asarray(np.einsum("ark,arc->akc", self.scripts, x))


def reach(responses: Array, agreement: Array, way: Array, apart: Array) -> Reach:
    """Factor the responses of some agents.

    Parameters
    ----------
    responses : (A, rows, columns) array
        H of each agent; rows are robots, or robots and axes.
    agreement : (rows, p) array
        e, orthonormal columns.
    way, apart : (rows, c) arrays
        z_f - θ and Π z_f, metres.
    """
    basis, sizes, scripts = np.linalg.svd(responses, full_matrices=False)
    kept = sizes > KEPT * sizes[:, :1]
    basis = basis * kept[:, None, :]
    lost = np.where(kept, 0.0, sizes).max(axis=1)
    mean = np.einsum("anr,np->arp", basis, agreement)
    left = agreement - np.einsum("anr,arp->anp", basis, mean)
    return Reach(
        sizes=np.where(kept, sizes, 0.0),
        scripts=scripts,
        way=np.einsum("anr,nc->arc", basis, way),
        apart=np.einsum("anr,nc->arc", basis, apart),
        agreement=mean,
        beyond=np.einsum("anp,anq->apq", left, left),
        rest=float((apart * apart).sum()),
        lost=lost,
    )


def gain_within(found: Reach, beta: float | Array, radius: float | Array, turns: int = TURNS) -> tuple[Array, Array]:
    """Upper bounds of the gains, (A,) m², and the deviations that come next to them, (A, columns, c) metres.

    Parameters
    ----------
    beta : float, or (A,) array
        How far from agreement the team may end, metres.
    radius : float, or (A,) array
        ρ, the largest ‖u - u_f‖, metres; all may be infinite.
    turns : halvings; fewer give a bound that is less tight.
    """
    agents = len(found.sizes)
    bound = np.broadcast_to(np.asarray(beta, dtype=np.float64), (agents,)) ** 2
    bounded = bool(np.isfinite(radius).all())
    limit = np.broadcast_to(np.asarray(radius, dtype=np.float64) if bounded else 0.0, (agents,)) ** 2

    def inner(nu: Array) -> Array:
        return _root(lambda mu: found.distance(found.point(mu, nu)[0]) > bound, agents, turns)

    nu = np.zeros(agents)
    if bounded:
        nu = _root(lambda one: found.effort(found.point(inner(one), one)[0]) > limit, agents, turns)
    mu = inner(nu)
    y, value = found.point(mu, nu)
    return np.maximum(mu * bound + nu * limit - value, 0.0), found.deviation(y)


def _root(too_little: Callable[[Array], Mask], agents: int, turns: int) -> Array:
    """The multiplier of each agent from which on its constraint holds, (A,), by bisection of its logarithm."""
    low, high = np.full(agents, -RANGE), np.full(agents, RANGE)
    for _ in range(turns):
        middle = 0.5 * (low + high)
        more = too_little(10.0**middle)
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.asarray(10.0**high)
