"""Methods side by side as the command line shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from robosim.freight.methods.compare import ALL, Comparison, Progress, compare
from robosim.freight.methods.tables import lines, tables
from robosim.freight.mission import Freight


@dataclass(frozen=True)
class Shown:
    """A comparison with its tables, what stands below them, its picture, and its JSON."""

    found: Comparison

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it early."""
        return self.found.interrupted

    def tables(self) -> list[Any]:
        """As people read it."""
        return tables(self.found)

    def lines(self) -> list[str]:
        """What stands below the tables."""
        return lines(self.found)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return self.found.plain()

    def picture(self) -> Any:
        """A matplotlib figure."""
        from robosim.freight.methods.picture import picture  # matplotlib only where somebody draws

        return picture(self.found)


def side_by_side(mission: Freight, names: str = ALL, faulty: bool = False, progress: Progress | None = None) -> Shown:
    """`robosim.freight.methods.compare.compare`, ready to be shown."""
    return Shown(compare(mission, names, faulty, progress))
