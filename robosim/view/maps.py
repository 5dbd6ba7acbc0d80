"""Maps on surfaces: what stands there, links and loads, trails, agents with headings and rings, a scale bar."""

from __future__ import annotations

import itertools

import numpy as np
import pygame

from robosim.agent import Array
from robosim.view.camera import Camera, Projection, corners, projection
from robosim.view.marks import dots, stamp
from robosim.view.scene import INKS, Agents, Areas, Circles, Kin, Lines, Map, Trails, Words
from robosim.view.strokes import thick_line, thin_line
from robosim.view.text import SMALL, Labels, write
from robosim.view.ticks import nice, shown, spaced

CROWD = 400
"""More agents are dots, with dots for trails."""
NAMED = 60
"""Up to so many agents carry their names."""
RADIUS, SELFISH_RADIUS = 6.0, 8.0
WIDEST_PX = 9.0
NOSE = 1.7
"""Length of the line that shows a heading, in radii."""


def draw_map(
    surface: pygame.Surface, map_: Map, kin: tuple[Kin, ...], camera: Camera, chosen: int | None
) -> Projection:
    """All layers; how places became pixels of this surface."""
    seen = projection(map_, camera, (0, 0, *surface.get_size()))
    _frame(surface, map_, seen)
    for area in map_.areas:
        _areas(surface, area, seen)
    for circle in map_.circles:
        _circles(surface, circle, seen)
    for lines in map_.lines:
        _lines(surface, lines, seen)
    if map_.trails is not None:
        _trails(surface, map_.trails, kin, seen)
    labels = Labels(surface, surface.get_rect())
    if map_.agents is not None:
        _agents(surface, map_.agents, kin, seen, chosen, labels)
    for words in map_.words:
        _words(words, seen, labels)
    if map_.unit and map_.axes is None:
        _scale_bar(surface, map_.unit, seen)
    return seen


def _frame(surface: pygame.Surface, map_: Map, seen: Projection) -> None:
    """The box that is always in sight, as its edges; where axes mean something, with numbers."""
    box = seen.pixels(corners(map_.box))
    sides = len(box).bit_length() - 1
    for a, b in itertools.combinations(range(len(box)), 2):
        if (a ^ b) in [1 << side for side in range(sides)]:  # corners that differ in one coordinate
            pygame.draw.aaline(surface, INKS["frame"], box[a], box[b])
    if map_.axes is not None:
        _axes(surface, map_, seen)
    elif map_.box.shape[1] == 3:
        for side, name in enumerate("xyz"):
            end = map_.box[0].copy()
            end[side] = map_.box[1, side]
            x, y = seen.pixels(end)
            write(surface, name, (x, y), SMALL, INKS["faint"], anchor=(0.5, 0.5))


def _axes(surface: pygame.Surface, map_: Map, seen: Projection) -> None:
    assert map_.axes is not None
    (left, low), (right, high) = map_.box
    for tick in spaced(left, right, 8):
        x, y = seen.pixels(np.array([tick, low]))
        write(surface, shown(tick), (x, y + 4), SMALL, INKS["faint"], anchor=(0.5, 0.0))
    for tick in spaced(low, high, 6):
        x, y = seen.pixels(np.array([left, tick]))
        write(surface, shown(tick), (x - 4, y), SMALL, INKS["faint"], anchor=(1.0, 0.5))
    x, y = seen.pixels(np.array([right, low]))
    write(surface, map_.axes[0], (x, y - 3), SMALL, INKS["ink"], anchor=(1.0, 1.0))
    x, y = seen.pixels(np.array([left, high]))
    write(surface, map_.axes[1], (x, y - 4), SMALL, INKS["ink"], anchor=(0.0, 1.0))


def _areas(surface: pygame.Surface, areas: Areas, seen: Projection) -> None:
    at = seen.pixels(areas.corners)
    for a, b in itertools.pairwise(areas.first.tolist()):
        pygame.draw.polygon(surface, pygame.Color(INKS[areas.ink]).lerp("#ffffff", 0.4), at[a:b].tolist())
        pygame.draw.aalines(surface, INKS[areas.ink], True, at[a:b].tolist())


def _circles(surface: pygame.Surface, circles: Circles, seen: Projection) -> None:
    for place, radius in zip(seen.pixels(circles.at), circles.radius * seen.px_per_unit, strict=True):
        pygame.draw.circle(surface, pygame.Color(INKS[circles.ink]).lerp("#ffffff", 0.8), place, radius)
        pygame.draw.aacircle(surface, INKS[circles.ink], place, max(radius, 1.0), width=1)


def _lines(surface: pygame.Surface, lines: Lines, seen: Projection) -> None:
    ends, colour = seen.pixels(lines.ends), INKS[lines.ink]
    if lines.width is None:
        for a, b in ends.tolist():
            pygame.draw.aaline(surface, colour, a, b)
        return
    for (a, b), share in zip(ends, lines.width.tolist(), strict=True):
        thick_line(surface, colour, a, b, max(1.0, share * WIDEST_PX))


def _trails(surface: pygame.Surface, trails: Trails, kin: tuple[Kin, ...], seen: Projection) -> None:
    at = seen.pixels(trails.points)
    crowded = at.shape[1] > CROWD
    for row, one in enumerate(kin):
        mine = at[:, trails.kin == row]
        if crowded and row == 0:
            dots(surface, one.look.colour, mine.reshape(-1, 2), 1, pale=0.8)
            continue
        pale = pygame.Color(one.look.colour).lerp("#ffffff", 0.55)
        for trail in np.moveaxis(mine, 1, 0):
            thin_line(surface, pale, trail)
            pygame.draw.aacircle(surface, pale, trail[0], 3, width=1)


def _agents(
    surface: pygame.Surface, agents: Agents, kin: tuple[Kin, ...], seen: Projection, chosen: int | None, labels: Labels
) -> None:
    """All of one sort after the other, the selfish last and so on top; then names, as far as there is room."""
    at, crowded = seen.pixels(agents.at), len(agents.ids) > CROWD
    reach = _bodies(surface, agents, at, seen) if not crowded else np.full(len(at), 2.0)
    for row, one in enumerate(kin):
        mine = at[agents.kin == row]
        if crowded and row == 0:
            dots(surface, one.look.colour, mine, 2)
        else:
            stamp(surface, one.look, mine, RADIUS if row == 0 else SELFISH_RADIUS)
    if not crowded:
        _rings(surface, agents, at, reach)
    if chosen is not None and chosen in agents.ids:
        place = int(np.flatnonzero(agents.ids == chosen)[0])
        reach[place] += 7.0
        pygame.draw.aacircle(surface, INKS["ink"], at[place], reach[place], width=2)
    if len(at) <= NAMED or agents.names:
        _names(agents, at, reach, labels)


def _bodies(surface: pygame.Surface, agents: Agents, at: Array, seen: Projection) -> Array:
    """Discs in their size and where they look; how far each shape reaches, pixels (n,)."""
    reach = np.where(agents.kin == 0, RADIUS, SELFISH_RADIUS)
    if agents.radius is not None:
        true = agents.radius * seen.px_per_unit
        for place, radius in zip(at, true.tolist(), strict=True):
            if radius > 1.0:
                pygame.draw.circle(surface, "#e8eef4", place, radius)
                pygame.draw.aacircle(surface, INKS["faint"], place, radius, width=1)
        reach = np.maximum(reach, true)
    if agents.heading_rad is not None:
        known = np.isfinite(agents.heading_rad)
        way = np.stack([np.cos(agents.heading_rad), np.sin(agents.heading_rad)], axis=-1)
        if agents.at.shape[1] == 3:
            way = np.concatenate([way, np.zeros((len(way), 1))], axis=1)
        pointed = seen.pixels(agents.at + way) - at
        nose = at + pointed / np.maximum(np.hypot(*pointed.T), 1e-9)[:, None] * (NOSE * reach)[:, None]
        for a, b in zip(at[known], nose[known], strict=True):
            thick_line(surface, INKS["ink"], a, b, 2.5)
    return reach


def _rings(surface: pygame.Surface, agents: Agents, at: Array, reach: Array) -> None:
    """How full each is: from the top around to the right, green, and red below a fifth."""
    if agents.level is None:
        return
    for place, radius, level in zip(at, reach + 4.0, agents.level.tolist(), strict=True):
        if not np.isfinite(level):
            continue
        pygame.draw.aacircle(surface, INKS["link"], place, radius, width=2)
        if level > 0.0:
            turn = np.linspace(0.0, 2 * np.pi * min(level, 1.0), max(3, int(48 * level)))
            arc = place + radius * np.stack([np.sin(turn), -np.cos(turn)], axis=1)
            colour = INKS["good"] if level >= 0.2 else INKS["bad"]
            pygame.draw.lines(surface, colour, False, arc.tolist(), 3)


def _names(agents: Agents, at: Array, reach: Array, labels: Labels) -> None:
    """The selfish first; nothing stands on another agent."""
    for place, far in zip(at, reach.tolist(), strict=True):
        box = pygame.Rect(0, 0, int(1.4 * far), int(1.4 * far))
        box.center = (round(place[0]), round(place[1]))
        labels.avoid(box)
    extra = 5.0 if agents.level is not None else 0.0
    for i in sorted(range(len(at)), key=lambda i: (agents.kin[i] == 0, i)):
        name = agents.names[i] if agents.names else str(agents.ids[i])
        labels.put(name, (float(at[i, 0]), float(at[i, 1])), float(reach[i]) + 3.0 + extra)


def _words(words: Words, seen: Projection, labels: Labels) -> None:
    for line, place in zip(words.text, seen.pixels(words.at).tolist(), strict=True):
        labels.centred(line, (place[0], place[1]))


def _scale_bar(surface: pygame.Surface, unit: str, seen: Projection) -> None:
    """A round length at the lower left."""
    length = nice(110.0 / seen.px_per_unit)
    wide = length * seen.px_per_unit
    left, low = 14.0, surface.get_height() - 12.0
    pygame.draw.line(surface, INKS["ink"], (left, low), (left + wide, low), 2)
    for x in (left, left + wide):
        pygame.draw.line(surface, INKS["ink"], (x, low - 4), (x, low + 3), 2)
    write(surface, f"{shown(length)} {unit}", (left + wide / 2, low - 5), SMALL, anchor=(0.5, 1.0))


def nearest(agents: Agents, seen: Projection, at: tuple[float, float], within_px: float = 14.0) -> int | None:
    """The agent at a pixel of the map's surface, None where there is nobody."""
    if not len(agents.ids):
        return None
    far = np.hypot(*(seen.pixels(agents.at) - np.asarray(at)).T)
    if agents.radius is not None:
        far = np.maximum(far - agents.radius * seen.px_per_unit, 0.0)
    best = int(np.argmin(far))
    return int(agents.ids[best]) if far[best] <= within_px else None
