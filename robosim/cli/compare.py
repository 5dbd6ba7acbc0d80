"""Command about market power: compare."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from robosim.cli.app import Json, Seed, Set, World, app, print_json, say
from robosim.errors import BadInput


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
    from robosim.cli.app import bar
    from robosim.cli.missions import load_mission

    sizes = sizes_of(sweep)
    kind = load_mission(world, seed, set_).kind  # a world without prices is refused before a number of agents is set
    if kind.sweep is None:
        raise BadInput(f"{world}: compare needs bidders and a price (use a world such as market)")
    found: list[Any] = []
    with bar("markets", len(sizes)) as update:
        for agents in sizes:
            found.append(kind.sweep(load_mission(world, seed, [*(set_ or ()), f"{kind.count_key}={agents}"])))
            if update is not None:
                update(len(found))
    if as_json:
        print_json({"world": world, "sizes": [asdict(one) for one in found]})
        return
    for line in (found[0].TITLE, *found):
        say(str(line))


def sizes_of(text: str, points: int = 10) -> list[int]:
    """The sizes of `N=2..1000`, evenly on a logarithmic scale, or those of `N=2,5,10`.

    >>> sizes_of("N=2..1000", 4)
    [2, 16, 126, 1000]
    >>> sizes_of("N=3,5")
    [3, 5]
    """
    name, _, values = text.partition("=")
    try:
        if ".." in values:
            low, high = (int(part) for part in values.split(".."))
            import numpy as np  # not before it is needed: the command line starts at once

            sizes: list[int] = np.unique(np.rint(np.geomspace(low, high, points)).astype(int)).tolist()
        else:
            sizes = [int(part) for part in values.split(",")]
    except ValueError:
        sizes = []
    if name != "N" or not sizes or min(sizes) < 2:
        raise BadInput(f"--sweep: {text!r} is no row of market sizes (for example N=2..1000, or N=2,10,100)")
    return sizes
