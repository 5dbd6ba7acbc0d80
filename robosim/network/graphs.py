"""Communication graphs by name, as arrays of edges (E, 2), each pair once, i < j, sorted; and their spectrum λ₂, λmax.

Closed forms where the graph has a name, dense below `DENSE` agents, Lanczos with a fixed start vector above. Results
are rounded to 12 digits, because they enter the trajectory through the step size and the last bits of LAPACK change
with the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from scipy.spatial import cKDTree

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown, suggestion

Edges = NDArray[np.int64]


def path(n: int) -> Edges:
    """0 - 1 - … - n-1."""
    return np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)


def ring(n: int) -> Edges:
    """A path whose ends are joined (n ≥ 3; two agents make a path)."""
    return canonical(np.concatenate([path(n), [[0, n - 1]]])) if n > 2 else path(n)


def star(n: int) -> Edges:
    """Agent 0 is everybody's neighbour."""
    return np.stack([np.zeros(n - 1, dtype=np.int64), np.arange(1, n)], axis=1)


def complete(n: int) -> Edges:
    """Everybody hears everybody."""
    return np.stack(np.triu_indices(n, 1), axis=1).astype(np.int64)


def grid(n: int) -> Edges:
    """Rows of ⌊√n⌋ agents or so; the last row may be shorter."""
    width = max(1, round(n / max(1, int(np.sqrt(n)))))
    ids = np.arange(n)
    right = ids[(ids % width < width - 1) & (ids + 1 < n)]
    below = ids[ids + width < n]
    return canonical(np.concatenate([np.stack([right, right + 1], 1), np.stack([below, below + width], 1)]))


def random_tree(n: int, rng: np.random.Generator) -> Edges:
    """Every agent joins one that came before it (random recursive tree), under random names."""
    parent = np.array([rng.integers(i) for i in range(1, n)], dtype=np.int64)
    name = rng.permutation(n)
    return canonical(np.stack([name[parent], name[1:]], axis=1))


def geometric(points: Array, radius_m: float | None = None) -> Edges:
    """Agents within `radius_m` hear each other; without one, the first of a growing row of radii that connects them.

    `points` is (n, d). An explicit radius may leave the graph disconnected; `Network` then names the components.
    """
    if radius_m is not None:
        return within(points, radius_m)
    n = len(points)
    radius = _radius_for_degree(points, np.log(n + 1.0))  # log n neighbours: the order of the threshold
    while True:
        edges = within(points, radius)
        if component_labels(n, edges).max() == 0:
            return edges
        radius *= 1.1


def within(points: Array, radius_m: float) -> Edges:
    """Pairs of points (n, d) at most `radius_m` apart."""
    return canonical(cKDTree(points).query_pairs(radius_m, output_type="ndarray").astype(np.int64))


def small_world(points: Array, per_agent: int, radius_m: float | None, rng: np.random.Generator) -> Edges:
    """Near neighbours (about six without a radius) and `per_agent` links from every agent to agents anywhere."""
    near = within(points, radius_m if radius_m is not None else _radius_for_degree(points, 6.0))
    return with_long_links(near, len(points), per_agent, rng)


def _radius_for_degree(points: Array, degree: float) -> float:
    n, d = points.shape
    ball = (2.0, np.pi, 4.0 * np.pi / 3.0)[d - 1]
    extent = float(np.max(np.ptp(points, axis=0))) or 1.0
    return float(extent * (degree / (ball * n)) ** (1.0 / d))


def with_long_links(edges: Edges, n: int, per_agent: int, rng: np.random.Generator) -> Edges:
    """Add `per_agent` links from every agent to agents drawn uniformly: few hops between any two."""
    here = np.repeat(np.arange(n), per_agent)
    there = (here + rng.integers(1, n, here.size)) % n
    return canonical(np.concatenate([edges, np.stack([here, there], axis=1)]))


def canonical(edges: Sequence[Sequence[int]] | NDArray[Any]) -> Edges:
    """Each undirected pair once, smaller id first, in lexical order."""
    pairs = np.sort(np.asarray(edges, dtype=np.int64).reshape(-1, 2), axis=1)
    return np.unique(pairs, axis=0)


def component_labels(n: int, edges: Edges) -> NDArray[np.int32]:
    """Which connected component each agent belongs to, (n,), numbered from 0."""
    adjacency = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    labels: NDArray[np.int32] = connected_components(adjacency, directed=False)[1]
    return labels


def refuse_faulty(n: int, edges: Edges, names: Sequence[str] = ()) -> None:
    """Raise `BadInput` for a link from an agent to itself, or to an agent outside 0..n-1.

    `names` are what agents are called in messages, where that is not their ids.
    """
    for a, b in edges[edges[:, 0] == edges[:, 1]][:1].tolist():
        raise BadInput(f"edge {edge_name(a, b, names)} joins an agent to itself (remove it)")
    for a, b in edges[((edges < 0) | (edges >= n)).any(axis=1)][:1].tolist():
        raise BadInput(f"edge ({a}, {b}) names an agent outside 0..{n - 1} (fix the id or add agents)")


def edge_name(a: int, b: int, names: Sequence[str] = ()) -> str:
    """An edge as messages show it, by ids or by `names`.

    >>> edge_name(0, 1), edge_name(0, 1, ("'north'", "'south'"))
    ('(0, 1)', "('north', 'south')")
    """
    return f"({names[a]}, {names[b]})" if names else f"({a}, {b})"


def refuse_weights(edges: Edges, weights: Array) -> None:
    """Raise `BadInput` unless there is one finite weight > 0 an edge."""
    if weights.shape != (len(edges),):
        raise BadInput(f"weights: must have one number for each of {len(edges)} edges, got the shape {weights.shape}")
    for e in np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))[:1]:
        raise BadInput(
            f"edge {edge_name(*edges[e].tolist())}: its weight must be a finite number > 0, got {weights[e]}"
        )


def refuse_disconnected(n: int, edges: Edges, names: Sequence[str] = ()) -> None:
    """Raise `BadInput` naming the components (the smallest first) of a graph that is not connected."""
    labels = component_labels(n, edges)
    if n > 0 and labels.max() == 0:
        return
    groups = sorted((np.flatnonzero(labels == c) for c in range(labels.max() + 1)), key=len)
    parts = "; ".join(_name(group, names) for group in groups[:4]) + ("; …" if len(groups) > 4 else "")
    raise BadInput(f"the graph falls into {len(groups)} components: {parts} (add edges between them)")


def _name(group: NDArray[np.int64], names: Sequence[str]) -> str:
    shown = ", ".join(names[i] if names else str(i) for i in group[:6])
    return f"{{{shown}, … {len(group)} agents}}" if len(group) > 6 else f"{{{shown}}}"


DETERMINISTIC: dict[str, Callable[[int], Edges]] = {
    "path": path,
    "ring": ring,
    "star": star,
    "complete": complete,
    "grid": grid,
}


DENSE = 600
SAFETY = 1e-9
"""Iterative λ₂ are lowered by this share: the announced bound may be too generous, but never fines the faithful."""


def round12(x: float) -> float:
    """`x` to 12 significant digits."""
    return float(f"{x:.11e}")


def named_extremes(graph: str, n: int) -> tuple[float, float] | None:
    """(λ₂, λmax) in closed form for path, ring, star and complete graphs of n ≥ 2 agents, else None."""
    if graph == "path":
        return 2 - 2 * np.cos(np.pi / n), 2 + 2 * np.cos(np.pi / n)
    if graph == "ring" and n > 2:
        return 2 - 2 * np.cos(2 * np.pi / n), 2 - 2 * np.cos(2 * np.pi * (n // 2) / n)
    if graph == "star" and n > 2:
        return 1.0, float(n)
    if graph == "complete":
        return float(n), float(n)
    return None


def extremes(laplacian: csr_array) -> tuple[float, float]:
    """(λ₂, λmax) of a connected graph's Laplacian (n, n), n ≥ 2."""
    n = laplacian.shape[0]
    if n <= DENSE:
        values = np.linalg.eigvalsh(laplacian.toarray())
        return float(values[1]), float(values[-1])
    start = np.cos(np.arange(n) * 1.7)  # fixed: the same bits every time
    largest = float(eigsh(laplacian, k=1, which="LA", v0=start, tol=1e-13, return_eigenvectors=False)[0])
    return _connectivity(laplacian, largest, start) * (1 - SAFETY), largest


HALF_DIGIT = 5e-12
"""What rounding to 12 digits may add to a number, as a share of it."""


def weighted_extremes(laplacian: csr_array) -> tuple[float, float]:
    """(λ₂, λmax) of a connected weighted graph, n ≥ 2; no rounding makes λ₂ too large or λmax too small.

    Weights are brought near 1 by a power of two, which costs no bit, so that no threshold depends on their unit.

    Raises
    ------
    BadInput
        Weights span so far that λ₂ is lost in the rounding of λmax: no bound could be announced.
    """
    scale = 2.0 ** -round(np.log2(laplacian.diagonal().max()))
    slow, fast = extremes(csr_array(laplacian * scale))
    lost = laplacian.shape[0] * np.finfo(np.float64).eps * fast
    if slow <= 2 * lost:
        raise BadInput(
            f"weights span too far: the algebraic connectivity is lost in rounding, {lost / fast:.1g} of the largest "
            "eigenvalue (bring the weights closer together)"
        )
    return (slow - lost) * (1 - HALF_DIGIT) / scale, (fast + lost) * (1 + HALF_DIGIT) / scale


def _connectivity(laplacian: csr_array, largest: float, start: np.ndarray[Any, Any]) -> float:
    """λ₂: first as the top of `largest·I - L` off the constant vector, by shift-invert if that is too slow."""
    n = laplacian.shape[0]

    def flipped(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        flat = x.ravel()
        even = flat - flat.mean()
        out = largest * even - laplacian @ even
        return np.asarray(out - out.mean())

    try:
        top = LinearOperator((n, n), matvec=flipped, dtype=np.float64)
        return largest - float(
            eigsh(top, k=1, which="LA", v0=start, tol=1e-14, ncv=60, maxiter=60, return_eigenvectors=False)[0]
        )
    except ArpackNoConvergence:  # λ₂ is tiny: long, thin graphs, where shift-invert is cheap
        near = eigsh(laplacian.tocsc(), k=2, sigma=-1e-6, which="LM", v0=start, tol=0, return_eigenvectors=False)
        return float(np.sort(near)[1])


DRAWN = ("random-tree", "geometric")
GRAPHS = (*DETERMINISTIC, *DRAWN)


def communication(name: str, count: int, rng: np.random.Generator, positions: Array | None = None) -> Edges:
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
        return random_tree(count, rng)
    if name == "geometric":
        if positions is None:
            raise BadInput("graph: 'geometric' needs positions (give the file of nodes, or name another graph)")
        return geometric(positions)
    return DETERMINISTIC[name](count)
