"""The selfish take the floor: their strategies replace their own rows of what is said and of what is reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from robosim import lending
from robosim.agent import Array, Deviation, Heard, Rules, Said, View
from robosim.errors import AgentFailure
from robosim.files.writing import plain_name
from robosim.program import FAILURES, crashed, place

Fault = tuple[int, int, int]
"""(round, mission, agent) of a message that could not be used."""


class Selfish(NamedTuple):
    """The deviations of a mission with their agents' own types and the announced rules."""

    deviations: tuple[Deviation, ...]
    own: tuple[Said, ...]
    rules: Rules


def selfish(deviations: tuple[Deviation, ...], own: Said, rules: Rules) -> Selfish:
    """The deviations with their agents' own types, from those of all missions (missions, agents, components)."""
    return Selfish(deviations, tuple(one.rows(own) for one in deviations), rules)


def names(deviations: tuple[Deviation, ...]) -> dict[tuple[int, int], str]:
    """(mission, agent) → what it plays, for the selfish."""
    return {
        (int(m), int(i)): plain_name(deviation.strategy.name)
        for deviation in deviations
        for m, i in zip(deviation.missions, deviation.agents, strict=True)
    }


class Near(Sequence[Heard]):
    """What each of K deviators heard, as populations of one that are put together when they are asked for."""

    def __init__(self, deviation: Deviation, heard: Heard) -> None:
        self._places = deviation.missions, deviation.agents
        self._heard = heard

    def __len__(self) -> int:
        return len(self._places[0])

    @overload
    def __getitem__(self, k: int) -> Heard: ...

    @overload
    def __getitem__(self, k: slice) -> list[Heard]: ...

    def __getitem__(self, k: int | slice) -> Heard | list[Heard]:
        if isinstance(k, slice):
            return [self[one] for one in range(len(self))[k]]
        mission, agent = (int(each[k]) for each in self._places)
        own, leader, links, voices = self._heard
        near = links.indices[links.indptr[agent] : links.indptr[agent + 1]]
        alone = Heard(
            own={key: _of(x, mission)[:, agent : agent + 1] for key, x in own.items()},
            leader={key: _of(x, mission) for key, x in leader.items()},
            links=links.only(agent),
            voices={key: _of(x, mission)[:, near] for key, x in voices.items()},
        )
        return lending.heard(alone)


def _of(x: Array, mission: int) -> Array:
    row = min(mission, len(x) - 1)
    return x[row : row + 1]


def speak(
    selfish: Selfish, k: int, said: Said, heard: Heard | None, memory: tuple[Any, ...]
) -> tuple[tuple[Any, ...], tuple[Fault, ...]]:
    """Replace rows of `said` in place by what the selfish say in round k; their new memories and new faults."""
    kept: list[Any] = []
    faults: tuple[Fault, ...] = ()
    for deviation, own, remembered in zip(selfish.deviations, selfish.own, memory, strict=True):
        faithful = deviation.rows(said)
        last, near = (None, ()) if heard is None else (_hears(deviation, heard), Near(deviation, heard))
        view = View(own, last, faithful, selfish.rules, near)
        view = lending.view(view) if _foreign(deviation) else view
        try:
            answer = deviation.strategy.say(k, remembered, view)
        except FAILURES as problem:
            raise crashed(f"in round {k}", deviation.strategy, problem, view) from problem
        remembered, rows = _parts(k, deviation, answer)
        faults += _receive(k, said, deviation, rows, last or faithful)
        kept.append(remembered)
    return tuple(kept), faults


def report(selfish: Selfish, decision: Array, reports: Array) -> None:
    """Replace entries of the reported costs (missions, agents) in place by what the selfish report."""
    for deviation, own in zip(selfish.deviations, selfish.own, strict=True):
        rows = (deviation.missions, deviation.agents)
        view, decided = View(own, None, {"cost": reports[rows][:, None]}, selfish.rules), decision[rows]
        if _foreign(deviation):
            view, decided = lending.view(view), lending.frozen(decided)
        try:
            said = deviation.strategy.report(view, decided, view.faithful)
        except FAILURES as problem:
            raise crashed("in its report", deviation.strategy, problem, view, decided) from problem
        cost = _numbers(said.get("cost")) if isinstance(said, dict) else None
        shape = view.faithful["cost"].shape
        if cost is None or cost.shape not in (shape, (1, 1)):
            raise AgentFailure(
                f"{place(deviation.strategy)}its report is {_got(said)}, it must be 'cost' {shape} "
                "(return {'cost': …} with one number for each deviator)"
            )
        reports[rows] = cost[:, 0]


def _foreign(deviation: Deviation) -> bool:
    """Whether somebody else than robosim wrote the strategy: what it sees is lent to it."""
    kind: type = type(deviation.strategy)
    return not lending.ours(kind)


def pretend(deviation: Deviation, own: Said) -> Said:
    """The types with which the deviators of one deviation run the faithful program, of the shapes of `own`."""
    seen = lending.said("own", own) if _foreign(deviation) else own
    try:
        said = deviation.strategy.pretend(seen)
    except FAILURES as problem:
        raise crashed("when it pretended", deviation.strategy, problem, seen) from problem
    found = {key: _numbers(x) for key, x in said.items()} if isinstance(said, dict) else {}
    for key, x in own.items():
        got = found.get(key)
        if got is None or got.shape != x.shape or not np.isfinite(got[np.isfinite(x)]).all():
            raise AgentFailure(
                f"{place(deviation.strategy)}it pretended {key!r} {_got(said)}, it must be finite, of shape {x.shape} "
                "(return own | {…} with one row for each deviator)"
            )
    return {key: said[key] for key in own}


def _hears(deviation: Deviation, heard: Heard) -> Said:
    """What the deviators heard last: their own words as they really came out, and the leader's."""
    leader = {key: x[:, 0].take(deviation.missions, axis=0, mode="clip") for key, x in heard.leader.items()}
    return deviation.rows(heard.own) | leader


def _parts(k: int, deviation: Deviation, answer: Any) -> tuple[Any, dict[str, Any]]:
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict):
        return answer
    raise AgentFailure(
        f"{place(deviation.strategy)}in round {k} it returned {type(answer).__name__} (return memory, said: what it "
        "remembers and a dict of arrays)"
    )


def _numbers(x: Any) -> Array | None:
    """An array of floats; None for what is none."""
    found = np.asarray(x)
    return found.astype(np.float64, copy=False) if found.dtype.kind in "fiub" else None


def _got(said: Any) -> str:
    if not isinstance(said, dict):
        return type(said).__name__
    return " and ".join(f"{key!r} {getattr(x, 'shape', type(x).__name__)}" for key, x in said.items()) or "nothing"


def _receive(k: int, said: Said, deviation: Deviation, rows: dict[str, Any], before: Said) -> tuple[Fault, ...]:
    """Put the deviators' rows in place; a number that is not finite is refused and its sender's last one holds."""
    faults: tuple[Fault, ...] = ()
    for key, given in rows.items():
        x = given if type(given) is np.ndarray and given.dtype == np.float64 else _numbers(given)
        if key not in said or x is None or x.shape != before[key].shape:
            wanted = " and ".join(f"{name!r} {(len(deviation.agents), one.shape[2])}" for name, one in said.items())
            raise AgentFailure(
                f"{place(deviation.strategy)}in round {k} it said {_got(rows)}, it may say {wanted} of numbers (one "
                "row for each deviator)"
            )
        places = (deviation.missions, deviation.agents)
        if np.isfinite(x).all():
            said[key][places] = x
            continue
        sound = np.asarray(np.isfinite(x).all(axis=1))
        said[key][places] = np.where(sound[:, None], x, before[key])
        for row in np.flatnonzero(~sound):
            faults += ((k, int(deviation.missions[row]), int(deviation.agents[row])),)
    return faults
