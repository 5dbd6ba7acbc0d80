"""Missions whose agreement is made, while in others that are played beside them it is not yet.

In them nobody says anything new, so they need not be played on. What each came to is kept until all have agreed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array, Deviation, Heard
from robosim.charging.online.agreement import Agreement
from robosim.charging.online.live import Ints
from robosim.controllers.parts.some import some
from robosim.mission import Snapshot

FEW = 4
"""So many missions at least are played on without the others."""
FEWER = 0.75
"""And at most this share of them: to sort them out costs some rounds."""


class Agreed(NamedTuple):
    """What A missions `rows` of R agreed on."""

    rows: Ints
    power_kw: Array
    """(A, P) for the rest of this period."""
    price: Array
    """(A, 1, K·T)."""
    gap: Array
    """(A,) dollars."""


def outcome(talk: Agreement, inner: Snapshot) -> Agreed:
    """Where an agreement stands."""
    return Agreed(talk.left.rows, talk.plan_kw(inner), inner.heard.leader["price"], talk.gap(inner))


def together(parts: tuple[Agreed, ...]) -> Agreed:
    """All of them, in the order of their missions."""
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate([one.rows for one in parts]))
    return Agreed(**{name: np.concatenate([getattr(one, name) for one in parts])[order] for name in Agreed._fields})


def parted(talk: Agreement, inner: Snapshot) -> tuple[tuple[Agreement, Snapshot], Agreed] | None:
    """Those that go on, and what the others agreed on; None where these are few, or programs cannot be told apart.

    The first mission goes on with the others, as it is the one that is looked at.
    """
    done = talk.coordinator.done(inner.leader)
    on = np.flatnonzero(~done | (np.arange(len(done)) == 0))
    if len(done) < FEW or len(on) > FEWER * len(done) or done.all():
        return None
    if not all(splits(program, "among", "start", "step") for program in _programs(talk)):
        return None
    try:
        rest, over = (narrowed(talk, inner, places) for places in (on, np.flatnonzero(done)[int(done[0]) :]))
    except LookupError:
        return None
    return rest, outcome(*over)


def narrowed(talk: Agreement, inner: Snapshot, places: Ints) -> tuple[Agreement, Snapshot]:
    """The same agreement in some of its missions. Raises `LookupError` where a strategy cannot be told apart."""
    left, programs = talk.left.among(places), _programs(talk)
    selfish = [_narrowed(*pair, places) for pair in zip(talk.deviations, inner.memory, strict=True)]
    selfish = [(one, memory) for one, memory in selfish if len(one.agents)]
    fewer = replace(talk, left=left, own=left.own, batch=len(places), deviations=tuple(one for one, _ in selfish))
    own, leader, links, voices = inner.heard
    state, led = (one.among(kept, places) for one, kept in zip(programs, (inner.state, inner.leader), strict=True))
    heard = Heard(some(own, places), some(leader, places), links, some(voices, places))
    return fewer, inner._replace(
        state=state, heard=heard, leader=led, memory=tuple(memory for _, memory in selfish), faults=()
    )


def _programs(talk: Agreement) -> tuple[Any, Any]:
    """Of cars and leader."""
    return talk.controller, talk.coordinator


def splits(program: object, how: str, *rounds: str) -> bool:
    """Whether the class that says `how` what is kept is told apart, mission by mission, also wrote the `rounds`: who
    inherits the one and writes the others anew may keep something else."""
    classes = type(program).__mro__
    wrote = {name: next((one for one in classes if name in vars(one)), None) for name in (how, *rounds)}
    owner = wrote[how]
    return owner is not None and all(one is not None and issubclass(owner, one) for one in wrote.values())


def _narrowed(one: Deviation, memory: Any, places: Ints) -> tuple[Deviation, Any]:
    """Where a strategy is played among those missions, in their numbers, and what is remembered there."""
    where = np.searchsorted(places, one.missions)
    rows = np.flatnonzero(places[np.minimum(where, len(places) - 1)] == one.missions)
    picked = replace(one, strategy=one.strategy.picked(rows), missions=where[rows], agents=one.agents[rows])
    if memory is not None and not splits(one.strategy, "remembered", "say"):
        raise LookupError
    return picked, None if memory is None else one.strategy.remembered(memory, rows)
