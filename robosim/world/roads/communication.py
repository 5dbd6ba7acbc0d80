"""Which suppliers talk to each other: any connected graph by its name."""

from __future__ import annotations

import numpy as np

from robosim import graphs
from robosim.agent import Array
from robosim.errors import BadInput
from robosim.world.station.complaints import shown, suggestion

DRAWN = ("random-tree", "geometric")
GRAPHS = (*graphs.DETERMINISTIC, *DRAWN)


def communication(name: str, count: int, rng: np.random.Generator, positions: Array | None = None) -> graphs.Edges:
    """Pairs of suppliers (L, 2); `positions` (count, 2) are needed for geometric graphs only.

    Raises
    ------
    BadInput
        No such graph; geometric without positions.
    """
    if name not in GRAPHS:
        hint = suggestion(name, GRAPHS, f"known: {', '.join(GRAPHS)}")
        raise BadInput(f"graph: there is no {shown(name)} ({hint})")
    if count < 2:
        return np.zeros((0, 2), dtype=np.int64)
    if name == "random-tree":
        return graphs.random_tree(count, rng)
    if name == "geometric":
        if positions is None:
            raise BadInput("graph: 'geometric' needs positions (give the file of nodes, or name another graph)")
        return graphs.geometric(positions)
    return graphs.DETERMINISTIC[name](count)
