"""Record → matplotlib figures, without a display and without pyplot's global state: files, or axes of your own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from robosim.errors import BadInput
from robosim.kind import kind_named
from robosim.record import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure", "figures_of", "plot"]


def figures_of(record: Record) -> Mapping[str, Callable[..., Figure]]:
    """The kinds of picture that there are of a record, by name."""
    kind = kind_named(record.noun)
    return {} if kind is None else kind.figures(record)


def figure(
    record: Record,
    kind: str,
    *,
    mission: int = 0,
    ax: Axes | Sequence[Axes] | None = None,
    columns: int | None = None,
) -> Figure:
    """One picture of a record.

    Parameters
    ----------
    kind : a name from `figures_of(record)`.
    mission : which mission of a batch.
    ax : Axes of your own to draw into, for your own layouts; of a picture with several panels a list of as many, the
        uppermost first. Their title is what the picture has to say, each has its legend, and what is theirs stays.
    columns : 1 or 2 columns of a paper wide (3.5 or 7.16 in); as the picture is wide by itself if not given.

    Returns the figure, of `ax` that which they stand in. Our own save the same bytes each time (PNG, SVG, PDF). Raises
    `BadInput` for an unknown kind or mission, for axes that do not go with the picture, and for another width.
    """
    from robosim.figures.paper import Paper

    figures = figures_of(record)
    _explain_missing(record, kind)
    if kind not in figures:
        raise BadInput(f"kind: {kind!r} is none of {', '.join(figures)} (use one of these)")
    axes = () if ax is None else tuple(ax) if isinstance(ax, Iterable) else (ax,)
    return figures[kind](record, _played(record, mission), Paper(columns=columns, axes=axes))


def plot(
    record: Record,
    kinds: str | Sequence[str] = "all",
    out: str | Path = ".",
    *,
    mission: int = 0,
    columns: int | None = None,
) -> list[Path]:
    """Draw a record and write the pictures.

    Parameters
    ----------
    kinds : names from `figures_of(record)`, or "all".
    out : a .png, .svg or .pdf file for one kind of picture; a folder (made if missing) gets `KIND.png` each.
    mission : which mission of a batch.
    columns : as in `figure`.

    Returns the files in the order of `kinds`. Raises `BadInput` for an unknown kind, mission or ending, for several
    kinds in one file, and for a place that cannot be written. Warns where "all" leaves out a picture that this record
    cannot have.
    """
    from robosim.figures.paper import Paper
    from robosim.figures.style import save

    figures, paper = figures_of(record), Paper(columns=columns)
    _explain_missing(record, kinds)
    wanted, target = _names(kinds, figures), Path(out)
    _played(record, mission)
    if target.is_dir() or not target.suffix:
        return [save(figures[name](record, mission, paper), target / f"{name}.png") for name in wanted]
    if len(wanted) > 1:
        raise BadInput(f"out: {target} is one file, for {len(wanted)} pictures (name one kind, or give a folder)")
    return [save(figures[wanted[0]](record, mission, paper), target)]


def _played(record: Record, mission: int) -> int:
    if not 0 <= mission < len(record.decision):
        raise BadInput(f"mission: must be one of 0..{len(record.decision) - 1}, got {mission} (name one of them)")
    return mission


def _explain_missing(record: Record, kinds: str | Sequence[str]) -> None:
    """Why a picture is not there: an error where it is asked for, a warning where "all" are."""
    kind = kind_named(record.noun)
    if kind is None:
        return
    names = [kinds] if isinstance(kinds, str) else [name.strip() for name in kinds]
    for name, why in kind.left_out(record, True).items():
        if name in names:
            raise BadInput(f"kind: there is no {name} of {record.world}: {why}")
    for name, why in kind.left_out(record, False).items() if "all" in names else ():
        warnings.warn(f"{record.world}: the {name} is left out: {why}", stacklevel=3)


def _names(kinds: str | Sequence[str], figures: Collection[str]) -> list[str]:
    names = [kinds] if isinstance(kinds, str) else [name.strip() for name in kinds]
    for name in names:
        if name != "all" and name not in figures:
            raise BadInput(f"kind: {name!r} is none of {', '.join([*figures, 'all'])} (use one of these)")
    return list(figures) if "all" in names else list(dict.fromkeys(names))
