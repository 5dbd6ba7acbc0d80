"""Graphs of one's own, networkx graphs and lists of edges: read as they are meant, or refused by name.

Nodes that are exactly the integers 0..n-1 are ids and stay. Other labels are numbered in the graph's node order. An
edge without weight weighs 1; weights that are all 1 are no weights.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import printable, shortened
from robosim.network import graphs

LEAST, MOST = 1e-12, 1e12
"""Weights beyond these are slips; world files know no others."""
MANY = 1_000_000
"""From so many agents on a list with too few edges is refused before its components are looked for."""


class GivenGraph(NamedTuple):
    """A graph as arrays: agents, edges (E, 2) in order, their weights (E,) or None, and the nodes behind the ids."""

    n: int
    edges: graphs.Edges
    weights: Array | None
    labels: tuple[Hashable, ...]


def graph_of(graph: Any) -> GivenGraph:
    """From a networkx graph; raises `BadInput` for what is none, directed graphs, multigraphs, loops and weights."""
    if not all(hasattr(graph, part) for part in ("nodes", "edges", "is_directed", "is_multigraph")):
        raise BadInput(
            f"must be a networkx graph or a list of edges, got {type(graph).__name__} (give nx.Graph(edges))"
        )
    if graph.is_directed():
        raise BadInput(
            f"the graph is directed ({type(graph).__name__}), and agents hear each other both ways "
            "(give graph.to_undirected() if that is meant)"
        )
    if graph.is_multigraph():
        raise BadInput(
            f"the graph is a multigraph ({type(graph).__name__}), and two agents have one link or none "
            "(give nx.Graph(graph), with the weights of parallel edges added up)"
        )
    nodes = list(graph.nodes)
    ids = are_ids(nodes)
    number = {node: int(node) if ids else i for i, node in enumerate(nodes)}
    rows = [(number[a], number[b], weight) for a, b, weight in graph.edges(data="weight", default=1)]
    return _given(len(nodes), rows, () if ids else tuple(nodes))


def edges_of(edges: Iterable[Any], n: int | None = None) -> GivenGraph:
    """From a list of [i, j] or [i, j, weight] between ids 0..n-1; without n, up to the largest that is named."""
    rows = [_row(edge) for edge in edges]
    size = n if n is not None else 1 + max((max(a, b) for a, b, _ in rows), default=0)
    if size > MANY and len(rows) < size - 1:
        raise BadInput(f"{size} agents need {size - 1} edges to be connected, got {len(rows)} (fix the ids)")
    return _given(size, rows, ())


def are_ids(nodes: Sequence[Any]) -> bool:
    """Whether nodes are the integers 0..n-1, each once, in any order; True and 0.0 are none.

    >>> are_ids([2, 0, 1]), are_ids([1, 2]), are_ids([0.0, 1.0])
    (True, False, False)
    """
    whole = all(isinstance(node, Integral) and not isinstance(node, bool) for node in nodes)
    return whole and sorted(int(node) for node in nodes) == list(range(len(nodes)))


def weights_of(edges: graphs.Edges, listed: Iterable[Sequence[Any]]) -> Array | None:
    """Weights (E,) of `edges` by the third numbers of a list; 1 where there is none, None where all are 1."""
    known = {(min(a, b), max(a, b)): float(rest[0]) if rest else 1.0 for a, b, *rest in listed}
    return _or_none(np.array([known.get((a, b), 1.0) for a, b in edges.tolist()]))


def name_of(label: Hashable) -> str:
    """How a node of a graph reads in messages and tables: on one line, short.

    >>> name_of("north"), name_of((0, 1))
    ("'north'", '(0, 1)')
    """
    return shortened(printable(repr(label)))


def title_of(label: Hashable) -> str:
    """How it reads in a column of its own: text without quotation marks."""
    return shortened(printable(label)) if isinstance(label, str) else name_of(label)


def _row(edge: Any) -> tuple[int, int, Any]:
    parts = tuple(edge) if isinstance(edge, Sequence | np.ndarray) and not isinstance(edge, str) else ()
    if len(parts) not in (2, 3):
        raise BadInput(f"edge {name_of(edge)} must be [i, j] or [i, j, weight] (for example [0, 1])")
    for node in parts[:2]:
        whole = isinstance(node, Real) and not isinstance(node, bool) and float(node).is_integer()
        if not whole or abs(node) >= 2**62:
            raise BadInput(
                f"edge {name_of(edge)}: agents of a list are ids 0, 1, …, got {name_of(node)} "
                "(give nx.Graph(edges), whose nodes may have any name)"
            )
    return int(parts[0]), int(parts[1]), parts[2] if len(parts) == 3 else 1


def _given(n: int, rows: list[tuple[int, int, Any]], labels: tuple[Hashable, ...]) -> GivenGraph:
    """Checked before they are put in order, so that messages name what was given."""
    pairs = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2)
    names = tuple(map(name_of, labels))
    graphs.refuse_faulty(n, pairs, names)
    known: dict[tuple[int, int], float] = {}
    for a, b, given in rows:
        weight = _weight(given, graphs.edge_name(a, b, names))
        if known.setdefault((min(a, b), max(a, b)), weight) != weight:
            raise BadInput(f"edge {graphs.edge_name(a, b, names)} stands twice with different weights (remove one)")
    edges = graphs.canonical(pairs)
    weights = np.array([known[a, b] for a, b in edges.tolist()])
    return GivenGraph(n, edges, _or_none(weights), labels)


def _weight(given: Any, edge: str) -> float:
    number = isinstance(given, Real) and not isinstance(given, bool | np.bool_)
    try:
        value = float(given) if number else np.nan
    except OverflowError:
        value = np.inf
    if not (np.isfinite(value) and value > 0):
        fix = "remove the edge" if value == 0 else "leave it out for 1"
        raise BadInput(f"edge {edge}: its weight must be a finite number > 0, got {name_of(given)} ({fix})")
    if not LEAST <= value <= MOST:
        raise BadInput(f"edge {edge}: its weight must lie in {LEAST:g}..{MOST:g}, got {value:g} (scale all weights)")
    return value


def _or_none(weights: Array) -> Array | None:
    return weights if (weights != 1.0).any() else None
