"""Tables and numbers as people read them."""

from __future__ import annotations

from collections.abc import Collection

from rich import box
from rich.table import Table


def empty_table(*names: str, left: Collection[str]) -> Table:
    """An empty table; columns not named in `left` hold numbers, which are never cut or broken before words are."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        made.add_column(name, justify="left" if name in left else "right", no_wrap=name not in left)
    return made


def number(value: float | None) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.6g}"


def amount(value: float, nothing: float, decimals: int = 4) -> str:
    """A figure with a fixed number of decimals; 0 if it is at most `nothing`, and two digits if they would hide it.

    >>> [amount(x, 1e-8) for x in (12.5, -7.7e-09, 3e-06)]
    ['12.5000', '0', '3.0e-06']
    """
    if abs(value) <= nothing:
        return "0"
    return f"{value:.{decimals}f}" if abs(value) >= 0.5 * 10.0**-decimals else f"{value:.1e}"
