"""Shapes of agents: smooth small pictures, made once for each colour, shape and size, and put down many at a time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from robosim.agent import Array
from robosim.palette import Look

FINE = 4
"""Pictures are drawn so many times larger and then made small, which smooths their edges."""


@lru_cache(maxsize=512)
def sprite(look: Look, radius: float, edge: str = "#ffffff") -> pygame.Surface:
    """The shape of a look with a thin light edge, on nothing."""
    side = 2 * int(np.ceil(radius)) + 5
    large = pygame.Surface((side * FINE, side * FINE), pygame.SRCALPHA)
    large.fill((*pygame.Color(edge)[:3], 0))
    middle = np.full(2, side * FINE / 2)
    for colour, reach in ((edge, radius + 1.0), (look.colour, radius)):
        _shape(large, colour, look, middle, reach * FINE)
    return pygame.transform.smoothscale(large, (side, side))


def _shape(surface: pygame.Surface, colour: str, look: Look, at: Array, radius: float) -> None:
    if look.shape[0] > 8:
        pygame.draw.circle(surface, colour, at.tolist(), radius)
        return
    pygame.draw.polygon(surface, colour, outline(look, at, radius).tolist())


def outline(look: Look, at: Array, radius: float) -> Array:
    """Corners of a polygon or, with every other corner drawn in, of a star, (corners, 2) pixels."""
    corners, star, turned = look.shape
    count = corners * (2 if star else 1)
    angle = np.radians(turned) + 2 * np.pi * np.arange(count) / count
    reach = radius * np.where(bool(star) * np.arange(count) % 2 == 1, 0.5, 1.0)
    return np.asarray(at - np.stack([reach * np.sin(angle), reach * np.cos(angle)], axis=1))


def stamp(surface: pygame.Surface, look: Look, at: Array, radius: float) -> None:
    """Its shape at each of `at` (n, 2) pixels."""
    picture = sprite(look, radius)
    corner = np.round(at - picture.get_width() / 2).astype(int)
    inside = ((corner > -picture.get_width()) & (corner < surface.get_size())).all(axis=1)
    surface.fblits([(picture, tuple(place)) for place in corner[inside].tolist()])


def dots(surface: pygame.Surface, colour: str, at: Array, side: int, pale: float = 0.0) -> None:
    """Squares of `side` pixels at `at` (n, 2), without a picture of each: for crowds; `pale` moves them to white."""
    value = surface.map_rgb(pygame.Color(colour).lerp("#ffffff", pale))
    pixels = pygame.surfarray.pixels2d(surface)
    x, y = at[:, 0] - (side / 2 - 0.5), at[:, 1] - (side / 2 - 0.5)
    wide, high = pixels.shape
    inside = (x >= 0) & (x < wide - side) & (y >= 0) & (y < high - side)  # and a number
    left, top = x[inside].astype(np.intp), y[inside].astype(np.intp)
    for right in range(side):
        for down in range(side):
            pixels[left + right, top + down] = value
