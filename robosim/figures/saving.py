"""Figures to files: PNG, SVG or PDF, the same bytes for the same figure, written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from robosim.errors import BadInput
from robosim.figures.style import house_style
from robosim.store import write_atomically

DPI = 200
UNDATED: dict[str, dict[str, Any]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""What each format needs so that no time of day enters its bytes."""


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure in the format that its ending names, making the folder if it is missing.

    Raises `BadInput` for another ending and for a place that cannot be written.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in UNDATED:
        raise BadInput(f"{target}: pictures end in .png, .svg or .pdf, not {ending!r} (choose one of the three)")
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format=ending[1:], dpi=DPI, metadata=UNDATED[ending])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, buffer.getvalue())
    except OSError as problem:
        raise BadInput(f"{target}: cannot be written: {problem.strerror} (choose another place)") from None
    return target
