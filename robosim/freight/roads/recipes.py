"""What the instances of the paper are drawn from (X, section 6 and supplement E)."""

from __future__ import annotations

from dataclasses import dataclass, replace

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What an instance is drawn from; ranges are of uniform draws, units of goods."""

    seed: int
    suppliers: int
    demanders: int
    goods: int
    paths: int
    congestion: float
    """c0, the cost that one unit of flow on an edge adds for every other one."""
    comm_edges: int
    demand: Range
    capacity: Range
    stock: Range


SMALL = Recipe(
    seed=192,
    suppliers=4,
    demanders=2,
    goods=3,
    paths=2,
    congestion=0.045,
    comm_edges=6,
    demand=(100.0, 150.0),
    capacity=(200.0, 500.0),
    stock=(150.0, 200.0),
)
LARGE = Recipe(
    seed=0,
    suppliers=10,
    demanders=5,
    goods=10,
    paths=2,
    congestion=0.01,
    comm_edges=20,
    demand=(50.0, 150.0),
    capacity=(375.0, 975.0),
    stock=(200.0, 350.0),
)
RECIPES = {
    "example-1": SMALL,
    "example-2": LARGE,
    "example-3": replace(LARGE, suppliers=20, demanders=8, paths=3, congestion=0.006, comm_edges=50),
    "example-4": SMALL,
    "example-5": replace(LARGE, suppliers=5, demanders=5, goods=4, congestion=0.02, comm_edges=10),
    "example-6": LARGE,
    "semi-balanced": replace(SMALL, seed=9),
    "unbalanced": replace(SMALL, seed=36),
}
"""Examples 1 to 6, and the markets of supplement E, whose seeds are not printed: 9 and 36 give their tables."""
