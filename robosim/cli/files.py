"""Commands about world files: worlds, new, check, schema."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from robosim.cli.app import Json, Seed, Set, World, app, print_json


@app.command()
def worlds(as_json: Json = False) -> None:
    """List the bundled worlds.

    Example: robosim worlds
    """
    from robosim.scenario import bundled_worlds

    found = bundled_worlds()
    if as_json:
        print_json(found)
        return
    width = max(map(len, found))
    for name, line in found.items():
        typer.echo(f"{name:<{width}}  {line}")


@app.command()
def new(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="A bundled world to start from.")] = "rendezvous",
) -> None:
    """Print a commented world file.

    Example: robosim new rendezvous > my.toml
    """
    from robosim.scenario import template

    sys.stdout.write(template(world))


@app.command()
def check(world: World, seed: Seed = None, set_: Set = None) -> None:
    """Check a world without running it; every error at once, as file:line: section.key: message (fix).

    Example: robosim check my.toml
    """
    from robosim.building.build import build
    from robosim.scenario import load_scenario
    from robosim.scenario.limits import estimate_bytes

    scenario = load_scenario(world, seed=seed, overrides=set_ or ())
    mission = build(scenario)
    typer.echo(f"{world}: ok: {mission.summary}, about {estimate_bytes(scenario) / 1e6:.3g} MB")


@app.command()
def schema() -> None:
    """Print the JSON Schema of world files, for editors.

    Example: robosim schema > world.schema.json
    """
    from robosim.scenario import json_schema

    print_json(json_schema())
