"""The links of a TNTP network: header, rows of ten numbers, comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.complaint import Complaints
from robosim.files.writing import shown

COLUMNS = ("capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type")
"""After the two nodes of a link."""
HEADER = re.compile(r"\s*<([^>]*)>\s*(\S*)")
LARGEST = 10**6
"""Nodes."""


NO_FIRST = "says no <FIRST THRU NODE>: paths may pass through every node, centres of zones too"


@dataclass(frozen=True, kw_only=True)
class LinkTable:
    """Columns (L,) by name, with nodes as in the file; what the header says, and what had to be assumed."""

    ids: NDArray[np.int64]
    """(P,) numbers of the nodes, increasing: 1 … P, or others that the file uses."""
    first_through: int
    columns: dict[str, Array]
    notes: tuple[str, ...]


def read_links(path: str | Path, text: str) -> LinkTable:
    """The table of a file `NAME_net.tntp`.

    Raises
    ------
    BadInput
        Every error, one a line.
    """
    complaints = Complaints(str(path))
    header, rows = _parsed(text, complaints)
    nodes = _count(header, "NUMBER OF NODES", complaints)
    has_first = "FIRST THRU NODE" in header
    first = _count(header, "FIRST THRU NODE", complaints) if has_first else 1
    ids = _numbers(rows, nodes)
    table = [values for line, words in rows if (values := _link(line, words, nodes, ids, complaints))]
    _refuse_miscount(header, len(rows), complaints)
    complaints.raise_any()
    columns = dict(zip(("init_node", "term_node", *COLUMNS), np.array(table).T.copy(), strict=True))
    known = np.arange(1, nodes + 1) if ids is None else np.array(sorted(ids), dtype=np.int64)
    notes = () if has_first else (NO_FIRST,)
    if ids is not None:
        notes = (*notes, f"numbers its nodes {known[0]} to {known[-1]}; they keep these numbers")
    return LinkTable(ids=known, first_through=first, columns=columns, notes=notes)


def _numbers(rows: list[tuple[int, list[str]]], nodes: int) -> set[int] | None:
    """The nodes' numbers where they are not 1 to `nodes`, and not more than these; else None."""
    found = {int(word) for _, words in rows for word in words[:2] if word.isdecimal() and len(word) < 16}
    return found if len(found) <= nodes and not found <= set(range(1, nodes + 1)) else None


def _parsed(text: str, complaints: Complaints) -> tuple[dict[str, tuple[int, str]], list[tuple[int, list[str]]]]:
    """Header values and rows of words, each with its line; comments begin with ~, rows may end with a semicolon."""
    header: dict[str, tuple[int, str]] = {}
    rows = []
    for line, content in enumerate(text.splitlines(), 1):
        plain = content.split("~")[0].strip().rstrip(";").strip()
        if found := HEADER.match(plain):
            header[found[1].strip().upper()] = (line, found[2])
        elif plain:
            rows.append((line, plain.split()))
    if not rows:
        complaints.add(1, "file", "holds no link", "a row has from, to, capacity, length, time, b, power, …")
    return header, rows


def _count(header: dict[str, tuple[int, str]], key: str, complaints: Complaints) -> int:
    line, text = header.get(key, (1, ""))
    if text.isdecimal() and len(text) < 9 and 0 < int(text) <= LARGEST:
        return int(text)
    problem = f"must be 1 to {LARGEST}, got {shown(text)}" if key in header else "is missing"
    complaints.add(line, f"<{key}>", problem, f"write <{key}> and a number on a line before <END OF METADATA>")
    return LARGEST


def _link(line: int, words: list[str], nodes: int, ids: set[int] | None, complaints: Complaints) -> list[float]:
    """The ten numbers of a link; nothing after a complaint."""
    names = ("init_node", "term_node", *COLUMNS)
    if len(words) != len(names):
        complaints.add(line, "row", f"must have {len(names)} columns, got {len(words)}", f"columns: {', '.join(names)}")
        return []
    values = [number(word) for word in words]
    before = len(complaints)
    for problem in _link_problems(dict(zip(names, values, strict=True)), nodes, ids):
        name, rule, fix = problem
        complaints.add(line, name, f"must be {rule}, got {shown(words[names.index(name)])}", fix)
    return values if len(complaints) == before else []


def _link_problems(link: dict[str, float], nodes: int, ids: set[int] | None) -> Iterator[tuple[str, str, str]]:
    for name in ("init_node", "term_node"):
        known = 1 <= link[name] <= nodes if ids is None else link[name] in ids
        if not (known and link[name].is_integer()):
            yield name, f"a node, 1 to {nodes}", "<NUMBER OF NODES> says how many there are"
    for name in ("length", "free_flow_time", "b", "power"):
        if not 0.0 <= link[name] < np.inf:
            yield name, "a number >= 0", "0 where there is none"
    if not 0.0 < link["capacity"] < np.inf:
        yield "capacity", "a number > 0", "the flow at which the time has grown by b"
    for name in ("speed", "toll", "link_type"):
        if not np.isfinite(link[name]):
            yield name, "a number", "0 where there is none"


def number(word: str) -> float:
    """The number that a word says, NaN if it says none."""
    try:
        return float(word)
    except ValueError:
        return float("nan")


def _refuse_miscount(header: dict[str, tuple[int, str]], rows: int, complaints: Complaints) -> None:
    line, text = header.get("NUMBER OF LINKS", (1, str(rows)))
    if text != str(rows):
        complaints.add(line, "<NUMBER OF LINKS>", f"says {shown(text)}, rows: {rows}", "is the file complete?")
