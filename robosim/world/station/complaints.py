"""What is wrong with a data file, gathered so that all of it is said at once, as `file:line: column: message (fix)`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from robosim.errors import BadInput

AT_MOST = 100
"""Lines in one report; the others are counted."""
LONGEST = 60


class Complaints:
    """The errors found in one file so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[tuple[int, str, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, line: int, column: str, message: str, fix: str) -> None:
        """Note one error."""
        self._found.append((line, column, f"{message} ({fix})"))

    def raise_any(self) -> None:
        """Raise `BadInput` with every error found, one a line in the order of the file, if there is one."""
        if not self._found:
            return
        lines = [complaint(self.file, *found) for found in sorted(self._found)[:AT_MOST]]
        if len(self) > AT_MOST:
            rest = f"{len(self) - AT_MOST} more errors (correct the others first)"
            lines.append(complaint(self.file, sorted(self._found)[-1][0], "file", rest))
        raise BadInput("\n".join(lines))


def complaint(file: str, line: int, column: str, message: str) -> str:
    r"""The text of one error: one line, nothing unprintable.

    >>> complaint("day.csv", 3, "arrival", "not a time: '\x07' (write 2019-10-29 08:15:00)")
    "day.csv:3: arrival: not a time: '\\x07' (write 2019-10-29 08:15:00)"
    """
    return printable(f"{file}:{line}: {column}: {message}")


def refusal(file: str, message: str, fix: str, line: int = 1, column: str = "file") -> BadInput:
    """A single error that makes reading on pointless."""
    return BadInput(complaint(file, line, column, f"{message} ({fix})"))


def printable(text: str) -> str:
    """The text with control, direction-changing and undecodable characters as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def shown(value: object) -> str:
    """A value in quotes or as a number, at most 60 characters.

    >>> shown("CA-308"), shown(None), shown([1, 2])
    ("'CA-308'", 'nothing', 'a list')
    """
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = "nothing" if value is None else repr(value[:LONGEST]) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """`did you mean …?` when a known word is near, else the given advice."""
    near = difflib.get_close_matches(word[:LONGEST].lower(), list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise
