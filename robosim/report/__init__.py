"""One self-contained page of a mission, or of several side by side: no server, no request, no library.

Rooms say nothing about pages: they have scenes, histories and tables, and a page shows these.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robosim.record import Record

if TYPE_CHECKING:
    from robosim.attacks.named import Attacks

__all__ = ["page", "save_page"]

BUDGET = 2_500_000
"""Bytes that the replays of a page may take: longer ones show fewer moments, and say so."""


def page(records: Record | Sequence[Record], *, attacks: Attacks | None = None, names: Sequence[str] = ()) -> str:
    """The page as HTML: verdict, replay, costs, prices, what plays it again, and all of it to download.

    Parameters
    ----------
    records : one, or several to compare.
    attacks : what was tried against the first of them.
    names : of several records, their worlds' names by default.
    """
    from robosim.report.attacked import attacked
    from robosim.report.beside import beside, titles
    from robosim.report.html import document
    from robosim.report.told import told

    several = list(records) if isinstance(records, Sequence) else [records]
    missions = [told(one, budget=BUDGET // len(several)) for one in several]
    if attacks is not None:
        missions[0]["attacks"] = attacked(attacks, several[0])
    return document(missions, beside(several, titles(several, names)) if len(several) > 1 else None)


def save_page(
    records: Record | Sequence[Record],
    out: str | Path = "mission.html",
    *,
    attacks: Attacks | None = None,
    names: Sequence[str] = (),
) -> Path:
    """Write the page, whole or not at all, making its folder if it is missing.

    Raises `BadInput` for another ending than .html, and for a place that cannot be written.
    """
    from robosim.report.html import refuse_place, write

    refuse_place(Path(out))
    return write(page(records, attacks=attacks, names=names), Path(out))
