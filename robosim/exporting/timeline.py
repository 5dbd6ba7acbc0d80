"""Numbers of a mission over its seconds, as plain data: what a `Kind` tells of a record for an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.kind import kind_named
from robosim.record import Record

ROUND_S = 1.0
"""How long a round is shown in which nothing moves: words take no time that anybody keeps."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """Numbers that change together, one message a time.

    Parameters
    ----------
    t_s : (rows,) seconds of the mission, never falling.
    team : name → (rows,) or (rows, components), of all agents together; names carry their unit.
    each : name → (rows, agents) or (rows, agents, components), of every agent; what is not finite is left unknown.
    """

    t_s: Array
    team: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    each: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Tracks by topic, and `seen_s` (moments,): when what a scene shows of a record was there, NaN for never.

    Moments are those of `robosim.view.scenery.Scenery`: `recalled`, then `after`.
    """

    tracks: Mapping[str, Track]
    seen_s: Array


def rounds_s(record: Record, round_s: float = ROUND_S) -> Array:
    """When the kept rounds were, (rows,) s."""
    return record.kept.astype(np.float64) * round_s


def timeline_of(record: Record) -> Timeline:
    """What its kind tells; of a kind that tells nothing the history of the rounds, a second each."""
    kind = kind_named(record.noun)
    if kind is not None and kind.timeline is not None:
        found: Timeline = kind.timeline(record)
        return found
    history = {key: x for key, x in record.history(0).items() if x is not None}
    t_s = rounds_s(record)
    rows = {key: np.array(x, dtype=np.float64) for key, x in history.items() if np.shape(x)[:1] == t_s.shape}
    return Timeline(tracks={"rounds": Track(t_s=t_s, team={"round": record.kept, **rows})}, seen_s=t_s)
