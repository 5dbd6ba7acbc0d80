"""The command `equilibrium`: how traffic spreads over a road network, and what it costs that nobody directs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    for line in _lines(network, Pairs.of(network), cost.weighed(network), *both):
        say(line)


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


def _lines(
    network: RoadNetwork, pairs: Pairs, said: str, user: Assignment, system: Assignment
) -> Iterator[str]:  # fmt: skip
    from robosim.freight.equilibrium.assignment import price_of_anarchy

    yield (
        f"{network.file}: {len(network.zones)} zones, {network.nodes} nodes, {len(network.links)} links, "
        f"{pairs.demand.sum():.10g} trips between {len(pairs.demand)} pair{'s' * (len(pairs.demand) != 1)} of zones"
    )
    for note in (*network.notes, said):
        yield f"  {note}"
    if pairs.within:
        yield f"  {pairs.within:.6g} trips stay within their zones and load no link"
    names = {"user": "user equilibrium (Beckmann's objective)", "system": "social optimum (total cost)"}
    for found in (user, system):
        yield (
            f"{names[found.kind]}: {found.objective:.12g}; all trips cost {found.total:.10g} on {found.paths} paths, "
            f"relative gap {found.gap:.1e} after {found.rounds} rounds"
        )
        if not found.reached:
            yield "  the gap that was asked for was not reached (raise --rounds)"
    yield f"price of anarchy: {price_of_anarchy(user, system):.9g}"
