"""Values as TOML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robosim.scenario.words import quoted


def value_text(value: object) -> str:
    """A text, number, truth value or list of such, as TOML writes it.

    >>> value_text(("auto", 1e-05, [True, 2]))
    '["auto", 1e-05, [true, 2]]'
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(value_text(part) for part in value)}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def written(sections: Mapping[str, Any]) -> str:
    """A world file: a `[section]` for each table, a `[[section]]` for each table of a list."""
    blocks = []
    for section, content in sections.items():
        header, tables = (f"[{section}]", [content]) if isinstance(content, Mapping) else (f"[[{section}]]", content)
        for table in tables:
            blocks.append("\n".join([header, *(f"{key} = {value_text(value)}" for key, value in table.items())]))
    return "\n\n".join(["#:schema ./world.schema.json", *blocks]) + "\n"
