"""Where output goes: answers to stdout, all else to stderr; what a stream cannot take is no reason to fail.

What programs and strategies print during a command goes to stderr too, so that JSON on stdout stays JSON.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, TextIO, cast

from robosim.files.writing import printable

_answers: list[TextIO] = []


class Notes(logging.Handler):
    """What robosim notes while it works, as lines on stderr, each once a command."""

    def __init__(self) -> None:
        super().__init__()
        self.told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        text = record.getMessage()
        if text not in self.told:
            self.told.add(text)
            tell(text)


NOTES = Notes()


def answers() -> TextIO:
    """The stream of a command's answer."""
    return _answers[-1] if _answers else sys.stdout


@contextmanager
def answering() -> Iterator[None]:
    """During a command: `answers()` is stdout, and what anybody else prints or robosim notes goes to stderr."""
    _answers.append(sys.stdout)
    notes = logging.getLogger("robosim")
    level = notes.level
    notes.setLevel(logging.INFO)
    NOTES.told.clear()
    notes.addHandler(NOTES)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        notes.removeHandler(NOTES)
        notes.setLevel(level)
        _answers.pop()


class Outlet:
    """A stream that remembers why it could not be written; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.problem: OSError | None = None

    def write(self, text: str) -> int:
        """As of any text stream."""
        with self._noticing():
            return self._stream.write(text)

    def flush(self) -> None:
        """As of any text stream."""
        with self._noticing():
            self._stream.flush()

    def give_up(self) -> bool:
        """Whether what was written does not arrive; then what is left goes nowhere, and no more is complained of."""
        with suppress(OSError, ValueError):  # ValueError: closed
            self.flush()
        if self.problem is None:
            return False
        with suppress(OSError, ValueError):
            number, nowhere = self._stream.fileno(), os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            self.problem = problem
            raise


@contextmanager
def outlets() -> Iterator[tuple[Outlet, Outlet]]:
    """stdout and stderr as they are watched while a command runs.

    A stream that is closed takes everything, and characters that a stream cannot show are shown as escapes.
    """
    before = sys.stdout, sys.stderr
    watched = Outlet(_willing(sys.stdout)), Outlet(_willing(sys.stderr))
    sys.stdout, sys.stderr = cast(TextIO, watched[0]), cast(TextIO, watched[1])
    try:
        yield watched
    finally:
        sys.stdout, sys.stderr = before


def _willing(stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if getattr(stream, "errors", None) in ("strict", "surrogateescape"):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]  # where it is a file
    return stream


def tell(text: object) -> None:
    """One line on stderr, if anybody reads it; what is unprintable in a text of somebody else's is shown escaped."""
    with suppress(OSError):
        print("\n".join(map(printable, str(text).split("\n"))), file=sys.stderr, flush=True)
