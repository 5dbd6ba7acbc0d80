"""Tax rules: from what was reported to what each agent pays; one rule an object, one table of them.

A rule says what it is, and nobody guesses it from its name: whether it is a Groves rule, Σ_{j≠i} v̂_j plus something
that agent i cannot move, so that certificates may rest on it, and what a leader must have at hand to apply it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from robosim.errors import AgentFailure

if TYPE_CHECKING:
    from robosim.agent import Array

ABSENCE, WORTH, PIVOT = "absence", "worth", "pivot"
"""What a rule may need beside reports: the problems without one agent each; what decisions are worth at last prices;
what presence costs the others step by step, where plans are made as time goes on."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a leader has before it when it bills M missions of N agents.

    Parameters
    ----------
    reported : (M, N) usable costs v̂ at the decision.
    leader_cost : (M,) what the leader itself paid for the decision.
    others_alone : (M, N) Σ_{j≠i} v̂_j at the decision without agent i, and
    leader_alone : (M, N) the leader's own cost of it; NaN unless the rule needs "absence".
    worth : (M, N) what each agent's part of the decision is worth at the last prices, paid if positive; NaN unless the
        rule needs "worth".
    pivots : (M, N) what presence cost the others, step by step; None unless the rule needs "pivot".
    """

    reported: Array
    leader_cost: Array
    others_alone: Array
    leader_alone: Array
    worth: Array
    pivots: Array | None = None


@dataclass(frozen=True, kw_only=True)
class TaxRule:
    """What each agent pays, (M, N); a negative tax is a payment to the agent.

    Parameters
    ----------
    name : as world files write it.
    pay : from a `Case` to taxes (M, N), one finite number an agent.
    groves : whether tax_i = Σ_{j≠i} v̂_j + k_i with k_i out of agent i's reach (T, Definition 3). What is not declared
        so has no certificate.
    needs : what the case must hold, of "absence", "worth" and "pivot".
    enforces : whether a team outside the bound and the sender of an unusable report pay the penalty.
    """

    name: str
    pay: Callable[[Case], Array]
    groves: bool = False
    needs: frozenset[str] = frozenset()
    enforces: bool = True

    @property
    def title(self) -> str:
        """As messages call it."""
        return f"the tax rule {self.name}"

    def taxes(self, case: Case) -> Array:
        """What it makes of a case, whose arrays it cannot write: taxes (M, N).

        Raises `AgentFailure` for a rule that fails, or whose answer is not one finite number an agent.
        """
        import numpy as np

        from robosim.lending import frozen
        from robosim.program import FAILURES, crashed

        given = {one.name: getattr(case, one.name) for one in fields(case)}
        shown: dict[str, Any] = {name: x if x is None else frozen(x) for name, x in given.items()}
        lent = Case(**shown)
        try:
            found = np.array(self.pay(lent))
        except FAILURES as problem:
            raise crashed("when it billed", self, problem, lent) from problem
        shape = case.reported.shape
        if found.shape != shape or found.dtype.kind not in "fiub":
            raise self._unusable(f"is {found.dtype} {found.shape}, not numbers {shape} (missions, agents)")
        passed_on = RULES.get(self.name) is self  # robosim's own make nothing infinite that was not so before
        if not (passed_on or np.isfinite(found).all()):
            raise self._unusable(f"is not finite for agent {np.argwhere(~np.isfinite(found))[0][-1]}")
        return found.astype(np.float64, copy=False)

    def _unusable(self, wrong: str) -> AgentFailure:
        code = getattr(self.pay, "__code__", None)
        place = "" if code is None else f"{code.co_filename}:{code.co_firstlineno}: "
        return AgentFailure(f"{place}what {self.title} takes {wrong} (correct its pay)")


def others(reported: Array) -> Array:
    """Σ_{j≠i} v̂_j, (M, N) (T, Definition 3 with k_i = 0; Algorithm 2, line 13).

    Summed from both ends rather than as total minus own: agent i's report then moves not one bit of its own tax.

    >>> import numpy as np
    >>> others(np.array([[1.0, 2.0, 4.0]]))
    array([[6., 5., 3.]])
    """
    import numpy as np  # not before it is needed: world files are checked without it

    before, after = np.zeros_like(reported), np.zeros_like(reported)
    before[:, 1:] = np.cumsum(reported[:, :-1], axis=1)
    after[:, :-1] = np.cumsum(reported[:, :0:-1], axis=1)[:, ::-1]
    return before + after


def vcg(reported: Array, alone: Array) -> Array:
    """What presence costs the others: Σ_{j≠i} v̂_j less what they bear without i, `alone`, both (M, N) (T, (8); X, (7)).

    >>> import numpy as np
    >>> vcg(np.array([[1.0, 2.0]]), np.array([[5.0, 4.0]]))
    array([[-3., -3.]])
    """
    return others(reported) - alone


def _none(case: Case) -> Array:
    import numpy as np

    return np.zeros_like(case.reported)


def _groves(case: Case) -> Array:
    return others(case.reported) + case.leader_cost[:, None]


def _vcg(case: Case) -> Array:
    """What i's presence costs the others and the leader (T, (8); X, (7)): no bit of it depends on i's reports."""
    return vcg(case.reported, case.others_alone) + case.leader_cost[:, None] - case.leader_alone


def _worth(case: Case) -> Array:
    return case.worth


def _pivots(case: Case) -> Array:
    assert case.pivots is not None
    return case.pivots


NONE = TaxRule(name="none", pay=_none, enforces=False)
"""Nobody pays anything, whatever happens."""
GROVES = TaxRule(name="groves", pay=_groves, groves=True)
"""The others' costs (T, Definition 3)."""
VCG = TaxRule(name="vcg", pay=_vcg, groves=True, needs=frozenset({ABSENCE}))
"""The others' costs less what they would be alone (T, Algorithm 1, line 19; X, (7))."""
CLEARING_PRICE = TaxRule(name="clearing-price", pay=_worth, needs=frozenset({WORTH}))
"""Everybody buys its share at the last price, λ'R_i z_i (T, section II): invites bidding against the price."""
SHADOW_PRICE = TaxRule(name="shadow-price", pay=_worth, needs=frozenset({WORTH}))
"""Everybody is paid the shadow price of what it does (X, (6)): covers costs, and lies can pay."""

DYNAMIC_PIVOT = TaxRule(name="dynamic-pivot", pay=_pivots, needs=frozenset({PIVOT}))
"""What presence costs those who are there in each step, known when an agent leaves: lies can pay, as others come."""

RULES: dict[str, TaxRule] = {
    rule.name: rule for rule in (NONE, GROVES, VCG, CLEARING_PRICE, SHADOW_PRICE, DYNAMIC_PIVOT)
}
"""robosim's own rules by name; which of them a kind of world offers stands in its `Kind`."""


def named(rules: Iterable[TaxRule]) -> dict[str, TaxRule]:
    """Rules by name, in their order."""
    return {rule.name: rule for rule in rules}
