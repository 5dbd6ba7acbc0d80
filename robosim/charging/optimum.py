"""The central optimum of a charging day by piqp: what everybody's plan would be if one mind knew everything."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from robosim.agent import Array
from robosim.kernels import Unsettled

ROOM = 2.0
"""A limit of more than so many times what all cars can draw counts as that: it never binds, and sizes stay alike."""
ACCURACY = 1e-11
DOUBT = 1e-12
"""How sure piqp must be that there is no plan; there is one always, and by default it thinks otherwise too early."""


class Central(NamedTuple):
    """Plans (N, T) kW, prices (rows·T,) dollars a kW and period, and the least social cost."""

    plan: Array
    price: Array
    cost: float


class Layout(NamedTuple):
    """Where variables stand: power in each stay, what is missing of each EV, the aggregator's power and its peak."""

    who: NDArray[np.int64]
    when: NDArray[np.int64]
    agents: int
    periods: int
    aggregated: bool

    @property
    def power(self) -> int:
        """How many numbers are power."""
        return len(self.who)

    @property
    def bought(self) -> int:
        """The first of the aggregator's variables."""
        return self.power + self.agents

    @property
    def size(self) -> int:
        """Variables in all."""
        return self.bought + (self.periods + 1 if self.aggregated else 0)

    def rows(self, count: int, row: ArrayLike, column: ArrayLike, value: ArrayLike) -> sparse.csr_array:
        """A sparse (count, size) matrix."""
        spread = np.broadcast_arrays(value, row, column)
        return sparse.csr_array((spread[0].astype(float), (spread[1], spread[2])), shape=(count, self.size))


def solved(day: Any) -> Central:
    """The optimum of a day. Raises `Unsettled` if piqp fails, which no sound day makes it do: there is one always."""
    import piqp

    at = _places(day)
    solver = piqp.SparseSolver()
    for name in ("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"):
        setattr(solver.settings, name, ACCURACY)
    solver.settings.eps_primal_inf = solver.settings.eps_dual_inf = DOUBT
    quadratic, linear = _costs(day, at)
    feeder, used = _feeder(day, at)
    at_most = sparse.csc_matrix(sparse.vstack([_wishes(at), feeder, *_peak(at), *_caps(day, at)]))
    can = ROOM * (np.abs(day.weights) * day.limit_kw[:, None]).sum(axis=0)  # what can be drawn at all
    most = np.minimum(day.given_kw, can[:, None]).ravel()
    peaks = at.periods if at.aggregated else 0
    capped = day.energy if paid(day) else np.zeros(0)
    limit = np.concatenate([-day.energy, most[used], np.zeros(peaks), capped])
    upper = np.concatenate([_most(day, at), np.full(at.size - at.power, np.inf)])
    exact = (sparse.csc_matrix(_bought(at)), np.zeros(at.periods)) if at.aggregated else (None, None)
    hessian = sparse.csc_matrix(sparse.diags(quadratic))
    solver.setup(hessian, linear, *exact, at_most, None, limit, np.zeros(at.size), upper)
    status = solver.solve()
    if status != piqp.PIQP_SOLVED:
        raise Unsettled(
            f"central optimum of the day: piqp ended with {status.name} after {solver.result.info.iter} steps, "
            f"{solver.result.info.duality_gap:.3g} from it (costs of like size may help)"
        )
    return _central(day, at, solver.result, used)


def _places(day: Any) -> Layout:
    t = np.arange(day.periods)
    who, when = np.nonzero((day.stay[:, :1] <= t) & (t < day.stay[:, 1:]))
    return Layout(who, when, day.agents, day.periods, day.aggregated)


def _most(day: Any, at: Layout) -> Array:
    return np.asarray(np.broadcast_to(day.most_kw, (at.agents, at.periods))[at.who, at.when])


def _costs(day: Any, at: Layout) -> tuple[Array, Array]:
    quadratic, linear = np.zeros(at.size), np.zeros(at.size)
    quadratic[: at.power], linear[: at.power] = day.curvature[at.who], day.energy_cost[at.who, at.when]
    linear[at.power : at.bought] = day.unmet
    if at.aggregated:
        quadratic[at.bought : -1], linear[-1] = day.loss, day.demand
    return quadratic, linear


def _wishes(at: Layout) -> sparse.csr_array:
    """-Σ_t x_it - missing_i ≤ -E_i."""
    row = np.concatenate([at.who, np.arange(at.agents)])
    return at.rows(at.agents, row, np.arange(at.bought), -1.0)


def paid(day: Any) -> bool:
    """Whether somebody is paid for energy in some period: then it must be said that nobody takes more than it wants."""
    return bool((day.energy_cost < 0).any())


def _caps(day: Any, at: Layout) -> list[sparse.csr_array]:
    """Σ_t x_it ≤ E_i, where it does not follow from the costs."""
    return [at.rows(at.agents, at.who, np.arange(at.power), 1.0)] if paid(day) else []


def _feeder(day: Any, at: Layout) -> tuple[sparse.csr_array, NDArray[np.int64]]:
    """Σ_i w_ik x_it ≤ c_k for the (row, period)s that anybody can load, and which those are."""
    entry, k = np.nonzero(day.weights[at.who])
    row = k * at.periods + at.when[entry]
    loaded = at.rows(len(day.rows_kw) * at.periods, row, entry, day.weights[at.who[entry], k])
    used = np.flatnonzero(np.diff(loaded.indptr))
    return loaded[used], used


def _bought(at: Layout) -> sparse.csr_array:
    """Σ_i x_it - y_t = 0."""
    row, column = np.concatenate([at.when, np.arange(at.periods)]), np.r_[: at.power, at.bought : at.size - 1]
    return at.rows(at.periods, row, column, np.repeat([1.0, -1.0], [at.power, at.periods]))


def _peak(at: Layout) -> list[sparse.csr_array]:
    """y_t - peak ≤ 0."""
    if not at.aggregated:
        return []
    t = np.arange(at.periods)
    columns = np.concatenate([at.bought + t, np.full(at.periods, at.size - 1)])
    return [at.rows(at.periods, np.tile(t, 2), columns, np.repeat([1.0, -1.0], at.periods))]


def _central(day: Any, at: Layout, result: Any, used: NDArray[np.int64]) -> Central:
    plan = np.zeros((at.agents, at.periods))
    plan[at.who, at.when] = np.clip(np.array(result.x)[: at.power], 0.0, _most(day, at))
    price = np.zeros(day.reached.shape[1] * at.periods)
    price[used] = np.array(result.z_u)[at.agents : at.agents + len(used)]
    if at.aggregated:
        price[-at.periods :] = np.array(result.y)
    cost = day.metered_costs(plan[None]).sum() + day.supply_cost(plan[None])[0]
    return Central(plan, price, float(cost))
