"""What a free agent sees: its own type, the round, its own last words, the leader's, its neighbours', what it paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array, Deviation, Heard, Said
from robosim.deviate import Near
from robosim.mission import Mission, Snapshot
from robosim.network.network import Hub
from robosim.rl.turns import Turns

FAR = 1e12
"""Larger numbers, infinity among them (a limit that there is not), are shown as this."""


class Sight(NamedTuple):
    """Places of all that one agent sees in one vector of `size` numbers.

    Parameters
    ----------
    parts : "type" its private type; "round" the share of rounds that are over, 0 before the first words; "last" 1 when
        the next words are the last ones that are announced; "own.WORD" its last word as it really happened;
        "leader.WORD"; "near.WORD" (agents, components) what it heard from each other agent, zeros from whom it did not
        hear; "near.heard" (agents,) 1 where it heard; "paid" its running private cost; what else its kind of world
        shows. What the world does not have is not there.
    shapes : of the words under "near".
    """

    parts: dict[str, slice]
    shapes: dict[str, tuple[int, int]]
    size: int


def sight(mission: Mission[Any], turns: Turns) -> Sight:
    """Of any agent of a mission; neighbours have places wherever any can be heard."""
    heard, agents = turns.form, mission.network.n
    sizes = {"type": sum(x.shape[2] for x in mission.own.values()), "round": 1, "last": 1}
    sizes |= {f"own.{word}": x.shape[2] for word, x in heard.own.items()}
    sizes |= {f"leader.{word}": x.shape[2] for word, x in heard.leader.items()}
    linked = not isinstance(mission.network, Hub)
    shapes = {word: (agents, x.shape[2]) for word, x in heard.voices.items()} if linked else {}
    sizes |= {f"near.{word}": rows * width for word, (rows, width) in shapes.items()}
    sizes |= {"near.heard": agents} if linked else {}
    sizes |= {"paid": 1} if turns.meters else {}
    sizes |= turns.parts
    ends = np.cumsum(list(sizes.values()))
    parts = {name: slice(int(end) - size, int(end)) for (name, size), end in zip(sizes.items(), ends, strict=True)}
    return Sight(parts, shapes, int(ends[-1]))


class Moment(NamedTuple):
    """All that there is to see after an exchange of words; `more` by name, (agents, size) each."""

    progress: tuple[float, bool]
    heard: Heard | None
    more: Mapping[str, Array]
    paid: Array | None
    """(agents,)."""


def moment(turns: Turns, snapshot: Snapshot | None) -> Moment:
    """After `snapshot`; None: nobody has spoken yet."""
    return Moment(turns.progress(snapshot), turns.heard(snapshot), turns.more(snapshot), turns.running(snapshot))


def seen(what: Sight, own: Said, now: Moment, agent: int) -> Array:
    """The vector (size,) of one agent, whose private types are in `own`."""
    found = np.zeros(what.size)
    found[what.parts["type"]] = np.concatenate([x[0, agent] for x in own.values()])
    found[what.parts["round"]], found[what.parts["last"]] = now.progress
    for name, x in now.more.items():
        found[what.parts[name]] = x[agent]
    if now.paid is not None:
        found[what.parts["paid"]] = now.paid[agent]
    if now.heard is not None:
        for word, x in now.heard.own.items():
            found[what.parts[f"own.{word}"]] = x[0, agent]
        for word, x in now.heard.leader.items():
            found[what.parts[f"leader.{word}"]] = x[0, agent if x.shape[1] > 1 else 0]
        _neighbours(found, what, now.heard, agent)
    return np.clip(np.nan_to_num(found, nan=0.0, posinf=FAR, neginf=-FAR), -FAR, FAR)


def _neighbours(found: Array, what: Sight, heard: Heard, agent: int) -> None:
    """What arrived over each link in the last round, in the row of its sender."""
    if not what.shapes:
        return
    who = Deviation(strategy=None, missions=np.array([0]), agents=np.array([agent]))  # type: ignore[arg-type]
    near = Near(who, heard)[0]
    found[what.parts["near.heard"]][near.links.ids] = 1.0
    for word, shape in what.shapes.items():
        found[what.parts[f"near.{word}"]].reshape(shape)[near.links.ids] = near.voices[word][0]
