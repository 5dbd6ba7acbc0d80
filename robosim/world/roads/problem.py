"""From an instance to the coupled problem that suppliers solve together (X, Example 1, (B.2) and (B.3))."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array
from robosim.problems.coupled import Coupled
from robosim.world.roads.instance import Instance


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
        limits=np.repeat(_limits(instance)[None], n, axis=0),
        most=np.concatenate([instance.stock, instance.capacity], axis=1),
        lower=np.zeros((n, instance.variables)),
        upper=np.full((n, instance.variables), np.inf),
    )


def _uses(instance: Instance) -> Array:
    """Whether variable v of supplier i uses edge e, (N, n, E)."""
    paths = instance.path_incidence[:, :, None].astype(np.float64)
    shape = (instance.N, instance.M, instance.K, instance.I, instance.E)
    return np.broadcast_to(paths, shape).reshape(instance.N, instance.variables, instance.E)


def _limits(instance: Instance) -> Array:
    """Sums over demanders and paths, then over goods and paths, (K + M, n)."""
    m, k, paths = instance.M, instance.K, np.ones(instance.I)
    stock = np.kron(np.ones(m), np.kron(np.eye(k), paths))
    capacity = np.kron(np.eye(m), np.kron(np.ones(k), paths))
    return np.concatenate([stock, capacity])
