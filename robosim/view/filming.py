"""Films drawn off-screen: GIF by Pillow, MP4 by imageio-ffmpeg where that is installed."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pygame
from PIL import Image

from robosim.errors import BadInput
from robosim.palette import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW
from robosim.view.picture import drawn, put
from robosim.view.playback import Playback
from robosim.view.scene import INKS

Watch = Callable[[int, int], None]
ENDINGS = (".gif", ".mp4")
COLOURS = (BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE)
SHADES = 14
"""Of each colour, to white: all of them are fewer than the 256 that a GIF has."""
SMALLEST, LARGEST = 64, 4096
QUICKEST = 60


def refuse(path: Path, fps: int, frames: int, size: tuple[int, int]) -> None:
    """Raise `BadInput` for what cannot become a film, before anything is played."""
    if path.suffix.lower() not in ENDINGS:
        raise BadInput(f"{path}: films end in {' or '.join(ENDINGS)}, not {path.suffix!r} (rename it)")
    if not 1 <= fps <= QUICKEST:
        raise BadInput(f"--fps: must be between 1 and {QUICKEST}, got {fps} (20 is usual)")
    if frames < 1:
        raise BadInput(f"--frames: must be >= 1, got {frames} (300 is usual)")
    if not all(SMALLEST <= side <= LARGEST for side in size):
        raise BadInput(f"--size: must be between {SMALLEST} and {LARGEST} pixels a side, got {size[0]}x{size[1]}")
    if path.suffix.lower() == ".mp4":
        _ffmpeg()


def film(playback: Playback, path: Path, fps: int, frames: int, size: tuple[int, int], watch: Watch | None) -> int:
    """Play to the end, then draw at most `frames` moments, evenly spaced; how many."""
    tell = watch or (lambda done, of: None)
    while playback.forward():
        tell(playback.position, playback.length - 1)
    places = shown(playback, frames)
    pictures = (frame(playback, place, size) for place in _told(places, tell))
    content = _gif(pictures, fps) if path.suffix.lower() == ".gif" else _mp4(pictures, fps, size)
    put(path, content)
    return len(places)


def _told(places: list[int], tell: Watch) -> Iterator[int]:
    for done, place in enumerate(places):
        tell(done, len(places))
        yield place


def shown(playback: Playback, frames: int) -> list[int]:
    """Positions of the moments that become frames: the first, the last, and evenly those between."""
    known = playback.positions()
    if len(known) <= frames:
        return known
    return [known[i] for i in np.unique(np.linspace(0, len(known) - 1, frames).round().astype(int))]


def frame(playback: Playback, place: int, size: tuple[int, int]) -> Image.Image:
    """The picture at a position."""
    playback.seek(place)
    return Image.frombytes("RGB", size, pygame.image.tobytes(drawn(playback.scene(), size), "RGB"))


def _gif(pictures: Iterator[Image.Image], fps: int) -> bytes:
    """Endless; all frames have the same colours, so that none changes without a cause."""
    shades = Shades()
    images = (shades.image(one) for one in pictures)
    buffer = io.BytesIO()
    first = next(images)
    first.save(buffer, "GIF", save_all=True, append_images=images, duration=round(1000 / fps), loop=0)
    return buffer.getvalue()


class Shades:
    """The colours of a GIF: every colour of agents and inks, exact, and what smooth edges make of it on white.

    Pillow's own search for the nearest colour is not exact: white became grey.
    """

    def __init__(self) -> None:
        pure = dict.fromkeys(one.upper() for one in (*COLOURS, *INKS.values()))
        steps = np.linspace(0.0, 1.0, SHADES).tolist()
        mixed = dict.fromkeys(tuple(pygame.Color(one).lerp("#ffffff", step))[:3] for one in pure for step in steps)
        self.colours = np.array(list(mixed), dtype=np.int64)
        self._nearest = np.full(1 << 24, -1, dtype=np.int16)

    def image(self, picture: Image.Image) -> Image.Image:
        """The picture in these colours, each pixel in the nearest."""
        red, green, blue = np.moveaxis(np.asarray(picture, dtype=np.int64), 2, 0)
        wanted = red << 16 | green << 8 | blue
        new = np.unique(wanted[self._nearest[wanted] < 0])
        apart = np.stack([new >> 16, new >> 8 & 255, new & 255], axis=1)[:, None] - self.colours
        self._nearest[new] = np.square(apart).sum(axis=2).argmin(axis=1)
        found = Image.frombytes("P", picture.size, self._nearest[wanted].astype(np.uint8).tobytes())
        found.putpalette(self.colours.astype(np.uint8).tobytes())
        return found


def _mp4(pictures: Iterator[Image.Image], fps: int, size: tuple[int, int]) -> bytes:
    """H.264 that every player knows; sides are even numbers of pixels."""
    even = (size[0] - size[0] % 2, size[1] - size[1] % 2)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "film.mp4"
        writer = _ffmpeg().write_frames(
            str(place), even, fps=fps, macro_block_size=2, quality=7, ffmpeg_log_level="error"
        )
        writer.send(None)
        for one in pictures:
            writer.send(np.ascontiguousarray(np.asarray(one)[: even[1], : even[0]]).tobytes())
        writer.close()
        return place.read_bytes()


def _ffmpeg() -> Any:
    try:
        import imageio_ffmpeg
    except ImportError:
        fix = "pip install 'faithful-robosim[video]', or write a .gif"
        raise BadInput(f"film: .mp4 needs imageio-ffmpeg, which is not installed ({fix})") from None
    return imageio_ffmpeg
