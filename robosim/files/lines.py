"""On which line each key of a TOML or JSON text stands: the standard parsers keep no positions.

In TOML tree-sitter finds them; in JSON the elements of one list are decoded one by one.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

KeyPath = tuple[str, ...]
"""A place in a world file, ("robots", "starts_m", "3"): keys, and numbers of list elements from 0."""

SKIPPED = frozenset({"bare_key", "quoted_key", "dotted_key", "comment"})
DEEPEST = 6
"""World files have keys of at most four parts; deeper ones belong to the line of the sixth."""
HEADERS = frozenset({"table", "table_array_element"})


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every key, table header and list element of a text that `tomllib` accepts.

    A table that is opened more than once, as dotted keys do, counts where it stands first. What the grammar cannot
    read (blanks after a backslash that ends a line of a string) has no line.
    """
    found: dict[KeyPath, int] = {}
    elements: Counter[KeyPath] = Counter()
    root = Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node
    for node in root.named_children:
        if not node.has_error:
            prefix = _header(node, elements) if node.type in HEADERS else ()
            for path, part in _below(prefix, node):
                _note(found, path, part.start_point.row + 1)
    return found


def _note(found: dict[KeyPath, int], path: KeyPath, line: int) -> None:
    for length in range(1, min(len(path), DEEPEST) + 1):
        found[path[:length]] = min(line, found.get(path[:length], line))


def _header(node: Node, elements: Counter[KeyPath]) -> KeyPath:
    """The path of a table: below a list of tables it means the last one; `[[x]]` begins the next one."""
    path: KeyPath = ()
    keys = _key(node)
    for depth, key in enumerate(keys, 1):
        path += (key,)
        if node.type == "table_array_element" and depth == len(keys):
            elements[path] += 1
        if elements[path]:
            path += (str(elements[path] - 1),)
    return path


def _below(prefix: KeyPath, node: Node) -> Iterator[tuple[KeyPath, Node]]:
    """A node, all keys and list elements in it, without recursion (lists nest as deep as their author likes)."""
    stack = [(prefix, node)]
    while stack:
        path, here = stack.pop()
        if here.type == "pair":
            path += _key(here)
        yield path, here
        if len(path) >= DEEPEST:
            continue
        if here.type == "array":
            stack.extend(((*path, str(index)), value) for index, value in enumerate(_values(here)))
        elif here.type == "pair":
            stack.extend((path, value) for value in _values(here))
        else:
            stack.extend((path, pair) for pair in _values(here) if pair.type == "pair")


def _values(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type not in SKIPPED]


def _key(node: Node) -> KeyPath:
    """The key of a pair or a header; `tomllib` knows best what quotes, escapes and dots mean."""
    text = node.named_children[0].text or b""
    keys: list[str] = []
    table: object = tomllib.loads(f"{text.decode()} = 0")
    while isinstance(table, dict):
        ((key, table),) = table.items()
        keys.append(key)
    return tuple(keys)


@lru_cache(maxsize=4)
def _found(text: str) -> dict[KeyPath, int]:
    return lines_of(text)


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, of ("paths",) or ("road", 2, "length_km"); else that of the nearest table above it, else 1.

    >>> line_of("paths = 2\\n[[road]]\\nlength_km = 3\\n[[road]]\\n  length_km = -3\\n", ("road", 1, "length_km"))
    5
    """
    keys = tuple(map(str, path))
    above = (_found(text).get(keys[:length]) for length in range(len(keys), 0, -1))
    return next((number for number in above if number is not None), 1)


GAP = re.compile(r"[\s,:]*")
DECODER = json.JSONDecoder()


class Located(NamedTuple):
    """A value of a JSON text, the text that it was read from, and the line of the file on which that begins."""

    value: Any
    text: str
    line: int

    def line_of(self, key: str) -> int:
        """The line of a key in this value; the first line where it has no such key."""
        found = re.search(f"{re.escape(json.dumps(key))}\\s*:", self.text)
        return self.line + (self.text.count("\n", 0, found.start()) if found else 0)


def elements(text: str, key: str) -> list[Located]:
    """The elements of the list under `key` of a sound JSON text; [] where there is no list.

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
