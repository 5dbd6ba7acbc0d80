"""Everything of the papers that can be computed again, by the name that the command line takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from robosim.errors import BadInput
from robosim.reproduce import figure_5, figure_6, figure_c, figures_3_4
from robosim.reproduce.freight_tables import TABLES
from robosim.reproduce.printed_tables import PRINTED
from robosim.reproduce.reproduction import Reproduction, Watch
from robosim.world.station.complaints import shown, suggestion

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


def _table(name: str) -> Entry:
    return Entry(title=PRINTED[name].title, seconds=3, make=lambda _: TABLES[name](), pictures=False)


CATALOGUE: dict[str, Entry] = {
    **{name: _table(name) for name in TABLES},
    "xie-figure-3": Entry(
        title="X, Figure 3: objective error of five methods, examples 1 and 2",
        seconds=60,
        make=partial(figures_3_4.figure, 3),
    ),
    "xie-figure-4": Entry(
        title="X, Figure 4: demand violation of five methods, examples 1 and 2 (the runs of Figure 3)",
        seconds=60,
        make=partial(figures_3_4.figure, 4),
    ),
    "xie-figure-5": Entry(
        title="X, Figure 5: one supplier misreports its costs, SP against VCG", seconds=15, make=figure_5.figure
    ),
    "xie-figure-6": Entry(title="X, Figure 6: 30 joint misreports", seconds=3, make=figure_6.figure),
    "xie-figure-c": Entry(
        title="X, Figures C.1, C.2: full against reduced form at equal computing time", seconds=30, make=figure_c.figure
    ),
    "xie-figure-3-large": Entry(
        title="X, Figure 3, example 3", seconds=500, make=partial(figures_3_4.large, 3), asked=True
    ),
    "xie-figure-4-large": Entry(
        title="X, Figure 4, example 3", seconds=500, make=partial(figures_3_4.large, 4), asked=True
    ),
}


def chosen(name: str) -> list[str]:
    """The names that a name stands for: itself, or for “all” everything but what must be asked for.

    Raises `BadInput` for a name that is not there.

    >>> chosen("xie-table-1")
    ['xie-table-1']
    """
    if name == "all":
        return [one for one, entry in CATALOGUE.items() if not entry.asked]
    if name not in CATALOGUE:
        hint = suggestion(name, CATALOGUE, "robosim reproduce list says what there is")
        raise BadInput(f"reproduce: there is no {shown(name)} ({hint})")
    return [name]
