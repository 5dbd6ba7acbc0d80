"""What the keys of a freight world must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from robosim.errors import BadInput
from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.freight.given import NET, OWNERS, SOURCES, Source, coupled, in_words, placed, source_of, wanted_for
from robosim.freight.published import PENALTY_RULES
from robosim.freight.roads.recipes import RECIPES
from robosim.freight.size import written_size
from robosim.scenario.air import delays_have_room
from robosim.scenario.checking import Check, Unsound, Values
from robosim.scenario.selfish import SELFISH_RULES, GivenTable, agents_exist, deviation

MOST_NUMBERS = 10**7
"""Of a [problem], once what is alike for all stands there for each; larger ones are checked when they are built."""


def _named(world: Values) -> list[str]:
    keys = [key for _, key in SOURCES[:3] if world[f"freight.{key}"] is not None]
    return [f"freight.{key}" for key in keys] + (["problem"] if "problem" in world.table else [])


def _source(world: Values) -> Source:
    """The one source of a world; raises `Unsound`."""
    if len(_named(world)) != 1:
        raise Unsound("freight")
    return source_of(world.table["freight"])


def one_source_is_named(world: Values) -> Iterator[Problem]:
    """An instance, roads, a file with a problem, or a [problem] section."""
    first, *others = _named(world) or [""]
    for other in others:
        yield Problem(path=tuple(other.split(".")), message=f"stands beside {first}", fix="remove one of them")


def keys_of_a_source_are_used(world: Values) -> Iterator[Problem]:
    """A source takes its own keys only."""
    source = _source(world)
    for key, owners in OWNERS.items():
        if source not in owners and world.given(f"freight.{key}"):
            yield Problem(
                path=("freight", key),
                message=f"is used only with {wanted_for(key)}, got {in_words(world.table['freight'])}",
                fix=f"set that, or remove {key}",
            )


def drawn_nodes_are_counted(world: Values) -> Iterator[Problem]:
    """Only road files have nodes with numbers."""
    if _source(world) == "random":
        for key in ("suppliers", "demanders"):
            if world.sound(("freight", key)) and not isinstance(world[f"freight.{key}"], int):
                yield Problem(
                    path=("freight", key),
                    message=f'must be a count with instance = "random", got {shown(world[f"freight.{key}"])}',
                    fix=f"for example {key} = {len(world[f'freight.{key}'])}",
                )


def trips_are_found(world: Values) -> Iterator[Problem]:
    """By the name of the road file, or named themselves."""
    roads = world["freight.roads"]
    if _source(world) == "roads" and world["freight.trips"] is None and not PurePath(roads).stem.lower().endswith(NET):
        yield Problem(
            path=("freight", "trips"),
            message=f"is missing, and {shown(roads)} does not end in {NET}.tntp",
            fix='for example trips = "SiouxFalls_trips.tntp"',
        )


def links_are_listed(world: Values) -> Iterator[Problem]:
    """A list of links for the graph "edges" and for no other."""
    graph, edges = world["network.graph"], world["network.edges"]
    path = ("network", "edges")
    if graph == "edges" and edges is None:
        fix = "add it, for example edges = [[0, 1], [1, 2]]"
        yield Problem(path=path, message='is missing, it is the graph of graph = "edges"', fix=fix)
    if graph != "edges" and edges is not None:
        message = f'is used only with graph = "edges", got "{graph}"'
        yield Problem(path=path, message=message, fix="set that, or remove edges")


def links_have_no_weights(world: Values) -> Iterator[Problem]:
    """The methods weigh neighbours by how many they have (X, Remark 2)."""
    for number, link in enumerate(world["network.edges"] or ()):
        if len(link) > 2:
            yield Problem(
                path=("network", "edges", str(number)),
                message=f"has a weight, {shown(link[2])}, and these methods weigh neighbours by how many they have",
                fix=f"write {shown(link[:2])}",
            )


def links_go_both_ways(world: Values) -> Iterator[Problem]:
    """No method here has the weights of push-sum, which directed links need."""
    if world["network.directed"]:
        yield Problem(
            path=("network", "directed"),
            message="is true, and directed links need push-sum, which none of these methods has: they mix with weights "
            "that are the same in both directions",
            fix="remove it; links that fail in one direction only are loss of [network.radio]",
        )


def near_ones_have_places(world: Values) -> Iterator[Problem]:
    """Only who stands somewhere is near others."""
    if world["network.graph"] == "geometric" and _source(world) == "problem":
        yield Problem(
            path=("network", "graph"),
            message='is "geometric", and agents of a general problem stand nowhere',
            fix='for example graph = "ring"',
        )


def numbers_make_a_problem(world: Values) -> Iterator[Problem]:
    """The arrays of [problem] fit together, and costs are convex."""
    arrays = world.table.get("problem")
    if arrays is None or not world.sound(("problem",)):
        return
    size = written_size(arrays)
    if size.agents * (size.variables * (size.agents + size.rows) + size.edges) <= MOST_NUMBERS:
        try:
            coupled(arrays)
        except BadInput as fault:
            yield placed(fault)


def suppliers_exist(world: Values) -> Iterator[Problem]:
    """Ids are those of the world, as far as suppliers are counted before any file is read."""
    count, listed, kind = _count(world), world.table.get("selfish", ()), deviation(world.model)
    for row, keys in enumerate(listed if isinstance(listed, list) else ()):
        for path, supplier in (
            GivenTable(("selfish", str(row)), keys, kind).agents(world) if isinstance(keys, dict) else ()
        ):
            if supplier >= count:
                fix = f"suppliers are 0..{count - 1}"
                yield Problem(path=path, message=f"supplier {shown(supplier)} does not exist", fix=fix)


def _count(world: Values) -> int:
    """How many suppliers there are; raises `Unsound` where a file tells."""
    source, freight = _source(world), world.table["freight"]
    if source == "paper":
        return RECIPES[freight["instance"]].suppliers
    if source in ("random", "roads"):
        suppliers = world["freight.suppliers"]
        return suppliers if isinstance(suppliers, int) else len(suppliers)
    if "problem" in world.table and world.sound(("problem",)):
        return len(world.table["problem"]["slope"])
    raise Unsound("freight")


RULES: tuple[Check, ...] = (
    one_source_is_named,
    keys_of_a_source_are_used,
    drawn_nodes_are_counted,
    trips_are_found,
    links_are_listed,
    links_have_no_weights,
    links_go_both_ways,
    delays_have_room,
    near_ones_have_places,
    numbers_make_a_problem,
    *PENALTY_RULES,
    *(suppliers_exist if check is agents_exist else check for check in SELFISH_RULES),
)
