"""What a unit costs each supplier on each empty road: the same for all, drawn around that, or read from a file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.complaint import Complaints
from robosim.files.content import text_of
from robosim.files.writing import shown
from robosim.freight.roads.tntp import RoadNetwork
from robosim.freight.roads.tntp_links import number
from robosim.network.graphs import Edges

COLUMNS = ("supplier", "init_node", "term_node", "cost")
STREAM = 7
"""Of the world's seed: what is drawn here moves nothing else that is drawn."""


@dataclass(frozen=True, kw_only=True)
class UnitCost:
    """What a unit of flow costs on an empty road: time + toll_weight · toll + length_weight · length.

    Each supplier's is that times a factor in 1 ± spread, one a link; a CSV file may say others.
    """

    toll_weight: float = 0.0
    length_weight: float = 0.0
    spread: float = 0.0
    file: Path | None = None

    def of(self, network: RoadNetwork) -> Array:
        """(L,), before anything is private."""
        return np.asarray(
            network.free_flow_time + self.toll_weight * network.toll + self.length_weight * network.length
        )

    def private(self, network: RoadNetwork, sources: Sequence[int], seed: int) -> Array:
        """(N, L)."""
        costs = drawn_costs(self.of(network), len(sources), self.spread, seed)
        if self.file is None:
            return costs
        read = read_costs(self.file, network.ids, network.links, sources)
        return np.where(np.isnan(read), costs, read)

    def weighed(self, network: RoadNetwork) -> str:
        """What is counted of a link, and what is not, in words."""
        weights = {"toll": self.toll_weight, "length": self.length_weight}
        counted = "".join(f" + {weight:g} x {name}" for name, weight in weights.items() if weight)
        nothing = [f"{name}s" for name, weight in weights.items() if not weight and getattr(network, name).any()]
        ignored = f"; {' and '.join(nothing)} count nothing" if nothing else ""
        return f"a unit costs the time of an empty road{counted}{ignored}"

    def said(self, network: RoadNetwork) -> str:
        """The same, and what is private, in words."""
        drawn = f"drawn for each supplier within {self.spread:g} of it"
        file = "" if self.file is None else f"; {self.file} says others"
        return f"{self.weighed(network)}; {drawn if self.spread else 'the same for every supplier'}{file}"


def drawn_costs(base: Array, suppliers: int, spread: float, seed: int) -> Array:
    """(N, L): each supplier's cost of a unit on each link, `base` (L,) times a factor in 1 ± spread, drawn evenly.

    Raises
    ------
    BadInput
        The spread is not at least 0 and below 1.

    >>> drawn_costs(np.array([1.0, 10.0]), 2, 0.0, seed=0)
    array([[ 1., 10.],
           [ 1., 10.]])
    """
    if not 0.0 <= spread < 1.0:
        raise BadInput(f"private_spread: must be at least 0 and below 1, got {spread:g} (0.2: 20 % less to 20 % more)")
    rng = np.random.default_rng([seed, STREAM])
    return np.asarray(base * rng.uniform(1.0 - spread, 1.0 + spread, (suppliers, len(base))))


def read_costs(path: str | Path, ids: NDArray[np.int64], links: Edges, suppliers: Sequence[int]) -> Array:
    """(N, L) what the rows of a CSV file say, NaN where they say nothing; the header names supplier, init_node,
    term_node and cost. A row holds for all parallel links of its nodes.

    Parameters
    ----------
    ids : (P,) numbers of the nodes in the road file; links : (L, 2) places in it; suppliers : (N,) places in it.

    Raises
    ------
    BadInput
        Every error, one a line.
    """
    complaints, text = Complaints(str(path)), text_of(path, large="leave out links that nobody uses")
    rows = list(csv.reader(text.splitlines()))
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if missing := [name for name in COLUMNS if name not in names]:
        complaints.add(1, missing[0], "is missing", f"the first row names {', '.join(COLUMNS)}")
        complaints.raise_any()
    at = [names.index(name) for name in COLUMNS]
    costs = np.full((len(suppliers), len(links)), np.nan)
    who = {int(ids[node]): place for place, node in enumerate(suppliers)}
    where: dict[tuple[int, int], list[int]] = {}
    for link, (tail, head) in enumerate(links.tolist()):
        where.setdefault((int(ids[tail]), int(ids[head])), []).append(link)
    for line, row in enumerate(rows[1:], 2):
        if row:
            _take([row[k].strip() if k < len(row) else "" for k in at], line, who, where, costs, complaints)
    complaints.raise_any()
    return costs


def _take(
    words: list[str], line: int, who: dict[int, int], where: dict[tuple[int, int], list[int]], costs: Array,
    complaints: Complaints,
) -> None:  # fmt: skip
    supplier, tail, head, cost = (number(word) for word in words)
    if supplier not in who:
        known = ", ".join(map(str, list(who)[:8]))
        complaints.add(line, "supplier", f"is none here, got {shown(words[0])}", f"suppliers: {known}")
    elif (tail, head) not in where:
        message = f"no link leads from {shown(words[1])} to {shown(words[2])}"
        complaints.add(line, "init_node", message, "nodes are numbered as in the road file")
    elif not 0.0 <= cost < np.inf:
        complaints.add(line, "cost", f"must be a number >= 0, got {shown(words[3])}", "of a unit on the empty road")
    else:
        costs[who[int(supplier)], where[int(tail), int(head)]] = cost
