"""The typer application, options that commands share, and progress bars; heavy imports wait inside the commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from robosim import __version__
from robosim.cli.streams import answering, answers
from robosim.files.writing import printable, strict

if TYPE_CHECKING:
    from robosim.mission import Mission, Snapshot

Callback = TypeVar("Callback", bound=Callable[..., Any])


class Command(TyperCommand):
    """A command whose answer alone reaches stdout, whatever the programs print that it runs."""

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        with answering():
            return super().invoke(ctx)


class Application(typer.Typer):
    """The commands of robosim."""

    def command(  # type: ignore[override]  # only what our commands need
        self, name: str | None = None
    ) -> Callable[[Callback], Callback]:
        """Register a command."""
        return super().command(name, cls=Command)


app = Application(
    name="robosim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Missions in which every agent may be selfish: run them, settle the bill, and see what cheating could pay.",
    epilog="Start with: robosim demo. Exit codes: 0 ok, 1 a check failed, 2 bad input, 3 refused by a limit, 4 agent "
    "failure, 5 internal error, 130 Ctrl-C or SIGTERM.",
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
    """The only thing on stdout: strict JSON, in which a number that is infinite or none is null."""
    answers().write(json.dumps(strict(value), allow_nan=False) + "\n")


def say(text: str) -> None:
    """A line of the answer, on stdout."""
    typer.echo("\n".join(map(printable, text.split("\n"))), file=answers())


LONG = 20_000_000
"""Robot-rounds that take about a second."""


@contextmanager
def bar(title: str, total: int, wanted: bool = True) -> Iterator[Callable[..., None] | None]:
    """A function that sets how much is done, and of how much; None where no bar is shown."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done, of=total: progress.update(task, completed=done, total=of)


@contextmanager
def rounds_bar(mission: Mission[Any]) -> Iterator[Callable[[Snapshot], None] | None]:
    """A watcher for `Mission.run` that moves a bar; None for short missions."""
    with bar("rounds", mission.rounds, wanted=mission.rounds * mission.network.n >= LONG) as update:
        yield None if update is None else lambda snapshot: update(snapshot.k)
