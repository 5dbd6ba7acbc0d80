"""A picture of a mission as plain data: what any painter draws, on a screen, in a film or on a page.

A `Scene` says what is seen and where, never how many pixels it takes. Its arrays are NumPy's; `plain` makes lists of
them, for JSON. Rooms make scenes (`Kind.scene`), painters read them, and neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.palette import Look, look

Ids: TypeAlias = NDArray[np.int64]
NOTHING = np.empty(0)


@dataclass(frozen=True, kw_only=True)
class Kin:
    """What agents of one sort look like, a line of the legend: a colour, and a shape as `robosim.palette.Look` says."""

    name: str
    look: Look


@dataclass(frozen=True, kw_only=True)
class Agents:
    """Agents where they are; a click there finds the agent.

    Parameters
    ----------
    ids : (n,) which agents.
    at : (n, d) where, in units of the map.
    kin : (n,) rows of the scene's `kin`.
    heading_rad : (n,) where each looks, from the x axis to the y axis; NaN nowhere. None: nobody does.
    radius : (n,) of its body in units of the map; 0 for points. None: all points.
    level : (n,) how full it is, 0 to 1, drawn as a ring; NaN: nothing to fill. None: nobody has.
    names : (n,) what stands beside each; none: their ids.
    """

    ids: Ids
    at: Array
    kin: Ids
    heading_rad: Array | None = None
    radius: Array | None = None
    level: Array | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trails:
    """Where agents came from: `points` (rows, n, d), the oldest first; `kin` (n,) as in `Agents`."""

    points: Array
    kin: Ids


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Lines of one sort: `ends` (m, 2, d); `width` (m,) from 0 to 1 of the widest, None: all thin.

    `ink` is one of `INKS`, `name` what the legend says of them, "" for nothing.
    """

    ends: Array
    ink: str
    name: str = ""
    width: Array | None = None


@dataclass(frozen=True, kw_only=True)
class Areas:
    """Things that stand there: corners (k, 2), those of area j from first[j] to first[j + 1] (m + 1,)."""

    corners: Array
    first: Ids
    ink: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Circles:
    """Round places: `at` (m, d), `radius` (m,) in units of the map."""

    at: Array
    radius: Array
    ink: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """Text at places, `at` (m, 2), centred there; a painter leaves out what would overlap."""

    at: Array
    text: tuple[str, ...]


INKS = {
    "ink": "#222222",
    "frame": "#b4b4b4",
    "link": "#c8c8c8",
    "heard": "#56B4E9",
    "lost": "#D55E00",
    "wall": "#8c8c8c",
    "pad": "#009E73",
    "post": "#dddddd",
    "load": "#0072B2",
    "crowded": "#D55E00",
    "good": "#009E73",
    "bad": "#D55E00",
    "price": "#CC79A7",
    "demand": "#E69F00",
    "faint": "#777777",
}
"""What lines and areas mean, and the colour of each on white."""


@dataclass(frozen=True, kw_only=True)
class Map:
    """Where things are, in one unit; layers are drawn in the order of these fields.

    Parameters
    ----------
    box : (2, d) corners that are always in sight; with d = 3 a painter may turn it.
    unit : of coordinates, for a scale bar; "" where places mean nothing.
    axes : names of both axes where they are not directions in one space; then each has its own scale.
    """

    box: Array
    unit: str = "m"
    axes: tuple[str, str] | None = None
    areas: tuple[Areas, ...] = ()
    circles: tuple[Circles, ...] = ()
    lines: tuple[Lines, ...] = ()
    trails: Trails | None = None
    agents: Agents | None = None
    words: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Curve:
    """y against x, both (m,); `ink` one of `INKS` or `#rrggbb`, `agent` whose it is, `mark` what stands at its end."""

    x: Array
    y: Array
    ink: str
    name: str = ""
    agent: int | None = None
    dashed: bool = False
    stairs: bool = False
    filled: bool = False
    mark: Look | None = None


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Curves in one frame. `x_range`, `y_range` are what must be in sight; `now` is where the present stands on x."""

    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    log: bool = False
    now: float | None = None
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """One number against what it may be at most; `limit` NaN where nothing limits it."""

    title: str
    value: float
    limit: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text, `agents` (rows,) whose each is. `more` rows were left out: painters say so, as of those that they
    have no room for."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    agents: tuple[int, ...] = ()
    more: int = 0


LISTED = 100
"""Rows that a table has at most: no picture has room for more."""
Panel: TypeAlias = Chart | Gauge | Table


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture.

    Parameters
    ----------
    title : the world and its seed.
    clock : what time it is, in words, such as "round 3 of 60".
    facts : what else is to be known now, a line each; (ink, text).
    main : what is looked at.
    below : what stands beneath it.
    side : what stands beside it.
    kin : what agents look like; the legend.
    agent : what an agent is called.
    """

    title: str
    clock: str
    main: Map | Chart
    facts: tuple[tuple[str, str], ...] = ()
    below: tuple[Chart, ...] = ()
    side: tuple[Panel, ...] = ()
    kin: tuple[Kin, ...] = ()
    agent: str = "agent"


def number(x: float, beside: float = 0.0) -> str:
    """A number in a table or a sentence, to four digits, thousands whole; 0 beside what is a million times larger.

    >>> number(1.3e-7, beside=5.0), number(1.3e-5, beside=5.0)
    ('0', '1.3e-5')
    >>> number(0.12345), number(37104.2), number(-0.0), number(2.5e9), number(float("nan"))
    ('0.1235', '37,104', '0', '2.5e9', '–')
    """
    if not np.isfinite(x):
        return "–" if np.isnan(x) else "∞" if x > 0 else "-∞"
    if abs(x) < 1e-6 * beside:
        return "0"
    if 1e4 <= abs(x) < 1e8:
        return f"{x:,.0f}"
    head, _, power = f"{x + 0.0:.4g}".partition("e")
    return f"{head}e{int(power)}" if power else head


def horizon(now: float, last: float) -> float:
    """Where an axis of rounds ends: some way after now, and not after the last.

    >>> horizon(28.0, 2000.0), horizon(28.0, 40.0), horizon(0.0, 500.0)
    (50.0, 40.0, 20.0)
    """
    ends = (scale * 10.0**power for power in range(1, 9) for scale in (1.0, 2.0, 5.0))
    return min(next((end for end in ends if end > now and end >= 20.0), last), last)


def kin_of(strategies: dict[int, str], agents: int) -> tuple[tuple[Kin, ...], Ids]:
    """The legend of `agents` of which some play a strategy, and which line of it each is, (agents,).

    >>> legend, rows = kin_of({2: "stationary"}, 3)
    >>> [one.name for one in legend], rows.tolist()
    (['faithful', 'stationary'], [0, 0, 1])
    """
    names = ["faithful", *sorted(set(strategies.values()) - {"faithful"})]
    rows = np.zeros(agents, dtype=np.int64)
    for agent, name in strategies.items():
        rows[agent] = names.index(name)
    return tuple(Kin(name=name, look=look(name)) for name in names), rows


def plain(one: Any) -> Any:
    """A scene, or a part of one, as JSON knows it: dataclasses become objects with a key `is`, arrays lists, NaN null.

    >>> plain(Gauge(title="feeder", value=3.0, limit=np.inf, unit="kW"))
    {'is': 'Gauge', 'title': 'feeder', 'value': 3.0, 'limit': None, 'unit': 'kW'}
    """
    if is_dataclass(one):
        return {"is": type(one).__name__, **{part.name: plain(getattr(one, part.name)) for part in fields(one)}}
    if isinstance(one, np.ndarray):
        return plain(one.tolist())
    if isinstance(one, Look):
        return {"colour": one.colour, "shape": list(one.shape)}
    if isinstance(one, tuple | list):
        return [plain(part) for part in one]
    if isinstance(one, float | np.floating):
        return float(one) if np.isfinite(one) else None
    return one
