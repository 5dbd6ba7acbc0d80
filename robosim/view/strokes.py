"""Lines with smooth sides, open ones: thin through any points, or of any width between two."""

from __future__ import annotations

import numpy as np
import pygame

from robosim.agent import Array


def thin_line(surface: pygame.Surface, colour: str | pygame.Color, at: Array) -> None:
    """One pixel wide through points (n, 2) in pixels.

    Of two points `aalines` shades some ends by what it finds in memory (pygame-ce 2.5), `aaline` does not.
    """
    if len(at) == 2:
        pygame.draw.aaline(surface, colour, *at.tolist())
    elif len(at) > 2:
        pygame.draw.aalines(surface, colour, False, at.tolist())


def thick_line(surface: pygame.Surface, colour: str, a: Array, b: Array, wide: float) -> None:
    """Of any width from a to b (2,), all in pixels."""
    along = b - a
    size = float(np.hypot(*along))
    if wide <= 1.5 or size < 1e-9:
        pygame.draw.aaline(surface, colour, a, b)
        return
    aside = np.array([-along[1], along[0]]) / size * wide / 2
    corner = [a + aside, b + aside, b - aside, a - aside]
    pygame.draw.polygon(surface, colour, corner)
    pygame.draw.aalines(surface, colour, True, corner)
