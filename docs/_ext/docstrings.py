"""Sphinx reads robosim's docstrings as they are written: numpydoc, with `code` between single backticks."""

from __future__ import annotations

import dataclasses
import re
import types
from typing import Any

MARKUP = re.compile(r"(?<=\w)_(?!\w)|\||(?<=\S)\*|\*(?=\s)")
"""What reStructuredText would take for markup: `x_-i`, |d|, a lone star."""


def plain(line: str) -> str:
    """A line whose signs mean themselves; what stands between backticks may be followed by a letter, as in Markdown."""
    if "``" in line or line.count("`") % 2:
        return line
    parts = line.split("`")
    texts = [MARKUP.sub(lambda sign: "\\" + sign[0], one) for one in parts[::2]]
    ends = ["`\\ " if text[:1].isalnum() else "`" for text in texts[1:]]
    codes = [f"`{code.strip()}{end}" for code, end in zip(parts[1::2], ends, strict=True)]
    return texts[0] + "".join(code + text for code, text in zip(codes, texts[1:], strict=True))


def read_plainly(app: Any, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    """Before numpydoc reads a docstring."""
    lines[:] = map(plain, lines)


def without_aliases(app: Any, what: str, name: str, thing: object, skip: bool, options: Any) -> bool | None:
    """`Said = dict[str, Array]` is no class, which autodoc takes it for; docs/api/words.md tells of these."""
    return True if isinstance(thing, types.GenericAlias) else None


def fields_only(app: Any, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: str | None):
    """Plain data is made from its fields; what they are stands below, and types of arrays would fill the page."""
    if what != "class" or not dataclasses.is_dataclass(thing):
        return None
    known = [one for one in dataclasses.fields(thing) if one.init]
    optional = (dataclasses.MISSING, dataclasses.MISSING)
    names = [one.name + ("" if (one.default, one.default_factory) == optional else "=…") for one in known]
    return f"(*, {', '.join(names)})" if names else "()", None


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", read_plainly, priority=100)
    app.connect("autodoc-skip-member", without_aliases)
    app.connect("autodoc-process-signature", fields_only)
    return {"parallel_read_safe": True}
