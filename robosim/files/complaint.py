"""What is wrong with a file or an option, all of it at once, each as `file:line: key: message (fix)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from robosim.errors import BadInput
from robosim.files.lines import KeyPath, lines_of
from robosim.files.writing import dotted, printable

AT_MOST = 100
"""Lines in one report; the others are counted."""


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


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A message about the key at `path` of a world file, and the fix."""

    path: KeyPath
    message: str
    fix: str


class Complaints:
    """The errors found in one data file so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[tuple[Place, str, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, line: int, column: str, message: str, fix: str) -> None:
        """Note one error."""
        self._found.append((Place(False, self.file, line), column, f"{message} ({fix})"))

    def take(self, other: Complaints) -> None:
        """Note all errors of another list."""
        self._found += other._found

    def lines(self) -> list[str]:
        """Every error found, in the order of the file."""
        return [complaint(place.file, place.line, key, text) for place, key, text in sorted(self._found)]

    def raise_any(self) -> None:
        """Raise `BadInput` with every error found, one a line in the order of the file, if there is one."""
        if self._found:
            raise _gathered(sorted(self._found))


def report(origin: Origin, problems: Iterable[Problem]) -> BadInput:
    """All problems as one error: those of the file in the order of its lines, then those of the options."""
    placed = sorted((origin.place(problem.path), problem.path, problem.message, problem.fix) for problem in problems)
    return _gathered([(place, dotted(path), f"{message} ({fix})") for place, path, message, fix in placed])


def _gathered(found: list[tuple[Place, str, str]]) -> BadInput:
    lines = [complaint(place.file, place.line, key, text) for place, key, text in found[:AT_MOST]]
    if len(found) > AT_MOST:
        rest = f"{len(found) - AT_MOST} more errors (correct the others first)"
        lines.append(complaint(*found[-1][0][1:], "file", rest))
    return BadInput("\n".join(lines))


def complaint(file: str, line: int, key: str, message: str) -> str:
    r"""The text of one error: one line, nothing unprintable.

    >>> complaint("day.csv", 3, "arrival", "not a time: '\x07' (write 2019-10-29 08:15:00)")
    "day.csv:3: arrival: not a time: '\\x07' (write 2019-10-29 08:15:00)"
    """
    return printable(f"{file}:{line}: {key}: {message}")


def line(place: Place, path: KeyPath, message: str) -> str:
    """The same about a key of a world file, or an option."""
    return complaint(place.file, place.line, dotted(path), message)


def refusal(file: str, message: str, fix: str, line: int = 1, column: str = "file") -> BadInput:
    """A single error that makes reading on pointless."""
    return BadInput(complaint(file, line, column, f"{message} ({fix})"))
