"""From a path or a bundled name to plain values: whatever the bytes are, the result is a table or a `RobosimError`."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from robosim.errors import BadInput, TooLarge
from robosim.scenario.bundled import bundled_names, bundled_text, unknown_world
from robosim.scenario.fields import NAME_PATTERN
from robosim.scenario.origin import Origin, Place
from robosim.scenario.problem import line
from robosim.scenario.words import shown, suggestion

LARGEST_FILE = 1_000_000
MANY_DIGITS = re.compile(r"\d[\d_]{4000}")
MANY_PARTS = re.compile(r"(?:\.[^,.\n]++){100}")
"""A dotted key this long: the standard parser takes time that grows with the square of the number of parts."""
SYNTAX = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
GRAMMAR = "TOML has [section] headers and key = value lines; text stands in double quotes"


def find(world: str | Path) -> Origin:
    """The text of a world; a bundled name wins over a folder that is called so."""
    if isinstance(world, str) and world in bundled_names():
        return Origin(file=f"worlds/{world}.toml", name=world, text=bundled_text(world))
    if isinstance(world, str) and not (world.endswith(".toml") or os.sep in world or os.path.exists(world)):
        raise unknown_world(world)
    path = Path(world)
    return Origin(file=str(path), text=_decoded(path, _content(path)), name=_name(path), path=path)


def parse(origin: Origin) -> dict[str, Any]:
    """The values of a TOML text."""
    if found := MANY_PARTS.search(origin.text):
        raise _malformed(origin, found.start(), "a key of more than 100 parts", GRAMMAR)
    try:
        return tomllib.loads(origin.text) or _nothing(origin)
    except RecursionError:
        raise _malformed(origin, 0, "brackets are nested too deeply", "a world needs lists of lists at most") from None
    except ValueError as error:
        raise _syntax_error(origin, str(error)) from None


def _nothing(origin: Origin) -> dict[str, Any]:
    raise _malformed(origin, 0, "the file holds no keys", "start from the output of `robosim new rendezvous`")


def _syntax_error(origin: Origin, message: str) -> BadInput:
    found = SYNTAX.fullmatch(message)
    if found is None:  # the one ValueError without a place: Python converts no integer of more than 4300 digits
        number = MANY_DIGITS.search(origin.text)
        return _malformed(origin, number.start() if number else 0, "a number of thousands of digits", "shorten it")
    what = f"{found['what'][:1].lower()}{found['what'][1:]}"
    if found["line"] is None:
        return _malformed(origin, len(origin.text), f"{what} at the end of the file", GRAMMAR)
    place = Place(False, origin.file, int(found["line"]))
    return BadInput(line(place, ("toml",), f"{what} at column {found['column']} ({GRAMMAR})"))


def _malformed(origin: Origin, offset: int, message: str, fix: str) -> BadInput:
    place = Place(False, origin.file, origin.text.count("\n", 0, offset) + 1)
    return BadInput(line(place, ("toml",), f"{message} ({fix})"))


def _refused(path: Path, message: str, fix: str, line_number: int = 1) -> BadInput:
    return BadInput(line(Place(False, str(path), line_number), (), f"{message} ({fix})"))


def _name(path: Path) -> str:
    if not re.fullmatch(NAME_PATTERN, path.stem) or not path.stem.strip("."):  # "." and ".." would leave the folder
        rule = "the name of a world has 1 to 64 letters, digits, '_', '.' or '-'"
        raise _refused(path, f"{rule}, got {shown(path.stem)}", "rename the file")
    return path.stem


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise _unreadable(path, error) from None
    if len(content) > LARGEST_FILE:
        raise TooLarge(line(Place(False, str(path), 1), (), "more than 1 MB (is this a world file?)"))
    return content


def _unreadable(path: Path, error: OSError | ValueError) -> BadInput:
    if isinstance(error, FileNotFoundError):
        known = bundled_names()
        return _refused(path, "no such file", suggestion(path.stem, known, f"bundled worlds: {', '.join(known)}"))
    if isinstance(error, IsADirectoryError):
        return _refused(path, "is a folder", "name the world file in it")
    reason = getattr(error, "strerror", None) or error
    return _refused(path, f"cannot be read: {reason}", "check the path and its permissions")


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8: byte 0x{content[error.start]:02x}"
        raise _refused(path, message, "save the file as UTF-8", number) from None
