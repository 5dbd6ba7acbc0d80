"""Films drawn off-screen: GIF by Pillow, MP4 by imageio-ffmpeg where that is installed."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pygame
from PIL import Image

from robosim.errors import BadInput
from robosim.view.picture import drawn, put
from robosim.view.playback import Playback

ENDINGS = (".gif", ".mp4")
COLOURS = 128
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


def film(playback: Playback, path: Path, fps: int, frames: int, size: tuple[int, int]) -> int:
    """Play to the end, then draw at most `frames` moments, evenly spaced; how many."""
    while playback.forward():
        pass
    places = shown(playback, frames)
    pictures = (frame(playback, place, size) for place in places)
    content = _gif(pictures, fps) if path.suffix.lower() == ".gif" else _mp4(pictures, fps, size)
    put(path, content)
    return len(places)


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
    """Endless; each frame has the colours that it needs."""
    images = (one.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for one in pictures)
    buffer = io.BytesIO()
    first = next(images)
    first.save(buffer, "GIF", save_all=True, append_images=images, duration=round(1000 / fps), loop=0)
    return buffer.getvalue()


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
