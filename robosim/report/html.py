"""Data → one HTML file: a template, its style, its script, and the data as text that nothing runs.

The page's own policy allows its one style and its one script by their sha256, and nothing else: no request, no other
code, no form. Names are data: they reach the document as text nodes only, and stand in the file as JSON in which no
character can end the element around it.

The scripts are laid out by `prettier --print-width 110 --arrow-parens avoid`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from robosim import __version__
from robosim.errors import BadInput
from robosim.files.store import write_atomically
from robosim.files.writing import printable, strict

SCRIPTS = (
    "text.js", "data.js", "paint.js", "chart.js", "map.js", "panels.js", "player.js", "table.js", "sections.js",
    "brought.js", "compare.js", "page.js",
)  # fmt: skip
"""In the order in which they are put together; each may use what stands above it."""
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; base-uri 'none'; form-action 'none'"
)
ENDS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def document(missions: Sequence[dict[str, Any]], beside: dict[str, Any] | None = None) -> str:
    """The whole file; `beside` is what compares several missions."""
    style, script = _part("page.css"), "".join(map(_part, SCRIPTS))
    policy = POLICY.format(script=digest(script), style=digest(style))
    named = " and ".join(str(one["world"]) for one in missions)
    parts = {
        "title": html.escape(printable(f"{named}, robosim {__version__}")),
        "policy": policy,
        "style": style,
        "script": script,
        "data": island({"robosim": __version__, "missions": list(missions), "beside": beside}),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _part("page.html"))


def island(value: Any) -> str:
    r"""A value as JSON that can stand inside a script element: ASCII, without `<`, `>` and `&`.

    >>> island("</script>\u2028")
    '"\\u003c/script\\u003e\\u2028"'
    """
    return json.dumps(strict(value), allow_nan=False, separators=(",", ":")).translate(ENDS)


def digest(text: str) -> str:
    """What a policy calls an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _part(name: str) -> str:
    return files("robosim.report").joinpath(name).read_text(encoding="utf-8")


def refuse_place(path: Path | None) -> None:
    """Raise `BadInput` for a place whose ending is not that of a page, before work begins."""
    if path is not None and path.suffix.lower() not in (".html", ".htm"):
        raise BadInput(printable(f"{path}: pages end in .html, not {path.suffix!r} (write -o mission.html)"))


def write(text: str, target: Path) -> Path:
    """Write a page whole or not at all, making its folder if it is missing. Raises `BadInput`."""
    refuse_place(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, text.encode())
    except OSError as problem:
        raise BadInput(printable(f"{target}: cannot be written: {problem.strerror} (choose another place)")) from None
    return target
