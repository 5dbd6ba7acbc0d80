"""ε(n): what one selfish agent could gain, by how many rounds are announced, as a table and a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from robosim.certificate import certify
from robosim.errors import BadInput
from robosim.figures.style import COLUMN_IN, INK, drawn, house_style
from robosim.mission import Mission
from robosim.palette import BLUE, GREEN, ORANGE, VERMILLION
from robosim.verdict import Epsilon

FLOOR = 1e-16
"""Share of the largest figure below which there is nothing to draw."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """ε of one number of rounds: at the types of the world, over all types, or why there is none."""

    rounds: int
    epsilon: Epsilon
    over_types: float | None
    void: str | None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """ε(n) of a world."""

    world: str
    unit: str
    tax: str
    points: tuple[Point, ...]


def curve(load: Callable[[int], Mission[Any]], rounds: Sequence[int]) -> Curve:
    """ε of the mission that each number of rounds makes, least first."""
    points, mission = [], load(min(rounds))
    for n in sorted(set(rounds)):
        mission = load(n)
        found = certify(mission)
        points.append(Point(rounds=n, epsilon=found.epsilon, over_types=found.over_types, void=found.void))
    return Curve(world=mission.scenario.name, unit=mission.unit, tax=mission.tax.name, points=tuple(points))


def rounds_of(text: str) -> list[int]:
    """The numbers of `5,10,20`. Raises `BadInput` for what is none.

    >>> rounds_of("5,10")
    [5, 10]
    """
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise BadInput(f"--rounds: {text!r} are no numbers of rounds (for example --rounds 5,10,20,50)")
    return found


def lines(found: Curve) -> dict[str, tuple[str, list[float | None]]]:
    """Name → colour and values of every figure that there is of some number of rounds."""
    every: dict[str, tuple[str, list[float | None]]] = {
        "over all types": (VERMILLION, [one.over_types for one in found.points]),
        "certified": (ORANGE, [one.epsilon.certified for one in found.points]),
        "exact": (BLUE, [one.epsilon.exact for one in found.points]),
        "within limits": (GREEN, [one.epsilon.bounded for one in found.points]),
    }
    return {name: one for name, one in every.items() if any(value is not None for value in one[1])}


@house_style()
def picture(found: Curve) -> Figure:
    """ε over rounds, both logarithmic; what is nothing or unbounded is left out."""
    figure = Figure(figsize=(COLUMN_IN, 2.6))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    rounds, known = np.array([one.rounds for one in found.points]), lines(found)
    most = max((x for _, values in known.values() for x in values if x is not None and np.isfinite(x)), default=1.0)
    for (name, (colour, values)), marker in zip(known.items(), "sov^", strict=False):
        y = np.array([np.nan if x is None or not np.isfinite(x) or x <= FLOOR * most else x for x in values])
        axes.plot(rounds, y, color=colour, marker=marker, ms=3.5, label=name)
    axes.set(xscale="log", yscale="log", xlabel="rounds n", ylabel=f"ε(n) ({drawn(found.unit)})")
    axes.set_title(f"{drawn(found.world)}, tax {drawn(found.tax)}", loc="left", color=INK)
    axes.set_xticks(rounds, [str(n) for n in rounds])
    axes.minorticks_off()
    if known:
        figure.legend(loc="outside lower center", ncols=2)
    return figure
