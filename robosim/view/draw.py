"""One picture of a mission on any pygame surface, or as a PNG: `draw` depends on nothing but the scene."""

from __future__ import annotations

import io
import itertools
from functools import partial
from pathlib import Path

import numpy as np
import pygame

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.palette import BLUE, GREEN, look
from robosim.view.playback import Scene

PAPER, INK, FAINT, LINK = "#ffffff", "#222222", "#777777", "#c8c8c8"
PANEL, MARGIN, LINE = 290, 30, 18
CROWD, LABELLED = 200, 15
OBLIQUE = 0.5 * np.array([np.cos(np.pi / 5), np.sin(np.pi / 5)])
"""Where the y axis of space goes on the screen: half as long, to the upper right."""
KEYS = "space pause, arrows step, + - speed, s picture, r restart, q quit"


def draw(surface: pygame.Surface, scene: Scene) -> None:
    """Robots with trails and links on the left, round, distance, β(k), legend and bill on the right."""
    surface.fill(PAPER)
    _arena(surface, scene)
    _panel(surface, scene)


def places(scene: Scene, size: tuple[int, int]) -> Array:
    """Pixels of the trails, (rows, robots, 2), on a surface of `size`.

    One dimension is drawn as position against round, three in oblique projection; the type space is always in sight.
    """
    return _pixels(scene, _plane(scene), size)


def _plane(scene: Scene) -> Array:
    """Trails (rows, robots, 2) on the drawing plane, metres; in one dimension (round, position)."""
    trails = scene.trails
    if trails.shape[-1] == 1:
        return np.concatenate([np.broadcast_to(scene.kept[:, None, None], trails.shape), trails], axis=-1)
    return _oblique(trails)


def _oblique(points: Array) -> Array:
    if points.shape[-1] == 2:
        return points
    return np.asarray(points[..., [0, 2]] + points[..., 1:2] * OBLIQUE)


def _corners(scene: Scene) -> Array:
    """Corners of the type space on the drawing plane, (4 or 8, 2); in one dimension of rounds × type space."""
    lower, upper = scene.lower, scene.upper
    if lower.size == 1:
        lower, upper = np.append(0.0, lower), np.append(float(scene.rounds), upper)
    return _oblique(np.array(list(itertools.product(*zip(lower, upper, strict=True)))))


def _pixels(scene: Scene, points: Array, size: tuple[int, int]) -> Array:
    """Plane → pixels: everything fits, y points up, both axes have one scale unless one of them is time."""
    everything = np.concatenate([_corners(scene), _plane(scene).reshape(-1, 2)])
    low, high = everything.min(axis=0), everything.max(axis=0)
    room = np.maximum(np.array([size[0] - PANEL, size[1]]) - 2.0 * MARGIN, 1.0)
    scale = room / np.maximum(high - low, 1e-12)
    if scene.lower.size > 1:
        scale[:] = scale.min()
    middle = MARGIN + room / 2
    return np.asarray(middle + (points - (low + high) / 2) * scale * [1.0, -1.0])


def _arena(surface: pygame.Surface, scene: Scene) -> None:
    size = surface.get_size()
    trails = places(scene, size)
    box, sides = _pixels(scene, _corners(scene), size), len(_corners(scene)).bit_length() - 1
    for a, b in itertools.combinations(range(len(box)), 2):
        if (a ^ b) in [1 << side for side in range(sides)]:  # corners that differ in one coordinate
            pygame.draw.line(surface, LINK, box[a], box[b])
    if len(trails[0]) <= CROWD and scene.lower.size > 1:
        widths = [1] * len(scene.edges) if scene.weights is None else _widths(scene.weights)
        for (a, b), width in zip(scene.edges, widths, strict=True):
            draw = pygame.draw.aaline if width == 1 else partial(pygame.draw.line, width=width)
            draw(surface, LINK, trails[-1, a], trails[-1, b])
    _robots(surface, scene, trails)


def _widths(weights: Array) -> list[int]:
    """Pixels, 1 to 4: the heaviest link is the widest."""
    wide: list[int] = np.ceil(4 * weights / weights.max()).astype(int).tolist()
    return wide


def _robots(surface: pygame.Surface, scene: Scene, trails: Array) -> None:
    """All trails, then all robots, the selfish last and so on top."""
    crowded = trails.shape[1] > CROWD
    order = sorted(range(trails.shape[1]), key=lambda robot: robot in scene.players)
    for robot in order:
        _trail(surface, trails[:, robot], look(scene.players.get(robot, "faithful")).colour, crowded)
    for robot in order:
        small = crowded and robot not in scene.players
        mark(surface, scene.players.get(robot, "faithful"), trails[-1, robot], 2 if small else 7)
    if len(order) <= LABELLED and scene.lower.size > 1:
        for robot, (x, y) in enumerate(trails[-1]):
            _text(surface, str(robot), (x + 8, y - 16), INK)


def _trail(surface: pygame.Surface, trail: Array, colour: str, crowded: bool) -> None:
    if len(trail) > 1:
        pale = pygame.Color(colour).lerp(PAPER, 0.85 if crowded else 0.55)
        pygame.draw.lines(surface, pale, False, trail.tolist())
    if not crowded:
        pygame.draw.circle(surface, colour, trail[0], 3, width=1)


def mark(surface: pygame.Surface, strategy: str, at: Array | tuple[float, float], radius: float) -> None:
    """The shape of a strategy: a polygon or, with every other corner drawn in, a star."""
    colour, (corners, star, turned) = look(strategy)
    if corners > 8:
        pygame.draw.aacircle(surface, colour, at, radius)
        return
    count = corners * (2 if star else 1)
    angle = np.radians(turned) + 2 * np.pi * np.arange(count) / count
    reach = radius * np.where(star * np.arange(count) % 2 == 1, 0.5, 1.0)
    outline = np.asarray(at) - np.stack([reach * np.sin(angle), reach * np.cos(angle)], axis=1)
    pygame.draw.polygon(surface, colour, outline.tolist())


def _panel(surface: pygame.Surface, scene: Scene) -> None:
    left, bottom = surface.get_width() - PANEL, surface.get_height() - LINE
    inside = scene.distance[-1] <= scene.beta[scene.k]
    lines = [
        scene.title,
        f"round {scene.k} of {scene.rounds}   {scene.status}",
        f"distance {scene.distance[-1]:.4g} m",
        f"β(k) {scene.beta[scene.k]:.4g} m   {'inside' if inside else 'outside'}",
    ]
    for row, (line, colour) in enumerate(zip(lines, (INK, INK, BLUE, GREEN), strict=True)):
        _text(surface, line, (left, MARGIN + row * LINE), colour)
    _curve(surface, scene, pygame.Rect(left, MARGIN + 5 * LINE, PANEL - MARGIN, 120))
    top = MARGIN + 6 * LINE + 120
    for row, name in enumerate(sorted({"faithful", *scene.players.values()})):
        mark(surface, name, (left + 8, top + row * LINE + 7), 6)
        _text(surface, name, (left + 22, top + row * LINE), INK)
        bill = top + (row + 2) * LINE
    for row, line in enumerate(scene.bill[: max(0, (bottom - LINE - bill) // LINE)]):
        _text(surface, line, (left, bill + row * LINE), INK)
    _text(surface, KEYS, (MARGIN, bottom), FAINT)


def _curve(surface: pygame.Surface, scene: Scene, frame: pygame.Rect) -> None:
    """distance and β against the round, logarithmic."""
    seen = np.maximum(scene.distance, scene.beta.min() / 1000)  # 0 has no logarithm
    height = np.log10(np.concatenate([scene.beta, seen]))
    share = (height - height.min()) / max(float(np.ptp(height)), 1e-12)
    pygame.draw.rect(surface, LINK, frame, width=1)
    for values, colour in ((share[: len(scene.beta)], GREEN), (share[len(scene.beta) :], BLUE)):
        x = frame.left + frame.width * np.arange(len(values)) / max(1, scene.rounds)
        if len(values) > 1:
            pygame.draw.aalines(surface, colour, False, np.stack([x, frame.bottom - frame.height * values], 1).tolist())


def _text(surface: pygame.Surface, line: str, at: tuple[float, float], colour: str) -> None:
    if not pygame.font.get_init():
        pygame.font.init()
    surface.blit(pygame.font.Font(None, LINE).render(line, True, colour), at)


def save(surface: pygame.Surface, path: Path) -> None:
    """Write it whole or not at all. Raises `BadInput` for another ending and for a place that cannot be written."""
    if path.suffix.lower() != ".png":
        raise BadInput(f"{path}: screenshots end in .png, not {path.suffix!r} (rename it)")
    buffer = io.BytesIO()
    pygame.image.save(surface, buffer, "screenshot.png")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, buffer.getvalue())
    except OSError as problem:
        raise BadInput(f"{path}: cannot be written: {problem.strerror} (choose another place)") from None
