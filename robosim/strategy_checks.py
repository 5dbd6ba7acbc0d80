"""Check anyone's strategy for what its types cannot say: forms, own rows only, memory, batches, lent arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from robosim.agent import Array, Deviation, Said, Strategy, View
from robosim.build import load
from robosim.errors import AgentFailure, BadInput, CheckFailed, RobosimError
from robosim.kind import kind_of
from robosim.leader.tax_rule import NONE
from robosim.lending import ours
from robosim.lookup.plays import Given, called, single
from robosim.mission import Mission
from robosim.scenario.loading import load_scenario
from robosim.scenario.reading import bundled_names

ROUNDS, SHORT, AGENTS = 20, 5, 3
KEPT = "finite, the same again, each from its own row, nothing lent was written"


def check_strategy(
    strategy: Given, world: str | Path | Mission[Any] | None = None, *, rounds: int = ROUNDS
) -> tuple[str, ...]:
    """Raise `CheckFailed` unless a strategy keeps the promises on which attacks rest; else say what was played.

    It is played by up to three agents in a mission each, side by side, everybody else being faithful.

    1. Answers: it says words that the faithful program says, and reports costs, one row of finite numbers a deviator;
       what it pretends has the shape of the types; nothing fails.
    2. Lent arrays: it writes into nothing that it is given.
    3. Memory: asked again with the same memory it says the same bits, and so it does in a second mission.
    4. Own rows: each deviator, asked alone, says the same bits as side by side with the others.

    Parameters
    ----------
    strategy : an object, its class, or, with a world, its name there.
    world : where it is played, a mission or what `robosim.load` takes; by default one bundled world of each kind that
        it `serves`.
    rounds : how many are played at most.

    Raises `BadInput` for what is no strategy.

    >>> from robosim.controllers.selfish.robots import FootDragging
    >>> check_strategy(FootDragging, "erratum")
    ('erratum: agents 0, 2, 4, 20 rounds',)
    """
    if world is None:
        missions = [load(name, strategies={}) for name in _bundled(_serves(strategy))]
    else:
        given: Any = world
        missions = [given.faithful() if hasattr(given, "playing") else load(given, strategies={})]
    try:
        return tuple(_check(mission, single(mission, strategy), rounds) for mission in missions)
    except CheckFailed as problem:
        if world is not None or _serves(strategy):
            raise
        raise CheckFailed(f"{problem}; give a world, or serves, the nouns of the kinds that it is for") from problem


def check_selfish(mission: Mission[Any]) -> tuple[str, ...]:
    """The same for strategies of one's own that a mission plays, a line each, for a few rounds.

    Raises `AgentFailure` naming the strategy and the promise that it breaks.
    """
    own = {called(one.strategy): one.strategy for one in mission.deviations if not _ours(one.strategy)}
    try:
        found = {name: _check(mission.faithful(), strategy, SHORT) for name, strategy in own.items()}
    except CheckFailed as problem:
        raise AgentFailure(str(problem)) from problem
    return tuple(f"{name}: played by {line.partition(': ')[2]}: {KEPT}" for name, line in found.items())


def _ours(strategy: Strategy) -> bool:
    kind: type = type(strategy)
    return ours(kind)


def _serves(strategy: Given) -> tuple[str, ...]:
    if isinstance(strategy, str):
        raise BadInput(f"strategy: {strategy!r} is a name (give the world in which it has that name, too)")
    return tuple(getattr(strategy, "serves", ()))


def _bundled(serves: Sequence[str]) -> list[str]:
    """The first bundled world of every kind, or of those that are served."""
    found: dict[str, str] = {}
    for name in bundled_names():
        found.setdefault(kind_of(load_scenario(name)).noun, name)
    return [name for noun, name in found.items() if not serves or noun in serves]


def _check(mission: Mission[Any], strategy: Strategy, rounds: int) -> str:
    n = mission.network.n
    together = 1 if getattr(mission.network, "one_at_a_time", False) else AGENTS
    agents = list(dict.fromkeys(int(i) for i in np.linspace(0, n - 1, min(n, together))))
    where = f"{type(strategy).__name__} in {mission.scenario.name}"
    plans = [_prepared(where, mission, strategy, agent) for agent in agents]
    _compare(where, *(_played(where, mission, plans, agents, rounds) for _ in range(2)))
    played = min(rounds, mission.rounds)
    return f"{mission.scenario.name}: agents {', '.join(map(str, agents))}, {played} rounds"


def _prepared(where: str, mission: Mission[Any], strategy: Strategy, agent: int) -> Strategy:
    try:
        return strategy.prepared(mission, agent)
    except RobosimError as problem:
        raise CheckFailed(f"{where}: cannot be prepared: {problem}") from None


@dataclass(frozen=True, kw_only=True)
class _Overheard(Strategy):
    """Plays a strategy, asks it twice and each of its rows alone, and notes what it does."""

    inner: Strategy
    where: str
    words: list[Said] = field(default_factory=list)

    def pretend(self, own: Said) -> Said:
        found = self.inner.pretend(own)
        if not _has_form(found, own):
            return found
        self._hold("its types", found, [self.inner.pretend(_row(own, k)) for k in range(_count(own))])
        self._note("its types", found)
        return found

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Any]:
        last, alone = memory or (None, [None] * _count(view.own))
        answer = self.inner.say(k, last, view)
        if not (_is_pair(answer) and _has_form(answer[1], view.faithful)):
            return answer  # the mission says what is wrong with it
        said = self._note(f"round {k}", answer[1])
        again = self.inner.say(k, last, view)
        if not (_is_pair(again) and _alike(said, again[1])):
            raise CheckFailed(
                f"{self.where}: memory: asked again in round {k} with the same memory, it says something else (return "
                "a new memory, change nothing in the old one, and keep nothing elsewhere)"
            )
        ones = [self.inner.say(k, mine, _alone(view, row)) for row, mine in enumerate(alone)]
        self._hold(f"round {k}", said, [one[1] for one in ones])
        return (answer[0], [one[0] for one in ones]), answer[1]

    def report(self, view: View, decision: Array, report: Said) -> Said:
        found = self.inner.report(view, decision, report)
        if not _has_form(found, report):
            return found
        rows = range(len(decision))
        ones = [self.inner.report(_alone(view, k), decision[k : k + 1], _row(report, k)) for k in rows]
        self._hold("its report", found, ones)
        self._note("its report", found)
        return found

    def _note(self, when: str, said: Said) -> Said:
        copy = {key: np.array(x) for key, x in said.items()}
        for key, x in copy.items():
            if x.dtype.kind == "f" and when != "its types" and not np.isfinite(x).all():
                raise CheckFailed(f"{self.where}: finite numbers: in {when} {key!r} holds {x[~np.isfinite(x)][0]}")
        self.words.append(copy)
        return copy

    def _hold(self, when: str, said: Said, alone: Sequence[Any]) -> None:
        """Raise `CheckFailed` where a deviator alone does otherwise than side by side."""
        for k, one in enumerate(alone):
            if not (isinstance(one, dict) and _alike(_row(said, k), one)):
                raise CheckFailed(
                    f"{self.where}: own rows: in {when} deviator {k} alone does otherwise than side by side with "
                    "others (in row k use what deviator k has and hears, and no state but the memory)"
                )


def _is_pair(answer: Any) -> bool:
    return isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict)


def _has_form(said: Any, wanted: Said) -> bool:
    """Whether all of it is numbers in the shapes that are wanted."""
    found = {key: np.asarray(x) for key, x in said.items()} if isinstance(said, dict) else {"": np.empty(0)}
    return all(key in wanted and x.dtype.kind in "fiub" and x.shape == wanted[key].shape for key, x in found.items())


def _count(own: Said) -> int:
    return max(map(len, own.values()))


def _alone(view: View, k: int) -> View:
    """What one of the deviators sees."""
    heard = None if view.heard is None else _row(view.heard, k)
    return View(_row(view.own, k), heard, _row(view.faithful, k), view.rules, view.near[k : k + 1])


def _row(said: Said, k: int) -> Said:
    return {key: np.asarray(x)[k : k + 1] if len(np.atleast_1d(x)) > 1 else x for key, x in said.items()}


def _alike(a: Said, b: Said) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(x, b[key], equal_nan=True) for key, x in a.items())


def _played(
    where: str, mission: Mission[Any], plans: Sequence[Strategy], agents: Sequence[int], rounds: int
) -> list[list[Said]]:
    """What each deviation did, in order; one deviation for all agents where they play the same."""
    same = all(plan is plans[0] for plan in plans)
    groups = [list(range(len(agents)))] if same else [[row] for row in range(len(agents))]
    heard = [_overheard(where, plans[rows[0]]) for rows in groups]
    found = tuple(
        Deviation(strategy=one, missions=np.array(rows), agents=np.array([agents[row] for row in rows]))
        for one, rows in zip(heard, groups, strict=True)
    )
    playing = mission.billed(NONE).playing(found, batch=len(agents))  # what is said does not depend on bills
    try:
        snapshot = playing.start(playing.tape(1))
        while snapshot.k < min(rounds, mission.rounds) and not playing.finished(snapshot):
            snapshot = playing.advance(snapshot)
        playing.settle(snapshot)
    except AgentFailure as problem:
        raise CheckFailed(f"{where}: {_promise(str(problem))}: {problem}") from problem
    return [one.words for one in heard]


def _overheard(where: str, inner: Strategy) -> _Overheard:
    """`stays_out`, `serves`, the name and the module are a class's own: by that it is lent what its inner one is."""
    more = {
        "__module__": type(inner).__module__,
        "name": inner.name,
        "stays_out": inner.stays_out,
        "serves": inner.serves,
    }
    kind: type[_Overheard] = type(type(inner).__name__, (_Overheard,), more)
    return kind(inner=inner, where=where)


def _promise(problem: str) -> str:
    return "lent arrays: it writes into what it is given" if "which is lent to it" in problem else "answers"


def _compare(where: str, first: list[list[Said]], again: list[list[Said]]) -> None:
    """Raise `CheckFailed` where the same mission is played otherwise."""
    if [len(one) for one in first] != [len(one) for one in again] or not all(
        _alike(a, b) for one, two in zip(first, again, strict=True) for a, b in zip(one, two, strict=True)
    ):
        raise CheckFailed(
            f"{where}: replay: a second mission differs (use no state but the memory, and no global random numbers)"
        )
