"""A hand-written instance: the sections of its TOML file, what does not go together, and what they make."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.complaint import Complaints
from robosim.files.lines import line_of
from robosim.files.writing import shown, suggestion
from robosim.freight.roads.instance import Instance
from robosim.freight.roads.saying import gaps, refuse_unreached
from robosim.freight.roads.shortest_ways import RoadGraph, renumbered
from robosim.network.graphs import Edges, canonical, communication

LOG = logging.getLogger(__name__)
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
Amount = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Limit = Annotated[float, Field(ge=0.0)]
Point = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=2, max_length=2)]


class Section(BaseModel):
    """No unknown keys, no numbers in quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Supplier(Section):
    """Who ships; lists hold one number for each good or demander, one number is meant for all alike."""

    name: Name
    at: Point | None = None
    stock: Limit | list[Limit] = math.inf
    """Of each good; without it there is no limit."""
    capacity: Limit | list[Limit] = math.inf
    """To each demander; without it there is no limit."""
    cost_per_km: Amount = 1.0


class Demander(Section):
    """Who needs what."""

    name: Name
    at: Point | None = None
    demand: Amount | list[Amount]
    """Of each good."""


class Crossing(Section):
    """A point that only roads have."""

    name: Name
    at: Point | None = None


class Road(Section):
    """A road between two points, both ways unless it is one-way (from the first to the second)."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)]
    length_km: Amount | None = None
    """Without it the straight distance between the points' `at`."""
    one_way: bool = False
    congestion: Amount | None = None
    """Instead of the file's."""
    power: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] | None = None
    """Instead of the file's."""
    cost: Amount | list[Amount] | None = None
    """Of one unit of flow, one for each supplier or the same for all; without it cost_per_km times the length."""


class Sections(Section):
    """The whole file."""

    goods: Annotated[list[Name], Field(min_length=1)] = Field(default_factory=lambda: ["goods"])
    paths: Annotated[int, Field(ge=1, le=100)] = 1
    graph: str = "ring"
    links: list[Annotated[list[Name], Field(min_length=2, max_length=2)]] | None = None
    """Pairs of suppliers who talk to each other, instead of `graph`."""
    congestion: Amount = 0.0
    power: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0
    """Of a random-tree graph."""
    supplier: Annotated[list[Supplier], Field(min_length=1)]
    demander: Annotated[list[Demander], Field(min_length=1)]
    crossing: list[Crossing] = Field(default_factory=list)
    road: Annotated[list[Road], Field(min_length=1)]


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
        Every contradiction among the sections with its line; a demander that no road leads to; demand that cannot be
        met.
    """
    refuse_contradictions(sections, text, complaints)
    names = [point.name for point in points_of(sections)]
    n, m, k = len(sections.supplier), len(sections.demander), len(sections.goods)
    links, positions = _links(sections), _positions(sections)
    try:
        roads = RoadGraph.of(links.ends, links.length, len(names))
        ways = roads.ways(range(n), range(n, n + m), sections.paths)
        refuse_unreached(ways, names[n : n + m])
        talks = _talks(sections, positions)
    except BadInput as error:
        key = str(error).partition(":")[0]
        raise BadInput(f"{complaints.file}:{line_of(text, (key,))}: {error}") from None
    for note in gaps(ways, names[:n], names[n : n + m], sections.paths):
        LOG.info("%s: %s", complaints.file, note)
    incidence, used = renumbered(ways, len(links.ends), sections.paths)
    road = links.road[used]
    return Instance.checked(
        place=f"{complaints.file}:1: ",
        private_cost=_costs(sections)[:, road],
        congestion=_congestion(sections)[road],
        power=_powers(sections)[road],
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


def _powers(sections: Sections) -> Array:
    return np.array([sections.power if road.power is None else road.power for road in sections.road])


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


Place = Supplier | Demander | Crossing


def points_of(sections: Sections) -> list[Place]:
    """Suppliers, demanders, crossings, in the order of their numbers."""
    return [*sections.supplier, *sections.demander, *sections.crossing]


def refuse_contradictions(sections: Sections, text: str, complaints: Complaints) -> None:
    """Raise `BadInput` with every contradiction, if there is one."""
    names = {point.name for point in points_of(sections)}
    _repeated(sections, text, complaints)
    _lengths_of_lists(sections, text, complaints)
    for number, road in enumerate(sections.road):
        _road(road, sections, names, line_of(text, ("road", number, "between")), complaints)
    suppliers = [supplier.name for supplier in sections.supplier]
    for pair in sections.links or ():
        for name in pair:
            if name not in suppliers:
                fix = suggestion(name, suppliers, f"suppliers: {', '.join(suppliers)}")
                complaints.add(line_of(text, ("links",)), "links", f"there is no supplier {shown(name)}", fix)
    complaints.raise_any()


def _repeated(sections: Sections, text: str, complaints: Complaints) -> None:
    seen: set[str] = set()
    kinds: dict[str, Sequence[Place]] = {
        "supplier": sections.supplier,
        "demander": sections.demander,
        "crossing": sections.crossing,
    }
    for kind, points in kinds.items():
        for number, point in enumerate(points):
            if point.name in seen:
                line = line_of(text, (kind, number, "name"))
                complaints.add(line, f"{kind}.name", f"there is another {shown(point.name)}", "points need own names")
            seen.add(point.name)


def _lengths_of_lists(sections: Sections, text: str, complaints: Complaints) -> None:
    n, m, k = len(sections.supplier), len(sections.demander), len(sections.goods)
    for kind, several, key, count in (
        ("supplier", sections.supplier, "stock", k),
        ("supplier", sections.supplier, "capacity", m),
        ("demander", sections.demander, "demand", k),
        ("road", sections.road, "cost", n),
    ):
        of = {"stock": "good", "demand": "good", "capacity": "demander", "cost": "supplier"}[key]
        for number, section in enumerate(several):
            value = getattr(section, key)
            if isinstance(value, list) and len(value) != count:
                line = line_of(text, (kind, number, key))
                fix = f"one for each {of}, or one number for all"
                complaints.add(line, f"{kind}.{key}", f"must have {count} elements, got {len(value)}", fix)


def _road(road: Road, sections: Sections, names: set[str], line: int, complaints: Complaints) -> None:
    for name in road.between:
        if name not in names:
            fix = suggestion(name, sorted(names), "add a [[crossing]] with this name")
            complaints.add(line, "road.between", f"there is no point {shown(name)}", fix)
    if road.between[0] == road.between[1]:
        complaints.add(line, "road.between", "must name two points, got one twice", "a road leads from one to another")
    placed = {point.name for point in points_of(sections) if point.at is not None}
    if road.length_km is None and not set(road.between) - names and set(road.between) - placed:
        complaints.add(line, "road.length_km", "is missing", "write it, or `at` for both points")
