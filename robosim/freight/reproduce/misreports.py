"""What suppliers earn when declared costs are not the true ones, from central optima (X, section 6.2, Figures 5 and 6).

X misreports costs per edge, c_i + δ; a supplier's slope is ψ_i = Θ_i'c_i, so that it changes by Θ_i'δ. A payoff is the
payment at the optimum of what was declared, less what the supplier truly bears there (X, (B.2)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.build import deviations, load
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.freight.coupled.optimum import Optimum, optima_without, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.mission import Freight
from robosim.freight.taxes import shadow_price
from robosim.leader.tax_rule import TaxRule, vcg

ROUNDING = 1e-7
"""Of a payoff: less is no gain."""


class Payoffs(NamedTuple):
    """What each supplier earns under both rules, (N,)."""

    shadow: Array
    vcg: Array


class LieCase(NamedTuple):
    """What everybody earns when all lie, and each (N,) if it alone were truthful, under both rules."""

    lying: Payoffs
    truthful: Payoffs


class Sweep(NamedTuple):
    """One supplier's lies of several sizes (S,), 0 in the middle, and what everybody earns, (S, N) under both rules."""

    supplier: int
    kind: str
    sizes: Array
    shadow: Array
    vcg: Array

    @property
    def truth(self) -> int:
        """The place of no lie."""
        return len(self.sizes) // 2

    @property
    def best(self) -> int:
        """The place of the lie that pays most under shadow prices, or of the truth if none pays."""
        own = self.shadow[:, self.supplier]
        most = int(own.argmax())
        return most if own[most] > own[self.truth] * (1 + ROUNDING) else self.truth


@dataclass(frozen=True, kw_only=True)
class TrueProblem:
    """A true problem, and what the others would cost without each supplier, h (N,), where all are truthful."""

    true: Coupled
    without: Array

    @classmethod
    def of(cls, true: Coupled) -> TrueProblem:
        """Its h from N central optima."""
        return cls(true=true, without=optima_without(true))

    def declared(self, slope: Array) -> Coupled:
        """The problem with other costs ψ (N, n)."""
        return replace(self.true, slope=slope)

    def lied(self, agent: int, extra: Array) -> Array:
        """ψ (N, n) where one supplier adds `extra` (n,) to its own."""
        slope = self.true.slope.copy()
        slope[agent] += extra
        return slope

    def over_edges(self, agent: int, change: Array) -> Array:
        """Θ_i'δ (n,): what a change δ of costs per edge, (E,), adds to every path over it."""
        n = self.true.variables
        return np.asarray(self.true.theta[:, agent * n : (agent + 1) * n].T @ change)

    def payoffs(self, slope: Array, without: Array | None = None) -> Payoffs:
        """At the optimum of declared costs ψ (N, n).

        Parameters
        ----------
        without : (N,) h as declared by the others; by default that of the truth, which is right for whoever lies alone.
        """
        declared = self.declared(slope)
        return self.earned(declared, optimum(declared), self.without if without is None else without)

    def earned(self, declared: Coupled, best: Optimum, without: Array) -> Payoffs:
        """Payments at a declared problem's optimum, less true costs (X, (6), (7))."""
        bears = self.true.costs(best.x)
        return Payoffs(
            -shadow_price(declared, best.x, best.price) - bears,
            -vcg(declared.costs(best.x)[None], without[None])[0] - bears,
        )


def distributed(instance: str, agent: int, extra: Array, tax: TaxRule) -> float:
    """What a lying supplier earns in a mission: its payment less its true cost, at the end of the suppliers' own run.

    Parameters
    ----------
    extra : (n,) what it adds to its ψ.
    tax : the rule by which suppliers are paid; the problems without one supplier are solved by the others, too.

    Raises `KeyboardInterrupt` where the mission was stopped before its end.
    """
    keys: dict[str, Any] = {"freight.instance": instance, "leader.tax": tax.name, "leader.tolerance": 1e-9}
    faithful = load("freight", set=keys, kind=Freight)
    lie = CostMisreport(scale=1.0, extra=tuple(extra.tolist()))
    record = faithful.playing(deviations(faithful, {agent: lie})).run()
    if record.interrupted:
        raise KeyboardInterrupt
    return float(-record.settlement.tax[0, agent] - record.private_cost[0, agent])
