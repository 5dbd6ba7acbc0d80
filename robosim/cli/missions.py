"""Commands that run a mission: run, plot, export, view, film."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robosim.cli.app import Json, Out, Seed, Set, World, app, print_json, say

if TYPE_CHECKING:
    from robosim.mission import Mission
    from robosim.record import Record


@app.command()
def run(world: World, seed: Seed = None, set_: Set = None, out: Out = None, as_json: Json = False) -> None:
    """Run a mission, settle the bill, say what selfishness paid.

    Ctrl-C and SIGTERM end it early: what was played is settled, written and shown, and the exit code is 130.

    Example: robosim run rendezvous --set robots.count=20 --out runs/first
    """
    from robosim.cli.app import rounds_bar
    from robosim.files.store import refuse_foreign
    from robosim.stopping import ALSO, held, willing

    with held(ALSO) as stop:
        if out is not None:
            refuse_foreign(out)
        with willing():
            mission = load_mission(world, seed, set_)
        with rounds_bar(mission) as watch:
            record = mission.run(watch=watch)
        try:
            if out is not None:
                record.save(out)
        finally:  # a disk that is full takes no record, but what was played is shown
            _answer(record, mission, as_json)
    if record.interrupted or stop.ever:
        raise typer.Exit(130)


def _answer(record: Record, mission: Mission[Any], as_json: bool) -> None:
    from robosim.cli import tables

    if as_json:
        print_json(record.summary())
    else:
        tables.show_run(record, mission)


@app.command()
def plot(
    world: Annotated[str, typer.Argument(metavar="WORLD|DIR", help="A world, or the folder of a saved record.")],
    kind: Annotated[
        str, typer.Option("--kind", help="What to draw, such as convergence; several with commas, or all.")
    ] = "all",
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR|FILE", help="A folder, or a .png, .svg or .pdf file.")
    ] = Path("."),
    columns: Annotated[
        int | None, typer.Option("--columns", metavar="1|2", help="One or two columns of a paper wide.")
    ] = None,
    seed: Seed = None,
    set_: Set = None,
) -> None:
    """Draw a mission: trajectories, power or a map of flows; how agents agreed; costs and taxes.

    Example: robosim plot rendezvous --kind trajectories --columns 1 -o meeting.pdf
    """
    from robosim.figures import plot as draw
    from robosim.figures.paper import Paper

    Paper(columns=columns)  # refused before anything runs
    for path in draw(record_of(world, seed, set_), kinds=kind.split(","), out=out, columns=columns):
        say(str(path))


@app.command()
def export(
    world: Annotated[str, typer.Argument(metavar="WORLD|DIR", help="A world, or the folder of a saved record.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .mcap file.")],
    seed: Seed = None,
    set_: Set = None,
) -> None:
    """Write a mission as MCAP, which Foxglove opens: scene, numbers over time, settlement (extra `export`).

    Example: robosim export rendezvous -o meeting.mcap
    """
    from robosim.exporting import export as write
    from robosim.exporting import exportable

    exportable(out)  # before anything runs
    say(str(write(record_of(world, seed, set_), out)))


@app.command()
def view(
    world: World,
    seed: Seed = None,
    set_: Set = None,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", metavar="FILE", help="Off-screen: run, save a PNG.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=0, help="Stop after so many rounds.")] = None,
    paused: Annotated[bool, typer.Option("--paused", help="Begin before the start: robots may be dragged.")] = False,
) -> None:
    """Watch a mission live, or the record of one: space pauses, arrows step, H shows all keys.

    Example: robosim view rendezvous --screenshot meeting.png
    """
    from robosim.view import view as show

    show(watched(world, seed, set_), screenshot=screenshot, rounds=rounds, paused=paused)


@app.command()
def film(
    world: World,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .gif, or an .mp4 (extra `video`).")],
    seed: Seed = None,
    set_: Set = None,
    rounds: Annotated[int | None, typer.Option("--rounds", min=0, help="Stop after so many rounds.")] = None,
    fps: Annotated[int, typer.Option("--fps", help="Frames a second.")] = 20,
    frames: Annotated[int, typer.Option("--frames", help="At most so many, evenly spaced.")] = 300,
    size: Annotated[str, typer.Option("--size", metavar="WxH", help="Pixels.")] = "1100x720",
) -> None:
    """Film a mission, or the record of one, without a display.

    Example: robosim film rendezvous -o meeting.gif --frames 60
    """
    from robosim.cli.app import bar
    from robosim.view import film as shoot

    with bar("film", frames) as update:
        wanted = watched(world, seed, set_)
        count = shoot(wanted, out, rounds=rounds, fps=fps, frames=frames, size=pixels(size), watch=update)
    say(f"{out}: {count} frames")


def pixels(text: str) -> tuple[int, int]:
    """A size as people write it. Raises `BadInput`.

    >>> pixels("640x480")
    (640, 480)
    """
    from robosim.errors import BadInput

    wide, _, high = text.lower().partition("x")
    if not (wide.isascii() and wide.isdigit() and high.isascii() and high.isdigit()) or len(text) > 11:
        raise BadInput(f"--size: must read WxH, got {text!r} (for example 1100x720)")
    return int(wide), int(high)


def watched(world: str, seed: int | None, overrides: list[str] | None) -> Mission[Any] | Record:
    """A saved record if WORLD is its folder, else the mission of a world. Raises `BadInput` for options of a record."""
    from robosim.errors import BadInput
    from robosim.files.store import holds_record
    from robosim.stored import load_record

    if not holds_record(Path(world)):
        return load_mission(world, seed, overrides)
    if seed is not None or overrides:
        raise BadInput(f"{world}: is a record, which --seed and --set cannot change (view the world instead)")
    return load_record(world)


def load_mission(world: str, seed: int | None, overrides: list[str] | None) -> Mission[Any]:
    """The mission of a command's WORLD, --seed and --set."""
    from robosim.build import build
    from robosim.scenario.loading import load_scenario

    return build(load_scenario(world, seed=seed, overrides=overrides or ()))


def record_of(world: str, seed: int | None, overrides: list[str] | None) -> Record:
    """A saved record if WORLD is its folder, else the record of running the world."""
    from robosim.cli.app import rounds_bar
    from robosim.files.store import holds_record
    from robosim.stored import load_record

    if holds_record(Path(world)):
        return load_record(world)
    mission = load_mission(world, seed, overrides)
    with rounds_bar(mission) as watch:
        record: Record = mission.run(watch=watch)
    return record
