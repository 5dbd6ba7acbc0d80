"""Commands about world files, worlds, new, check and schema, and the demo on a bundled one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from robosim.cli.app import Json, Seed, Set, World, app, print_json, say


@app.command()
def worlds(as_json: Json = False) -> None:
    """List the bundled worlds.

    Example: robosim worlds
    """
    from robosim.scenario.reading import bundled_worlds

    found = bundled_worlds()
    if as_json:
        print_json(found)
        return
    width = max(map(len, found))
    for name, line in found.items():
        say(f"{name:<{width}}  {line}")


@app.command()
def new(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="A bundled world to start from.")] = "rendezvous",
    own: Annotated[bool, typer.Option("--own", help="A problem of your own, written by hand (freight).")] = False,
) -> None:
    """Print a commented world file.

    Example: robosim new rendezvous > my.toml
    """
    from robosim.errors import BadInput
    from robosim.scenario.reading import bundled_worlds, template

    if own and f"{world}-own" not in bundled_worlds():
        raise BadInput(f"--own: no world {world}-own is bundled (robosim new freight --own is a problem by hand)")
    say(template(f"{world}-own" if own else world).removesuffix("\n"))


@app.command()
def check(
    world: World,
    seed: Seed = None,
    set_: Set = None,
    no_code: Annotated[
        bool, typer.Option("--no-code", help="Run no code of your own; what needs it is not checked.")
    ] = False,
) -> None:
    """Check a world without running it; every error at once, as file:line: section.key: message (fix).

    Programs and strategies of your own play a few rounds and report what these cost; they are checked as by
    robosim.check_controller and robosim.check_strategy.

    Example: robosim check my.toml
    """
    from robosim.build import build
    from robosim.checks import check_mission
    from robosim.lending import ours
    from robosim.lookup import code, programs
    from robosim.scenario.loading import load_scenario
    from robosim.scenario.world_file import estimate_bytes
    from robosim.strategy_checks import check_selfish

    scenario = load_scenario(world, seed=seed, overrides=set_ or (), code=not no_code)
    memory = f"about {estimate_bytes(scenario) / 1e6:.3g} MB"
    foreign = code.foreign_code(scenario)
    if foreign and no_code:
        build(code.without_code(scenario), controller=programs.stand_in(scenario))
        named = ", ".join(foreign)
        say(f"{world}: ok: {memory}; not checked: {named}, whose code was not run (leave out --no-code to run it)")
        return
    mission = build(scenario)
    checked: tuple[str, ...] = ()
    if foreign:
        mission.rehearse()
        checked = () if ours(type(mission.controller)) else check_mission(mission).lines
        checked += check_selfish(mission)
    say(f"{world}: ok: {mission.summary}, {memory}")
    for line in (*checked, *(f"note: {one}" for one in mission.kind.notes(mission))):
        say(f"  {line}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of world files, for editors.

    Example: robosim schema > world.schema.json
    """
    from robosim.scenario.loading import json_schema

    print_json(json_schema())


NEXT = """
Try next:
  robosim view rendezvous                               watch it live
  robosim report charging -o day.html                   a day as one page to look into
  robosim attack rendezvous --tax groves,none           every deviation by every robot
  robosim certify rendezvous --epsilon 1e-3             how many rounds make cheating pointless
  robosim run charging                                  fifty cars share a feeder for a day
  robosim run freight                                   four suppliers share roads, and are paid
  robosim new rendezvous > my.toml && robosim run my.toml
"""


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where record and pictures go.")] = Path("demo"),
) -> None:
    """Robots meet, one refuses to move, the leader settles the bill.

    Example: robosim demo
    """
    from robosim.build import load
    from robosim.cli import tables
    from robosim.figures import plot
    from robosim.files.store import refuse_foreign
    from robosim.report import save_page

    refuse_foreign(out)
    mission = load("rendezvous")
    record = mission.run()
    tables.show_run(record, mission)
    record.save(out)
    for path in plot(record, out=out):
        say(f"wrote {path}")
    page = save_page(record, out / "mission.html")
    say(f"wrote {page}, the mission as one page: {page.absolute().as_uri()}")
    say(NEXT.rstrip() + activation())


def activation() -> str:
    """What makes the shell find `robosim`, where it does not; "" where it does."""
    here = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")
    found = shutil.which("robosim")
    if (found is not None and Path(found).parent == here) or not (here / "activate").exists():
        return ""
    shown = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here
    return f"\nOnce in each shell, so that it finds robosim: source {shown}/activate   (or write {shown}/robosim)"
