"""One picture of any scene on any surface: where each part stands, and who draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pygame

from robosim.view.camera import Camera, Projection
from robosim.view.charts import Axes, draw_chart, draw_gauge
from robosim.view.maps import draw_map, nearest
from robosim.view.marks import stamp
from robosim.view.scene import INKS, Areas, Chart, Circles, Gauge, Lines, Map, Panel, Scene, Table
from robosim.view.scenery import Told
from robosim.view.tables import draw_table, height
from robosim.view.text import BODY, LARGE, SMALL, fitted, width, write

PAPER = "#ffffff"
EDGE, HEAD, LINE = 12, 34, 18
SIDE = 0.34, 230, 380
"""Share of the width for what stands beside, its least and most pixels."""
BELOW = 0.24, 0.19
"""Share of the height for each chart below: of one, of several."""
CHART, GAUGE = 168, 40


@dataclass(kw_only=True)
class Painted:
    """What stands where on a painted surface, so that clicks find it."""

    main: pygame.Rect
    projection: Projection | None = None
    axes: Axes | None = None
    rows: list[tuple[pygame.Rect, int]] = field(default_factory=list)


def paint(
    surface: pygame.Surface,
    scene: Scene,
    camera: Camera | None = None,
    *,
    chosen: int | None = None,
    told: Told = (),
    foot: int = 0,
) -> Painted:
    """All of a scene; `foot` pixels at the bottom stay free, `told` is what is known of the agent that was chosen."""
    surface.fill(PAPER)
    wide, high = surface.get_size()
    side = max(0, min(int(min(max(SIDE[0] * wide, SIDE[1]), SIDE[2])), wide - 2 * EDGE))
    left = max(wide - side - EDGE, 0)
    area = pygame.Rect(EDGE, HEAD, max(left - 2 * EDGE, 1), max(high - HEAD - foot - EDGE, 1))
    write(surface, fitted(scene.title, left - 2 * EDGE - width(scene.clock), LARGE, True), (EDGE, 8), LARGE, bold=True)
    write(surface, scene.clock, (left - EDGE, 10), BODY, INKS["faint"], anchor=(1.0, 0.0))
    below = min(int(BELOW[len(scene.below) > 1] * high), 190) if scene.below else 0
    main = pygame.Rect(area.left, area.top, area.width, max(area.height - below * len(scene.below), 1))
    painted = _main(surface, scene, camera or Camera(), main, chosen)
    for i, chart in enumerate(scene.below):
        draw_chart(surface, chart, pygame.Rect(area.left, main.bottom + i * below + 6, area.width, below - 6), chosen)
    column = pygame.Rect(left, 8, side, max(high - foot - EDGE - 8, 1))
    _side(surface, scene, column, painted, chosen, told)
    return painted


def _main(surface: pygame.Surface, scene: Scene, camera: Camera, main: pygame.Rect, chosen: int | None) -> Painted:
    if isinstance(scene.main, Chart):
        return Painted(main=main, axes=draw_chart(surface, scene.main, main, chosen))
    inside = main.clip(surface.get_rect())
    if inside.width < 8 or inside.height < 8:
        return Painted(main=main)
    return Painted(main=inside, projection=draw_map(surface.subsurface(inside), scene.main, scene.kin, camera, chosen))


def _side(
    surface: pygame.Surface, scene: Scene, column: pygame.Rect, painted: Painted, chosen: int | None, told: Told
) -> None:
    """Facts, legend, then panels; charts and gauges have a height, tables share what is left."""
    y = column.top
    for ink, fact in scene.facts:
        write(surface, fitted(fact, column.width), (column.left, y), BODY, INKS[ink])
        y += LINE
    y = _legend(surface, scene, (column.left, y + 4), column.width) + 6
    if told:
        title = f"{scene.agent} {chosen}"
        panels: Sequence[Panel] = (Table(title=title, columns=("", ""), rows=told), *scene.side)
    else:
        panels = scene.side
    fixed = sum(_height(one) for one in panels)
    tables = [one for one in panels if isinstance(one, Table)]
    room = max(0, column.bottom - y - fixed)
    for panel in panels:
        mine = _height(panel) or _share(panel, tables, room)
        rect = pygame.Rect(column.left, y, column.width, min(mine, column.bottom - y) - 8)
        if rect.height > 20:
            _panel(surface, panel, rect, painted, chosen)
        y += mine


def _share(table: Panel, tables: list[Table], room: int) -> int:
    """What is left, the first table as much as it needs."""
    if table is tables[0] and len(tables) > 1:
        return min(height(tables[0]), room)
    rest = room - (min(height(tables[0]), room) if len(tables) > 1 else 0)
    return rest // max(1, len(tables) - (len(tables) > 1))


def _height(panel: Panel) -> int:
    return CHART if isinstance(panel, Chart) else GAUGE if isinstance(panel, Gauge) else 0


def _panel(surface: pygame.Surface, panel: Panel, rect: pygame.Rect, painted: Painted, chosen: int | None) -> None:
    if isinstance(panel, Chart):
        draw_chart(surface, panel, rect, chosen)
    elif isinstance(panel, Gauge):
        draw_gauge(surface, panel, rect)
    else:
        painted.rows += draw_table(surface, panel, rect, chosen)


def _legend(surface: pygame.Surface, scene: Scene, at: tuple[int, int], room: int) -> int:
    """Agents by their look, then lines and areas of the map; where the next thing may stand."""
    x, y = at
    looks = [(one.name, one.look, "") for one in scene.kin]
    for name, look, ink in [*looks, *((name, None, ink) for ink, name in _named(scene.main))]:
        wide = 22 + width(name, SMALL)
        if x > at[0] and x + wide > at[0] + room:
            x, y = at[0], y + LINE
        if look is not None:
            stamp(surface, look, np.array([[x + 8.0, y + 8.0]]), 6.0)
        else:
            pygame.draw.rect(surface, INKS[ink], (x + 1, y + 6, 14, 4))
        write(surface, name, (x + 20, y + 1), SMALL)
        x += wide + 12
    return y + LINE


def _named(main: Map | Chart) -> list[tuple[str, str]]:
    """(ink, name) of what stands on a map."""
    if isinstance(main, Chart):
        return []
    layers: list[Areas | Circles | Lines] = [*main.areas, *main.circles, *main.lines]
    return [(one.ink, one.name) for one in layers if one.name]


def agent_at(painted: Painted, scene: Scene, at: tuple[int, int]) -> int | None:
    """The agent that somebody clicked on: on the map, at the end of its curve, or in a table."""
    for place, agent in painted.rows:
        if place.collidepoint(at):
            return agent
    if not painted.main.collidepoint(at):
        return None
    if isinstance(scene.main, Map) and scene.main.agents is not None and painted.projection is not None:
        here = (at[0] - painted.main.left, at[1] - painted.main.top)
        return nearest(scene.main.agents, painted.projection, here)
    if isinstance(scene.main, Chart) and painted.axes is not None:
        return _nearest_curve(scene.main, painted.axes, at)
    return None


def _nearest_curve(chart: Chart, axes: Axes, at: tuple[int, int]) -> int | None:
    ends = [
        (one.agent, axes.pixels(one.x[-1:], one.y[-1:])[0])
        for one in chart.curves
        if one.agent is not None and len(one.x)
    ]
    far = [(float(np.hypot(*(place - np.asarray(at)))), agent) for agent, place in ends if np.isfinite(place).all()]
    best = min(far, default=(np.inf, None), key=lambda one: one[0])
    return best[1] if best[0] <= 14.0 else None
