"""Whether demand can be met: by everybody, and without any one supplier (X, Assumption 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array, hstack

from robosim.agent import Array
from robosim.errors import BadInput

if TYPE_CHECKING:
    from robosim.world.roads.instance import Instance

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


def refuse_hopeless(instance: Instance, place: str = "") -> None:
    """Raise `BadInput` naming the demand that everybody together cannot meet."""
    unmet = shortage(instance.demand, instance.stock, instance.capacity)
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
        if shortage(instance.demand, instance.stock[rest != i], instance.capacity[rest != i]).any()
    ]


def refuse_indispensable(instance: Instance, place: str = "") -> None:
    """Raise `BadInput` naming the suppliers without whom demand cannot be met."""
    if found := indispensable(instance):
        names = ", ".join(f"{instance.suppliers[i]} ({i})" for i in found)
        raise BadInput(
            f"{place}suppliers: demand cannot be met without {names} (lower demand or raise the others' stock or "
            "capacity; shadow prices need no such thing)"
        )
