"""Named attacks one by one: every strategy by every agent, all of them missions side by side, billed under each rule.

Under a rule that needs the problems P_-j without each agent j, a deviator's own bill needs P_-i alone, in which it has
no part: what that comes to with everybody faithful is played once and serves all attacks. What the others pay needs
all P_-j with the deviator in them; with `BEST` these are played for the attack that gains most by each strategy only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from robosim import rows
from robosim.agent import Deviation, Strategy
from robosim.certificate import Certificate
from robosim.lookup.plays import Play, parameters
from robosim.mission import Mission
from robosim.record import Record

Places = NDArray[np.int64]
Case = tuple[int, Play]
"""Who plays what."""
Others = Literal["all", "best"]
ALL: Others = "all"
BEST: Others = "best"
BATCH_NUMBERS = 200_000
"""Numbers that agents say in a round, of all missions side by side; more would leave the processor's cache."""
SAME = 1e-9
"""Share of the largest cost by which a gain may be another one if more is played beside it: rounding."""
FEW = 8
"""Attacks side by side whose problems without one agent each leave the cache anyway: it pays all the same."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One agent deviating alone while all others are faithful, billed under one tax rule.

    `gain` is what it saves against the faithful mission, `others_change` what the others pay more, NaN where that was
    not asked for; `covered` is True where a certificate speaks of it. `strategy` is its name, with the values that were
    chosen for its parameters.
    """

    agent: int
    strategy: str
    parameters: dict[str, Any]
    tax_rule: str
    net_cost_faithful: float
    net_cost: float
    gain: float
    others_change: float
    covered: bool
    plays: Strategy | None = field(default=None, repr=False, compare=False)
    """The strategy itself."""


class Cases:
    """What is `found` of a mission under its `bills`, rule by rule, against its `faithful` records there.

    `lied` are rules under which others than the deviator were seen to report less than they paid.
    """

    def __init__(
        self,
        mission: Mission[Any],
        bills: Mapping[str, Mission[Any]],
        faithful: Mapping[str, Record],
        certificates: Mapping[str, Certificate],
        others: Others,
    ) -> None:
        self.mission, self.bills, self.faithful, self.certificates = mission, bills, faithful, certificates
        self.found: list[Attack] = []
        self.lied: set[str] = set()
        self.knowing = _knowing(bills) if others == BEST else {}

    def tried(self, who: list[int], what: list[Play]) -> Iterator[tuple[int, int]]:
        """Try everything; yields after each batch how many attacks are done, and how many there are."""
        alone = [play for play in what if self.knowing and self.mission.kind.covers(self.mission, play.strategy)]
        rest = [play for play in what if play not in alone]
        total = len(who) * len(what) + len(alone) * len(self.knowing)
        for plays, bills in ((alone, {**self.bills, **self.knowing}), (rest, self.bills)):
            cases = [(agent, play) for play in plays for agent in who]
            for part in _parts(cases, min(bill.copies for bill in bills.values()), self.mission):
                self.found += self._billed(bills, part)
                yield len(self.found) // len(self.bills), total
        yield from self._others(alone, total)

    def _billed(self, bills: Mapping[str, Mission[Any]], cases: list[Case]) -> list[Attack]:
        """All cases under all rules; rules that need no marginal problems bill the same play."""
        played: dict[object, Any] = {}
        found: list[Attack] = []
        solved = any(play.strategy.solved for _, play in cases)
        for rule, bill in bills.items():
            for place, part in enumerate(_parts(cases, bill.copies, self.mission)):
                billed = _batch(bill, part)
                play = place, rule if solved else billed.copies  # what is the best response depends on the rule
                if play not in played:
                    played[play] = rows.ended(billed)
                record = rows.settled(billed, played[play])
                if record.understated(np.arange(len(part)), np.array([agent for agent, _ in part])).any():
                    self.lied.add(rule)
                found += self._outcomes(rule, record, part, bill.copies == self.bills[rule].copies)
        return found

    def _outcomes(self, rule: str, record: Record, cases: list[Case], whole: bool) -> Iterable[Attack]:
        """Of a batch, without what the others pay where it is not `whole`."""
        for row, (agent, play) in enumerate(cases):
            honest = self.faithful[rule].net_cost[0]
            change = record.net_cost[row] - honest
            yield Attack(
                agent=agent,
                strategy=play.name,
                parameters=parameters(play.strategy),
                tax_rule=rule,
                net_cost_faithful=float(honest[agent]),
                net_cost=float(record.net_cost[row, agent]),
                gain=float(-change[agent]),
                others_change=float(change.sum() - change[agent]) if whole else float("nan"),
                covered=self.mission.kind.covers(self.mission, play.strategy),
                plays=play.strategy,
            )

    def _others(self, plays: list[Play], total: int) -> Iterator[tuple[int, int]]:
        """What the others pay by the best attack of each strategy, where that was not played yet.

        Who is fined for what it said in a problem without somebody else was not: nobody gains more than was found. So
        where the best stays what it was it is the best; else all attacks by its strategy are played whole.
        """
        done = len(self.found) // len(self.bills)
        for rule in self.knowing:
            bill, left = {rule: self.bills[rule]}, len(plays)
            ahead = [(one.agent, play) for play in plays for one in self._foremost(rule, play)]
            other: set[str] = set()
            for part in _parts(ahead, self.bills[rule].copies, self.mission):
                other |= self._replaced(self._billed(bill, part))
                done, left = done + min(left, len(part)), max(0, left - len(part))
                yield done, total
            for play in plays:
                if play.name in other:
                    self._replaced(self._billed(bill, [(one.agent, play) for one in self._of(rule, play)]))
            done += left
        yield total, total

    def _foremost(self, rule: str, play: Play) -> list[Attack]:
        """By one strategy the attack that gains most, the first of several, and those that gain more than certified,
        which a fine may explain."""
        tried, certified = self._of(rule, play), self.certificates[rule].certified
        best = max(tried, key=lambda one: one.gain)
        return [one for one in tried if one is best or (one.covered and certified is not None and one.gain > certified)]

    def _of(self, rule: str, play: Play) -> list[Attack]:
        return [one for one in self.found if (one.tax_rule, one.strategy) == (rule, play.name)]

    def _replaced(self, whole: list[Attack]) -> set[str]:
        """Put whole attacks in the places of the same ones; the strategies by which any gains another amount."""
        places = {(one.tax_rule, one.strategy, one.agent): place for place, one in enumerate(self.found)}
        other: set[str] = set()
        for one in whole:
            place = places[one.tax_rule, one.strategy, one.agent]
            before, size = self.found[place], float(np.abs(self.faithful[one.tax_rule].net_cost[0]).max())
            if abs(one.gain - before.gain) > SAME * size:
                other.add(one.strategy)
                self.found[place] = one
            else:  # the same gain, so that who was first stays first
                self.found[place] = replace(before, others_change=one.others_change)
        return other


def _knowing(bills: Mapping[str, Mission[Any]]) -> dict[str, Mission[Any]]:
    """Missions that bill who deviates without problems of their own, by the rules where that saves something."""
    found = {}
    for rule, bill in bills.items():
        knowing = getattr(bill, "knowing", None)  # what its kind of world may offer
        other = None if knowing is None or bill.copies == 1 else knowing(rows.ended(bill))
        if other is not None:
            found[rule] = other
    return found


def _parts(cases: list[Case], copies: int, mission: Mission[Any]) -> Iterator[list[Case]]:
    """As many at once as keep within the cache, with so many problems each; where one is more than that, a few."""
    size = BATCH_NUMBERS // (copies * mission.spoken) or (FEW if copies > 1 else 1)
    return (cases[i : i + size] for i in range(0, len(cases), size))


def _batch(mission: Mission[Any], cases: list[Case]) -> Mission[Any]:
    """One mission per case: equal strategies share a deviation, best responses play a script each."""
    found = []
    for name, plan in {play.name: play.strategy for _, play in cases}.items():
        here = np.array([row for row, (_, play) in enumerate(cases) if play.name == name])
        agents = np.array([cases[row][0] for row in here])
        if plan.solved:
            found += _solved(mission, plan, here, agents)
        else:
            found.append(Deviation(strategy=plan, missions=here, agents=agents))
    return mission.playing(tuple(found), batch=len(cases))


def _solved(mission: Mission[Any], plan: Strategy, places: Places, agents: Places) -> list[Deviation]:
    """What each agent plays of its own, in one deviation where scripts can be stacked."""
    plans = [plan.prepared(mission, int(i)) for i in agents]
    together = plans[0].stacked(plans)
    if together is not None:
        return [Deviation(strategy=together, missions=places, agents=agents)]
    return [
        Deviation(strategy=one, missions=places[j : j + 1], agents=agents[j : j + 1]) for j, one in enumerate(plans)
    ]
