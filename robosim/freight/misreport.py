"""What one supplier had best declare under shadow prices: a bilevel search with derivatives of the central programme.

Upper level: supplier i declares ψ_i + δ, everybody else the truth. Lower level: the optimum x(δ), λ(δ) of what is
declared. Its profit p_i'x_i - f_i(x) at prices (X, (6)) and true costs is piecewise smooth in δ: between changes of the
active limits x and λ are differentiable, by the optimality conditions of the programme with the active limits as
equations. Quasi-Newton steps on that (L-BFGS-B), from a line of equal lies and from random ones; each profit is of a
solved programme, so that what is found is had, at the optimum. That nothing better exists is not claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array

from robosim.agent import Array, Strategy
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.errors import BadInput, RobosimError
from robosim.freight.coupled.optimum import Optimum, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.mission import Freight
from robosim.freight.taxes import unit_prices
from robosim.kernels import Unsettled
from robosim.leader.tax_rule import SHADOW_PRICE

ACTIVE = 1e-7
"""Share of the largest decision by which a limit counts as met."""
LINE, STARTS = 21, 3
"""Equal lies that are tried first, and starts of the climb: the best of these, and random ones near it."""
REACH = 0.5
"""As a share of the mean ψ of its variables: lies of more are not tried."""
SMALL = 1e-7


@dataclass(frozen=True, kw_only=True)
class Misreport:
    """The best lie that was found: what is added to ψ_i (n,), and profits at the central optima."""

    extra: Array
    profit: float
    truthful: float

    @property
    def gain(self) -> float:
        """Dollars."""
        return self.profit - self.truthful


def best_misreport(problem: Coupled, agent: int, seed: int = 0) -> Misreport:
    """What one agent had best add to its declared costs under shadow prices, everybody else truthful."""
    rng, n = np.random.default_rng(seed), problem.variables
    reach = REACH * float(np.abs(problem.slope[agent]).mean())
    line = [np.full(n, share * reach) for share in np.linspace(-1.0, 1.0, LINE)]
    worth = [profit_of(problem, agent, one)[0] for one in line]
    best, truthful = line[int(np.argmax(worth))], profit_of(problem, agent, np.zeros(n))[0]
    found = [(max(worth), best), (truthful, np.zeros(n))]
    for start in range(STARTS):
        begin = np.clip(best + (start > 0) * 0.2 * reach * rng.normal(size=n), -reach, reach)
        climbed = _climbed(problem, agent, begin, reach)
        found.append((profit_of(problem, agent, climbed)[0], climbed))
    profit, extra = max(found, key=lambda pair: pair[0])
    return Misreport(extra=extra, profit=profit, truthful=truthful)


def _climbed(problem: Coupled, agent: int, begin: Array, reach: float) -> Array:
    size = max(1.0, abs(profit_of(problem, agent, begin)[0]))

    def loss(z: Array) -> tuple[float, Array]:
        profit, slope = profit_of(problem, agent, reach * z, slopes=True)
        return -profit / size, -slope * reach / size

    search: Any = minimize
    found = search(loss, begin / reach, jac=True, method="L-BFGS-B", bounds=[(-1.0, 1.0)] * len(begin),
                   options={"maxiter": 40})  # fmt: skip
    return np.asarray(reach * found.x)


def profit_of(problem: Coupled, agent: int, extra: Array, slopes: bool = False) -> tuple[float, Array]:
    """What an agent that adds `extra` (n,) to its ψ is paid beyond what it bears, and its derivative (n,).

    -∞ where what is declared has no optimum.
    """
    slope = problem.slope.copy()
    slope[agent] += extra
    try:
        best = optimum(replace(problem, slope=slope))
    except (RobosimError, Unsettled):
        return -np.inf, np.zeros_like(extra)
    profit = _profit(problem, agent, best.x, best.price)
    return profit, _derivative(problem, agent, best) if slopes else np.zeros_like(extra)


def _profit(problem: Coupled, agent: int, x: Array, price: Array) -> float:
    paid = float(unit_prices(problem, x, price)[agent] @ x[agent])
    return paid - float(problem.costs(x)[agent])


def _derivative(problem: Coupled, agent: int, best: Optimum) -> Array:
    """d profit / d extra (n,), by the chain rule through x and λ; the profit itself by central differences."""
    moved, priced = responses(problem, agent, best)
    scale = float(np.abs(best.x).max()) or 1.0
    found = np.empty(problem.variables)
    for k in range(problem.variables):
        h = SMALL * scale / max(float(np.abs(moved[k]).max()), 1e-12)
        more, less = (_profit(problem, agent, best.x + s * moved[k], best.price + s * priced[k]) for s in (h, -h))
        found[k] = (more - less) / (2 * h)
    return found


def responses(problem: Coupled, agent: int, best: Optimum) -> tuple[Array, Array]:
    """How optimum and price move with each of an agent's declared ψ: (n, N, n) and (n, m).

    With active limits as equations, H dx + C'dy = -dψ and C dx = 0; of several answers, the shortest.
    """
    count, n, m = best.x.size, problem.variables, len(problem.b)
    theta = csr_array(problem.theta).toarray()
    flow, p = problem.flow(best.x), problem.power
    bent = theta.T @ ((problem.congestion * p * (p + 1) * problem.powered(flow, -1))[:, None] * theta)
    rows = np.concatenate([np.concatenate(list(problem.A), axis=1), *_active(problem, best.x)])
    system = np.block([[bent, rows.T], [rows, np.zeros((len(rows), len(rows)))]])
    right = np.zeros((len(system), n))
    right[agent * n + np.arange(n), np.arange(n)] = -1.0
    found = np.linalg.lstsq(system, right, rcond=1e-12)[0]
    moved = found[:count].T.reshape(n, *best.x.shape)
    return moved, -found[count : count + m].T


def _active(problem: Coupled, x: Array) -> list[Array]:
    """Rows (…, N·n) of the limits that are met: of single variables, and of what agents have."""
    near = ACTIVE * (float(np.abs(x).max()) or 1.0)
    met = ((x - problem.lower <= near) | (problem.upper - x <= near)).ravel()
    own = np.einsum("irn,in->ir", problem.limits, x)
    full = np.isfinite(problem.most) & (problem.most - own <= near)
    n, found = problem.variables, np.zeros((int(full.sum()), x.size))
    for row, (i, r) in enumerate(np.argwhere(full)):
        found[row, i * n : (i + 1) * n] = problem.limits[i, r]
    return [np.eye(x.size)[met], found]


def best_response(mission: Freight, agent: int, within_limits: bool = True) -> Strategy:
    """The costs that a supplier had best declare: the truth under VCG (X, Proposition 6).

    Raises `BadInput` where nobody can say.
    """
    if mission.tax.groves:
        return CostMisreport(scale=1.0)
    if mission.tax != SHADOW_PRICE:
        raise BadInput(
            f"best-response: nobody solves it under the rule {mission.tax.name} (use {SHADOW_PRICE.name}, or a Groves "
            "rule, under which it is the truth)"
        )
    return CostMisreport(scale=1.0, extra=tuple(best_misreport(mission.problem, agent).extra.tolist()))
