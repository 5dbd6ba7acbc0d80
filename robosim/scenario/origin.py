"""Where the values of a scenario came from: a line of a file or an option of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from robosim.scenario.lines import KeyPath, lines_of


class Place(NamedTuple):
    """A line of the world file or the K-th use of an option; places sort as they are reported: the file first."""

    is_option: bool
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The text of a world, the name of its file in messages, and what options put in place of the text's values."""

    file: str
    name: str
    path: Path | None = None
    text: str = ""
    options: Mapping[KeyPath, Place] = field(default_factory=dict)

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """Lines are looked for only when there is something to say about one."""
        return lines_of(self.text)

    def place(self, path: KeyPath) -> Place:
        """Where a key stands; without it the table it belongs to, without that the option that made it, or line 1."""
        above = [path[:length] for length in range(len(path), 0, -1)]
        for prefix in above:
            if prefix in self.options:
                return self.options[prefix]
        for prefix in above:
            if prefix in self.lines:
                return Place(False, self.file, self.lines[prefix])
        made = (place for key, place in self.options.items() if path and key[: len(path)] == path)
        return next(made, Place(False, self.file, 1))
