"""The problem behind a charging station's day: who wants how much energy when, and what the wires carry.

    min Σ_i v_i(z_i) + G(Σ_i z_i)   s.t.   Σ_i w_ik z_it ≤ c_k for every row k of the feeder and every period t

with the private costs of `robosim.controllers.parts.charging`, and G those of the aggregator
(`robosim.charging.aggregator`). Power in kW; energies in kW times periods, prices in dollars a kW and period, so that
no length of a period appears.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robosim.agent import Array, Rules, Said
from robosim.auction.problem import MARGIN
from robosim.auction.projection import PublicLimits, nearest
from robosim.charging.aggregator import Aggregator
from robosim.charging.crowd import Crowd
from robosim.charging.optimum import Central, solved
from robosim.controllers.parts.charging import fleet, metered_cost, price_at_plug, use
from robosim.controllers.parts.price_step import BOLDEST
from robosim.controllers.parts.supply import FixedSupply, Supply
from robosim.kernels import Unsettled
from robosim.kernels.coupling import carried_rows, nearest_within, steepness

Mask = NDArray[np.bool_]
LOUD = 1e3
"""Who says more than so many times what its charger gives is heard as saying that: digits are not lost on it."""
NEAR = 1e-9
"""Share of a row's limit, and of the loudest that was said, by which the nearest power may miss it."""
TYPE = ("curvature", "energy_cost", "limit_kw", "stay", "energy", "unmet", "weights", "least_curvature", "told")


@dataclass(frozen=True, kw_only=True)
class ChargingDay:
    """N electric vehicles, T periods, K rows of the feeder; what is `told` may differ from what is true.

    Parameters
    ----------
    curvature : (N,) a > 0, wear of the battery, dollars a kW² and period.
    energy_cost : (N, T) tariff and waiting, dollars a kW and period.
    limit_kw : (N,) what charger and battery take at most.
    stay : (N, 2) first period and the period after the last.
    energy : (N,) E ≥ 0, kW-periods.
    unmet : (N,) w ≥ 0, dollars a kW-period that is missing.
    weights : (N, K) ≥ 0, how much of each row a kW of this EV takes (else a price could pay for power left alone).
    rows_kw : (K,) c > 0.
    least_curvature : (N,) of everybody's type space (one for all, or by the make of a car); the sure steps need it.
    told : (N, 3) energy and stay as the driver told them.
    hours : length of a period.
    there : (N, T) for which share of each period a car is there, None: for all of its stay.
    spared : (K, T) which share of each row's limit there is to divide, None: all of it.
    loss, demand : the aggregator's own cost of the summed power y, ½ Σ_t loss_t y_t² + demand max y, the loss one for
        all periods or (T,); 0: it has none.
    """

    curvature: Array
    energy_cost: Array
    limit_kw: Array
    stay: NDArray[np.int64]
    energy: Array
    unmet: Array
    weights: Array
    rows_kw: Array
    least_curvature: Array
    told: Array
    there: Array | None = None
    spared: Array | None = None
    hours: float = 1.0
    loss: float | Array = 0.0
    demand: float = 0.0
    sense: Literal["<="] = "<="

    @property
    def agents(self) -> int:
        """N."""
        return len(self.energy)

    @property
    def components(self) -> int:
        """n, numbers in one agent's share: one a period."""
        return self.periods

    @property
    def periods(self) -> int:
        """T."""
        return int(self.energy_cost.shape[1])

    @cached_property
    def reached(self) -> Array:
        """How much of each row everybody takes, with the aggregator's row of the whole at the end, (N, K or K + 1)."""
        if not self.aggregated:
            return self.weights
        return np.concatenate([self.weights, np.ones((self.agents, 1))], axis=1)

    @cached_property
    def plain(self) -> bool:
        """One row of which a kW takes a kW: then periods are levelled one by one."""
        return self.reached.shape[1] == 1 and bool((self.reached == 1.0).all())

    @cached_property
    def most_kw(self) -> Array:
        """What charger and battery take at most in a period, (N, 1|T)."""
        return self.limit_kw[:, None] if self.there is None else self.limit_kw[:, None] * self.there

    @property
    def spared_or_all(self) -> Array:
        """`spared`, or ones, (K, T)."""
        return np.ones((len(self.rows_kw), self.periods)) if self.spared is None else self.spared

    @cached_property
    def given_kw(self) -> Array:
        """What there is to divide of each row in each period, (K, T)."""
        rows = np.repeat(self.rows_kw[:, None], self.periods, axis=1)
        return rows if self.spared is None else rows * self.spared

    @cached_property
    def aggregated(self) -> bool:
        """Whether the summed power costs the aggregator something."""
        return bool(np.any(np.asarray(self.loss) > 0))

    @cached_property
    def loudest_kw(self) -> Array:
        """(N,) what anybody is heard to ask for at most, and minus that at least."""
        return LOUD * self.limit_kw

    @cached_property
    def supply(self) -> Supply:
        """What the leader provides in every row and period."""
        c = self.given_kw.ravel()
        return Aggregator(curvature=self.loss, demand=self.demand, c=c) if self.aggregated else FixedSupply(c=c)

    def own(self) -> Said:
        """Private types as EVs hold them, each (1, N, components)."""
        wish = np.zeros((self.agents, 4))
        wish[:, 0], wish[:, 2], wish[:, 3] = self.energy, -np.inf, self.unmet
        types = {"curvature": self.curvature[:, None], "energy_cost": self.energy_cost, "limit": self.most_kw}
        types |= {"stay": self.stay.astype(np.float64), "wish": wish, "told": self.told}
        own = {key: x[None] for key, x in types.items()}
        return own if self.plain else own | {"weights": self.reached[None]}

    def rules(
        self,
        *,
        rounds: int,
        gamma: float | None = None,
        share: float = 1.0,
        price: ArrayLike = 0.0,
        present: Mask | None = None,
        epsilon: float | None = None,
        rho: float | None = None,
    ) -> Rules:
        """What the leader announces; the arguments are those of `robosim.auction.problem.Allocation.rules`."""
        who = np.ones((1, self.agents, 1), dtype=bool) if present is None else present
        rows = self.reached.shape[1] * self.periods
        sure = gamma is None and self.bends
        return {
            "rounds": rounds,
            "hours": self.hours,
            "gamma": share * self.sure_steps(who) if sure else 1.0 if gamma is None else gamma,
            "steps": self.steps_where if sure and share == 1.0 and not self.plain else None,
            "rho": self.penalty if rho is None else rho,
            "row_prices": self.crowd.row_prices,
            "pull": self.crowd.pull,
            "price": np.array(np.broadcast_to(np.asarray(price, dtype=np.float64), (len(who), 1, rows))),
            "boldest": BOLDEST if gamma is None and share == 1.0 else 1.0,
            "supply": self.supply,
            "load": self.load,
            "sense": self.sense,
            "present": who,
            "project": self.project,
            "epsilon": epsilon,
        }

    def sure_steps(self, present: Mask) -> Array:
        """A step for every row and period, (missions, 1, rows·T), with which the prices converge for sure.

        An EV's plan moves by at most 1/a when its price does, so the dual Hessian of a period is at most Σ_i w_i w_i'/a
        over those who have registered for it, which is at most the diagonal of Σ_i |w_ik| Σ_l |w_il| / a. Of the types
        only registrations enter, and of those not the absent one's: no marginal problem knows who is missing from it.
        """
        return self.steps_where(np.ones((len(present), 1, self.reached.shape[1] * self.periods), dtype=bool), present)

    @property
    def bends(self) -> bool:
        """Whether everybody's costs bend for sure, so that prices alone lead to the optimum; else ADMM does."""
        return bool((self.least_curvature > 0).all())

    @property
    def penalty(self) -> float:
        """ρ for `robosim.controllers.admm.Exchange` to begin with, dollars a kW² and period."""
        spread = float(np.ptp(self.energy_cost)) or float(self.unmet.mean())
        return spread / float(self.limit_kw.mean())

    @cached_property
    def crowd(self) -> Crowd:
        """What rows must cost for everybody's points to fit together."""
        rows = np.ascontiguousarray(self.reached)
        return Crowd(weights=rows, stay=self.stay, periods=self.periods, given=len(self.rows_kw))

    @property
    def sure(self) -> float | None:
        """The least of `sure_steps` with everybody there; None where costs may not bend."""
        return None if not self.bends else float(self.sure_steps(np.ones((1, self.agents, 1), dtype=bool)).min())

    def steps_where(self, moving: Mask, present: Mask) -> Array:
        """The same while only the prices `moving` (missions, 1, rows·T) move: longer, as the others do not count."""
        steep = np.empty((len(moving), self.reached.shape[1], self.periods))
        here = np.ascontiguousarray(present[..., 0])
        steepness(self.reached, 1.0 / self.least_curvature, self.stay, here, moving.reshape(steep.shape), steep)
        if self.aggregated:
            steep[:, -1] += 1.0 / self.loss
        size = np.abs(self.reached)
        least = (size * size / self.least_curvature[:, None]).max(initial=0.0)  # nobody there: any step will do
        return np.asarray((1 - 1e-9) / np.maximum(steep, least)).reshape(len(moving), 1, -1)

    def load(self, z: Array, present: Mask) -> Array:
        """Σ_i w_ik z_it over those present, (missions, 1, rows·T)."""
        taken = np.empty((len(z), self.reached.shape[1], self.periods))
        said, here = np.ascontiguousarray(z), np.ascontiguousarray(present[..., 0])
        carried_rows(self.reached, said, self.loudest_kw, here, taken)
        return taken.reshape(len(z), 1, -1)

    def project(self, z: Array, present: Mask) -> tuple[Array, Array]:
        """The nearest power that the feeder carries, and the multipliers (missions, 1, rows·T)."""
        rows, mu = len(self.rows_kw), np.zeros((len(z), self.reached.shape[1], self.periods))
        if rows == 1 and (self.weights == 1.0).all():
            upper, limits = self.most_kw, self.given_kw[0]
            shares, mu[:, :1] = nearest(PublicLimits(None, limits, np.zeros_like(upper), upper, False), z, present)
            return shares, mu.reshape(len(z), 1, -1)
        loud = self.loudest_kw[:, None]
        shares = np.clip(z, -loud, loud)
        here = np.ascontiguousarray(present[..., 0])
        off = nearest_within(self.weights, self.given_kw, self.most_kw, here, shares, mu[:, :rows])
        if not off <= NEAR:
            raise Unsettled(f"feeder: the nearest power misses a row's limit by {off:.3g} of it after all sweeps")
        return shares, mu.reshape(len(z), 1, -1)

    def payments(self, price: Array, z: Array) -> Array:
        """What everybody's power is worth, (missions, N), at prices (missions, 1, rows·T)."""
        at_plug = price_at_plug(self.own(), price)
        return np.asarray(np.einsum("mit,mit->mi", np.broadcast_to(at_plug, z.shape), z))

    def costs(self, z: Array) -> Array:
        """v_i of allotted power z (…, N, T): (…, N)."""
        own = self.own()
        return use(own, fleet(own), z.reshape(-1, *z.shape[-2:])).value.reshape(z.shape[:-1])

    def claims(self, z: Array) -> tuple[Array, Array]:
        """The smallest and the largest cost that a report may claim, each (…, N).

        They are `MARGIN` times the best and the worst.
        At worst a car is at its charger's limit in every period that costs something and all that anybody wants is
        missing; at best it is there in every period that pays.
        """
        power, cost = self.limit_kw.max(), self.energy_cost
        drawn = (np.maximum(cost, 0.0).max(axis=0) * power).sum() + 0.5 * self.curvature.max() * power**2 * self.periods
        worst, best = drawn + self.unmet.max() * self.energy.max(), (np.minimum(cost, 0.0).min(axis=0) * power).sum()
        return np.full(z.shape[:-1], MARGIN * best), np.full(z.shape[:-1], MARGIN * worst)

    def use(self, z: Array) -> Array:
        """What everybody does with allotted power z (missions, N, T), in truth."""
        own = self.own()
        return use(own, fleet(own), z).x

    def metered_costs(self, x: Array) -> Array:
        """What charging at x (missions, N, T) kW costs everybody, (missions, N)."""
        return metered_cost(self.own(), x)[..., 0]

    def supply_cost(self, z: Array) -> Array:
        """What power z (missions, N, T) costs the aggregator, (missions,)."""
        return self.supply.cost(self.load(z, np.ones((1, self.agents, 1), dtype=bool)))

    @cached_property
    def best(self) -> Central:
        """The central optimum."""
        return solved(self)

    def optimum(self) -> tuple[Array, Array, float]:
        """The best plans (N, T), the prices (rows·T,) and the least social cost, by piqp."""
        return self.best.plan, self.best.price, self.best.cost

    def without(self, agent: int) -> ChargingDay:
        """The marginal problem P_-i: nobody else changes."""
        others = np.arange(self.agents) != agent
        there = None if self.there is None else self.there[others]
        return replace(self, there=there, **{name: getattr(self, name)[others] for name in TYPE})
