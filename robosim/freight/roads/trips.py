"""Trips from zone to zone, as TNTP files list them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.complaint import Complaints
from robosim.files.writing import shown
from robosim.freight.roads.tntp_links import number

LARGEST = 10**4
"""Zones: the table of trips is dense."""
ORIGIN = re.compile(r"\s*Origin\s+(\S+)\s*", re.IGNORECASE)
ZONES = re.compile(r"\s*<\s*NUMBER OF ZONES\s*>\s*(\S*)", re.IGNORECASE)
NAMED = re.compile(r"(?:Origin\s+(\d{1,15})\b)|(?:(\d{1,15})\s*:)", re.IGNORECASE)


def read_trips(path: str | Path, text: str, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
    """Nodes that are zones (Z,), and trips (Z, Z) from zone to zone.

    Rows say `Origin 1` and below it `destination : trips;` as many as there are. Where nodes are numbered 1, 2, … the
    zones are the first of them, else those that the file names.

    Parameters
    ----------
    ids : (P,) numbers of the nodes, increasing.

    Raises
    ------
    BadInput
        Every error, one a line.
    """
    complaints = Complaints(str(path))
    count = _count(text, len(ids), complaints)
    complaints.raise_any()
    zones = _zones(text, ids, count)
    known = {int(ids[node]): place for place, node in enumerate(zones)}
    if (quickly := _plain(text, known)) is not None:
        return zones, quickly
    trips, origin = np.zeros((len(zones), len(zones))), -1
    for line, content in enumerate(text.splitlines(), 1):
        plain = content.split("~")[0].strip()
        if not plain or plain.startswith("<"):
            continue
        if found := ORIGIN.fullmatch(plain):
            origin = _zone(found[1], known, line, "Origin", complaints)
        else:
            _row(plain, origin, trips, known, line, complaints)
    if not complaints and not trips.any():
        complaints.add(1, "file", "holds no trips", "write Origin 1, and below it 2 : 100.0; for 100 trips to zone 2")
    complaints.raise_any()
    return zones, trips


BLOCK = re.compile(r"\s*(\d{1,15})\s*\n(?:\s*\d{1,15}\s*:\s*[\d.eE+-]+\s*;)*\s*")
PAIR = re.compile(r"(\d+)\s*:\s*([\d.eE+-]+)")


def _plain(text: str, known: Mapping[int, int]) -> Array | None:
    """Trips of a file without any fault or comment, fast; None for others."""
    _, end, body = text.partition("<END OF METADATA>")
    empty, *blocks = re.split(r"\borigin\b", body, flags=re.IGNORECASE) if end else [text]
    trips = np.zeros((len(known), len(known)))
    if empty.strip() or not blocks:
        return None
    for block in blocks:
        found = BLOCK.fullmatch(block)
        if found is None or int(found[1]) not in known:
            return None
        pairs = PAIR.findall(block)
        try:
            to = [known[int(one)] for one, _ in pairs]
            np.add.at(trips[known[int(found[1])]], to, np.array([float(many) for _, many in pairs]))
        except (KeyError, ValueError):
            return None
    return trips if trips.any() and ((trips >= 0.0) & (trips < np.inf)).all() else None


def _zones(text: str, ids: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The first nodes, or those that are named, at most `count`."""
    if ids[-1] == len(ids):
        return np.arange(count)
    named = {int(one or other) for one, other in NAMED.findall(text.partition("<END OF METADATA>")[2] or text)}
    return np.flatnonzero(np.isin(ids, sorted(named)))[:count]


def _count(text: str, nodes: int, complaints: Complaints) -> int:
    for line, content in enumerate(text.splitlines(), 1):
        if found := ZONES.match(content):
            if not (found[1].isdecimal() and len(found[1]) < 9 and 1 <= int(found[1]) <= min(nodes, LARGEST)):
                complaints.add(
                    line,
                    "<NUMBER OF ZONES>",
                    f"must be 1 to {min(nodes, LARGEST)}, got {shown(found[1])}",
                    "zones are the first nodes",
                )
            return int(found[1]) if not complaints else 0
    complaints.add(1, "<NUMBER OF ZONES>", "is missing", "write it before <END OF METADATA>")
    return 0


def _zone(text: str, known: Mapping[int, int], line: int, column: str, complaints: Complaints) -> int:
    """The place of a zone, -1 after a complaint."""
    if text.isdecimal() and len(text) < 16 and int(text) in known:
        return known[int(text)]
    least, most = min(known, default=0), max(known, default=0)
    complaints.add(line, column, f"must be a zone, {least} to {most}, got {shown(text)}", "zones are the first nodes")
    return -1


def _row(plain: str, origin: int, trips: Array, known: Mapping[int, int], line: int, complaints: Complaints) -> None:
    """Add `destination : trips;` … to the row of the origin."""
    for pair in plain.rstrip(";").split(";"):
        to, colon, amount = (part.strip() for part in pair.partition(":"))
        if not colon:
            complaints.add(line, "trips", f"must be destination : trips, got {shown(pair.strip())}", "end it with ;")
            continue
        destination = _zone(to, known, line, "destination", complaints)
        many = number(amount)
        if not 0.0 <= many < np.inf:
            complaints.add(line, "trips", f"must be a number >= 0, got {shown(amount)}", "0 where there are none")
        elif origin < 0 and destination >= 0:
            complaints.add(line, "trips", "stand below no origin", "write Origin and a number on the line before")
        elif destination >= 0:
            trips[origin, destination] += many
