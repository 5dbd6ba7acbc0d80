"""One thing wrong with a world file, in words: which key, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from robosim.errors import BadInput
from robosim.scenario.lines import KeyPath
from robosim.scenario.origin import Origin, Place
from robosim.scenario.words import dotted, printable

AT_MOST = 100
"""Lines in one report; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A message about the key at `path` and the fix."""

    path: KeyPath
    message: str
    fix: str


def line(place: Place, path: KeyPath, message: str) -> str:
    """The standard text of a problem, `file:line: section.key: message (fix)`."""
    return printable(f"{place}: {dotted(path)}: {message}")


def report(origin: Origin, problems: Iterable[Problem]) -> BadInput:
    """All problems as one error: those of the file in the order of its lines, then those of the options."""
    placed = sorted((origin.place(problem.path), problem.path, problem.message, problem.fix) for problem in problems)
    lines = [line(place, path, f"{message} ({fix})") for place, path, message, fix in placed[:AT_MOST]]
    if len(placed) > AT_MOST:
        lines.append(line(placed[-1][0], (), f"{len(placed) - AT_MOST} more errors (correct the others first)"))
    return BadInput("\n".join(lines))
