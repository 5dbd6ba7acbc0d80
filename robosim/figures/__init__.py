"""MeetingRecord → matplotlib figures, without a display and without pyplot's global state: one figure per file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from robosim.auction_record import AuctionRecord
from robosim.errors import BadInput
from robosim.figures.convergence import convergence
from robosim.figures.costs import costs
from robosim.figures.prices import prices
from robosim.figures.saving import save
from robosim.figures.trajectories import trajectories
from robosim.record import Record

__all__ = ["FIGURES", "convergence", "costs", "plot", "save", "trajectories"]

FIGURES: dict[str, Callable[..., Figure]] = {
    "trajectories": trajectories,
    "convergence": convergence,
    "costs": costs,
}


AUCTION_FIGURES: dict[str, Callable[..., Figure]] = {"prices": prices}


def plot(record: Record, kinds: str | Sequence[str] = "all", out: str | Path = ".", *, mission: int = 0) -> list[Path]:
    """Draw a record and write the pictures.

    Parameters
    ----------
    kinds : names from `FIGURES` (of an auction `AUCTION_FIGURES`), or "all".
    out : a .png, .svg or .pdf file for one kind of picture; a folder (made if missing) gets `KIND.png` each.
    mission : which mission of a batch.

    Returns the files in the order of `kinds`. Raises `BadInput` for an unknown kind, mission or ending, for several
    kinds in one file, and for a place that cannot be written.
    """
    figures = AUCTION_FIGURES if isinstance(record, AuctionRecord) else FIGURES
    wanted, target = _names(kinds, figures), Path(out)
    if not 0 <= mission < len(record.decision):
        raise BadInput(f"mission: must be one of 0..{len(record.decision) - 1}, got {mission} (name one of them)")
    if target.is_dir() or not target.suffix:
        return [save(figures[name](record, mission), target / f"{name}.png") for name in wanted]
    if len(wanted) > 1:
        raise BadInput(f"out: {target} is one file, for {len(wanted)} pictures (name one kind, or give a folder)")
    return [save(figures[wanted[0]](record, mission), target)]


def _names(kinds: str | Sequence[str], figures: Collection[str]) -> list[str]:
    names = [kinds] if isinstance(kinds, str) else [name.strip() for name in kinds]
    for name in names:
        if name != "all" and name not in figures:
            raise BadInput(f"kind: {name!r} is none of {', '.join(figures)}, all (use one of these)")
    return list(figures) if "all" in names else list(dict.fromkeys(names))
