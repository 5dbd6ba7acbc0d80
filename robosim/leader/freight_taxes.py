"""What suppliers are paid: shadow prices, which can be gamed, and VCG, which cannot (X, section 5).

X speaks of payments received; a tax here is what an agent pays, so tax = -payment. Net cost = cost + tax = -profit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.problems.coupled import Coupled

FreightTax = Callable[[Coupled, Array, Array, Array, Array], Array]
"""From a problem as reported, the decision x (N, n), the price of b (m,), costs reported at x (N,) and the others'
optimal costs without each agent h (N,) to what each agent pays, (N,)."""


def unit_prices(problem: Coupled, x: Array, price: Array) -> Array:
    """p_i = A_i'λ - Σ_{j≠i} ∇_{x_i} C_j(x), what a unit of each of i's variables is paid, (N, n); X, (6).

    C_j = ψ_j'x_j + Σ_e a_e F_e^p (Θ_j x_j)_e is what j really bears (X, (B.2)), so that the others' loss by one more
    unit of i's is Θ_i'(a p F^{p-1} (F - Θ_i x_i)). Then i's own best response to p_i and the others' x is x_i.

    Parameters
    ----------
    price : (m,) λ = dF*/db, the marginal cost of b (minus the multiplier that suppliers agree on).
    """
    flow, n, p = problem.flow(x), problem.variables, problem.power
    unit = problem.congestion * p * flow ** (p - 1)
    others = unit * (flow - problem.own_flow(x))
    harm = np.stack([problem.theta[:, i * n : (i + 1) * n].T @ others[i] for i in range(problem.agents)])
    return np.asarray(np.einsum("imn,m->in", problem.A, price) - harm)


def shadow_price(problem: Coupled, x: Array, price: Array) -> Array:
    """tax_i = -p_i'x_i (X, section 5.1), (N,). Payments cover costs and keep x an equilibrium, but lies can pay."""
    return -np.asarray((unit_prices(problem, x, price) * x).sum(axis=1))


def vcg(reported: Array, without: Array) -> Array:
    """tax_i = Σ_{j≠i} v̂_j - h_-i (X, (7)), (N,): the others' costs at the decision less what they would be alone.

    No bit of it depends on v̂_i.

    Parameters
    ----------
    reported : (N,) costs v̂ at the decision.
    without : (N,) h_-i, the others' optimal cost when x_i = 0.

    >>> vcg(np.array([1.0, 2.0]), np.array([5.0, 4.0]))
    array([-3., -3.])
    """
    others = np.array([np.delete(reported, i).sum() for i in range(len(reported))])
    return others - without


def _none(problem: Coupled, x: Array, price: Array, reported: Array, without: Array) -> Array:
    return np.zeros(problem.agents)


def _shadow_price(problem: Coupled, x: Array, price: Array, reported: Array, without: Array) -> Array:
    return shadow_price(problem, x, price)


def _vcg(problem: Coupled, x: Array, price: Array, reported: Array, without: Array) -> Array:
    return vcg(reported, without)


FREIGHT_TAXES: dict[str, FreightTax] = {"none": _none, "shadow-price": _shadow_price, "vcg": _vcg}


@dataclass(frozen=True, kw_only=True)
class Properties:
    """Who is paid what, and whether it covers what they bear.

    Parameters
    ----------
    payment : (N,) = -tax.
    cost : (N,) what each really bears, X, (B.2).
    social_cost, optimum : Σ cost and the least it could be.
    """

    payment: Array
    cost: Array
    social_cost: float
    optimum: float

    @property
    def profit(self) -> Array:
        """payment - cost, (N,)."""
        return self.payment - self.cost

    @property
    def individually_rational(self) -> bool:
        """Whether everybody's payment covers its cost, up to rounding."""
        return bool((self.profit >= -1e-9 * (1 + np.abs(self.cost) + np.abs(self.payment))).all())

    @property
    def efficiency(self) -> float:
        """optimum / social cost: 1 if the decision is socially efficient."""
        return self.optimum / self.social_cost if self.social_cost else 1.0


def properties(true: Coupled, x: Array, tax: Array, optimum: float) -> Properties:
    """The properties of a decision x (N, n) and taxes (N,) at the agents' true costs (X, Propositions 3 to 5)."""
    cost = true.costs(x)
    return Properties(payment=-tax, cost=cost, social_cost=float(cost.sum()), optimum=optimum)
