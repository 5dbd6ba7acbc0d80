"""A record as messages in the order of their times: scene, frames, numbers, log, settlement."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.exporting import schemas
from robosim.exporting.entities import FRAME, agents_on, ground_of, lines_on, pose, trails_on
from robosim.exporting.schemas import Schema
from robosim.exporting.timeline import ROUND_S, Timeline, Track, timeline_of
from robosim.files.writing import printable, strict
from robosim.kind import kind_named
from robosim.record import Record
from robosim.view.scene import Map, Scene

PICTURES, THINGS = 1_000, 100_000
"""Scenes at most, and agents in all of them together: longer missions and larger teams are seen less often."""
Plain = dict[str, Any]


class Message(NamedTuple):
    """One message: nanoseconds of the mission, topic, name of its schema, the schema, what it says."""

    ns: int
    topic: str
    name: str
    schema: Schema
    says: Plain


def messages(record: Record) -> Iterator[Message]:
    """All that is told of mission 0, by time and then by topic; numbers are made when it is their turn."""
    timeline = timeline_of(record)
    tracks = (_numbers(topic, track) for topic, track in timeline.tracks.items())
    others = sorted([*_seen(record, timeline), *_settled(record, _end_s(timeline))], key=_place)
    return heapq.merge(*tracks, others, key=_place)


def _place(one: Message) -> tuple[int, str]:
    return one.ns, one.topic


def nanoseconds(t_s: float) -> int:
    """Whole ones: exact to a microsecond for missions of a month."""
    return round(t_s * 1e6) * 1_000


def moment(t_s: float) -> Plain:
    """A time as Foxglove has it.

    >>> moment(2.5)
    {'sec': 2, 'nsec': 500000000}
    """
    sec, nsec = divmod(nanoseconds(t_s), 1_000_000_000)
    return {"sec": sec, "nsec": nsec}


def _end_s(timeline: Timeline) -> float:
    times = [*(track.t_s for track in timeline.tracks.values()), timeline.seen_s[np.isfinite(timeline.seen_s)]]
    return max((float(t_s[-1]) for t_s in times if len(t_s)), default=0.0)


def _numbers(topic: str, track: Track) -> Iterator[Message]:
    """A track under its name: what the team has, and `agents`, a list in which place i is agent i."""
    schema: Schema | None = None
    for row, t_s in enumerate(track.t_s.tolist()):
        says = _row(track, row)
        schema = schema or schemas.like(says)
        yield Message(nanoseconds(t_s), f"/{topic}", f"robosim.{topic}", schema, says)


def _row(track: Track, row: int) -> Plain:
    says: Plain = {name: _known(x[row]) for name, x in track.team.items()}
    if track.each:
        names = ("id", *track.each)
        rows = zip(count(), *(_known(x[row]) for x in track.each.values()), strict=False)
        says["agents"] = [dict(zip(names, values, strict=True)) for values in rows]
    return says


def _known(values: Array) -> Any:
    """As plain numbers; a walk for those that are none only where there are some, for it is long."""
    plain = values.tolist()
    return plain if np.isfinite(values).all() else strict(plain)


def _seen(record: Record, timeline: Timeline) -> Iterator[Message]:
    """Scenes of the moments that have a time, thinned where there are too many; the log of what the last one says."""
    kind = kind_named(record.noun)
    if kind is None or kind.scene is None:
        return
    scenery = kind.scene(record)
    talk = tuple(scenery.recalled(record))
    past = (*talk, *scenery.after(record))
    seen_s = _times(timeline.seen_s, len(past))
    shown = _thinned(seen_s, record.decision.shape[1])
    ground: list[Plain] = []
    there: set[str] = set()
    for place in shown:
        t_s = float(seen_s[place])
        scene = scenery.scene(past[: place + 1], record if place >= len(talk) else None)
        if not isinstance(scene.main, Map):
            break
        entities = _entities(scene, scene.main, moment(t_s))
        names = {one["id"] for one in entities}
        gone = [{"timestamp": moment(t_s), "type": schemas.MATCHING_ID, "id": name} for name in sorted(there - names)]
        yield _message(t_s, "/scene", schemas.SCENE, {"deletions": gone, "entities": entities})
        if scene.main.unit == "m" and scene.main.agents is not None and scene.main.axes is None:
            yield _message(t_s, "/tf", schemas.TRANSFORMS, {"transforms": _frames(scene, scene.main, moment(t_s))})
        things = ground_of(scene.main, moment(0.0))
        if things != ground:
            ground = things
            yield _message(t_s, "/ground", schemas.SCENE, {"deletions": [], "entities": things})
        there = names
    end_s = _end_s(timeline)
    if len(shown) < np.isfinite(seen_s).sum():
        every = f"{len(shown)} of {int(np.isfinite(seen_s).sum())} moments are in the scene; numbers are whole"
        yield _log(0.0, schemas.INFO, record, every)
    if past:
        for ink, text in scenery.scene(past, record).facts:
            yield _log(end_s, schemas.WARNING if ink == "bad" else schemas.INFO, record, text)


def _times(seen_s: Array, moments: int) -> Array:
    """Of all moments: of those that a timeline does not speak of a second each, after the others."""
    more = np.arange(1.0, max(moments - len(seen_s), 0) + 1)
    return np.concatenate([seen_s, seen_s[-1:].sum() + ROUND_S * more])[:moments]


def _thinned(seen_s: Array, agents: int) -> list[int]:
    """Which moments are seen: the first, the last, and as many between as there is room for."""
    known = np.flatnonzero(np.isfinite(seen_s))
    room = max(2, min(PICTURES, THINGS // max(agents, 1)))
    if len(known) <= room:
        return list(known.tolist())
    return list(known[np.unique(np.linspace(0, len(known) - 1, room).astype(np.int64))].tolist())


def _entities(scene: Scene, found: Map, time: Plain) -> list[Plain]:
    agents = [] if found.agents is None else agents_on(found, found.agents, scene.kin, scene.agent, time)
    return [*agents, *trails_on(found, scene.kin, scene.agent, time), *lines_on(found, time)]


def _frames(scene: Scene, found: Map, time: Plain) -> list[Plain]:
    """Where each agent's own frame is in the world's, turned as it looks."""
    agents = found.agents
    if agents is None:
        return []
    looks = np.zeros(len(agents.ids)) if agents.heading_rad is None else np.nan_to_num(agents.heading_rad)
    frames = []
    for agent, at, heading in zip(agents.ids.tolist(), agents.at, looks.tolist(), strict=True):
        place = pose(at, heading)
        ends = {"parent_frame_id": FRAME, "child_frame_id": f"{scene.agent} {agent}"}
        frames.append({"timestamp": time, **ends, "translation": place["position"], "rotation": place["orientation"]})
    return frames


def _settled(record: Record, end_s: float) -> Iterator[Message]:
    """The bill, as a table and in the log, where who is fined or refused is a warning."""
    rows, unit = record.table(0), record.unit
    bill: Plain = strict({"unit": unit, **record.shared_leader(0), "agents": rows})
    yield Message(nanoseconds(end_s), "/settlement", "robosim.settlement", schemas.like(bill), bill)
    yield _log(0.0, schemas.INFO, record, f"{record.world}, seed {record.seed}, tax {record.tax_rule}")
    fined = bool(record.settlement.penalised[0])
    for row in rows:
        refused = bool(record.settlement.refused[0, row["id"]])
        said = f"{_called(record)} {row['id']} ({row['strategy']}): cost {row['private_cost']:.6g} {unit}"
        said += f" + tax {row['tax']:.6g} {unit} = {row['net_cost']:.6g} {unit}"
        said += ", report refused" * refused + ", fined" * (fined or refused)
        yield _log(end_s, schemas.WARNING if fined or refused else schemas.INFO, record, said)


def _called(record: Record) -> str:
    kind = kind_named(record.noun)
    return "agent" if kind is None else kind.agent


def _log(t_s: float, level: int, record: Record, text: str) -> Message:
    says = {"level": level, "message": printable(text), "name": record.world, "file": "", "line": 0}
    return _message(t_s, "/log", schemas.LOG, {"timestamp": moment(t_s), **says})


def _message(t_s: float, topic: str, schema: Schema, says: Plain) -> Message:
    return Message(nanoseconds(t_s), topic, schema["title"], schema, says)
