"""A freight instance: suppliers ship goods to demanders along given paths over shared roads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.graphs import Edges
from robosim.world.roads.content import arranged, named
from robosim.world.roads.supply import refuse_hopeless
from robosim.world.roads.validity import refuse_faults


@dataclass(frozen=True, kw_only=True)
class Instance:
    """N suppliers, M demanders, K goods, I paths from each supplier to each demander, E edges (X, Example 1).

    A unit of flow that supplier i sends over edge e costs private_cost[i, e] + congestion[e] · F_e^power, F_e being
    everybody's flow there. Points are numbered: suppliers 0 … N-1, demanders N … N+M-1, crossings after them.

    Parameters
    ----------
    private_cost : (N, E) ≥ 0, of one unit of flow; with BPR the free-flow time.
    congestion : (E,) ≥ 0; power : ≥ 1, 1 is linear.
    path_incidence : (N, M, I, E) 1 where a path uses an edge; the same paths serve every good.
    demand : (M, K), stock : (N, K), capacity : (N, M), of a supplier to a demander; units of goods; ∞ is no limit.
    comm_edges : (L, 2) who talks to whom, each pair of suppliers once.
    positions : (P, 2) of the points, km; roads : (R, 2) pairs of points. Only for pictures.
    edge_from_to : (E, 2) points; edge_length : (E,) km (or the unit of a road file), for meters.
    suppliers, demanders, goods : names.
    """

    private_cost: Array
    congestion: Array
    power: float = 1.0
    path_incidence: NDArray[np.int8]
    demand: Array
    stock: Array
    capacity: Array
    comm_edges: Edges
    positions: Array | None = None
    roads: Edges | None = None
    edge_from_to: Edges | None = None
    edge_length: Array | None = None
    suppliers: tuple[str, ...] = ()
    demanders: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()

    @classmethod
    def checked(cls, *, place: str = "", **content: Any) -> Instance:
        """An instance of lists or arrays of any number type, all of it verified; names are made up where none are.

        Parameters
        ----------
        place : where the content comes from, before every line of an error.

        Raises
        ------
        BadInput
            Every fault of shapes and values, one a line, with array, index, value and fix; else that demand cannot be
            met, or that the communication graph is not connected.
        """
        instance = named(cls(**arranged(content, place)))
        refuse_faults(instance, place)
        refuse_hopeless(instance, place)
        return instance

    @property
    def N(self) -> int:
        """Suppliers."""
        return int(self.path_incidence.shape[0])

    @property
    def M(self) -> int:
        """Demanders."""
        return int(self.path_incidence.shape[1])

    @property
    def K(self) -> int:
        """Goods."""
        return int(self.demand.shape[1])

    @property
    def I(self) -> int:  # noqa: E743
        """Paths from each supplier to each demander."""
        return int(self.path_incidence.shape[2])

    @property
    def E(self) -> int:
        """Edges that paths use."""
        return int(self.path_incidence.shape[3])

    @property
    def variables(self) -> int:
        """n = M·K·I, of each supplier; demander m, good k, path t is variable (m·K + k)·I + t."""
        return self.M * self.K * self.I
