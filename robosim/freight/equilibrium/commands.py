"""The command `equilibrium`: how traffic spreads over a road network, and what it costs that nobody directs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from robosim.cli.app import Json, print_json, say
from robosim.cli.streams import tell

if TYPE_CHECKING:
    from robosim.freight.equilibrium.assignment import Assignment, Pairs
    from robosim.freight.roads.tntp import RoadNetwork

EVERY_S = 1.0
"""Between two lines about progress."""


def equilibrium(
    net: Annotated[str, typer.Argument(metavar="NET", help="The _net file of a network in TNTP format.")],
    trips: Annotated[str, typer.Argument(metavar="TRIPS", help="Its _trips file.")],
    gap: Annotated[float, typer.Option("--gap", help="Relative gap at which flows are equilibria.")] = 1e-8,
    rounds: Annotated[int, typer.Option("--rounds", help="Rounds of shortest paths, at most.")] = 300,
    toll_weight: Annotated[float, typer.Option("--toll-weight", help="What a link's toll adds to its time.")] = 0.0,
    length_weight: Annotated[float, typer.Option("--length-weight", help="What its length adds.")] = 0.0,
    flows: Annotated[
        Path | None, typer.Option("--flows", metavar="FILE", help="Write the flows of the user equilibrium there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Spread all trips of a network as drivers do and as would be best, and say the price of anarchy.

    Example: robosim equilibrium SiouxFalls_net.tntp SiouxFalls_trips.tntp
    """
    from robosim.cli.tables import show
    from robosim.errors import BadInput
    from robosim.files.store import write_atomically
    from robosim.freight.equilibrium.assignment import Pairs, assigned
    from robosim.freight.roads.private_costs import UnitCost
    from robosim.freight.roads.tntp import read_tntp

    if not (gap > 0.0 and rounds >= 1 and toll_weight >= 0.0 and length_weight >= 0.0):
        raise BadInput("--gap, --rounds, --toll-weight, --length-weight: must be > 0, >= 1, >= 0, >= 0")
    tell(f"reading {net} and {trips}")
    network = read_tntp(net, trips)
    cost = UnitCost(toll_weight=toll_weight, length_weight=length_weight)
    both = [
        assigned(network, kind, gap=gap, rounds=rounds, cost=cost, watch=_telling(kind)) for kind in ("user", "system")
    ]
    if flows is not None:
        write_atomically(flows, "\n".join(_table(network, both[0])).encode())
    if as_json:
        print_json(_told(network, Pairs.of(network), *both))
        return
    for line in _lines(network, Pairs.of(network), cost.weighed(network)):
        say(line)
    show([_anarchy(*both)], _ends(*both))


def _telling(kind: str) -> Callable[[int, float], None]:
    """A watcher that says the gap of a round, a line a second."""
    last = [time.monotonic()]

    def told(count: int, gap: float) -> None:
        if time.monotonic() - last[0] >= EVERY_S:
            last[0] = time.monotonic()
            tell(f"{kind} equilibrium, round {count}: relative gap {gap:.1e}")

    return told


def _told(network: RoadNetwork, pairs: Pairs, user: Assignment, system: Assignment) -> dict[str, Any]:
    from robosim.freight.equilibrium.assignment import price_of_anarchy

    return {
        "file": network.file,
        "zones": len(network.zones),
        "nodes": network.nodes,
        "links": len(network.links),
        "trips": float(pairs.demand.sum()),
        "trips_within_zones": pairs.within,
        "notes": list(network.notes),
        "price_of_anarchy": price_of_anarchy(user, system),
        "user": _one(user),
        "system": _one(system),
        "from": network.ids[network.links[:, 0]].tolist(),
        "to": network.ids[network.links[:, 1]].tolist(),
    }


def _one(found: Assignment) -> dict[str, Any]:
    return {
        "objective": found.objective,
        "total_cost": found.total,
        "relative_gap": found.gap,
        "reached": found.reached,
        "rounds": found.rounds,
        "paths": found.paths,
        "flow": found.flow.tolist(),
        "cost": found.cost.tolist(),
    }


def _table(network: RoadNetwork, found: Assignment) -> Iterator[str]:
    """Rows as in the files of best known flows."""
    yield "From\tTo\tVolume\tCost"
    for (tail, head), flow, cost in zip(network.links, found.flow, found.cost, strict=True):
        yield f"{network.ids[tail]}\t{network.ids[head]}\t{float(flow)!r}\t{float(cost)!r}"


def _lines(network: RoadNetwork, pairs: Pairs, said: str) -> Iterator[str]:
    """What was read, and what counts nothing."""
    yield (
        f"{network.file}: {len(network.zones)} zones, {network.nodes} nodes, {len(network.links)} links, "
        f"{pairs.demand.sum():.10g} trips between {len(pairs.demand)} pair{'s' * (len(pairs.demand) != 1)} of zones"
    )
    for note in (*network.notes, said):
        yield f"  {note}"
    if pairs.within:
        yield f"  {pairs.within:.6g} trips stay within their zones and load no link"


def _anarchy(user: Assignment, system: Assignment) -> Table:
    """A row for the user equilibrium and one for the social optimum: objective (Beckmann's, the total cost), what all
    trips cost, and its ratio to the optimum."""
    from robosim.cli.tables import empty_table
    from robosim.freight.equilibrium.assignment import price_of_anarchy

    table = empty_table("", "objective", "all trips", "ratio", "paths", "gap", left={""})
    for name, found in (("user equilibrium", user), ("social optimum", system)):
        over = f"{price_of_anarchy(found, system):.9g}"
        sums = f"{found.objective:.12g}", f"{found.total:.10g}", over
        table.add_row(name, *sums, str(found.paths), f"{found.gap:.1e}")
    return table


def _ends(user: Assignment, system: Assignment) -> Iterator[str]:
    """Which gap was missed, and the price of anarchy."""
    from robosim.freight.equilibrium.assignment import price_of_anarchy

    for found in (user, system):
        if not found.reached:
            name = "user equilibrium" if found.kind == "user" else "social optimum"
            yield f"{name}: the gap that was asked for was not reached (raise --rounds)"
    yield f"price of anarchy: {price_of_anarchy(user, system):.9g}"
