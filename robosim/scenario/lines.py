"""On which line each key of a TOML text stands: the standard parser keeps no positions, tree-sitter does."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator

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
