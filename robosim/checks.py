"""Check anyone's controller for what its types cannot say: own rows only, populations of one, replay, sound words."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robosim import program
from robosim.agent import Array, Controller, Rules, Said
from robosim.errors import AgentFailure, CheckFailed
from robosim.network.network import Network
from robosim.trials import Asked, Trial, alone, together

AGENTS, ROUNDS = 9, 20
SHORT, MOST_TRIED, MOST_ALONE = 5, 8, 200
"""In a world of one's own: rounds, agents whose types are changed, agents up to which each is run alone."""
OWN_STATE = "use no state outside `state`, no global random numbers, and the same order of sums"
OWN_ROWS = f"row i may use row i and what i heard; {OWN_STATE}"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was checked, a line each, and what was not, with the reason."""

    lines: tuple[str, ...]

    def __str__(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def check_controller(
    controller: Callable[[], Controller] | Controller,
    *,
    own: Said | None = None,
    rules: Rules | None = None,
    network: Network | None = None,
    rounds: int = ROUNDS,
) -> Checked:
    """Raise `CheckFailed` unless a controller keeps the promises that make its missions trustworthy.

    1. Sound words: every round the same words, arrays (missions, agents, components) of finite float64.
    2. Replay: the same mission says the same bits again.
    3. A population of one is the batch: each agent alone, hearing its neighbours, says the same bits.
    4. Row independence: agent j's private type changes nothing that the others say in round 0, and in round 1 only what
       j and its neighbours say.
    5. Fresh words: what it says in a round is no array that it was given, as the mission puts the selfish rows into it.
    6. Lent arrays: it writes into nothing that it is given.
    7. Its report, if it has one: (missions, agents, 1) finite numbers, of which each depends on its own row only.

    Parameters
    ----------
    controller : makes a controller, usually its class; or one, of which copies are tried.
    own, rules, network : a mission to try it on; by default nine robots on a ring with two chords, in the plane.

    Returns
    -------
    What was checked, in lines.

    >>> from robosim.controllers.consensus import Consensus
    >>> print(check_controller(Consensus))
    Consensus: words 'z' (1, 9, 2) in rounds 0..20: sound, fresh, the same again, nothing lent was written
    Consensus: each of 9 agents alone says the same bits
    Consensus: types of 9 agents changed, one at a time: only who may know says something else
    Consensus: its report is 'cost' (1, 9, 1), finite, the same again, each from its own row
    """
    made: Any = controller if callable(controller) else lambda: copy.deepcopy(controller)
    network = network or Network.of([*((i, (i + 1) % AGENTS) for i in range(AGENTS)), (0, 4), (2, 7)])
    own = own or {"start": np.random.default_rng(7).uniform(-1, 1, (1, network.n, 2))}
    trial = Trial(own, rules or default_rules(network, rounds), network.links, rounds, (*range(network.n),))
    try:
        return _check(made, trial, None)
    except AgentFailure as problem:
        raise CheckFailed(f"{_promise(problem)}{problem}") from problem


def check_mission(mission: Any) -> Checked:
    """The same for the program of a mission, on its network, types and rules, for a few rounds.

    Raises `AgentFailure` naming the program and the promise that it breaks.
    """
    mission = mission.billed("none").faithful()
    agents, spread = mission.network.n, max(1, mission.network.n // MOST_TRIED)
    trial = Trial(
        mission.types,
        mission.announced,
        mission.network.links,
        min(SHORT, mission.rounds),
        (*range(0, agents, spread),)[:MOST_TRIED],
        mission.coordinator,
    )
    try:
        return _check(lambda: copy.deepcopy(mission.controller), trial, _asked(mission))
    except CheckFailed as problem:
        raise AgentFailure(f"{program.place(mission.controller)}{problem}") from problem


def default_rules(network: Network, rounds: int) -> Rules:
    """What the leader of a rendezvous announces: slow bodies on [-1, 1]²."""
    return {
        "alpha": 0.2,
        "rounds": rounds,
        "lower": np.full(2, -1.0),
        "upper": np.full(2, 1.0),
        "agents": network.n,
        "degree": float(network.links.weighted_degree.max()),
        "connectivity": network.connectivity,
        "lambda_max": network.lambda_max,
        "reach_m": 0.3,
        "pays_for": "displacement",
    }


def _check(controller: Callable[[], Controller], trial: Trial, asked: Asked | None) -> Checked:
    one = controller()
    name = type(one).__name__
    first, casts = together(one, trial)
    again, _ = together(controller(), trial)
    _compare(first, again, "replay: the second run differs", OWN_STATE)
    shapes = " and ".join(f"{key!r} {x.shape}" for key, x in first[0].items())
    rounds = f"rounds 0..{trial.rounds}"
    lines = [f"{name}: words {shapes} in {rounds}: sound, fresh, the same again, nothing lent was written"]
    count = len(trial.links.own_weight)
    if trial.coordinator is None and count <= MOST_ALONE:
        _compare(first, alone(controller, trial), "population of one: an agent alone differs", OWN_ROWS)
        lines.append(f"{name}: each of {count} agents alone says the same bits")
    else:
        why = "rules speak of all of them" if trial.coordinator is not None else f"more than {MOST_ALONE}"
        lines.append(f"{name}: agents were not run alone ({why})")
    for agent in trial.tried:
        _check_rows(controller, trial, first, casts, agent)
    which = f"{count}" if len(trial.tried) == count else f"{len(trial.tried)} of {count}"
    lines.append(f"{name}: types of {which} agents changed, one at a time: only who may know says something else")
    return Checked(lines=(*lines, f"{name}: {_check_report(one, trial, first, asked)}"))


def _check_rows(
    controller: Callable[[], Controller], trial: Trial, first: list[Said], casts: list[Said], agent: int
) -> None:
    changed, _ = together(controller(), trial, trial.with_other(agent, trial.own), min(1, trial.rounds), casts)
    receiver = np.repeat(np.arange(len(trial.links.own_weight)), np.diff(trial.links.indptr))
    near = receiver[trial.links.ids == agent]  # who hears it
    for k, may in enumerate(({agent}, {agent, *near.tolist()})[: len(changed)]):
        for key, x in changed[k].items():
            touched = np.flatnonzero((x != first[k][key]).any(axis=(0, 2))).tolist()
            foreign = sorted({*touched} - may)
            if foreign:
                raise CheckFailed(
                    f"row independence: agent {agent}'s type changed what {foreign} said under {key!r} in "
                    f"round {k} (row i may use row i and what i heard)"
                )


def _check_report(one: Controller, trial: Trial, first: list[Said], asked: Asked | None) -> str:
    """What is to be said of its report."""
    if not program.reports_itself(one):
        return "it has no report: the leader reads its own meter"
    if asked is None and "z" not in first[-1]:
        return "its report was not asked for (nobody knows what is decided)"
    about = asked or Asked(trial.own, first[-1]["z"], {"energy_j": np.ones((*first[-1]["z"].shape[:2], 1))})
    cost = program.reported(one, *about)
    if not np.isfinite(cost).all():
        raise CheckFailed(f"report: it holds {cost[~np.isfinite(cost)][0]} (report finite numbers)")
    if not np.array_equal(cost, program.reported(one, *about)):
        raise CheckFailed("replay: its report differs when it is asked again (use nothing that changes)")
    for agent in trial.tried:
        own, decision = trial.with_other(agent, about.own), trial.with_other(agent, {"z": about.decision})["z"]
        for other in (about._replace(own=own), about._replace(decision=decision)):
            touched = np.flatnonzero((program.reported(one, *other) != cost).any(axis=0)).tolist()
            foreign = sorted({*touched} - {agent})
            if foreign:
                raise CheckFailed(
                    f"row independence: agent {agent}'s type or decision changed what {foreign} report (row i may "
                    "use row i)"
                )
    return f"its report is 'cost' {(*cost.shape, 1)}, finite, the same again, each from its own row"


class _Witness:
    """A program that keeps what it is asked to report about."""

    def __init__(self, inner: Controller) -> None:
        self.inner = inner
        self.asked: Asked | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the program itself reports."""
        self.asked = Asked(own, decision, meter)
        return self.inner.report(own, decision, meter)


def _asked(mission: Any) -> Asked | None:
    """What the program of a mission is asked to report about after its first round."""
    if not program.reports_itself(mission.controller):
        return None
    witness = _Witness(copy.deepcopy(mission.controller))
    replace(mission, controller=witness).rehearse()
    return witness.asked


def _compare(expected: list[Said], got: list[Said], what: str, fix: str) -> None:
    for k, (a, b) in enumerate(zip(expected, got, strict=True)):
        for key in a:
            if key not in b or not np.array_equal(a[key], b[key]):
                same = key in b and a[key].shape == b[key].shape
                agent = int(np.flatnonzero((a[key] != b[key]).any(axis=(0, 2)))[0]) if same else 0
                raise CheckFailed(f"{what} at round {k}, agent {agent}, message {key!r} ({fix})")


def _promise(problem: AgentFailure) -> str:
    return "lent arrays: " if "which is lent to it" in str(problem) else ""
