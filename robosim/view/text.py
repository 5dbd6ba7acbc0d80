"""Text on surfaces: one smooth, kerned typeface, rendered once a word, and places for labels that overlap nothing."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pygame

from robosim.view.scene import INKS

LONGEST = 500
"""Characters of a line."""
SMALL, BODY, LARGE = 11, 13, 16
"""Sizes, pixels."""
AROUND = ((1, -1), (1, 1), (-1, -1), (-1, 1), (1, 0), (-1, 0), (0, -1), (0, 1))
"""Where a label may stand beside its point: right or left, above or below; the first that is free is taken."""


@lru_cache
def _typeface(bold: bool) -> str:
    """DejaVu Sans, which comes with matplotlib; that is not imported, only looked up."""
    spec = find_spec("matplotlib")
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return str(Path(places[0]) / "mpl-data" / "fonts" / "ttf" / name)


@lru_cache
def font(size: int, bold: bool = False) -> pygame.font.Font:
    """The typeface in pixels."""
    if not pygame.font.get_init():
        pygame.font.init()
    return pygame.font.Font(_typeface(bold), size)


@lru_cache(maxsize=4096)
def rendered(line: str, size: int = BODY, colour: str = INKS["ink"], bold: bool = False) -> pygame.Surface:
    """A line of text without control characters, which no typeface draws, and without what no screen has room for."""
    return font(size, bold).render("".join(c for c in line[:LONGEST] if c.isprintable()), True, colour)


def write(
    surface: pygame.Surface,
    line: str,
    at: tuple[float, float],
    size: int = BODY,
    colour: str = INKS["ink"],
    *,
    anchor: tuple[float, float] = (0.0, 0.0),
    bold: bool = False,
) -> pygame.Rect:
    """Put a line where `anchor` (0 left or top, 1 right or bottom) of it is `at`; the place that it takes."""
    words = rendered(line, size, colour, bold)
    place = (at[0] - anchor[0] * words.get_width(), at[1] - anchor[1] * words.get_height())
    return surface.blit(words, place)


def width(line: str, size: int = BODY, bold: bool = False) -> int:
    """Of a line, pixels."""
    return rendered(line, size, INKS["ink"], bold).get_width()


@lru_cache(maxsize=4096)
def fitted(line: str, room: int, size: int = BODY, bold: bool = False) -> str:
    """The line, or as much of it as there is room for, ended by an ellipsis."""
    if width(line, size, bold) <= room:
        return line
    kept = line
    while kept and width(kept + "…", size, bold) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


class Labels:
    """Labels beside points: each takes a free place, or is left out where all are taken."""

    def __init__(self, surface: pygame.Surface, within: pygame.Rect) -> None:
        self.surface, self.within = surface, within
        self.taken: list[pygame.Rect] = []

    def avoid(self, place: pygame.Rect) -> None:
        """Nothing is to stand there."""
        self.taken.append(place)

    def put(self, line: str, at: tuple[float, float], away: float, size: int = SMALL, bold: bool = False) -> bool:
        """Beside a point, `away` pixels from it; whether there was room."""
        words = rendered(line, size, INKS["ink"], bold)
        w, h = words.get_size()
        for right, down in AROUND:
            x = at[0] + right * away - (0.5 - 0.5 * right) * w
            y = at[1] + down * away * 0.7 - (0.5 - 0.5 * down) * h
            place = pygame.Rect(round(x), round(y), w, h)
            if self.within.contains(place) and place.collidelist(self.taken) < 0:
                self.surface.blit(words, place)
                self.taken.append(place)
                return True
        return False

    def centred(self, line: str, at: tuple[float, float], size: int = SMALL) -> bool:
        """On a point; whether there was room."""
        words = rendered(line, size)
        place = words.get_rect(center=(round(at[0]), round(at[1])))
        free = self.within.contains(place) and place.collidelist(self.taken) < 0
        if free:
            self.surface.blit(words, place)
            self.taken.append(place)
        return free
