"""Real road networks in the TNTP text format: links, trips from zone to zone, coordinates of nodes."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.complaint import complaint
from robosim.files.content import text_of
from robosim.freight.roads.places import read_places
from robosim.freight.roads.tntp_links import COLUMNS, read_links
from robosim.freight.roads.trips import read_trips
from robosim.network.graphs import Edges

LOG = logging.getLogger(__name__)
LARGE = 10**6
"""Bytes of a file that takes about a second."""
SOURCE = "https://github.com/bstabler/TransportationNetworks"


@dataclass(frozen=True, kw_only=True)
class RoadNetwork:
    """L directed links between nodes; node numbers begin at 0 here, `ids` are those of the file and in names.

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
    """(Z, Z) from zone to zone."""
    ids: NDArray[np.int64]
    """(nodes,)."""
    zones: NDArray[np.int64]
    """(Z,) the nodes that are zones: the first ones, or those that the trips name where nodes have other numbers."""
    notes: tuple[str, ...] = ()
    """What the files do not say and had to be assumed, a sentence each without its subject."""
    positions: Array | None = None
    """(nodes, 2), in degrees or any unit; only for pictures."""


def read_tntp(net: str | Path, trips: str | Path, node: str | Path | None = None) -> RoadNetwork:
    """A network from its files `NAME_net.tntp`, `NAME_trips.tntp` and, where there is one, `NAME_node.tntp`.

    Nodes may stand in a GeoJSON file of points, too.

    Raises
    ------
    BadInput
        A file is not there (and where to get it); every error of a file, one a line, as file:line: column: message.
    TooLarge
        More than 100 MB.
    """
    for path in (net, trips):
        if os.path.isfile(path) and os.path.getsize(path) >= LARGE:
            LOG.info("reading %s, %.1f MB", path, os.path.getsize(path) / 1e6)
    table = read_links(net, tntp_text(net))
    columns, ids = table.columns, table.ids
    ends = np.stack([columns["init_node"], columns["term_node"]], axis=1).astype(np.int64)
    zones, trips_between = read_trips(trips, tntp_text(trips), ids)
    return RoadNetwork(
        file=str(net),
        nodes=len(ids),
        first_through=int(np.searchsorted(ids, table.first_through)),
        links=np.searchsorted(ids, ends),
        **{name: columns[name] for name in COLUMNS},
        trips=trips_between,
        ids=ids,
        zones=zones,
        notes=table.notes,
        positions=None if node is None else read_places(node, tntp_text(node), ids),
    )


def tntp_text(path: str | Path) -> str:
    """The text of a file; where it is not there the error says where it is to be had."""
    if not Path(path).exists():
        folder = Path(path).name.split("_")[0]
        fix = f"get it from {SOURCE}, folder {folder}, or correct the path"
        raise BadInput(complaint(str(path), 1, "file", f"no such file ({fix})"))
    return text_of(path)
