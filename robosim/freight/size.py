"""How much memory a freight world takes, from a handful of numbers, before anything is allocated."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from robosim.freight.published import BASELINES
from robosim.freight.roads.recipes import RECIPES
from robosim.scenario.world_file import Need

if TYPE_CHECKING:
    from robosim.freight.coupled.problem import Coupled

BYTES_PER_NUMBER = 8
COPIES = 10
"""Arrays as large as everybody's copies of everybody: said, heard, mixed, the answer and its buffers."""
PRICES = 6
"""Arrays as large as the multipliers of the baselines."""
BYTES_PER_LINK = 30
"""Of a row of a road file, at least."""
BYTES_PER_DECISION = 8
"""Of an instance or a problem in a file, at least, as those of the paper's examples."""
UNKNOWN_LINKS = 1000
"""Of a road file that cannot be measured."""


class Size(NamedTuple):
    """N agents with n variables each, m coupled constraints, E edges, of which an agent uses so many itself."""

    agents: int
    variables: int
    rows: int
    edges: int
    own: int

    @classmethod
    def of(cls, problem: Coupled) -> Size:
        """The size of a problem that has been built."""
        edges, own = len(problem.congestion), int((problem.part > 0).sum(axis=1).max(initial=0))
        return cls(problem.agents, problem.variables, len(problem.b), edges, own)


LARGEST_UNKNOWN = Size(20, 240, 80, 132, 132)
"""Of what stands in a file, before it is read: the largest example of the paper."""


def needs(world: Any, size: Size) -> tuple[Need, ...]:
    """The recorded rounds, what agents hold and hear in one, their local problems, and the arrays of the problem."""
    n, variables, rows, edges, own = size
    rounds, copies = world.mission.rounds, n * n * variables
    counted = world.freight.source in ("random", "roads")
    many, fewer = _key(world), "fewer suppliers, demanders, goods or paths" if counted else "take a smaller one"
    what = f"{n} agents with {variables} unknowns each"
    prices = n * (rows + copies) * PRICES if world.mission.controller in BASELINES else n * rows * COPIES
    return (
        Need(
            many if n * variables >= rounds else "mission.rounds",
            f"{what} x {rounds} rounds",
            f"{fewer}, fewer rounds, or record.every",
            (rounds // world.record.every + 2) * n * (variables + rows) * BYTES_PER_NUMBER,
        ),
        Need(many, f"{what} and copies of all others'", fewer, (copies * COPIES + prices) * BYTES_PER_NUMBER),
        Need(many, f"{what} and {own} edges", fewer, n * (own**2 + 3 * variables**2) * BYTES_PER_NUMBER),
        Need(many, f"{what} on {edges} edges", fewer, 2 * n * variables * edges * BYTES_PER_NUMBER),
    )


def _key(world: Any) -> str:
    """What makes a world large: the source, or the largest of the counts."""
    if world.problem is not None:
        return "problem.slope"
    freight = world.freight
    named = {"paper": "instance", "file": "instance", "problem": "problem"}
    counts = {"demanders": freight.demander_count, "goods": freight.goods, "paths": freight.paths}
    largest = max(counts, key=counts.__getitem__)
    many = "suppliers" if freight.supplier_count >= counts[largest] else largest
    return f"freight.{named.get(freight.source, many)}"


def size_of(world: Any) -> Size:
    """As known from the keys, guessed from the size of a file."""
    freight = world.freight
    if world.problem is not None:
        return written_size(world.problem.model_dump())
    if freight.source == "paper":
        recipe = RECIPES[freight.instance or ""]
        return _market(recipe.suppliers, recipe.demanders, recipe.goods, recipe.paths)
    if freight.source == "random":
        return _market(freight.supplier_count, freight.demander_count, freight.goods, freight.paths)
    if freight.source == "roads":
        links = _bytes(world.file_of("roads"), UNKNOWN_LINKS * BYTES_PER_LINK) // BYTES_PER_LINK + 1
        return _market(freight.supplier_count, freight.demander_count, freight.goods, freight.paths, links)
    return _guess(_bytes(world.file_of("instance" if freight.source == "file" else "problem"), sys.maxsize))


def written_size(arrays: Mapping[str, Any]) -> Size:
    """Of a [problem]; slack brings variables, quadratic costs bring edges that only one agent uses."""
    slope, b, theta = arrays["slope"], arrays["b"], list(arrays.get("theta") or [])
    n, rows = len(slope), len(b) if isinstance(b, list | tuple) else 1
    sense = arrays.get("sense") or "="
    each = [sense] * rows if isinstance(sense, str) else sense
    variables = len(slope[0]) + sum(one != "=" for one in each)
    nested = bool(theta) and isinstance(theta[0][0], list | tuple)
    shared, own = len(theta[0]) if nested else len(theta), len(slope[0]) if arrays.get("H") else 0
    return Size(n, variables, rows, shared + n * own, shared + own)


def _market(suppliers: int, demanders: int, goods: int, paths: int, links: int | None = None) -> Size:
    """On so many links, or drawn roads: a planar graph of P points has less than 3P, which go both ways.

    A path is taken to have no more links than the square root of all, as it does across a grid.
    """
    links = 6 * (suppliers + demanders) * (paths + 1) if links is None else links
    own = min(links, demanders * paths * (math.isqrt(links) + 1))
    return Size(suppliers, demanders * goods * paths, demanders * goods, min(links, suppliers * own), own)


def _guess(size: int) -> Size:
    """N n decisions by the size of a file, with N and n in proportion as in the examples of the paper."""
    most, decisions = LARGEST_UNKNOWN, size // BYTES_PER_DECISION
    if decisions >= most.agents * most.variables:
        return most
    n = max(2, round(decisions**0.5 / 3.5))
    variables = decisions // n + 1
    return Size(n, variables, variables, 7 * n, 7 * n)


def _bytes(path: os.PathLike[str] | None, otherwise: int) -> int:
    """Of a file; of one that cannot be measured so many."""
    try:
        return otherwise if path is None else os.stat(path).st_size
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return otherwise
