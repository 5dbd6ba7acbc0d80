"""Record → matplotlib figures, without a display and without pyplot's global state: one figure per file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from robosim.errors import BadInput
from robosim.figures.convergence import convergence
from robosim.figures.costs import costs
from robosim.figures.day_prices import day_prices
from robosim.figures.day_taxes import day_absence, taxes
from robosim.figures.freight_convergence import agreement
from robosim.figures.freight_payments import payments
from robosim.figures.market_power import absence, tax_against_price
from robosim.figures.power import power
from robosim.figures.prices import prices
from robosim.figures.roads import road_map, unmapped
from robosim.figures.saving import save
from robosim.figures.state_of_charge import charge
from robosim.figures.trajectories import trajectories
from robosim.records.auction_record import AuctionRecord
from robosim.records.haulage_record import HaulageRecord
from robosim.records.record import Record

__all__ = ["FIGURES", "convergence", "costs", "figures_of", "plot", "save", "trajectories"]

FIGURES: dict[str, Callable[..., Figure]] = {
    "trajectories": trajectories,
    "convergence": convergence,
    "costs": costs,
}
AUCTION_FIGURES: dict[str, Callable[..., Figure]] = {
    "prices": prices,
    "taxes": tax_against_price,
    "absence": absence,
}
DAY_FIGURES: dict[str, Callable[..., Figure]] = {
    "power": power,
    "charge": charge,
    "taxes": taxes,
    "prices": day_prices,
    "absence": day_absence,
}
HAULAGE_FIGURES: dict[str, Callable[..., Figure]] = {
    "map": road_map,
    "payments": payments,
    "convergence": agreement,
}


def figures_of(record: Record) -> dict[str, Callable[..., Figure]]:
    """The kinds of picture that there are of a record, by name."""
    if isinstance(record, HaulageRecord):
        return {name: draw for name, draw in HAULAGE_FIGURES.items() if name != "map" or unmapped(record) is None}
    if not isinstance(record, AuctionRecord):
        return FIGURES
    return AUCTION_FIGURES if record.day is None else DAY_FIGURES


def plot(record: Record, kinds: str | Sequence[str] = "all", out: str | Path = ".", *, mission: int = 0) -> list[Path]:
    """Draw a record and write the pictures.

    Parameters
    ----------
    kinds : names from `figures_of(record)`, or "all".
    out : a .png, .svg or .pdf file for one kind of picture; a folder (made if missing) gets `KIND.png` each.
    mission : which mission of a batch.

    Returns the files in the order of `kinds`. Raises `BadInput` for an unknown kind, mission or ending, for several
    kinds in one file, and for a place that cannot be written. Warns where "all" leaves out the map of roads that have
    no coordinates.
    """
    figures = figures_of(record)
    if isinstance(record, HaulageRecord):
        _explain_missing_map(record, kinds)
    wanted, target = _names(kinds, figures), Path(out)
    if not 0 <= mission < len(record.decision):
        raise BadInput(f"mission: must be one of 0..{len(record.decision) - 1}, got {mission} (name one of them)")
    if target.is_dir() or not target.suffix:
        return [save(figures[name](record, mission), target / f"{name}.png") for name in wanted]
    if len(wanted) > 1:
        raise BadInput(f"out: {target} is one file, for {len(wanted)} pictures (name one kind, or give a folder)")
    return [save(figures[wanted[0]](record, mission), target)]


def _explain_missing_map(record: HaulageRecord, kinds: str | Sequence[str]) -> None:
    """Why there is none: an error where it is asked for, a warning where "all" are and there are roads."""
    why, names = unmapped(record), [kinds] if isinstance(kinds, str) else [name.strip() for name in kinds]
    if why is not None and "map" in names:
        raise BadInput(f"kind: there is no map of {record.world}: {why}")
    if why is not None and "all" in names and record.roads is not None:
        warnings.warn(f"{record.world}: the map is left out: {why}", stacklevel=3)


def _names(kinds: str | Sequence[str], figures: Collection[str]) -> list[str]:
    names = [kinds] if isinstance(kinds, str) else [name.strip() for name in kinds]
    for name in names:
        if name != "all" and name not in figures:
            raise BadInput(f"kind: {name!r} is none of {', '.join(figures)}, all (use one of these)")
    return list(figures) if "all" in names else list(dict.fromkeys(names))
