"""Named attacks: every strategy on every agent, all of them missions side by side, under any tax rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from robosim.agent import Strategy
from robosim.attacks.cases import Attack as Attack
from robosim.attacks.cases import Cases, Others
from robosim.certificate import LIES, QUICK, Certificate, at_most, certify_record
from robosim.errors import BadInput, CheckFailed
from robosim.judge import Faithful
from robosim.kernels import Unsettled
from robosim.leader.tax_rule import TaxRule
from robosim.lookup.plays import Given, Play, plays
from robosim.mission import Mission
from robosim.verdict import Epsilon

Tax = TaxRule | str
ALL = "all"
CERTIFIED = "found ≤ certified"
LOOSER = 1e3
"""Times more than else exact figures, which are solved for, and what is played may differ by rounding."""
UNASKED = "was left out: it takes long here, or nobody can solve it (name it to have it tried)"


@dataclass(frozen=True, kw_only=True)
class Attacks:
    """What was tried, and ε of the faithful mission under each tax rule."""

    attacks: tuple[Attack, ...]
    epsilon: dict[str, Epsilon]
    void: dict[str, str] = field(default_factory=dict)
    """Under which tax rules there is no certificate, and why."""
    interrupted: bool = False
    left_out: tuple[str, ...] = ()
    """Strategies that were not tried without being asked for, and why, a line each; of a search, why it ended."""
    tried: int = 0
    """Missions that a search played, and"""
    seconds: float = 0.0
    """how long that took."""


class OrderBroken(Unsettled, CheckFailed):
    """Somebody gained more than a figure says that anybody can: `attack` is the one that shows it."""

    def __init__(self, message: str, attack: Attack) -> None:
        super().__init__(message)
        self.attack = attack


def attack(
    mission: Mission[Any],
    *,
    agents: Sequence[int] | None = None,
    strategies: Sequence[Given] | None = None,
    taxes: Sequence[Tax] | None = None,
    progress: Callable[[int, int], None] | None = None,
    seconds: float = QUICK,
    honest: Mapping[str, Faithful] | None = None,
    others: Others = "all",
) -> Attacks:
    """Let each agent try each strategy while all others are faithful (the ex-post Nash test, T, Definition 2).

    Parameters
    ----------
    mission : its own deviations are left out.
    agents : all by default.
    strategies : objects, classes or names; `"foot-dragging:stride=0.1,0.3"` tries each value, several parameters are
        `"name:a=1;b=2,3"`. All by default, and for `"all"`: robosim's own and installed ones, and those of the project
        that the world names; best responses of large teams and of bidders, which take long or do not exist, only by
        name.
    taxes : tax rules, by name or themselves, to bill each mission under; the mission's own by default.
    progress : called with (attacks done, attacks in all).
    seconds : allowed for each of the exact figures beside the attacks.
    honest : what is known already of the faithful mission under each tax rule.
    others : of which attacks `others_change` is wanted, of "all" or of the "best" by each strategy under each rule:
        where rules need problems of their own for it, as VCG does, most of the time goes there.

    Raises `BadInput` for unknown names. Ctrl-C returns the attacks that were finished.
    """
    who, what, bills, left_out = checked(mission, agents, strategies, taxes)
    known = honest or {}
    faithful = {rule: known[rule].record if rule in known else bill.whole() for rule, bill in bills.items()}
    certificates = {
        rule: known[rule].certificate if rule in known else certify_record(bill, faithful[rule], seconds)
        for rule, bill in bills.items()
    }
    stopped, cases = False, None
    try:
        cases = Cases(mission, bills, faithful, certificates, others)
        for done, total in cases.tried(who, what):
            if progress:
                progress(done, total)
    except KeyboardInterrupt:
        stopped = True
    found, lied = (cases.found, cases.lied) if cases else ([], set[str]())
    return held_against(found, certificates, lied, mission, left_out=left_out, interrupted=stopped)


def held_against(
    found: list[Attack], certificates: dict[str, Certificate], lied: set[str], mission: Mission[Any], **more: Any
) -> Attacks:
    """Attacks beside their certificates, which are void where others were seen to lie; who was void stays so, and why.

    Raises `OrderBroken` where somebody gained more than is exact, or certified: then one of the two is wrong.
    """
    standing = {
        rule: Certificate(rounds=one.rounds, void=LIES) if rule in lied and not one.void else one
        for rule, one in certificates.items()
    }
    for attack in found:
        if attack.covered:
            in_order(attack, standing[attack.tax_rule], mission.scenario.name)
    return Attacks(
        attacks=tuple(
            replace(one, covered=one.covered and standing[one.tax_rule].certified is not None) for one in found
        ),
        epsilon={rule: one.epsilon for rule, one in standing.items()},
        void={rule: one.void for rule, one in standing.items() if one.void},
        **more,
    )


def in_order(found: Attack, one: Certificate, world: str) -> None:
    """Raise `OrderBroken` unless found ≤ exact ≤ certified, bounded ≤ exact; nothing is held against no certificate."""
    if one.certified is None:
        return
    size = max(abs(found.net_cost_faithful), abs(found.net_cost), one.certified)
    exact = one.exact if one.exact is not None and found.agent < len(one.exact) else None
    pairs = [(CERTIFIED, found.gain, one.certified)]
    if exact is not None:
        mine = float(exact[found.agent])
        pairs += [("found ≤ exact", found.gain, mine), ("exact ≤ certified", mine, one.certified)]
        pairs += [] if one.bounded is None else [("bounded ≤ exact", float(one.bounded[found.agent]), mine)]
    for what, less, more in pairs:
        try:
            at_most(
                np.array([less]),
                more,
                size if what == CERTIFIED else LOOSER * size,
                f"{world}: {what}, {found.strategy}",
            )
        except Unsettled as problem:
            raise OrderBroken(f"{problem} (agent {found.agent})", found) from problem


def checked(
    mission: Mission[Any], agents: Sequence[int] | None, strategies: Sequence[Given] | None, taxes: Sequence[Tax] | None
) -> tuple[list[int], list[Play], dict[str, Mission[Any]], tuple[str, ...]]:
    n = mission.network.n
    who = list(range(n)) if agents is None else [int(i) for i in agents]
    for agent in who:
        if agent not in range(n):
            raise BadInput(f"agent: {agent!r} does not exist (use all, or one of 0..{n - 1})")
    bills = [mission.faithful().billed(rule) for rule in ([mission.tax] if taxes is None else taxes)]
    named: list[Given] = []
    left: list[str] = []
    for one in [ALL] if strategies is None else strategies:
        every = isinstance(one, str) and one == ALL
        some, left = _playable(bills) if every else ([], left)
        named += [*some, *_own(mission)] if every else [one]
    what = plays(mission.strategies, named)
    return who, what, {bill.tax.name: bill for bill in bills}, tuple(f"{name} {UNASKED}" for name in left)


def _playable(bills: Sequence[Mission[Any]]) -> tuple[list[str], list[str]]:
    """Names of the strategies that are played without being asked for, and of those that are not."""
    known, solvable = bills[0].strategies, all(bill.kind.solves(bill) for bill in bills)
    asked = [name for name in known if known[name].solved and not solvable]
    return [name for name in known if name not in asked and not known[name].searched], asked


def _own(mission: Mission[Any]) -> list[Strategy]:
    """Strategies of the project that the world names, as they stand there."""
    known, named = mission.strategies, mission.scenario.selfish
    return [one.played(known[one.strategy]) for one in named if one.strategy not in known.listed]
