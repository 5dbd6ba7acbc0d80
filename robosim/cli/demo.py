"""robosim demo: the main job on a bundled world, with pictures, and what to try next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robosim.cli.app import app

NEXT = """
Try next:
  robosim view rendezvous                               watch it live
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
    from robosim.building.build import load
    from robosim.cli import tables
    from robosim.figures import plot
    from robosim.store import save_record

    mission = load("rendezvous")
    record = mission.run()
    tables.show_run(record, mission)
    save_record(record, out)
    for path in plot(record, out=out):
        typer.echo(f"wrote {path}")
    typer.echo(NEXT.rstrip())
