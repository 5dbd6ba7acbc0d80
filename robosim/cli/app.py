"""The typer application and the options that commands share; heavy imports wait inside the commands."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from robosim import __version__

app = typer.Typer(
    name="robosim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Missions in which every agent may be selfish: run them, settle the bill, and see what cheating could pay.",
    epilog="Start with: robosim demo. Exit codes: 0 ok, 1 a check failed, 2 bad input, 3 refused by a limit, 4 agent "
    "failure, 5 internal error, 130 Ctrl-C.",
)

World = Annotated[str, typer.Argument(metavar="WORLD", help="A bundled world's name or the path of a world file.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Replace mission.seed.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Replace one key; repeatable.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout and nothing else there.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write the record into this folder.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"robosim {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before the command."""


def print_json(value: Any) -> None:
    """The only thing on stdout."""
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")
