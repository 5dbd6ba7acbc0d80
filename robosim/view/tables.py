"""Tables on surfaces: columns as wide as what stands in them, and a word about rows that have no room."""

from __future__ import annotations

import pygame

from robosim.view.scene import INKS, Table
from robosim.view.text import BODY, fitted, width, write

ROW, GAP = 17, 8
Cells = tuple[str, ...]
Columns = list[tuple[int, int]]
"""Begin and width of each, pixels."""


def height(table: Table) -> int:
    """What all rows take, pixels."""
    return (len(table.rows) + _above(table) + bool(table.more)) * ROW + 12


def _above(table: Table) -> int:
    """Lines above the rows: the title, and names of columns where they have some."""
    return 1 + any(table.columns)


def draw_table(
    surface: pygame.Surface, table: Table, rect: pygame.Rect, chosen: int | None = None
) -> list[tuple[pygame.Rect, int]]:
    """Rows as far as there is room, then how many more there are; where each agent's row stands."""
    above = _above(table)
    top = rect.top + above * ROW + 4
    room = (rect.bottom - top) // ROW
    if room < 1:
        return []
    total = len(table.rows) + table.more
    rows = table.rows if total <= room else table.rows[: room - 1]
    write(surface, fitted(table.title, rect.width, BODY, True), rect.topleft, BODY, bold=True)
    columns = _columns(table, rows, rect.width)
    if above > 1:
        _row(surface, table.columns, columns, (rect.left, rect.top + ROW + 2), INKS["faint"])
    for i, row in enumerate(rows):
        _row(surface, row, columns, (rect.left, top + i * ROW), INKS["ink"])
    if len(rows) < total:
        write(surface, f"… {total - len(rows)} more", (rect.left, top + len(rows) * ROW), BODY, INKS["faint"])
    return _places(surface, table.agents[: len(rows)], pygame.Rect(rect.left, top, rect.width, ROW), chosen)


def _places(
    surface: pygame.Surface, agents: tuple[int, ...], first: pygame.Rect, chosen: int | None
) -> list[tuple[pygame.Rect, int]]:
    """Where each agent's row stands; a frame around that of the chosen one."""
    places = [(first.move(0, i * ROW).inflate(6, 0), agent) for i, agent in enumerate(agents)]
    for place, agent in places:
        if agent == chosen:
            pygame.draw.rect(surface, INKS["ink"], place, width=1, border_radius=3)
    return places


def _columns(table: Table, rows: tuple[Cells, ...], room: int) -> Columns:
    """As wide as what stands in them, and the rest shared; what is too much is taken from the widest."""
    wide = [max(width(cell) for cell in column) for column in zip(table.columns, *rows, strict=True)]
    while sum(wide) + GAP * (len(wide) - 1) > room and max(wide) > 12:
        wide[wide.index(max(wide))] -= 1
    spare = max(0, room - sum(wide) - GAP * (len(wide) - 1)) // len(wide)
    columns, left = [], 0
    for one in wide:
        columns.append((left, one + spare))
        left += one + spare + GAP
    return columns


def _row(surface: pygame.Surface, cells: Cells, columns: Columns, at: tuple[int, int], colour: str) -> None:
    """The first cell from the left, the others from the right."""
    for place, (cell, (begin, wide)) in enumerate(zip(cells, columns, strict=True)):
        right = place > 0
        x = at[0] + begin + (wide if right else 0)
        write(surface, fitted(cell, wide), (x, at[1]), BODY, colour, anchor=(float(right), 0.0))
