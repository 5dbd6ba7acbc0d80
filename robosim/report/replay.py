"""The replay of a record: its scenes as films that fit into a page, thinned where they are many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from robosim.kind import Kind
from robosim.record import Record
from robosim.report.film import films
from robosim.view.scene import Scene
from robosim.view.scenery import Scenery

MOST = 2_500
"""Moments that are shown: more are longer than anybody watches, and each is drawn with all those before it."""
FEW, MORE = 3, 7
"""Frames of two short films that tell how much a frame takes."""

Shots = Callable[[Sequence[int]], Iterable[Scene]]


def replay(record: Record, kind: Kind | None, budget: int) -> dict[str, Any] | None:
    """Its films, how many frames they have and of how many moments; None for a kind of world that has no scene."""
    if kind is None or kind.scene is None:
        return None
    scenery: Scenery = kind.scene(record)
    rounds = scenery.recalled(record)
    moments = [*rounds, *scenery.after(record)]

    def shots(shown: Sequence[int]) -> Iterator[Scene]:
        past = [moments[i] for i in shown]
        for n, i in enumerate(shown, start=1):
            yield scenery.scene(past[:n], record if i >= len(rounds) - 1 else None)

    kept = fitting(shots, len(moments), budget)
    played = [rounds[min(i, len(rounds) - 1)].k for i in kept] if rounds[-1].k else None  # a day counts no rounds
    return {"acts": films(shots(kept)), "frames": len(kept), "moments": len(moments), "rounds": played}


def fitting(shots: Shots, count: int, budget: int) -> list[int]:
    """The moments that are shown, first and last among them: all, or so many that their films take `budget` bytes."""
    if count <= MORE:
        return list(range(count))
    few, more = (len(json.dumps(films(shots(spread(count, n))))) for n in (FEW, MORE))
    each = max((more - few) / (MORE - FEW), 1.0)
    return spread(count, int(min(count, MOST, max(2.0, 1 + (budget - more) / each + MORE))))


def spread(count: int, shown: int) -> list[int]:
    """So many of the numbers 0..count - 1, evenly.

    >>> spread(5, 3)
    [0, 2, 4]
    """
    return np.unique(np.rint(np.linspace(0, count - 1, shown)).astype(int)).tolist()  # type: ignore[no-any-return]
