"""A live window over `Mission.advance`, or one picture of it without any display."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from robosim.errors import BadInput
from robosim.mission import Mission
from robosim.view.playback import Playback, Scene

__all__ = ["Playback", "Scene", "view"]

SIZE = (960, 640)
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # stdout belongs to the command that runs


def view(
    mission: Mission[Any], *, screenshot: Path | str | None = None, rounds: int | None = None, fps: int = 30
) -> None:
    """Watch a mission in a window, or draw it off-screen into a PNG.

    Parameters
    ----------
    screenshot : play without a window, save the last picture here (960 × 640, .png).
    rounds : stop after so many rounds (default: all of them).
    fps : pictures per second of the window.

    Raises `BadInput` without pygame, for a window without a display, and for a picture that cannot be written.
    """
    try:
        import pygame

        from robosim.view import draw, window
        from robosim.view import draw as picture
    except ImportError as problem:
        raise BadInput(f"view needs pygame: {problem} (pip install pygame-ce)") from None
    playback = Playback(mission, rounds)
    if screenshot is None:
        window.watch(playback, SIZE, fps)
        return
    while playback.forward():
        pass
    surface = pygame.Surface(SIZE)
    draw.draw(surface, playback.scene())
    picture.save(surface, Path(screenshot))
