"""Progress bars with the time that is left, on stderr, only where somebody watches and only for long work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robosim.missions.mission import Mission, Snapshot

LONG = 20_000_000
"""Robot-rounds that take about a second."""


@contextmanager
def bar(title: str, total: int, wanted: bool = True) -> Iterator[Callable[[float], None] | None]:
    """A function that sets how much is done, or None where no bar is shown."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def rounds_bar(mission: Mission[Any]) -> Iterator[Callable[[Snapshot], None] | None]:
    """A watcher for `Mission.run` that moves a bar; None for short missions."""
    with bar("rounds", mission.rounds, wanted=mission.rounds * mission.network.n >= LONG) as update:
        yield None if update is None else lambda snapshot: update(snapshot.k)
