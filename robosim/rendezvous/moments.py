"""Moments of a rendezvous for viewers: from snapshots while it is played, from a record afterwards, the same arrays."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said
from robosim.errors import RobosimError
from robosim.mission import Snapshot
from robosim.network.network import spread
from robosim.network.radio import SILENT, Radio
from robosim.rendezvous.build import drawn_network
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.radio import on_the_air, with_batteries
from robosim.rendezvous.record import RendezvousRecord
from robosim.rendezvous.scenario import RendezvousScenario

Pairs = NDArray[np.int64]
"""(m, 2) receiver and sender."""
JOURNEY = 24
"""Pictures of a journey that follows the talk."""


class Moment(NamedTuple):
    """Robots after round k.

    Parameters
    ----------
    at : (n, d) where bodies are in the world, m; where robots agree before they travel, what they said.
    words : (n, d) what was said of it, in the frame of the meeting: the same but for lies in round 0.
    distance : from agreement, of those whose batteries are not empty, m.
    energy_j : (n,) spent so far.
    heading_rad, charge_j : (n,), None for bodies without them.
    heard, lost : links over which something arrived in this round, and over which nothing did; None without a radio,
        and where a record does not tell.
    """

    k: int
    at: Array
    words: Array
    distance: float
    energy_j: Array
    heading_rad: Array | None = None
    charge_j: Array | None = None
    heard: Pairs | None = None
    lost: Pairs | None = None


def of_snapshot(mission: Rendezvous, snapshot: Snapshot, places: Array | float) -> Moment:
    """Mission 0 as it stands; `places` (n, d) m are those of its formation."""
    body, k, heading, charge = snapshot.body, snapshot.k, None, None
    travels = mission.scenario.mission.travel == "after-agreeing"
    at = snapshot.heard.own["z"][0] if travels and k else body.position[0]
    if hasattr(body, "ride"):
        heading = mission.world.headings(body.ride)[0] if mission.world.heads else None  # type: ignore[attr-defined]
        charge = body.ride.charge_j[0] if np.isfinite(body.ride.charge_j).all() else None
    words = np.asarray(at - places) if k else snapshot.heard.own["z"][0]
    found = _moment(k, at, words, body.energy_j[0], heading, charge)
    if not isinstance(mission.network, Radio):
        return found
    links = snapshot.heard.links
    receiver = np.repeat(np.arange(len(links.indptr) - 1), np.diff(links.indptr))
    said = _spoken(snapshot.heard.own["z"], charge)
    return _flashed(found, mission.network, said, receiver * len(at) + links.ids)


def of_record(record: RendezvousRecord) -> Iterator[Moment]:
    """Mission 0 round by round, as far as rounds were kept."""
    log, travels = record.bodies, record.travel == "after-agreeing"
    rows = np.concatenate([record.positions[:1, :1], record.said["z"][:1, 1:]], axis=1) if travels else record.positions
    moments = []
    for row, k in enumerate(record.kept.tolist()):
        energy = np.zeros_like(record.spent_j[0]) if travels else record.energy_j[0, row]
        heading = None if log is None or log.headings_rad is None else log.headings_rad[0, row]
        charge = None if log is None or log.charge_j is None else log.charge_j[0, row]
        moments.append(_moment(k, rows[0, row], record.said["z"][0, row], energy, heading, charge))
    yield from _on_the_air(record, moments)


def journey(record: RendezvousRecord) -> Iterator[Moment]:
    """How everybody then drives to where they agreed to meet; nothing where they agreed by driving."""
    if record.travel != "after-agreeing":
        return
    start, end = record.positions[0, 0], record.positions[0, -1]
    for share in np.linspace(0.0, 1.0, JOURNEY + 1).tolist():
        at = start + share * (end - start)
        yield _moment(record.rounds, at, record.decision[0], share * record.spent_j[0], None, None)


def _moment(
    k: int, at: Array, words: Array, energy_j: Array, heading_rad: Array | None, charge_j: Array | None
) -> Moment:
    there = words if charge_j is None else words[charge_j > 0.0]
    distance = float(spread(there[None])[0]) if len(there) else 0.0
    return Moment(k, at, words, distance, energy_j, heading_rad, charge_j)


def _spoken(words: Array, charge_j: Array | None) -> Said:
    """What goes on the air: words (1, n, d) m, and who is silent as its battery is empty."""
    silent = {} if charge_j is None else {SILENT: (charge_j <= 0.0).astype(np.float64)[None, :, None]}
    return {"z": words, **silent}


def _flashed(moment: Moment, radio: Radio, said: Said, arrived: NDArray[np.int64]) -> Moment:
    """The moment with its messages: `arrived` are links as receiver · n + sender."""
    n = len(moment.at)
    lost = np.setdiff1d(radio.in_reach(moment.k, said), arrived)
    return moment._replace(heard=np.stack(np.divmod(arrived, n), axis=1), lost=np.stack(np.divmod(lost, n), axis=1))


def _on_the_air(record: RendezvousRecord, moments: list[Moment]) -> Iterator[Moment]:
    """The moments with what the radio did: losses follow from seed, round and link, so that they are drawn again."""
    radio = radio_of(record)
    if radio is None:
        yield from moments
        return
    memory = radio.start()
    for moment, words in zip(moments, record.said["z"][0], strict=True):
        said = _spoken(words[None], moment.charge_j)
        memory, heard = radio.deliver(moment.k, memory, said, {})
        receiver = np.repeat(np.arange(radio.n), np.diff(heard.links.indptr))
        yield _flashed(moment, radio, said, receiver * radio.n + heard.links.ids)


def radio_of(record: RendezvousRecord) -> Radio | None:
    """The radio of a record, made again of its world; None where there was none, rounds are missing, or it is not the
    one that its world tells of."""
    if record.reception is None or len(record.kept) <= record.rounds:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scenario = RendezvousScenario.model_validate(tomllib.loads(record.world_toml))
            graph = drawn_network(scenario, record.start + record.places)
            found = with_batteries(on_the_air(scenario, graph), lasts=False)
    except (RobosimError, ValueError):
        return None
    return found if isinstance(found, Radio) and np.array_equal(found.edges, record.edges) else None
