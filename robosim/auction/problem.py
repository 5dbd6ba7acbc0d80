"""The problem behind a market: who wants what of the shared resources, and what the best division would cost.

    min Σ_i v_i(z_i)  s.t.  Σ_i R_i z_i = c  (or ≤ c),  lower_i ≤ z_i ≤ upper_i                        (T, (2))

with quadratic private costs v_i(z) = ½ z'diag(q_i) z + f_i'z + k_i, q_i ≥ 0, and public limits on each share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robosim.agent import Array, Rules, Said
from robosim.auction.projection import PublicLimits, nearest
from robosim.controllers.admm import penalty
from robosim.controllers.parts.market import loaded
from robosim.controllers.parts.price_step import BOLDEST
from robosim.controllers.parts.supply import FixedSupply
from robosim.errors import BadInput
from robosim.programme import Programme, cleared

Sense = Literal["=", "<="]
MARGIN = 100.0
"""A report may claim so many times what the dearest type would bear: lies are heard, nonsense is refused."""


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """N agents share what `c` says there is.

    Parameters
    ----------
    q, f : (N, n) curvatures q ≥ 0 (prices alone need q > 0) and slopes of the private costs.
    k : (N,) their constants.
    lower, upper : (N, n) public limits, ±∞ where there are none.
    R : (N, rows, n), what a share takes of each resource.
    c : (rows,), what there is.
    sense : "=" if all of it must be taken, "<=" if at most.
    """

    q: Array
    f: Array
    k: Array
    lower: Array
    upper: Array
    R: Array
    c: Array
    sense: Sense = "="

    @classmethod
    def of(
        cls,
        q: ArrayLike,
        f: ArrayLike,
        R: ArrayLike,
        c: ArrayLike,
        *,
        k: ArrayLike = 0.0,
        lower: ArrayLike = -np.inf,
        upper: ArrayLike = np.inf,
        sense: Sense = "=",
    ) -> Allocation:
        """An allocation whose numbers are checked; q (N, n) gives the shape, the others are spread to it.

        Raises `BadInput` if a number is not usable.

        >>> T_section_II = Allocation.of([[2.0], [2.0]], -2.0, 1.0, [1.0], k=1.0)
        >>> T_section_II.optimum()[1]
        array([1.])
        """
        curvature = np.array(q, dtype=np.float64)
        there = np.atleast_1d(np.array(c, dtype=np.float64))
        agents, n = curvature.shape
        problem = cls(
            q=curvature,
            f=_spread(f, (agents, n)),
            k=_spread(k, (agents,)),
            lower=_spread(lower, (agents, n)),
            upper=_spread(upper, (agents, n)),
            R=_spread(R, (agents, len(there), n)),
            c=there,
            sense=sense,
        )
        problem._check()
        return problem

    def _check(self) -> None:
        for name, x in (("f", self.f), ("k", self.k), ("R", self.R), ("c", self.c)):
            if not np.isfinite(x).all():
                raise BadInput(f"{name} must be finite (got {x[~np.isfinite(x)][0]})")
        if not ((self.q >= 0) & np.isfinite(self.q)).all():
            raise BadInput(f"q must be finite and not negative (got {self.q.min()}): costs must be convex")
        if not (self.lower <= self.upper).all():
            raise BadInput("lower must be at most upper")
        if self.sense not in ("=", "<="):
            raise BadInput(f"sense must be '=' or '<=' (got {self.sense!r})")

    @property
    def agents(self) -> int:
        """N."""
        return len(self.q)

    @property
    def components(self) -> int:
        """n, numbers in one agent's share."""
        return int(self.q.shape[1])

    @property
    def strictly_convex(self) -> bool:
        """Whether prices alone lead to the optimum; else `robosim.controllers.admm` does."""
        return bool((self.q > 0).all())

    def costs(self, z: Array) -> Array:
        """v_i(z_i) of shares z (…, N, n): (…, N)."""
        return np.asarray((z * (0.5 * self.q * z + self.f)).sum(axis=-1) + self.k)

    def claims(self, z: Array) -> tuple[Array, Array]:
        """The smallest and the largest cost that a report about shares z (…, N, n) may claim, each (…, N).

        What the cheapest and the dearest type of this world would bear, widened by `MARGIN`: a true report is inside.
        """
        square, line = 0.5 * z * z, np.stack([self.f.min(axis=0) * z, self.f.max(axis=0) * z])
        low = (self.q.min(axis=0) * square + line.min(axis=0)).sum(axis=-1) + self.k.min()
        high = (self.q.max(axis=0) * square + line.max(axis=0)).sum(axis=-1) + self.k.max()
        return low - MARGIN * np.abs(low), high + MARGIN * np.abs(high)

    def sure_step(self, least_curvature: ArrayLike | None = None) -> float:
        """A step size γ with which (3b) converges for sure: 1/L, L = ‖Σ_i R_i diag(1/q_i) R_i'‖₂, rounded down.

        The gradient Rẑ(λ) - c of the dual function is Lipschitz with L; limits on the shares only make it smaller. The
        leader announces γ before it knows anybody: give the least curvatures (N, n) of the type space, else those at
        hand are taken, and the step tells a little about them.
        """
        q = self.q if least_curvature is None else _spread(least_curvature, self.q.shape)
        if not (q > 0).all():
            raise BadInput("q: a price has no sure step where costs do not bend (q = 0); use the controller admm")
        dual = np.einsum("iac,ic,ibc->ab", self.R, 1 / q, self.R)
        steepest = float(np.linalg.eigvalsh(dual)[-1])
        if steepest <= 0:
            raise BadInput("R must not be zero: nobody takes anything")
        return float(f"{(1 - 1e-9) / steepest:.11e}")  # the last bits of LAPACK change with the number of threads

    @property
    def sure(self) -> float | None:
        """`sure_step()`, None where costs do not bend."""
        return self.sure_step() if self.strictly_convex else None

    def optimum(self) -> tuple[Array, Array, float]:
        """The best shares (N, n), the market-clearing price λ* (rows,) and the least social cost, by piqp."""
        q, f, lower, upper = (x.ravel() for x in (self.q, self.f, self.lower, self.upper))
        rows = self.R.transpose(1, 0, 2).reshape(len(self.c), -1)
        z, price = cleared(Programme(q, f, lower, upper, rows, self.c, self.sense == "="))
        shares = z.reshape(self.q.shape)
        return shares, price, float(self.costs(shares).sum())

    def without(self, agent: int, share: ArrayLike = 0.0) -> Allocation:
        """The marginal problem P_-i(x) of the others, who get what agent i's share x (n,) leaves (T, (7))."""
        others = np.arange(self.agents) != agent
        takes = np.einsum("rc,c->r", self.R[agent], _spread(share, self.q.shape[1:]))
        parts = {name: getattr(self, name)[others] for name in ("q", "f", "k", "lower", "upper", "R")}
        return replace(self, **parts, c=self.c - takes)

    def own(self) -> Said:
        """Private types as agents hold them, each (1, N, components)."""
        return {
            "curvature": self.q[None],
            "slope": self.f[None],
            "constant": self.k[None, :, None],
            "lower": self.lower[None],
            "upper": self.upper[None],
            "rows": self.R.reshape(1, self.agents, -1),
        }

    def rules(
        self,
        *,
        rounds: int,
        gamma: float | None = None,
        share: float = 1.0,
        price: ArrayLike = 0.0,
        present: NDArray[np.bool_] | None = None,
        epsilon: float | None = None,
        rho: float | None = None,
    ) -> Rules:
        """What the leader announces to the agents and to its own half of the algorithm.

        Parameters
        ----------
        gamma : step size, by default `share` of `sure_step()`.
        price : λ⁰ (rows,), the same for all missions, so that no marginal problem knows who is absent.
        present : (missions, agents, 1), by default one mission with everybody.
        epsilon : stop when the duality gap is at most this; by default all rounds are run.
        rho : penalty of `robosim.controllers.admm`, by default of the scale of the costs.
        """
        who = np.ones((1, self.agents, 1), dtype=bool) if present is None else present
        return {
            "rounds": rounds,
            "gamma": gamma if gamma is not None else share * self.sure_step() if self.strictly_convex else 1.0,
            "rho": penalty(self.own(), len(self.c)) if rho is None else rho,
            "price": np.array(np.broadcast_to(np.asarray(price, dtype=np.float64), (len(who), 1, len(self.c)))),
            "boldest": BOLDEST if gamma is None and share == 1.0 else 1.0,
            "supply": FixedSupply(c=self.c),
            "load": self.load,
            "sense": self.sense,
            "present": who,
            "project": self.project,
            "epsilon": epsilon,
        }

    def load(self, z: Array, present: NDArray[np.bool_]) -> Array:
        """Σ_i R_i z_i over those present, (missions, 1, rows)."""
        return loaded(self.R, z, present)

    def payments(self, price: Array, z: Array) -> Array:
        """What each share is worth, λ'R_i z_i, (missions, N), for λ (missions, 1, rows), z (missions, N, n)."""
        unit = np.einsum("mor,irc->mic", price, self.R)
        return np.asarray(np.einsum("mic,mic->mi", unit, z))

    def project(self, z: Array, present: NDArray[np.bool_]) -> tuple[Array, Array]:
        """The nearest feasible shares, whatever was said (T, Algorithm 1, line 17), and the multipliers behind them.

        The nearest point of {Rz = c (or ≤ c), limits} is clip(z_i - R_i'μ, lower_i, upper_i) with one μ for all: in
        closed form where no limit binds, otherwise by piqp.

        Parameters
        ----------
        z : (missions, N, n) what was said.
        present : (missions, N, 1); who is absent gets 0.

        Returns
        -------
        (missions, N, n) shares and (missions, 1, rows) μ.

        Raises `BadInput` if the limits leave no feasible division.
        """
        site = PublicLimits(self.R, self.c, self.lower, self.upper, self.sense == "=")
        return nearest(site, z, present)


def _spread(x: ArrayLike, shape: tuple[int, ...]) -> Array:
    return np.array(np.broadcast_to(np.asarray(x, dtype=np.float64), shape))


class Division(Protocol):
    """N agents share resources, as in an `Allocation` or a `ChargingDay`."""

    @property
    def agents(self) -> int:
        """N."""
        ...

    @property
    def components(self) -> int:
        """n, numbers in one agent's share."""
        ...

    @property
    def sure(self) -> float | None:
        """The largest step with which all prices converge for sure; None where there is none."""
        ...

    def own(self) -> Said:
        """Private types, each (1, N, components)."""
        ...

    def rules(
        self,
        *,
        rounds: int,
        gamma: float | None = None,
        share: float = 1.0,
        price: ArrayLike = 0.0,
        present: NDArray[np.bool_] | None = None,
        epsilon: float | None = None,
        rho: float | None = None,
    ) -> Rules:
        """What the leader announces."""
        ...

    def costs(self, z: Array) -> Array:
        """v_i of shares (…, N, n): (…, N)."""
        ...

    def claims(self, z: Array) -> tuple[Array, Array]:
        """The smallest and the largest cost that a report about shares (…, N, n) may claim, each (…, N)."""
        ...

    def payments(self, price: Array, z: Array) -> Array:
        """What shares are worth at prices, (missions, N)."""
        ...

    def optimum(self) -> tuple[Array, Array, float]:
        """The best shares, their prices, and the least social cost."""
        ...
