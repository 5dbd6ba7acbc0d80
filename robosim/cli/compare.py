"""Command about market power: compare."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from robosim.cli.app import Json, Seed, Set, World, app, print_json

if TYPE_CHECKING:
    from robosim.market_power import Power


@app.command()
def compare(
    world: World,
    seed: Seed = None,
    set_: Set = None,
    sweep: Annotated[str, typer.Option("--sweep", metavar="N=A..B", help="Numbers of bidders.")] = "N=2..1000",
    as_json: Json = False,
) -> None:
    """Weigh the clearing price against VCG as a market grows: the gain from bidding against the price vanishes.

    Example: robosim compare market --sweep N=2..50
    """
    from robosim.cli.missions import load_mission
    from robosim.cli.progress import bar
    from robosim.market_power import auction, power
    from robosim.market_power import sweep as sizes_of

    sizes = sizes_of(sweep)
    auction(load_mission(world, seed, set_))  # a world without bidders is refused before a number of them is set
    found: list[Power] = []
    with bar("markets", len(sizes)) as update:
        for agents in sizes:
            found.append(power(load_mission(world, seed, [*(set_ or ()), f"bidders.count={agents}"])))
            if update is not None:
                update(len(found))
    if as_json:
        print_json({"world": world, "sizes": [asdict(one) for one in found]})
        return
    typer.echo("bidders   best gain $   of its cost   VCG taxes / payments   by strategy")
    for one in found:
        figures = f"{one.agents:7d}  {one.gain:+12.6f}  {one.gain_share:+12.4%}  {one.tax_share:21.6f}"
        typer.echo(f"{figures}   {one.strategy}")
