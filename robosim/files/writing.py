"""How values, keys and suggestions read in a message, and values as TOML: short, on one line, nothing unprintable."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from robosim.files.lines import KeyPath

LONGEST, NAME = 60, 64
BARE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def printable(text: str) -> str:
    """The text with control, direction-changing and undecodable characters as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain_name(text: object) -> str:
    r"""A name out of a file as it is kept, shown and drawn: one line, nothing unprintable, at most 64 characters.

    >>> plain_name("depot\x1b]0;gone\x07")
    'depot\\x1b]0;gone\\x07'
    """
    name = printable(str(text)[: NAME + 1])
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def dotted(path: KeyPath) -> str:
    """A key path as TOML writes it; `file` where there is no key."""
    return ".".join(key if BARE.fullmatch(key) else shortened(quoted(key)) for key in path) or "file"


def quoted(text: str) -> str:
    """The text between double quotes, escaped as in TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def shown(value: object, depth: int = 2) -> str:
    """A value as TOML writes it, shortened: the first elements of a list, and of lists in it."""
    if isinstance(value, bool) or value is None:
        return "nothing" if value is None else str(value).lower()
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


def value_text(value: object) -> str:
    """A text, number, truth value, list or table of such, as TOML writes it.

    >>> value_text(("auto", 1e-05, [True, 2]))
    '["auto", 1e-05, [true, 2]]'
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(value_text(part) for part in value)}]"
    if isinstance(value, Mapping):
        pairs = (f"{key if BARE.fullmatch(key) else quoted(key)} = {value_text(x)}" for key, x in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def written(sections: Mapping[str, Any]) -> str:
    """A world file: a `[section]` for each table, a `[[section]]` for each table of a list."""
    blocks = []
    for section, content in sections.items():
        header, tables = (f"[{section}]", [content]) if isinstance(content, Mapping) else (f"[[{section}]]", content)
        for table in tables:
            blocks.append("\n".join([header, *(f"{key} = {value_text(value)}" for key, value in table.items())]))
    return "\n\n".join(["#:schema ./world.schema.json", *blocks]) + "\n"


def strict(value: Any) -> Any:
    """The same values as JSON has words for them: NaN and infinities are null, rows are lists.

    >>> strict({"cost": (1.5, float("inf"))})
    {'cost': [1.5, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: strict(x) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return [strict(x) for x in value]
    return value
