"""The instance without one supplier, for marginal problems (X, section 5.2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.errors import BadInput
from robosim.graphs import component_labels
from robosim.world.roads.instance import Instance


def without(instance: Instance, absent: int) -> Instance:
    """The others' instance: their roads, their talks, the whole demand; edges that only the absent one used are gone.

    Raises
    ------
    BadInput
        The others cannot talk to each other without this supplier, or there are none.
    """
    rest = np.delete(np.arange(instance.N), absent)
    edges = instance.comm_edges[(instance.comm_edges != absent).all(axis=1)]
    talks = edges - (edges > absent)
    name = instance.suppliers[absent]
    if not rest.size:
        raise BadInput(f"suppliers: nobody is left without {name} (a market needs two suppliers)")
    if component_labels(len(rest), talks).max() > 0:
        raise BadInput(f"comm_edges: without {name} ({absent}) the others cannot talk to each other (add edges)")
    used = instance.path_incidence[rest].any(axis=(0, 1, 2))
    return replace(
        instance,
        private_cost=instance.private_cost[np.ix_(rest, used)],
        congestion=instance.congestion[used],
        path_incidence=np.ascontiguousarray(instance.path_incidence[rest][..., used]),
        stock=instance.stock[rest],
        capacity=instance.capacity[rest],
        comm_edges=talks,
        positions=None,
        roads=None,
        edge_from_to=None,
        edge_length=None if instance.edge_length is None else instance.edge_length[used],
        suppliers=tuple(instance.suppliers[i] for i in rest),
    )
