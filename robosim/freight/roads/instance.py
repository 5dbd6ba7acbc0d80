"""A freight instance, whether its demand can be met without any one supplier, and the coupled problem of its suppliers.

X, Example 1, (B.2), (B.3) and Assumption 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array, hstack

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.problem import Coupled
from robosim.freight.roads.content import arranged, named, refuse_faults
from robosim.network.graphs import Edges

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, kw_only=True)
class Instance:
    """N suppliers, M demanders, K goods, I paths from each supplier to each demander, E edges (X, Example 1).

    A unit of flow that supplier i sends over edge e costs private_cost[i, e] + congestion[e] · F_e^power[e], F_e being
    everybody's flow there. Points are numbered: suppliers 0 … N-1, demanders N … N+M-1, crossings after them.

    Parameters
    ----------
    private_cost : (N, E) ≥ 0, of one unit of flow; with BPR the free-flow time.
    congestion : (E,) ≥ 0; power : ≥ 1, one for all edges or (E,), 1 is linear.
    path_incidence : (N, M, I, E) 1 where a path uses an edge; the same paths serve every good. Where a pair has fewer
        than I paths its last ones have no edge: there is no such path, and nothing is sent there.
    demand : (M, K), stock : (N, K), capacity : (N, M), of a supplier to a demander; units of goods; ∞ is no limit.
    comm_edges : (L, 2) who talks to whom, each pair of suppliers once.
    positions : (P, 2) of the points, km; roads : (R, 2) pairs of points. Only for pictures.
    edge_from_to : (E, 2) points; edge_length : (E,) km (or the unit of a road file), for meters.
    suppliers, demanders, goods : names.
    """

    private_cost: Array
    congestion: Array
    power: float | Array = 1.0
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
        instance: Instance = named(cls(**arranged(content, place)))
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


UNMET = 1e-6
"""Share of the largest demand that counts as unmet: above what the solver leaves."""


def shortage(demand: Array, stock: Array, capacity: Array) -> Array:
    """What cannot be delivered, (M, K), with the least sum; roads limit nothing, they only cost.

    min Σ u_mk  s.t.  Σ_i z_imk + u_mk = demand_mk, Σ_m z_imk ≤ stock_ik, Σ_k z_imk ≤ capacity_im, z, u ≥ 0.
    """
    (m, k), n = demand.shape, len(stock)
    if not n:
        return demand.copy()
    scale = max(float(demand.max(initial=0.0)), np.finfo(float).tiny)
    total = float(demand.sum()) / scale
    most = np.concatenate([stock.ravel(), capacity.ravel()]) / scale
    solved = milp(
        np.concatenate([np.zeros(n * m * k), np.ones(m * k)]),
        constraints=[
            LinearConstraint(_limits(n, m, k), -np.inf, np.minimum(most, total)),
            LinearConstraint(_sums(n, m, k), demand.ravel() / scale, demand.ravel() / scale),
        ],
        bounds=Bounds(0.0, np.inf),
    )
    if solved.x is None:  # z = 0, u = demand is always possible
        raise BadInput(f"demand: no answer whether it can be met: {solved.message} (check the sizes of numbers)")
    unmet = solved.x[n * m * k :].reshape(m, k)
    return np.where(unmet > UNMET, unmet * scale, 0.0)


def _limits(n: int, m: int, k: int) -> csr_array:
    """Stock rows (i, k), then capacity rows (i, m), over z (i, m, k) and u."""
    i, a, b = np.indices((n, m, k)).reshape(3, -1)
    rows, columns = np.concatenate([i * k + b, n * k + i * m + a]), np.tile(np.arange(i.size), 2)
    return csr_array(coo_array((np.ones(rows.size), (rows, columns)), shape=(n * (k + m), i.size + m * k)))


def _sums(n: int, m: int, k: int) -> csr_array:
    """Demand rows (m, k)."""
    z = csr_array(coo_array((np.ones(n * m * k), (np.tile(np.arange(m * k), n), np.arange(n * m * k)))))
    u = csr_array(coo_array((np.ones(m * k), (np.arange(m * k), np.arange(m * k)))))
    return csr_array(hstack([z, u]))


def reaching(instance: Instance) -> Array:
    """Capacities (N, M), 0 where no path leads from a supplier to a demander."""
    return np.where(instance.path_incidence.any(axis=(2, 3)), instance.capacity, 0.0)


def refuse_hopeless(instance: Instance, place: str = "") -> None:
    """Raise `BadInput` naming the demand that everybody together cannot meet."""
    unmet = shortage(instance.demand, instance.stock, reaching(instance))
    if not unmet.any():
        return
    m, k = np.unravel_index(int(unmet.argmax()), unmet.shape)
    asked, good, demander = instance.demand[m, k], instance.goods[k], instance.demanders[m]
    raise BadInput(
        f"{place}demand[{m}, {k}]: all suppliers together can deliver {asked - unmet[m, k]:.6g} of the {asked:.6g} of "
        f"{good} that {demander} needs ({unmet.sum():.6g} unmet in all: lower demand or raise stock or capacity)"
    )


def indispensable(instance: Instance) -> list[int]:
    """Suppliers without whom demand cannot be met: X's Assumption 7 fails, and no VCG payment can be made to them."""
    rest = np.arange(instance.N)
    return [
        i
        for i in range(instance.N)
        if shortage(instance.demand, instance.stock[rest != i], reaching(instance)[rest != i]).any()
    ]


def refuse_indispensable(instance: Instance, place: str = "") -> None:
    """Raise `BadInput` naming the suppliers without whom demand cannot be met."""
    if found := indispensable(instance):
        names = ", ".join(f"{instance.suppliers[i]} ({i})" for i in found)
        raise BadInput(
            f"{place}suppliers: demand cannot be met without {names} (lower demand or raise the others' stock or "
            "capacity; shadow prices need no such thing)"
        )


def coupled(instance: Instance) -> Coupled:
    """min Σ_i f_i(x) over deliveries x (N, n), n = M·K·I; variable (m·K + k)·I + t of supplier i is i's own.

    Coupling rows m·K + k say that demand is met. Limits of i: K rows of stock, then M rows of capacity. Part s_ie is
    supplier i's share of the path variables that use edge e (X, (B.3)): convex, but not what i bears.
    """
    n, m, k = instance.N, instance.M, instance.K
    uses = _uses(instance)
    count = uses.sum(axis=1)
    rows = np.kron(np.eye(m * k), np.ones(instance.I))
    return Coupled(
        theta=csr_array(uses.reshape(-1, instance.E).T),
        congestion=instance.congestion,
        power=instance.power,
        part=count / count.sum(axis=0),
        slope=np.einsum("ive,ie->iv", uses, instance.private_cost),
        A=np.repeat(rows[None], n, axis=0),
        b=instance.demand.ravel().copy(),
        limits=np.repeat(_limits_of_problem(instance)[None], n, axis=0),
        most=np.concatenate([instance.stock, instance.capacity], axis=1),
        lower=np.zeros((n, instance.variables)),
        upper=np.where(uses.any(axis=2), np.inf, 0.0),
    )


def _uses(instance: Instance) -> Array:
    """Whether variable v of supplier i uses edge e, (N, n, E)."""
    paths = instance.path_incidence[:, :, None].astype(np.float64)
    shape = (instance.N, instance.M, instance.K, instance.I, instance.E)
    return np.broadcast_to(paths, shape).reshape(instance.N, instance.variables, instance.E)


def _limits_of_problem(instance: Instance) -> Array:
    """Sums over demanders and paths, then over goods and paths, (K + M, n)."""
    m, k, paths = instance.M, instance.K, np.ones(instance.I)
    stock = np.kron(np.ones(m), np.kron(np.eye(k), paths))
    capacity = np.kron(np.eye(m), np.kron(np.ones(k), paths))
    return np.concatenate([stock, capacity])
