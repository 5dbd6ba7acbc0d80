"""The table of trips of a TNTP network: how many go from zone to zone."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from robosim.agent import Array
from robosim.world.roads.tntp_links import number
from robosim.world.station.complaints import Complaints, shown

LARGEST = 10**4
"""Zones: the table of trips is dense."""
ORIGIN = re.compile(r"\s*Origin\s+(\S+)\s*", re.IGNORECASE)
ZONES = re.compile(r"\s*<\s*NUMBER OF ZONES\s*>\s*(\S*)", re.IGNORECASE)


def read_trips(path: str | Path, text: str, nodes: int) -> Array:
    """(Z, Z) trips from zone to zone; rows `Origin 1` and below them `destination : trips;` as many as there are.

    Raises
    ------
    BadInput
        Every error, one a line.
    """
    complaints = Complaints(str(path))
    zones = _zones(text, nodes, complaints)
    complaints.raise_any()
    trips, origin = np.zeros((zones, zones)), 0
    for line, content in enumerate(text.splitlines(), 1):
        plain = content.split("~")[0].strip()
        if not plain or plain.startswith("<"):
            continue
        if found := ORIGIN.fullmatch(plain):
            origin = _zone(found[1], zones, line, "Origin", complaints)
        else:
            _row(plain, origin, trips, line, complaints)
    if not complaints and not trips.any():
        complaints.add(1, "file", "holds no trips", "write Origin 1, and below it 2 : 100.0; for 100 trips to zone 2")
    complaints.raise_any()
    return trips


def _zones(text: str, nodes: int, complaints: Complaints) -> int:
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


def _zone(text: str, zones: int, line: int, column: str, complaints: Complaints) -> int:
    """The number of a zone, 0 after a complaint."""
    if text.isdecimal() and len(text) < 9 and 1 <= int(text) <= zones:
        return int(text)
    complaints.add(line, column, f"must be a zone, 1 to {zones}, got {shown(text)}", "zones are the first nodes")
    return 0


def _row(plain: str, origin: int, trips: Array, line: int, complaints: Complaints) -> None:
    """Add `destination : trips;` … to the row of the origin."""
    for pair in plain.rstrip(";").split(";"):
        to, colon, amount = (part.strip() for part in pair.partition(":"))
        if not colon:
            complaints.add(line, "trips", f"must be destination : trips, got {shown(pair.strip())}", "end it with ;")
            continue
        destination = _zone(to, zones=len(trips), line=line, column="destination", complaints=complaints)
        many = number(amount)
        if not 0.0 <= many < np.inf:
            complaints.add(line, "trips", f"must be a number >= 0, got {shown(amount)}", "0 where there are none")
        elif not origin and destination:
            complaints.add(line, "trips", "stand below no origin", "write Origin and a number on the line before")
        elif destination:
            trips[origin - 1, destination - 1] += many
