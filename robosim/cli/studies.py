"""Commands about studies: study new, run, show, export."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robosim.cli.app import Application, Json, app, print_json, say

if TYPE_CHECKING:
    from robosim.study.book import Results
    from robosim.study.play import Progress

study = Application(
    name="study",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Many missions from one file: worlds, keys, seeds, taxes and attacks, each with each; means with intervals.",
)
app.add_typer(study)
WIDTH = 120
"""Characters a line where nobody can say."""
EVERY_S = 30.0
"""Seconds between two lines about progress where no bar can be shown."""
Book = Annotated[Path, typer.Argument(metavar="STUDY.sqlite", help="What `robosim study run` wrote.")]


@study.command()
def new(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="A bundled world, or a path, to study.")] = "rendezvous",
) -> None:
    """Print a commented study file.

    Example: robosim study new rendezvous > study.toml
    """
    from robosim.study.template import template

    say(template(world).removesuffix("\n"))


@study.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="A study file; robosim study new prints one.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The results; left out: STUDY.sqlite beside it.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="Processes; left out: this one, or a cluster's.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="A Ray cluster, HOST:PORT or auto.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Play batches that failed once more.")] = False,
    as_json: Json = False,
) -> None:
    """Play what is not done yet; Ctrl-C or kill, and the same command goes on.

    Example: robosim study run study.toml --workers 4
    """
    from robosim.study.book import results
    from robosim.study.plan import plan
    from robosim.study.play import play

    made = plan(file)
    place = file.with_suffix(".sqlite") if out is None else out
    with _told(len(made)) as progress:
        number = workers or (1 if cluster is None else 0)
        came = play(made, place, workers=number, address=cluster, again=again, progress=progress)
    found = results(place)
    if as_json:
        print_json({"out": str(place), **asdict(came), **_answer(found)})
    else:
        _show(found, came.total)
        say(f"{place}: {_state(came)}")
    _end(found, came, file)


@study.command()
def show(
    book: Book,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="DIR", help="A picture for each question.")] = None,
    question: Annotated[
        str | None, typer.Option("--question", metavar="NAME,…", help="Quantities, in place of the study's own.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show means with confidence intervals, and pictures; also while a study runs.

    Example: robosim study show study.sqlite --plot pictures
    """
    from robosim.study.book import results
    from robosim.study.quantities import refuse_unknown

    found = results(book)
    questions = found.plan["loose"]["questions"] if question is None else question.split(",")
    for one in questions:
        refuse_unknown(one)
    if as_json:
        print_json(_answer(found))
    else:
        _show(found, found.plan["batches"], questions)
    if plot is not None:
        from robosim.study.picture import pictures

        for path in pictures(found, questions, plot):
            typer.echo(str(path), err=True)


@study.command()
def export(
    book: Book,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .csv or .parquet file.")],
) -> None:
    """Write a row for each batch, tax rule and attack, a column for each quantity; Parquet needs the extra `study`.

    Example: robosim study export study.sqlite -o table.csv
    """
    from robosim.study.book import results
    from robosim.study.export import export as write
    from robosim.study.export import refuse_place

    refuse_place(out)
    say(str(write(results(book), out)))


@contextmanager
def _told(total: int) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time that is left, or a line every half a minute where nobody can see a bar."""
    from robosim.cli.app import bar

    start, last, before = time.monotonic(), time.monotonic(), -1

    def line(done: int, of: int) -> None:
        nonlocal last, before
        now = time.monotonic()
        before = done if before < 0 else before
        if now - last >= EVERY_S and before < done < of:
            last, left = now, (now - start) / (done - before) * (of - done)
            print(f"{done} of {of} batches, about {_lasting(left)} left", file=sys.stderr, flush=True)

    with bar("batches", total) as update:
        yield update or line


def _lasting(seconds: float) -> str:
    """A length of time as people say it.

    >>> _lasting(12), _lasting(600), _lasting(10000)
    ('12 s', '10 min', '2.8 h')
    """
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


def _answer(found: Results) -> dict[str, Any]:
    from robosim.study.table import rows

    loose = found.plan["loose"]
    return {
        "study": found.plan["name"],
        "batches": found.plan["batches"],
        "finished": len(found.batches),
        "confidence": loose["confidence"],
        "questions": loose["questions"],
        "digest": found.digest,
        "cpu_s": sum(one.cpu_s for one in found.batches),
        "table": [asdict(row) for row in rows(found)],
        "failures": [
            {"batch": one.number, "world": one.world, "keys": one.keys, "seed": one.seed,
             "exit_code": one.exit_code, "message": one.failed}
            for one in found.batches if one.failed is not None
        ],
        "made_with": list(found.made_with),
    }  # fmt: skip


def _show(found: Results, total: int, questions: list[str] | None = None) -> None:
    from rich.console import Console

    from robosim.cli.streams import answers
    from robosim.study.answer import lines, tables

    out = answers()
    width = None if out.isatty() else WIDTH
    console = Console(file=out, emoji=False, width=width)  # file:100: is a line and no picture
    for shown in tables(found, found.plan["loose"]["questions"] if questions is None else questions):
        console.print(shown)
    for line in lines(found, total):
        console.print(line, highlight=False, soft_wrap=True, markup=False)


def _state(came: Progress) -> str:
    before = f", {came.found} of them before" if came.found else ""
    return f"{came.done} of {came.total} batches done{before}"


def _end(found: Results, came: Progress, file: Path) -> None:
    from robosim.errors import CheckFailed

    if came.interrupted:
        print(f"stopped after {came.done} of {came.total} batches (robosim study run {file} goes on)", file=sys.stderr)
        raise typer.Exit(130)
    if came.failed:
        raise CheckFailed(f"{came.failed} of {came.total} batches failed (see above; --again plays them once more)")
