"""One table or figure of a paper, computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = str | float | int | bool | None


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A table of results, and pictures where the paper has some.

    Parameters
    ----------
    name, title : as on the command line, and as people say it.
    columns, rows : a table; None where a cell makes no sense.
    notes : what a reader must know, one sentence or more each.
    ok : whether everything printed is reproduced.
    pictures : file names without ending, and what draws each.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    ok: bool
    pictures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)

    def column(self, name: str) -> list[Cell]:
        """One column of the table."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def as_dict(self) -> dict[str, Any]:
        """What JSON says: rows by column names."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"name": self.name, "title": self.title, "ok": self.ok, "notes": list(self.notes), "rows": rows}
