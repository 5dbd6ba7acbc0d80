"""Real road networks in the TNTP text format: links, trips from zone to zone, coordinates of nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.complaint import Complaints, complaint
from robosim.files.content import text_of
from robosim.files.writing import shown
from robosim.freight.roads.tntp_links import COLUMNS, number, read_links
from robosim.network.graphs import Edges

SOURCE = "https://github.com/bstabler/TransportationNetworks"


@dataclass(frozen=True, kw_only=True)
class RoadNetwork:
    """L directed links between nodes; node numbers begin at 0 here and at 1 in the file and in names.

    The time on a link is free_flow_time·(1 + b·(flow/capacity)^power), BPR. Units are those of the files.
    """

    file: str
    nodes: int
    first_through: int
    """Nodes below this one are centres of zones: paths begin and end there, but pass through none."""
    links: Edges
    """(L, 2) from, to."""
    capacity: Array
    length: Array
    free_flow_time: Array
    b: Array
    power: Array
    speed: Array
    toll: Array
    link_type: Array
    trips: Array
    """(Z, Z) from zone to zone; zones are the first nodes."""
    positions: Array | None = None
    """(nodes, 2), in degrees or any unit; only for pictures."""


def read_tntp(net: str | Path, trips: str | Path, node: str | Path | None = None) -> RoadNetwork:
    """A network from its files `NAME_net.tntp`, `NAME_trips.tntp` and, where there is one, `NAME_node.tntp`.

    Raises
    ------
    BadInput
        A file is not there (and where to get it); every error of a file, one a line, as file:line: column: message.
    TooLarge
        More than 100 MB.
    """
    table = read_links(net, tntp_text(net))
    columns = table.columns
    return RoadNetwork(
        file=str(net),
        nodes=table.nodes,
        first_through=table.first_through - 1,
        links=np.stack([columns["init_node"], columns["term_node"]], axis=1).astype(np.int64) - 1,
        **{name: columns[name] for name in COLUMNS},
        trips=read_trips(trips, tntp_text(trips), table.nodes),
        positions=None if node is None else read_nodes(node, tntp_text(node), table.nodes),
    )


def tntp_text(path: str | Path) -> str:
    """The text of a file; where it is not there the error says where it is to be had."""
    if not Path(path).exists():
        folder = Path(path).name.split("_")[0]
        fix = f"get it from {SOURCE}, folder {folder}, or correct the path"
        raise BadInput(complaint(str(path), 1, "file", f"no such file ({fix})"))
    return text_of(path)


def read_nodes(path: str | Path, text: str, nodes: int) -> Array:
    """(nodes, 2) from rows of node, x, y below one row of names.

    Raises
    ------
    BadInput
        Every error, one a line.
    """
    complaints = Complaints(str(path))
    found = np.full((nodes, 2), np.nan)
    for line, content in enumerate(text.splitlines(), 1):
        words = content.split("~")[0].replace(";", " ").split()
        if not words or words[0].lower() == "node":
            continue
        values = [number(word) for word in words[:3]]
        if len(values) == 3 and np.isfinite(values).all() and 1 <= values[0] <= nodes and values[0].is_integer():
            found[int(values[0]) - 1] = values[1:]
        else:
            complaints.add(line, "row", f"must be node, x and y, got {shown(content.strip())}", f"nodes: 1 to {nodes}")
    if not complaints and np.isnan(found).any():
        node = int(np.flatnonzero(np.isnan(found[:, 0]))[0]) + 1
        complaints.add(1, "file", f"node {node} has no coordinates", "leave the whole file out if they are unknown")
    complaints.raise_any()
    return found


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
