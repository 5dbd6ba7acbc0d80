"""What does not go together in a hand-written instance, each with its line."""

from __future__ import annotations

from collections.abc import Sequence

from robosim.world.roads.sections import Crossing, Demander, Road, Sections, Supplier
from robosim.world.roads.toml_lines import line_of
from robosim.world.station.complaints import Complaints, shown, suggestion

Point = Supplier | Demander | Crossing


def points_of(sections: Sections) -> list[Point]:
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
    kinds: dict[str, Sequence[Point]] = {
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
