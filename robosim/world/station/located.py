"""JSON with line numbers: the elements of a list in a document, each with the line on which it begins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from robosim.world.station.complaints import refusal

GAP = re.compile(r"[\s,:]*")
DECODER = json.JSONDecoder()


class Located(NamedTuple):
    """A value, the text that it was read from, and the line of the file on which that begins."""

    value: Any
    text: str
    line: int

    def line_of(self, key: str) -> int:
        """The line of a key in this value; the first line where it has no such key."""
        found = re.search(f"{re.escape(json.dumps(key))}\\s*:", self.text)
        return self.line + (self.text.count("\n", 0, found.start()) if found else 0)


def document(text: str, file: str) -> Any:
    """The values of a JSON text.

    Raises
    ------
    BadInput
        The text is empty or not JSON.
    """
    if not text.strip():
        raise refusal(file, "is empty", "check that it was downloaded whole")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
        raise refusal(file, message, "the file must be JSON", error.lineno, "json") from None
    except (RecursionError, ValueError):  # ValueError: Python converts no integer of more than 4300 digits
        raise refusal(file, "brackets nested too deeply or a number too long", "is this the right file?") from None


def elements(text: str, key: str) -> list[Located]:
    """The elements of the list under `key` of a document that `document` has accepted; [] where there is no list.

    >>> elements('{"a": 1,\\n "b": [{"c": 2},\\n {"c": 3}]}', "b")[1]
    Located(value={'c': 3}, text='{"c": 3}', line=3)
    """
    start = next((position for name, position in _members(text) if name == key), len(text))
    return list(_list_at(text, start)) if text[start : start + 1] == "[" else []


def _members(text: str) -> Iterator[tuple[str, int]]:
    """Each key of an object and where its value begins."""
    position = _skip(text, 0) + 1
    while (position := _skip(text, position)) < len(text) and text[position] != "}":
        name, position = DECODER.raw_decode(text, position)
        position = _skip(text, position)
        yield name, position
        _, position = DECODER.raw_decode(text, position)


def _list_at(text: str, start: int) -> Iterator[Located]:
    line, counted, position = 1, 0, start + 1
    while text[position := _skip(text, position)] != "]":
        line, counted = line + text.count("\n", counted, position), position
        value, end = DECODER.raw_decode(text, position)
        yield Located(value, text[position:end], line)
        position = end


def _skip(text: str, position: int) -> int:
    gap = GAP.match(text, position)
    return gap.end() if gap else position
