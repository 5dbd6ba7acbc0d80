"""The selfish take the floor: their strategies replace their own rows of what is said and of what is reported."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from robosim import lending
from robosim.agent import Array, Deviation, Heard, Rules, Said, View
from robosim.errors import AgentFailure
from robosim.files.writing import plain_name
from robosim.program import FAILURES, crashed

Fault = tuple[int, int, int]
"""(round, mission, agent) of a message that could not be used."""


class Selfish(NamedTuple):
    """The deviations of a mission with their agents' own types and the announced rules."""

    deviations: tuple[Deviation, ...]
    own: tuple[Said, ...]
    rules: Rules


def names(deviations: tuple[Deviation, ...]) -> dict[tuple[int, int], str]:
    """(mission, agent) → what it plays, for the selfish."""
    return {
        (int(m), int(i)): plain_name(deviation.strategy.name)
        for deviation in deviations
        for m, i in zip(deviation.missions, deviation.agents, strict=True)
    }


def speak(
    selfish: Selfish, k: int, said: Said, heard: Heard | None, memory: tuple[Any, ...]
) -> tuple[tuple[Any, ...], tuple[Fault, ...]]:
    """Replace rows of `said` in place by what the selfish say in round k; their new memories and new faults."""
    kept: list[Any] = []
    faults: tuple[Fault, ...] = ()
    for deviation, own, remembered in zip(selfish.deviations, selfish.own, memory, strict=True):
        faithful = deviation.rows(said)
        view = View(own, None if heard is None else _hears(deviation, heard), faithful, selfish.rules)
        lent = _lent(deviation, view)
        try:
            remembered, rows = deviation.strategy.say(k, remembered, lent)
        except FAILURES as problem:
            raise crashed(f"in round {k}", deviation.strategy, problem, lent) from problem
        faults += _receive(k, said, deviation, rows, view.heard or faithful)
        kept.append(remembered)
    return tuple(kept), faults


def report(selfish: Selfish, decision: Array, reports: Array) -> None:
    """Replace entries of the reported costs (missions, agents) in place by what the selfish report."""
    for deviation, own in zip(selfish.deviations, selfish.own, strict=True):
        rows = (deviation.missions, deviation.agents)
        true = {"cost": reports[rows][:, None]}
        view = _lent(deviation, View(own, None, true, selfish.rules))
        try:
            reports[rows] = deviation.strategy.report(view, decision[rows], view.faithful)["cost"][:, 0]
        except FAILURES as problem:
            raise crashed("in its report", deviation.strategy, problem, view) from problem


def _lent(deviation: Deviation, view: View) -> View:
    """What a strategy may see: read-only where somebody else than robosim wrote it."""
    kind: type = type(deviation.strategy)
    seen: View = view if lending.ours(kind) else lending.view(view)
    return seen


def _hears(deviation: Deviation, heard: Heard) -> Said:
    """What the deviators heard last: their own words as they really came out, and the leader's."""
    leader = {key: x[np.minimum(deviation.missions, x.shape[0] - 1), 0] for key, x in heard.leader.items()}
    return deviation.rows(heard.own) | leader


def _receive(k: int, said: Said, deviation: Deviation, rows: Said, before: Said) -> tuple[Fault, ...]:
    """Put the deviators' rows in place; a number that is not finite is refused and its sender's last one holds."""
    faults: tuple[Fault, ...] = ()
    for key, x in rows.items():
        if key not in said or np.shape(x) != before[key].shape:
            raise AgentFailure(
                f"round {k}: {type(deviation.strategy).__name__} said {key!r} with shape {np.shape(x)} "
                f"(it must say {', '.join(said)} with one row per deviator)"
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
