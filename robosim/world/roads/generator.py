"""The paper's random instances, the same bits for the same seeds (X, section 6 and supplement E)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robosim.errors import BadInput
from robosim.world.roads.detours import Ways, detours
from robosim.world.roads.drawn_network import joined_points
from robosim.world.roads.incidence import renumbered
from robosim.world.roads.instance import Instance
from robosim.world.roads.points import distances, lattice_points, talking
from robosim.world.roads.recipes import RECIPES, Recipe
from robosim.world.roads.ties import ORDERS
from robosim.world.station.complaints import shown, suggestion


def paper_instance(name: str, ties: str = "plain") -> Instance:
    """An instance of the paper: example-1 … example-6, semi-balanced (Table E.1), unbalanced (Table E.2).

    Raises
    ------
    BadInput
        No such instance or order of ties.
    """
    if name not in RECIPES:
        hint = suggestion(name, RECIPES, f"known: {', '.join(RECIPES)}")
        raise BadInput(f"instance: the paper has no {shown(name)} ({hint})")
    return generated(RECIPES[name], ties)


def generated(recipe: Recipe, ties: str = "plain") -> Instance:
    """The instance of a recipe.

    Parameters
    ----------
    ties : which of two points at the same distance a new road tries first: "plain", as the order behind X, Table 1, or
        "stable" (the lower number), which gives example 1 other roads.

    Raises
    ------
    BadInput
        No such order of ties; demand cannot be met.
    """
    if ties not in ORDERS:
        raise BadInput(f"ties: must be 'plain' or 'stable', got {shown(ties)} (plain gives the paper's tables)")
    n, m, k = recipe.suppliers, recipe.demanders, recipe.goods
    rng = np.random.RandomState(recipe.seed)
    demand, capacity, stock = (
        rng.uniform(*span, shape)
        for span, shape in ((recipe.demand, (m, k)), (recipe.capacity, (n, m)), (recipe.stock, (n, k)))
    )
    points = lattice_points(n, m, recipe.paths, np.random.RandomState(recipe.seed))
    rng = np.random.RandomState(recipe.seed)
    roads = joined_points(points, rng, ties)
    distance = distances(points)
    ways = Ways(roads, distance)
    incidence, used = _incidence(ways, recipe)
    return Instance.checked(
        private_cost=[rng.uniform(5.0, 10.0, len(used)) for _ in range(n)],
        congestion=np.full(len(used), recipe.congestion),
        path_incidence=incidence,
        demand=demand,
        stock=stock,
        capacity=capacity,
        comm_edges=talking(distance[:n, :n], recipe.comm_edges),
        positions=points,
        roads=roads,
        edge_from_to=np.stack([np.array(ways.begin)[used], np.array(ways.end)[used]], axis=1),
        edge_length=np.array(ways.length)[used],
    )


def _incidence(ways: Ways, recipe: Recipe) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Paths over the used edges, (N, M, I, E), and which edges those are, in increasing number."""
    n, m = recipe.suppliers, recipe.demanders
    paths = [[detours(ways, i, n + j, recipe.paths) for j in range(m)] for i in range(n)]
    return renumbered(paths, len(ways.begin))
