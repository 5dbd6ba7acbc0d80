"""Pictures without a window: scenes on surfaces that no display knows of, and PNG files of them."""

from __future__ import annotations

import io
from pathlib import Path

import pygame

from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.view.paint import paint
from robosim.view.scene import Scene


def drawn(scene: Scene, size: tuple[int, int]) -> pygame.Surface:
    """A scene as everybody first sees it; no display is needed."""
    surface = pygame.Surface(size, depth=32)
    paint(surface, scene)
    return surface


def save(surface: pygame.Surface, path: Path) -> None:
    """Write it whole or not at all. Raises `BadInput` for another ending and for a place that cannot be written."""
    if path.suffix.lower() != ".png":
        raise BadInput(f"{path}: screenshots end in .png, not {path.suffix!r} (rename it)")
    buffer = io.BytesIO()
    pygame.image.save(surface, buffer, "screenshot.png")
    put(path, buffer.getvalue())


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises `BadInput` for a place that cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as problem:
        raise BadInput(f"{path}: cannot be written: {problem.strerror} (choose another place)") from None
