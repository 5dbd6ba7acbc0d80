"""On which line a key of a plainly written TOML file stands."""

from __future__ import annotations

import re

HEADER = re.compile(r"\s*\[{1,2}\s*([^\[\]]*?)\s*\]{1,2}\s*(#.*)?")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, of ("paths",) or ("road", 2, "length_km"); else that of its [[road]], else 1.

    Only lines that begin with a header or a key count: a table written in braces has the line of its list.

    >>> line_of("paths = 2\\n[[road]]\\nlength_km = 3\\n[[road]]\\n  length_km = -3\\n", ("road", 1, "length_km"))
    5
    """
    if len(path) < 2 or not isinstance(path[1], int):
        return _key_line(text.splitlines(), 0, str(path[0]) if path else "", 1)
    lines = text.splitlines()
    headers = [number for number, line in enumerate(lines) if (found := HEADER.fullmatch(line)) and found[1] == path[0]]
    if path[1] >= len(headers):
        return _key_line(lines, 0, str(path[0]), 1)
    start = headers[path[1]]
    return _key_line(lines, start + 1, str(path[2]) if len(path) > 2 else "", start + 1)


def _key_line(lines: list[str], start: int, key: str, otherwise: int) -> int:
    """Where `key = ` stands before the next header, from the given place on."""
    wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    for number, line in enumerate(lines[start:], start + 1):
        if HEADER.fullmatch(line):
            break
        if key and wanted.match(line):
            return number
    return otherwise
