"""What suppliers are taken for and paid: shadow prices, which can be gamed, and VCG, which cannot (X, section 5).

X speaks of payments received; a tax here is what an agent pays, so tax = -payment. Net cost = cost + tax = -profit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robosim import deviate
from robosim.agent import Array, Deviation, Said
from robosim.freight.coupled.problem import Coupled
from robosim.leader.settle import individually_rational
from robosim.leader.tax_rule import Case


def unit_prices(problem: Coupled, x: Array, price: Array) -> Array:
    """p_i = A_i'λ - Σ_{j≠i} ∇_{x_i} C_j(x), what a unit of each of i's variables is paid, (N, n); X, (6).

    C_j = ψ_j'x_j + Σ_e a_e F_e^p (Θ_j x_j)_e is what j really bears (X, (B.2)), so that the others' loss by one more
    unit of i's is Θ_i'(a p F^{p-1} (F - Θ_i x_i)). Then i's own best response to p_i and the others' x is x_i.

    Parameters
    ----------
    price : (m,) λ = dF*/db, the marginal cost of b (minus the multiplier that suppliers agree on).
    """
    flow, n, p = problem.flow(x), problem.variables, problem.power
    unit = problem.congestion * p * problem.powered(flow, -1)
    others = unit * (flow - problem.own_flow(x))
    harm = np.stack([problem.theta[:, i * n : (i + 1) * n].T @ others[i] for i in range(problem.agents)])
    return np.asarray(np.einsum("imn,m->in", problem.A, price) - harm)


def shadow_price(problem: Coupled, x: Array, price: Array) -> Array:
    """tax_i = -p_i'x_i (X, section 5.1), (N,). Payments cover costs and keep x an equilibrium, but lies can pay."""
    return -np.asarray((unit_prices(problem, x, price) * x).sum(axis=1))


def case_of(problem: Coupled, x: Array, price: Array, reported: Array, without: Array) -> Case:
    """What a leader has before it when it bills decisions x (M, N, n) at prices of b (M, m).

    Parameters
    ----------
    problem : as the public knows it: congestion, and who bears how much of it.
    reported : (M, N) costs v̂ at the decisions.
    without : (M, N) h_-i, the others' optimal costs when x_i = 0; NaN where no rule needs them.
    """
    nothing = np.zeros(reported.shape)
    worth = np.stack([shadow_price(problem, *each) for each in zip(x, price, strict=True)])
    return Case(reported=reported, leader_cost=nothing[:, 0], others_alone=without, leader_alone=nothing, worth=worth)


@dataclass(frozen=True, kw_only=True)
class Properties:
    """Who is paid what, and whether it covers what they bear.

    Parameters
    ----------
    payment : (N,) = -tax.
    cost : (N,) what each really bears, X, (B.2).
    social_cost, optimum : Σ cost and the least it could be.
    slack : what payments may lack without being a loss: under VCG what the decision may be above the optimum.
    """

    payment: Array
    cost: Array
    social_cost: float
    optimum: float
    slack: float = 0.0

    @property
    def profit(self) -> Array:
        """payment - cost, (N,)."""
        return self.payment - self.cost

    @property
    def individually_rational(self) -> bool:
        """Whether payments cover costs, up to rounding (payments come from optima as large as the social cost)."""
        lost = np.full_like(self.profit, self.slack)
        return individually_rational(-self.profit, lost, self.cost, -self.payment)

    @property
    def efficiency(self) -> float:
        """optimum / social cost: 1 if the decision is socially efficient."""
        return self.optimum / self.social_cost if self.social_cost else 1.0


def properties(true: Coupled, x: Array, tax: Array, optimum: float, slack: float = 0.0) -> Properties:
    """The properties of a decision x (N, n) and taxes (N,) at the agents' true costs (X, Propositions 3 to 5)."""
    cost = true.costs(x)
    return Properties(payment=-tax, cost=cost, social_cost=float(cost.sum()), optimum=optimum, slack=slack)


def pretended(own: Said, deviations: tuple[Deviation, ...], batch: int) -> Said:
    """The types that everybody runs with, (1|batch, agents, components); what nobody lies about stands there once."""
    types = own | {"slope": np.repeat(own["slope"], batch, axis=0)}
    for one in deviations:
        true = one.rows(own)
        for key, x in deviate.pretend(one, true).items():
            if not np.array_equal(x, true[key]):
                if types[key] is own[key]:
                    types[key] = np.repeat(own[key], batch, axis=0)
                types[key][one.missions, one.agents] = x
    return types


def presented(problem: Coupled, types: Said, mission: int) -> Coupled:
    """The problem as the agents of one mission present it."""
    of = {key: x[min(mission, len(x) - 1)] for key, x in types.items()}
    return replace(problem, **{key: of[key] for key in ("slope", "most", "lower", "upper")})


def tolls(problem: Coupled, x: Array) -> Array:
    """What congestion charges each unit at decisions x (missions, N, n), Θ_i'(a F^p), as trucks meter it; like x."""
    unit = problem.congestion * problem.powered(problem.flow(x))
    return np.stack([(problem.theta.T @ each).reshape(x.shape[1:]) for each in unit])
