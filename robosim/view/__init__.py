"""Missions seen: a live window, one picture or a film without any display, of a mission or of the record of one.

What a mission looks like its kind of world says, as plain data (`scene`, `scenery`); `paint` draws any scene.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from robosim.errors import BadInput
from robosim.mission import Mission
from robosim.record import Record
from robosim.view.playback import Playback

__all__ = ["Playback", "film", "playback_of", "view"]

SIZE = (1100, 720)
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # stdout belongs to the command that runs


def view(
    watched: Mission[Any] | Record,
    *,
    screenshot: Path | str | None = None,
    rounds: int | None = None,
    fps: int = 30,
    paused: bool = False,
) -> None:
    """Watch a mission, or the record of one, in a window, or draw it off-screen into a PNG.

    Parameters
    ----------
    screenshot : play without a window, save the last picture here (1100 × 720, .png).
    rounds : stop after so many rounds (default: all of them).
    fps : pictures per second of the window.
    paused : begin before the start, where robots may be dragged elsewhere.

    Raises `BadInput` without pygame, for a window without a display, and for a picture that cannot be written.
    """
    try:
        from robosim.view import picture, window
    except ImportError as problem:
        raise _without_pygame(problem) from None
    playback = playback_of(watched, rounds)
    if screenshot is None:
        window.watch(playback, SIZE, fps, paused)
        return
    while playback.forward():
        pass
    picture.save(picture.drawn(playback.scene(), SIZE), Path(screenshot))


def film(
    watched: Mission[Any] | Record,
    path: Path | str,
    *,
    rounds: int | None = None,
    fps: int = 20,
    frames: int = 300,
    size: tuple[int, int] = SIZE,
    watch: Callable[[int, int], None] | None = None,
) -> int:
    """A film of a mission, or of the record of one, drawn off-screen; how many frames it has.

    Parameters
    ----------
    path : ends in .gif, or in .mp4, which needs imageio-ffmpeg (pip install faithful-robosim[video]).
    rounds : stop after so many rounds.
    frames : at most so many, evenly spaced.
    size : pixels.
    watch : called after each moment that was played, and after each frame, with how many there are now and will be.

    Raises `BadInput` for another ending, without pygame or imageio-ffmpeg, and where the file cannot be written.
    """
    try:
        from robosim.view import filming
    except ImportError as problem:
        raise _without_pygame(problem) from None
    filming.refuse(Path(path), fps, frames, size)
    return filming.film(playback_of(watched, rounds), Path(path), fps, frames, size, watch)


def playback_of(watched: Mission[Any] | Record, rounds: int | None = None) -> Playback:
    """A mission from its start, or a record from its first round."""
    return Playback.of_record(watched, rounds) if hasattr(watched, "kept") else Playback.live(watched, rounds)  # type: ignore[arg-type]


def _without_pygame(problem: ImportError) -> BadInput:
    return BadInput(f"view needs pygame: {problem} (pip install pygame-ce)")
