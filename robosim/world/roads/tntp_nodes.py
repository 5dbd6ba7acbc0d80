"""The coordinates of the nodes of a TNTP network."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from robosim.agent import Array
from robosim.world.roads.tntp_links import number
from robosim.world.station.complaints import Complaints, shown


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
