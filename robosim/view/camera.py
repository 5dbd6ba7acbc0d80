"""From places on a map to pixels: everything fits, then nearer or farther, moved aside, and in space turned."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.view.scene import Map

MARGIN = 34
CLOSEST, FARTHEST = 400.0, 0.05
STEEPEST = np.pi / 2


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Where somebody looks from.

    Parameters
    ----------
    zoom : 1 shows everything.
    shift : pixels, to the right and down.
    turn_rad, tilt_rad : in space, of the map around its vertical axis, and of that towards the viewer.
    """

    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    turn_rad: float = 0.5
    tilt_rad: float = 0.45

    def nearer(self, factor: float, at: tuple[float, float], middle: tuple[float, float]) -> Camera:
        """Zoomed so that what is under the pixel `at` stays there; `middle` is that of the drawing."""
        zoom = float(np.clip(self.zoom * factor, FARTHEST, CLOSEST))
        factor = zoom / self.zoom
        x, y = ((1 - factor) * (p - m) + factor * s for p, m, s in zip(at, middle, self.shift, strict=True))
        return replace(self, zoom=zoom, shift=(x, y))

    def moved(self, by: tuple[float, float]) -> Camera:
        """So many pixels aside."""
        return replace(self, shift=(self.shift[0] + by[0], self.shift[1] + by[1]))

    def turned(self, by: tuple[float, float]) -> Camera:
        """As a hand on a globe would, 1/200 rad a pixel."""
        tilt = float(np.clip(self.tilt_rad + by[1] / 200, 0.0, STEEPEST))
        return replace(self, turn_rad=self.turn_rad + by[0] / 200, tilt_rad=tilt)


class Projection(NamedTuple):
    """Pixels = middle + shift + zoom · (plane - centre) · scale, with y upwards; `scale` (2,) pixels a unit."""

    camera: Camera
    centre: Array
    scale: Array
    middle: Array

    def pixels(self, points: Array) -> Array:
        """(…, d) → (…, 2)."""
        away = (plane(points, self.camera) - self.centre) * self.scale * [1.0, -1.0]
        return np.asarray(self.middle + np.array(self.camera.shift) + self.camera.zoom * away)

    def places(self, pixels: tuple[float, float]) -> Array:
        """A pixel → where it is on the map, (2,); in space on the plane of the screen."""
        away = (np.asarray(pixels) - self.middle - np.array(self.camera.shift)) / self.camera.zoom
        return np.asarray(self.centre + away / self.scale * [1.0, -1.0])

    @property
    def px_per_unit(self) -> float:
        """Of both axes where they have one scale."""
        return float(self.scale[0] * self.camera.zoom)


def plane(points: Array, camera: Camera) -> Array:
    """(…, 2 or 3) → (…, 2): of three dimensions what a far-away eye sees that is turned and tilted, z upwards."""
    if points.shape[-1] == 2:
        return points
    turn, tilt = camera.turn_rad, camera.tilt_rad
    right = np.array([np.cos(turn), -np.sin(turn), 0.0])
    up = np.array([np.sin(turn) * np.sin(tilt), np.cos(turn) * np.sin(tilt), np.cos(tilt)])
    return np.stack([np.einsum("...d,d->...", points, way) for way in (right, up)], axis=-1)


def corners(box: Array) -> Array:
    """(2, d) → all corners (2^d, d)."""
    return np.array(list(itertools.product(*zip(box[0], box[1], strict=True))))


def projection(shown: Map, camera: Camera, rect: tuple[int, int, int, int]) -> Projection:
    """How a map stands in a rectangle (x, y, width, height): its box, and all agents and trails, are in sight.

    Both axes have one scale unless they are not directions in one space.
    """
    parts = [plane(corners(shown.box), camera)]
    if shown.agents is not None and len(shown.agents.at):
        parts.append(plane(shown.agents.at, camera))
    if shown.trails is not None and shown.trails.points.size:
        parts.append(plane(shown.trails.points, camera))
    low, high = (np.array([_end(parts, side, last) for side in range(2)]) for last in (False, True))
    room = np.maximum(np.array(rect[2:]) - 2.0 * MARGIN, 1.0)
    scale = room / np.maximum(high - low, 1e-9 * max(1.0, float(np.abs([low, high]).max())))
    if shown.axes is None:
        scale[:] = scale.min()
    return Projection(camera, (low + high) / 2, scale, np.array(rect[:2]) + np.array(rect[2:]) / 2)


def _end(parts: list[Array], side: int, last: bool) -> float:
    """The least or the largest coordinate of points (…, 2); of columns one by one, which is faster than of all."""
    found = []
    for points in parts:
        x = points[..., side]
        end = x.max() if last else x.min()
        found.append(
            end if np.isfinite(end) else (np.nanmax if last else np.nanmin)(np.where(np.isfinite(x), x, np.nan))
        )
    return float(np.nanmax(found) if last else np.nanmin(found))
