"""One picture for each question: one key that is swept is a curve with its intervals, two are a heat map.

Tax rules have a colour and a shape each, or, where attacks are compared, a panel. Maps are in one colour scale for all
panels, with the number in each field; what nobody knows is hatched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.colors import Normalize, SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, SymmetricalLogLocator

from robosim.errors import BadInput
from robosim.figures.style import COLUMN_IN, INK, PAGE_IN, drawn, house_style, save, sheet
from robosim.files.writing import value_text
from robosim.palette import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION
from robosim.study.book import Results
from robosim.study.quantities import BEST, quantity, refuse_unknown
from robosim.study.table import STUDENT, Row, over, rows, swept

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)
MARKERS = "osD^vP*X"
CURVES = 7
"""Curves of a panel that can be told apart; of more attacks the best is drawn."""
NUMBERS = 120
"""Fields of a map that have room for their numbers."""
WIDE = 100.0
"""Means that differ by such a factor are not drawn on an even scale."""
PICTURES = 60
"""Of a question; a study with many keys has one for each combination of those beyond the second."""
MAP = "cividis"
"""Even in lightness and safe for the colour-blind."""


class Panel(NamedTuple):
    """What stands on one pair of axes: its heading, and what is drawn in it by name."""

    heading: str
    curves: dict[str, list[Row]]


class Part(NamedTuple):
    """One picture: its file's name, its title, which keys are its axes, and its panels side by side."""

    name: str
    title: str
    axes: tuple[str, ...]
    panels: list[Panel]


def pictures(results: Results, questions: Sequence[str], folder: Path) -> list[Path]:
    """Draw each question into `folder`. Raises `BadInput` for a quantity that is none, or that this study has not."""
    known = rows(results)
    return [
        save(draw(part, results), folder / f"{part.name}.png")
        for question in questions
        for part in parts(results, [row for row in known if row.quantity == asked(question, known)], question)
    ]


def asked(question: str, known: Sequence[Row]) -> str:
    """The quantity of a question, if there is anything to draw."""
    refuse_unknown(question)
    if not any(row.quantity == question for row in known):
        there = ", ".join(dict.fromkeys(row.quantity for row in known)) or "none yet"
        raise BadInput(f"questions: there is no {question} in this study (it has {there})")
    return question


def parts(results: Results, found: Sequence[Row], question: str) -> Iterator[Part]:
    """The pictures of a question: one for each world, and for each value of the keys beyond two."""
    keys = [key for key in swept(results) if len(results.plan["fixed"]["sweep"][key]) > 1]
    axes, others = tuple(keys[:2]), keys[2:]
    worlds = list(dict.fromkeys(row.world for row in found))
    choices = [list(dict.fromkeys(value_text(row.keys[key]) for row in found)) for key in others]
    cells = list(product(worlds, *choices))
    if len(cells) > PICTURES:
        raise BadInput(f"questions: {question} takes {len(cells)} pictures, more than {PICTURES} (sweep fewer keys)")
    for number, (world, *values) in enumerate(cells):
        mine = [row for row in found if row.world == world]
        for key, value in zip(others, values, strict=True):
            mine = [row for row in mine if value_text(row.keys[key]) == value]
        if mine:
            name = question.replace("/", "-").replace(" ", "-") + (f"-{number + 1}" if len(cells) > 1 else "")
            at = "".join(f", {key} = {value}" for key, value in zip(others, values, strict=True))
            yield Part(name, f"{world}{at}", axes, panels(mine, len(axes) == 2))


def panels(found: Sequence[Row], maps: bool) -> list[Panel]:
    """A curve for each tax rule; of attacks a panel for each rule with a curve for each attack. Maps stand alone."""
    taxes = list(dict.fromkeys(row.tax for row in found))
    attacks = list(dict.fromkeys(row.strategy for row in found))
    if maps or len(attacks) > CURVES + 1:
        attacks = [BEST] if BEST in attacks else attacks[:1]
    elif len(attacks) == 2 and BEST in attacks:  # the best of one is that one
        attacks = [one for one in attacks if one != BEST]
    chosen = {
        (tax, one): [row for row in found if (row.tax, row.strategy) == (tax, one)] for tax in taxes for one in attacks
    }
    if maps:
        return [Panel(_called(tax, one), {"": chosen[tax, one]}) for tax, one in chosen]
    if attacks == [""]:
        return [Panel("", {f"tax {tax}": chosen[tax, ""] for tax in taxes})]
    return [Panel(f"tax {tax}", {one: chosen[tax, one] for one in attacks}) for tax in taxes]


def _called(tax: str, attack: str) -> str:
    return f"tax {tax}" + (f", {attack}" if attack else "")


def draw(part: Part, results: Results) -> Figure:
    """A picture in the style of all others."""
    with house_style():
        return _map(part, results) if len(part.axes) == 2 else _curves(part, results)


def _places(results: Results, key: str) -> list[Any]:
    return list(results.plan["fixed"]["sweep"][key])


def _spaced(values: Sequence[Any]) -> tuple[list[float], list[str] | None]:
    """Where values stand on an axis: numbers where they are, all else in its order with its name."""
    if values and all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        return [float(one) for one in values], None
    names = [one if isinstance(one, str) else value_text(one) for one in values]
    return [float(place) for place in range(len(values))], names


def _curves(part: Part, results: Results) -> Figure:
    width = COLUMN_IN if len(part.panels) == 1 else PAGE_IN
    figure, _ = sheet(width, 2.9)
    figure.clear()
    every = list(figure.subplots(1, len(part.panels), sharey=True, squeeze=False)[0])
    for axes, panel in zip(every, part.panels, strict=True):
        for number, (name, found) in enumerate(panel.curves.items()):
            _curve(axes, found, name, number, len(panel.curves), part, results)
        axes.set_title(panel.heading, loc="left", color=INK)
        axes.grid(axis="y")
        _abscissa(axes, part, results)
        _wide(axes, part)
    every[0].set_ylabel(_ordinate(part))
    figure.suptitle(_title(part, results), x=0.01, ha="left", fontsize=8, color=INK)
    handles, labels = every[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2 if len(part.panels) == 1 else 3)
    return figure


def _curve(axes: Any, found: Sequence[Row], name: str, number: int, of: int, part: Part, results: Results) -> None:
    """Means with bars; where nothing is swept, one point. Curves are set apart a little, so that bars stay visible."""
    key = part.axes[0] if part.axes else None
    values = _places(results, key) if key else [""]
    places, names = _spaced(values)
    apart = (number - (of - 1) / 2) * 0.012 * ((max(places) - min(places)) or 1.0)
    x, y, low, high = [], [], [], []
    for row in found:
        one = row.estimate
        if one.mean is not None:
            x.append(places[values.index(row.keys[key]) if key else 0] + apart)
            y.append(one.mean)
            low.append(one.mean - one.low if one.low is not None else math.nan)
            high.append(one.high - one.mean if one.high is not None else math.nan)
    name = name if x else f"{name} (unknown)"
    best = name == BEST
    look = {"color": INK if best else COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
    line = "" if names is not None else ("--" if best else "-")
    axes.errorbar(x, y, [low, high], ls=line, ms=3.5, lw=0.9, elinewidth=0.8, capsize=2.0, label=drawn(name), **look)


def _wide(axes: Any, part: Part) -> None:
    """Numbers of very different size: logarithmic where they are large, even around 0."""
    even = _even([row.estimate.mean for panel in part.panels for found in panel.curves.values() for row in found])
    if even is not None:
        axes.set_yscale("symlog", linthresh=even)
        ticks = SymmetricalLogLocator(base=10.0, linthresh=even)
        ticks.set_params(numticks=9)
        axes.yaxis.set_major_locator(ticks)


def _even(means: Sequence[float | None]) -> float | None:
    """The power of ten below which a scale is even and above which it is logarithmic; None where it is all even."""
    sizes = [abs(mean) for mean in means if mean]
    if not sizes or max(sizes) <= WIDE * min(sizes):
        return None
    return float(10.0 ** math.floor(math.log10(max(min(sizes), max(sizes) / 1e6))))


def _abscissa(axes: Any, part: Part, results: Results) -> None:
    if not part.axes:
        axes.set_xticks([])
        return
    places, names = _spaced(_places(results, part.axes[0]))
    axes.set_xlabel(drawn(part.axes[0]))
    if names is not None:
        step = math.ceil(len(names) / 16)
        axes.set_xticks(
            places[::step], list(map(drawn, names[::step])), rotation=30, ha="right", rotation_mode="anchor"
        )
    elif len(places) <= 8:
        axes.set_xticks(places, [f"{one:g}" for one in places])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8))


def _first(part: Part) -> Row:
    return next(row for panel in part.panels for found in panel.curves.values() for row in found)


def _ordinate(part: Part) -> str:
    row = _first(part)
    unit = f" ({row.unit})" if row.unit not in ("", "1") else ""
    label = quantity(row.quantity).label
    middle = label.find(" ", len(label) // 2)  # two lines, as the axis is short
    label = f"{label[:middle]}\n{label[middle + 1 :]}" if len(label) > 32 and middle > 0 else label
    return drawn_lines(f"{label}{unit}")


def drawn_lines(text: str) -> str:
    """Each line as matplotlib writes it."""
    return "\n".join(map(drawn, text.split("\n")))


def _title(part: Part, results: Results) -> str:
    """World, and in a second line how many seeds, and what the bars are; a map has none."""
    counts = [row.estimate.n for panel in part.panels for found in panel.curves.values() for row in found]
    least, most = min((n for n in counts if n), default=0), max(counts)
    n = f"{most}" if least == most else f"{least} to {most}"
    level, share = results.plan["loose"]["confidence"], quantity(_first(part).quantity).share
    bars = "" if len(part.axes) == 2 or most < 2 else f"; bars: {100 * level:g} % ({'Wilson' if share else STUDENT})"
    what = "share" if share else "mean"
    draws = " × ".join(["seeds", *over(results)]) if most != 1 else "seed"
    return f"{drawn(part.title)}\n{what} of n = {n} {drawn(draws)}{bars}"


def _map(part: Part, results: Results) -> Figure:
    across, up = (_places(results, key) for key in part.axes)
    figure, _ = sheet(PAGE_IN if len(part.panels) > 1 else COLUMN_IN + 0.6, 3.0)
    figure.clear()
    every = list(figure.subplots(1, len(part.panels), sharey=True, squeeze=False)[0])
    grids = [_grid(panel.curves[""], part.axes, across, up) for panel in part.panels]
    known = [x for grid in grids for line in grid for x in line if not math.isnan(x)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    high, even = high if high > low else low + 1.0, _even(known)
    scale = Normalize(low, high) if even is None else SymLogNorm(even, vmin=low, vmax=high, base=10)
    shown = {"norm": scale, "cmap": MAP, "origin": "lower", "aspect": "auto"}
    for axes, grid, panel in zip(every, grids, part.panels, strict=True):
        axes.patch.set(hatch="////", edgecolor="#bbbbbb", facecolor="white")
        image = axes.imshow(grid, interpolation="nearest", **shown)
        axes.set_title(drawn(panel.heading), loc="left", color=INK)
        axes.set_xlabel(drawn(part.axes[0]))
        _ticks(axes, across, up)
        if len(across) * len(up) * len(grids) <= NUMBERS:
            _numbers(axes, grid, scale)
    every[0].set_ylabel(drawn(part.axes[1]))
    figure.colorbar(image, ax=every, label=_ordinate(part), shrink=0.95)
    figure.suptitle(_title(part, results), x=0.01, ha="left", fontsize=8, color=INK)
    return figure


def _grid(found: Sequence[Row], keys: tuple[str, ...], across: Sequence[Any], up: Sequence[Any]) -> list[list[float]]:
    """Means, a row for each value of the second key; NaN where nobody knows."""
    grid = [[math.nan] * len(across) for _ in up]
    for row in found:
        if row.estimate.mean is not None:
            grid[up.index(row.keys[keys[1]])][across.index(row.keys[keys[0]])] = row.estimate.mean
    return grid


def _ticks(axes: Any, across: Sequence[Any], up: Sequence[Any]) -> None:
    for values, axis in ((across, axes.xaxis), (up, axes.yaxis)):
        step = math.ceil(len(values) / 16)
        names = [one if isinstance(one, str) else value_text(one) for one in values]
        axis.set_ticks(range(0, len(values), step), list(map(drawn, names[::step])))
    if any(len(str(one)) > 5 for one in across):
        for label in axes.get_xticklabels():
            label.set(rotation=30, ha="right", rotation_mode="anchor")


def _numbers(axes: Any, grid: Sequence[Sequence[float]], scale: Normalize) -> None:
    for y, line in enumerate(grid):
        for x, value in enumerate(line):
            if not math.isnan(value):
                dark = float(scale(value)) < 0.5
                axes.text(x, y, f"{value:.3g}", ha="center", va="center", fontsize=6, color="white" if dark else INK)
