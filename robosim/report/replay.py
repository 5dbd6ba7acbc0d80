"""The replay of a record: its scenes as a film that fits into a page, thinned where they are many."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from robosim.kind import Kind
from robosim.record import Record
from robosim.report.film import films
from robosim.view.scenery import Scenery

FEW, MORE = 3, 7
"""Frames of two short films that tell how much a frame takes."""


def replay(record: Record, kind: Kind | None, budget: int) -> dict[str, Any] | None:
    """Its films, how many frames they have and of how many moments; None for a kind of world that has no scene."""
    if kind is None or kind.scene is None:
        return None
    scenery: Scenery = kind.scene(record)
    rounds = scenery.recalled(record)
    moments = [*rounds, *scenery.after(record)]

    def shot(i: int) -> Any:
        return scenery.scene(moments[: i + 1], record if i >= len(rounds) - 1 else None)

    kept = fitting(shot, len(moments), budget)
    acts = films(shot(i) for i in kept)
    played = [rounds[min(i, len(rounds) - 1)].k for i in kept]
    return {"acts": acts, "frames": len(kept), "moments": len(moments), "rounds": played}


def fitting(shot: Callable[[int], Any], count: int, budget: int) -> list[int]:
    """The moments that are shown, first and last among them: all, or so many that their film takes `budget` bytes."""
    if count <= MORE:
        return list(range(count))
    few, more = (len(json.dumps(films(shot(i) for i in spread(count, n)))) for n in (FEW, MORE))
    each = max((more - few) / (MORE - FEW), 1.0)
    return spread(count, int(min(count, max(2.0, 1 + (budget - more) / each + MORE))))


def spread(count: int, shown: int) -> list[int]:
    """So many of the numbers 0..count - 1, evenly.

    >>> spread(5, 3)
    [0, 2, 4]
    """
    return np.unique(np.rint(np.linspace(0, count - 1, shown)).astype(int)).tolist()  # type: ignore[no-any-return]
