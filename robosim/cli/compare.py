"""Command compare: missions side by side, markets that grow, strategies × tax rules, methods."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from robosim.cli.app import Json, Seed, Set, app, print_json, say
from robosim.errors import BadInput


@app.command()
def compare(
    worlds: Annotated[
        list[str], typer.Argument(metavar="WORLD|DIR…", help="A world; or several, or folders of saved records.")
    ],
    seed: Seed = None,
    set_: Set = None,
    sweep: Annotated[str | None, typer.Option("--sweep", metavar="N=A..B", help="Numbers of bidders.")] = None,
    tax: Annotated[str | None, typer.Option("--tax", metavar="RULE,…", help="Strategies × these tax rules.")] = None,
    agent: Annotated[str, typer.Option("--agent", metavar="I|all", help="Who attacks, with --tax.")] = "all",
    methods: Annotated[
        str | None, typer.Option("--methods", metavar="all|NAME,…", help="Programs side by side (freight).")
    ] = None,
    network_faults: Annotated[
        bool, typer.Option("--network-faults", help="With --methods: on networks that lose, delay, come and go.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Picture, with --tax or --methods; a page of several."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set missions side by side, or weigh tax rules or methods in one world.

    Several worlds or records make a table and, with -o page.html, one page. Of one world --tax shows what each strategy
    gains under each rule, --sweep what becomes of prices as a market grows, --methods how fast programs solve it.

    Example: robosim compare six-bidders --tax none,clearing-price,vcg -o heat.png
    """
    if network_faults and methods is None:
        raise BadInput("--network-faults is for methods side by side (add --methods all)")
    if len(worlds) > 1:
        from robosim.cli.reports import set_beside

        _refuse_several(sweep, tax, methods, agent)
        set_beside(worlds, seed, set_, out, as_json)
        return
    (world,) = worlds
    if methods is not None:
        if tax is not None or sweep is not None:
            raise BadInput("--methods: compares programs, --tax rules and --sweep markets (leave the others out)")
        _methods(world, seed, set_, methods, network_faults, out, as_json)
        return
    if tax is not None:
        _refuse_both(sweep)
        _rules(world, seed, set_, tax, agent, out, as_json)
        return
    if out is not None or agent != "all":
        raise BadInput(
            "--out and --agent are for strategies × tax rules (add --tax, such as --tax none,vcg; "
            "or --methods all, whose picture --out is)"
        )
    _markets(world, seed, set_, sweep or "N=2..1000", as_json)


def _methods(
    world: str, seed: int | None, set_: list[str] | None, names: str, faulty: bool, out: Path | None, as_json: bool
) -> None:
    from robosim.cli import tables
    from robosim.cli.app import bar
    from robosim.cli.missions import load_mission
    from robosim.figures.style import drawable, save

    drawable(out)
    mission = load_mission(world, seed, [*(set_ or ()), "leader.tax=none"])  # no rule refuses what nobody is billed for
    if mission.kind.methods is None:
        raise BadInput(f"{world}: --methods compares programs of freight worlds (use a world such as freight)")
    with bar("methods", 1) as update:
        found = mission.kind.methods(mission, names, faulty, update)
    if as_json:
        print_json(found.plain())
    else:
        tables.show(found.tables(), found.lines())
    if out is not None:
        place = save(found.picture(), out)
        if not as_json:
            say(str(place))
    if found.interrupted:
        raise typer.Exit(130)


def _refuse_several(sweep: str | None, tax: str | None, methods: str | None, agent: str) -> None:
    if not (sweep is tax is methods is None and agent == "all"):
        raise BadInput("--sweep, --tax, --methods and --agent are for one world (name one, or leave these out)")


def _refuse_both(sweep: str | None) -> None:
    if sweep is not None:
        raise BadInput("--sweep: compares markets that grow, --tax rules in one world (leave one of the two out)")


def _rules(
    world: str, seed: int | None, set_: list[str] | None, tax: str, agent: str, out: Path | None, as_json: bool
) -> None:
    from robosim.attacks import attack
    from robosim.attacks.table import comparison
    from robosim.cli import tables
    from robosim.cli.app import bar
    from robosim.cli.attacking import chosen, shown
    from robosim.cli.missions import load_mission
    from robosim.figures.style import drawable

    drawable(out)
    mission = load_mission(world, seed, set_)
    with bar("attacks", 1) as update:
        found = attack(mission, agents=chosen(agent), taxes=tax.split(","), progress=update, others="best")
    table = comparison(found, mission.scenario.name, mission.unit)
    if as_json:
        print_json({**shown(table), "cells": [shown(one) for one in table.cells], "epsilon": _epsilons(table.epsilon)})
    else:
        tables.show_comparison(table)
    if out is not None:
        from robosim.attacks.figure import heat_map
        from robosim.figures.style import save

        place = save(heat_map(table), out)
        if not as_json:
            say(str(place))
    if found.interrupted:
        raise typer.Exit(130)


def _epsilons(epsilon: dict[str, Any]) -> dict[str, Any]:
    return {rule: asdict(one) for rule, one in epsilon.items()}


def _markets(world: str, seed: int | None, set_: list[str] | None, sweep: str, as_json: bool) -> None:
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
