"""What is seen on a map as things of a 3-D scene of Foxglove: agents, their trails, lines, areas, circles, words."""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.exporting.schemas import LINE_LIST, LINE_LOOP, LINE_STRIP
from robosim.view.scene import INKS, Agents, Kin, Lines, Map

Plain = dict[str, Any]
FRAME = "world"
POINT_SHARE, FLAT_SHARE, TEXT_PX = 0.008, 0.005, 14.0
"""Radius of agents that are points, height of discs in the plane, as shares of the map; size of names."""
THIN_PX, WIDEST_PX = 1.5, 10.0
TRAIL = 40
"""Points of a trail at most: it is sent again with each message, so that one can jump in time."""
NAMED, CROWD = 60, 400
"""More agents have no names beside them; of more than a crowd only the selfish have trails."""
INK = "#222222"


def agents_on(found: Map, agents: Agents, kin: tuple[Kin, ...], noun: str, time: Plain) -> list[Plain]:
    """One entity an agent, called "robot 3": ball or disc of its size, an arrow where it looks, its name, its trail."""
    size, many = reach(found), len(agents.ids) > NAMED
    names = agents.names or tuple(map(str, agents.ids.tolist()))
    entities = []
    for row, agent in enumerate(agents.ids.tolist()):
        colour = kin[agents.kin[row]].look.colour
        radius = POINT_SHARE * size if agents.radius is None else agents.radius[row] or POINT_SHARE * size
        body = _body(agents.at[row], float(radius), FLAT_SHARE * size, colour)
        looks = np.nan if agents.heading_rad is None else float(agents.heading_rad[row])
        arrows = [_arrow(agents.at[row], looks, float(radius), colour)] if np.isfinite(looks) else []
        texts = [] if many else [_text(agents.at[row], names[row], radius)]
        about = {"strategy": kin[agents.kin[row]].name}
        if agents.level is not None and np.isfinite(agents.level[row]):
            about["full"] = f"{100 * agents.level[row]:.1f} %"
        entities.append(entity(f"{noun} {agent}", time, about, arrows=arrows, texts=texts, **body))
    return entities


def trails_on(found: Map, kin: tuple[Kin, ...], noun: str, time: Plain) -> list[Plain]:
    """One entity for each trail, as a line."""
    if found.trails is None or len(found.trails.points) < 2:
        return []
    points, rows = found.trails.points, found.trails.kin
    kept = points[np.unique(np.linspace(0, len(points) - 1, min(TRAIL, len(points))).astype(np.int64))]
    shown = np.flatnonzero(rows > 0) if len(rows) > CROWD else np.arange(len(rows))
    return [
        entity(f"trail of {noun} {i}", time, lines=[line(kept[:, i], LINE_STRIP, THIN_PX, kin[rows[i]].look.colour)])
        for i in shown.tolist()
    ]


def lines_on(found: Map, time: Plain) -> list[Plain]:
    """One entity for each sort of lines; those of a width of their own are as wide."""
    return [
        entity(f"{one.name or one.ink} {place}", time, lines=_lines(one))
        for place, one in enumerate(found.lines)
    ]  # fmt: skip


def ground_of(found: Map, time: Plain) -> list[Plain]:
    """What stands there: outlines of areas, flat circles, words."""
    areas = [
        line(part, LINE_LOOP, 2 * THIN_PX, INKS[one.ink])
        for one in found.areas
        for part in (one.corners[a:b] for a, b in zip(one.first[:-1], one.first[1:], strict=True))
    ]
    discs = [
        {**_disc(at, float(radius), FLAT_SHARE * reach(found) / 5, INKS[one.ink]), "color": colour(INKS[one.ink], 0.4)}
        for one in found.circles
        for at, radius in zip(one.at, one.radius, strict=True)
    ]
    texts = [_text(at, text, 0.0) for one in found.words for at, text in zip(one.at, one.text, strict=True)]
    return [entity("ground", time, lines=areas, cylinders=discs, texts=texts)]


def reach(found: Map) -> float:
    """The longest side of the map, in its unit."""
    return float(np.ptp(found.box, axis=0).max()) or 1.0


def entity(name: str, time: Plain, about: dict[str, str] | None = None, **parts: list[Plain]) -> Plain:
    """A thing of the scene that stays until another of its name comes."""
    kinds = ("arrows", "cubes", "spheres", "cylinders", "lines", "triangles", "texts", "models")
    head: Plain = {
        "timestamp": time,
        "frame_id": FRAME,
        "id": name,
        "lifetime": {"sec": 0, "nsec": 0},
        "frame_locked": False,
        "metadata": [{"key": key, "value": value} for key, value in (about or {}).items()],
    }
    return head | {kind: parts.get(kind, []) for kind in kinds}


def vector(at: Array) -> Plain:
    """(1 to 3,) coordinates; those that are missing are 0."""
    x = [*map(float, at), 0.0, 0.0]
    return {"x": x[0], "y": x[1], "z": x[2]}


def pose(at: Array, heading_rad: float = 0.0) -> Plain:
    """Somewhere, turned around the upright axis."""
    half = heading_rad / 2
    return {
        "position": vector(at),
        "orientation": {"x": 0.0, "y": 0.0, "z": float(np.sin(half)), "w": float(np.cos(half))},
    }


def colour(hexed: str, alpha: float = 1.0) -> Plain:
    """`#rrggbb` as Foxglove has it.

    >>> colour("#ff0000")
    {'r': 1.0, 'g': 0.0, 'b': 0.0, 'a': 1.0}
    """
    red, green, blue = (int(hexed[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return {"r": red, "g": green, "b": blue, "a": alpha}


def line(points: Array, sort: int, width_px: float, hexed: str) -> Plain:
    """Points (k, d) joined, as wide on every screen."""
    return {
        "type": sort, "pose": pose(np.zeros(3)), "thickness": width_px, "scale_invariant": True,
        "points": [vector(at) for at in points], "color": colour(hexed), "colors": [], "indices": [],
    }  # fmt: skip


def _lines(one: Lines) -> list[Plain]:
    if not len(one.ends):
        return []
    if one.width is None:
        return [line(one.ends.reshape(-1, one.ends.shape[-1]), LINE_LIST, THIN_PX, INKS[one.ink])]
    widths = np.maximum(one.width * WIDEST_PX, THIN_PX).tolist()
    return [line(ends, LINE_LIST, width, INKS[one.ink]) for ends, width in zip(one.ends, widths, strict=True)]


def _body(at: Array, radius: float, high: float, hexed: str) -> dict[str, list[Plain]]:
    """A ball in space, a disc elsewhere."""
    if len(at) == 3:
        size = {"x": 2 * radius, "y": 2 * radius, "z": 2 * radius}
        return {"spheres": [{"pose": pose(at), "size": size, "color": colour(hexed)}]}
    return {"cylinders": [_disc(at, radius, high, hexed)]}


def _disc(at: Array, radius: float, high: float, hexed: str) -> Plain:
    size = {"x": 2 * radius, "y": 2 * radius, "z": high}
    return {"pose": pose(at), "size": size, "bottom_scale": 1.0, "top_scale": 1.0, "color": colour(hexed)}


def _arrow(at: Array, heading_rad: float, radius: float, hexed: str) -> Plain:
    return {
        "pose": pose(at, heading_rad), "shaft_length": 1.2 * radius, "shaft_diameter": 0.2 * radius,
        "head_length": 0.6 * radius, "head_diameter": 0.5 * radius, "color": colour(INK),
    }  # fmt: skip


def _text(at: Array, text: str, above: float) -> Plain:
    place = vector(at)
    place["z"] += 1.5 * float(above)
    return {
        "pose": {"position": place, "orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}, "billboard": True,
        "font_size": TEXT_PX, "scale_invariant": True, "color": colour(INK), "text": text,
    }  # fmt: skip
