"""From the sections of a hand-written file to an instance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.graphs import Edges, canonical
from robosim.world.roads.communication import communication
from robosim.world.roads.contradictions import points_of, refuse_contradictions
from robosim.world.roads.incidence import renumbered
from robosim.world.roads.instance import Instance
from robosim.world.roads.sections import Sections
from robosim.world.roads.shortest_ways import shortest_ways
from robosim.world.roads.toml_lines import line_of
from robosim.world.station.complaints import Complaints


class Links(NamedTuple):
    """Directed links: points (L, 2), the road of each (L,), its length."""

    ends: Edges
    road: NDArray[np.int64]
    length: Array


def market(sections: Sections, text: str, complaints: Complaints) -> Instance:
    """The instance of sections that are well-formed, each by itself.

    Raises
    ------
    BadInput
        Every contradiction among the sections with its line; too few paths; demand that cannot be met.
    """
    refuse_contradictions(sections, text, complaints)
    names = [point.name for point in points_of(sections)]
    n, m, k = len(sections.supplier), len(sections.demander), len(sections.goods)
    links, positions = _links(sections), _positions(sections)
    try:
        pairs = (range(n), range(n, n + m), sections.paths)
        ways = shortest_ways(links.ends, links.length, *pairs, names=names)
        talks = _talks(sections, positions)
    except BadInput as error:
        key = str(error).partition(":")[0]
        raise BadInput(f"{complaints.file}:{line_of(text, (key,))}: {error}") from None
    incidence, used = renumbered(ways, len(links.ends))
    road = links.road[used]
    return Instance.checked(
        place=f"{complaints.file}:1: ",
        private_cost=_costs(sections)[:, road],
        congestion=_congestion(sections)[road],
        power=sections.power,
        path_incidence=incidence,
        demand=np.array([_spread(demander.demand, k) for demander in sections.demander]),
        stock=np.array([_spread(supplier.stock, k) for supplier in sections.supplier]),
        capacity=np.array([_spread(supplier.capacity, m) for supplier in sections.supplier]),
        comm_edges=talks,
        positions=positions,
        roads=canonical(links.ends),
        edge_from_to=links.ends[used],
        edge_length=links.length[used],
        suppliers=names[:n],
        demanders=names[n : n + m],
        goods=sections.goods,
    )


def _links(sections: Sections) -> Links:
    number = {point.name: place for place, point in enumerate(points_of(sections))}
    ends, road = [], []
    for place, section in enumerate(sections.road):
        a, b = (number[name] for name in section.between)
        ends.extend([(a, b)] if section.one_way else [(a, b), (b, a)])
        road.extend([place] if section.one_way else [place, place])
    return Links(np.array(ends), np.array(road), _lengths(sections)[road])


def _lengths(sections: Sections) -> Array:
    """Of the roads, km."""
    at = {point.name: point.at or [0.0, 0.0] for point in points_of(sections)}
    straight = [math.dist(*(at[name] for name in road.between)) for road in sections.road]
    given = [road.length_km for road in sections.road]
    return np.array([km if km is not None else way for km, way in zip(given, straight, strict=True)])


def _costs(sections: Sections) -> Array:
    """Of a unit of flow, (N, roads)."""
    per_km = np.array([supplier.cost_per_km for supplier in sections.supplier])
    cost = per_km[:, None] * _lengths(sections)
    for place, road in enumerate(sections.road):
        if road.cost is not None:
            cost[:, place] = road.cost
    return cost


def _congestion(sections: Sections) -> Array:
    return np.array([sections.congestion if road.congestion is None else road.congestion for road in sections.road])


def _positions(sections: Sections) -> Array | None:
    """(P, 2), None where a point says nothing."""
    points = [point.at for point in points_of(sections)]
    return None if None in points else np.array(points, dtype=np.float64)


def _talks(sections: Sections, positions: Array | None) -> Edges:
    number = {supplier.name: place for place, supplier in enumerate(sections.supplier)}
    if sections.links is not None:
        return np.array([[number[name] for name in pair] for pair in sections.links], dtype=np.int64).reshape(-1, 2)
    places = None if positions is None else positions[: len(number)]
    return communication(sections.graph, len(number), np.random.default_rng(sections.seed), places)


def _spread(value: float | list[float], count: int) -> list[float]:
    return value if isinstance(value, list) else [value] * count
