"""How values, keys and suggestions read in a message: short, on one line, nothing unprintable."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable

from robosim.scenario.lines import KeyPath

LONGEST = 60
BARE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def printable(text: str) -> str:
    """The text with control, direction-changing and undecodable characters as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def dotted(path: KeyPath) -> str:
    """A key path as TOML writes it; `file` where there is no key."""
    return ".".join(key if BARE.fullmatch(key) else shortened(quoted(key)) for key in path) or "file"


def quoted(text: str) -> str:
    """The text between double quotes, escaped as in TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def shown(value: object, depth: int = 2) -> str:
    """A value as TOML writes it, shortened: the first elements of a list, and of lists in it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**40:
        return "a number of more than 40 digits"
    if isinstance(value, str):
        return shortened(quoted(value[: LONGEST + 1]))
    if isinstance(value, list | tuple):
        first = ", ".join(shown(part, depth - 1) for part in value[: 4 * depth])
        return shortened(f"[{first}{', …' if len(value) > 4 * depth else ''}]")
    return "a table" if isinstance(value, dict) else shortened(str(value))


def shortened(text: str) -> str:
    """At most 60 characters."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def suggestion(word: object, known: Iterable[str], otherwise: str) -> str:
    """`did you mean …?` when a known word is near, else the given advice."""
    near = difflib.get_close_matches(word, list(known), n=1) if isinstance(word, str) and len(word) <= LONGEST else []
    return f"did you mean {quoted(near[0])}?" if near else otherwise
