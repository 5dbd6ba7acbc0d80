"""One table or figure of a paper, computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")
Cell = str | float | int | bool | None
Watch = Callable[[float], None]
"""Told which share of the work is done."""


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A table of results, and pictures where the paper has some.

    Parameters
    ----------
    name, title : as on the command line, and as people say it.
    columns, rows : a table; None where a cell makes no sense. The last column says whether a row is as printed, None
        where nothing is.
    keys : how many of the first columns say what a row is about.
    notes : what a reader must know, one sentence or more each.
    ok : whether everything printed is reproduced.
    interrupted : whether Ctrl-C ended it early: then only what was done stands here.
    pictures : file names without ending, and what draws each.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: int = 2
    notes: tuple[str, ...] = ()
    ok: bool
    interrupted: bool = False
    pictures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)

    def column(self, name: str) -> list[Cell]:
        """One column of the table."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def as_dict(self) -> dict[str, Any]:
        """What JSON says: rows by column names."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        says = {"name": self.name, "title": self.title, "ok": self.ok, "interrupted": self.interrupted}
        return says | {"notes": list(self.notes), "rows": rows}


def until_stopped(work: Iterable[T], total: int, watch: Watch | None) -> tuple[list[T], bool]:
    """What comes of the work, and whether Ctrl-C ended it early; `watch` hears of every one of the `total` parts.

    >>> until_stopped(iter("ab"), 2, None)
    (['a', 'b'], False)
    """
    found: list[T] = []
    try:
        for one in work:
            found.append(one)
            if watch is not None:
                watch(len(found) / total)
    except (KeyboardInterrupt, Exception) as problem:
        if not interrupted(problem):
            raise
        return found, True
    return found, False


def interrupted(problem: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: compiled code that it meets fails with an error of its own.

    >>> interrupted(ValueError()), interrupted(KeyboardInterrupt())
    (False, True)
    """
    while problem is not None and not isinstance(problem, KeyboardInterrupt):
        problem = problem.__cause__
    return problem is not None


Make = Callable[[Watch | None], Reproduction]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One table or figure: what it shows, about how long it takes on one core, and what makes it.

    `pictures` says whether it has any; `asked` whether it is left out of “all” and made by its own name only.
    """

    title: str
    seconds: int
    make: Make
    pictures: bool = True
    asked: bool = False
