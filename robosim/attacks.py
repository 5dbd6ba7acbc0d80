"""Named attacks: every strategy on every agent, all of them missions side by side, under any tax rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Deviation, Strategy
from robosim.certificate import LIES, QUICK, Certificate, at_most, certify_record
from robosim.errors import BadInput
from robosim.mission import Mission, Snapshot
from robosim.record import Record
from robosim.verdict import Epsilon

Places = NDArray[np.int64]
BATCH_ROBOTS = 200_000
"""Agents simulated side by side; more would leave the processor's cache."""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One agent deviating alone while all others are faithful, billed under one tax rule.

    `gain` is what it saves against the faithful mission, `others_change` what the others pay more; `covered` is True
    where a certificate speaks of it.
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


@dataclass(frozen=True, kw_only=True)
class Attacks:
    """What was tried, and ε of the faithful mission under each tax rule."""

    attacks: tuple[Attack, ...]
    epsilon: dict[str, Epsilon]
    void: dict[str, str] = field(default_factory=dict)
    """Under which tax rules there is no certificate, and why."""
    interrupted: bool = False


def attack(
    mission: Mission[Any],
    *,
    agents: Sequence[int] | None = None,
    strategies: Sequence[str] | None = None,
    taxes: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    seconds: float = QUICK,
) -> Attacks:
    """Let each agent try each named strategy while all others are faithful (the ex-post Nash test, T, Definition 2).

    Parameters
    ----------
    mission : its own deviations are left out.
    agents, strategies : all by default; best responses of large teams and of bidders, which take long or do not exist,
        only by name.
    taxes : tax rules to bill each mission under; the mission's own by default.
    progress : called with (attacks done, attacks in all).
    seconds : allowed for each of the exact figures beside the attacks.

    Raises `BadInput` for unknown names. Ctrl-C returns the attacks that were finished.
    """
    agents, strategies, taxes = _checked(mission, agents, strategies, taxes)
    bills = {rule: mission.faithful().billed(rule) for rule in taxes}
    honest = {rule: bill.whole() for rule, bill in bills.items()}
    certificates = {rule: certify_record(bills[rule], honest[rule], seconds) for rule in taxes}
    found: list[Attack] = []
    lied: set[str] = set()
    total = len(agents) * len(strategies)
    try:
        problems = max(bill.copies for bill in bills.values()) * mission.network.n
        for cases in _batches(agents, strategies, size=max(1, BATCH_ROBOTS // problems)):
            played: dict[object, Snapshot] = {}  # rules that need no marginal problems bill the same play
            solved = any(mission.strategies[name].solved for _, name in cases)
            for rule in taxes:
                billed, names = _batch(bills[rule], cases)
                play = rule if solved else billed.copies  # what is the best response depends on the rule
                if play not in played:
                    played[play] = billed.played()
                record = billed.settle(played[play])
                if record.understated(np.arange(len(cases)), np.array([agent for agent, _ in cases])).any():
                    lied.add(rule)
                found += [
                    _outcome(record, honest[rule], row, agent, names[row], rule) for row, (agent, _) in enumerate(cases)
                ]
            if progress:
                progress(len(found) // len(taxes), total)
    except KeyboardInterrupt:
        return _held_against(found, certificates, lied, mission, interrupted=True)
    return _held_against(found, certificates, lied, mission)


def _held_against(
    found: list[Attack], certificates: dict[str, Certificate], lied: set[str], mission: Mission[Any], **more: bool
) -> Attacks:
    """Attacks beside their certificates, which are void where others were seen to lie.

    Raises `Unsettled` where somebody gained more than is certified: then one of the two is wrong.
    """
    standing = {
        rule: Certificate(rounds=one.rounds, void=LIES) if rule in lied else one for rule, one in certificates.items()
    }
    for attack in found:
        certified = standing[attack.tax_rule].certified
        if certified is not None:
            size = max(abs(attack.net_cost_faithful), abs(attack.net_cost), certified)
            what = f"{mission.scenario.name}: found ≤ certified, {attack.strategy}"
            at_most(np.array([attack.gain]), certified, size, what)
    return Attacks(
        attacks=tuple(replace(one, covered=standing[one.tax_rule].certified is not None) for one in found),
        epsilon={rule: one.epsilon for rule, one in standing.items()},
        void={rule: one.void for rule, one in standing.items() if one.void},
        **more,
    )


def _checked(
    mission: Mission[Any], agents: Sequence[int] | None, strategies: Sequence[str] | None, taxes: Sequence[str] | None
) -> tuple[list[int], list[str], list[str]]:
    n = mission.network.n
    who = list(range(n)) if agents is None else [int(i) for i in agents]
    what = _playable(mission) if strategies is None else list(strategies)
    how = [mission.tax.name] if taxes is None else list(taxes)
    for name, given, known in (
        ("agent", who, range(n)),
        ("strategy", what, mission.strategies),
        ("tax", how, mission.taxes),
    ):
        for value in given:
            if value not in known:
                choice = f"0..{n - 1}" if name == "agent" else ", ".join(str(k) for k in known)
                raise BadInput(f"{name}: {value!r} does not exist (use all, or one of {choice})")
    return who, what, how


def _playable(mission: Mission[Any]) -> list[str]:
    solvable = mission.kind.solves(mission)
    return [name for name, kind in mission.strategies.items() if solvable or not kind.solved]


def _batches(agents: list[int], strategies: list[str], size: int) -> Iterator[list[tuple[int, str]]]:
    cases = [(agent, strategy) for strategy in strategies for agent in agents]
    return (cases[i : i + size] for i in range(0, len(cases), size))


def _batch(mission: Mission[Any], cases: list[tuple[int, str]]) -> tuple[Mission[Any], list[tuple[str, Strategy]]]:
    """One mission per case: equal strategies share a deviation, best responses play a script each."""
    named: list[tuple[str, Strategy]] = [(name, mission.strategies[name]()) for _, name in cases]
    found = []
    for name in dict.fromkeys(name for _, name in cases):
        rows = np.array([row for row, case in enumerate(cases) if case[1] == name])
        agents = np.array([cases[row][0] for row in rows])
        plan = mission.strategies[name]()
        if plan.solved:
            found += _solved(mission, plan, rows, agents)
        else:
            found.append(Deviation(strategy=plan, missions=rows, agents=agents))
    return mission.playing(tuple(found), batch=len(cases)), named


def _solved(mission: Mission[Any], plan: Strategy, rows: Places, agents: Places) -> list[Deviation]:
    """What each agent plays of its own, in one deviation where scripts can be stacked."""
    plans = [plan.prepared(mission, int(i)) for i in agents]
    together = plans[0].stacked(plans)
    if together is not None:
        return [Deviation(strategy=together, missions=rows, agents=agents)]
    return [Deviation(strategy=one, missions=rows[j : j + 1], agents=agents[j : j + 1]) for j, one in enumerate(plans)]


def _outcome(
    record: Record,
    honest: Record,
    row: int,
    agent: int,
    named: tuple[str, Strategy],
    rule: str,
) -> Attack:
    name, strategy = named
    change = record.net_cost[row] - honest.net_cost[0]
    names: list[str] = [one.name for one in fields(strategy)] if is_dataclass(strategy) else []
    parameters = {name: getattr(strategy, name) for name in names}
    return Attack(
        agent=agent,
        strategy=name,
        parameters=parameters,
        tax_rule=rule,
        net_cost_faithful=float(honest.net_cost[0, agent]),
        net_cost=float(record.net_cost[row, agent]),
        gain=float(-change[agent]),
        others_change=float(change.sum() - change[agent]),
        covered=False,
    )
