"""A pygame surface as a PNG file."""

from __future__ import annotations

import io
from pathlib import Path

import pygame

from robosim.errors import BadInput
from robosim.store import write_atomically


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
