"""From a path or a bundled name to plain values: whatever the bytes are, the result is a table or a `RobosimError`."""

from __future__ import annotations

import logging
import os
import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from robosim.errors import BadInput
from robosim.files.complaint import Origin, Place, line, refusal
from robosim.files.content import text_of
from robosim.files.writing import shown, suggestion
from robosim.kind import homes
from robosim.scenario.fields import NAME_PATTERN

LOG = logging.getLogger(__name__)
OWN, SUFFIX = "robosim.worlds", ".toml"


class Bundled(NamedTuple):
    """A bundled world: what its file is called in messages, and the file."""

    shown: str
    content: Traversable


@lru_cache
def bundled() -> dict[str, Bundled]:
    """The bundled worlds by name, in alphabetical order: robosim's own, then those beside installed kinds of world.

    A name that is taken stays with whom it belongs to, which is logged. Raises `BadInput` for a kind whose package is
    not there.
    """
    found: dict[str, Bundled] = {}
    for package in (OWN, *homes()):
        for item in _world_files(package):
            name, shown_as = item.name.removesuffix(SUFFIX), f"{package.rpartition('.')[2]}/{item.name}"
            if name in found:
                LOG.warning("%s of %s is left out, %s has its name (rename it)", item.name, package, found[name].shown)
            found.setdefault(name, Bundled(shown_as, item))
    return dict(sorted(found.items()))


def _world_files(package: str) -> list[Traversable]:
    """Those in a package; a module that stands alone has no folder of its own."""
    try:
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations is None:
            return []
        return sorted((one for one in files(package).iterdir() if one.name.endswith(SUFFIX)), key=lambda one: one.name)
    except ImportError as problem:
        raise BadInput(f"{package}: a kind of world is not there: {problem} (install its package again)") from problem


def bundled_names() -> list[str]:
    """Names of the bundled worlds, in alphabetical order."""
    return list(bundled())


def bundled_text(name: str) -> str:
    """The text of a bundled world."""
    return bundled()[name].content.read_text("utf-8")


def bundled_worlds() -> dict[str, str]:
    """One line about each bundled world: the first comment of its file.

    >>> bundled_worlds()["erratum"][:14]
    'Five robots on'
    """
    return {name: _description(bundled_text(name)) for name in bundled_names()}


def _description(text: str) -> str:
    return next(row.lstrip("# ").rstrip() for row in text.splitlines() if row.startswith("# "))


def template(kind: str) -> str:
    """A commented world file to start from: the text of the bundled world of this name.

    Raises
    ------
    BadInput
        No bundled world is called so.
    """
    if kind not in bundled_names():
        raise unknown_world(kind)
    return bundled_text(kind)


def unknown_world(name: str) -> BadInput:
    """The error for a name that is neither a bundled world nor a file."""
    known = bundled_names()
    fix = suggestion(name, known, f"bundled worlds: {', '.join(known)}; a file is named by its path")
    place = Place(False, name or "world", 1)
    return BadInput(line(place, ("world",), f"no bundled world or file of this name ({fix})"))


LARGEST_FILE = 1_000_000
MANY_DIGITS = re.compile(r"\d[\d_]{4000}")
MANY_PARTS = re.compile(r"(?:\.[^,.\n]++){100}")
"""A dotted key this long: the standard parser takes time that grows with the square of the number of parts."""
SYNTAX = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
GRAMMAR = "TOML has [section] headers and key = value lines; text stands in double quotes"


def find(world: str | Path) -> Origin:
    """The text of a world; a bundled name wins over a folder that is called so."""
    if isinstance(world, str) and world in bundled_names():
        return Origin(file=bundled()[world].shown, name=world, text=bundled_text(world))
    if isinstance(world, str) and not (world.endswith(".toml") or os.sep in world or os.path.exists(world)):
        raise unknown_world(world)
    path = Path(world)
    known = bundled_names()
    missing = suggestion(path.stem, known, f"bundled worlds: {', '.join(known)}")
    text = text_of(path, LARGEST_FILE, "is this a world file?", missing, "name the world file in it")
    return Origin(file=str(path), text=text, name=_name(path), path=path)


BEGIN = "start from the output of `robosim new rendezvous`"


def parse(origin: Origin, begin: str = BEGIN) -> dict[str, Any]:
    """The values of a TOML text; `begin` says how to fill an empty one."""
    if found := MANY_PARTS.search(origin.text):
        raise _malformed(origin, found.start(), "a key of more than 100 parts", GRAMMAR)
    try:
        return tomllib.loads(origin.text) or _nothing(origin, begin)
    except RecursionError:
        raise _malformed(origin, 0, "brackets are nested too deeply", "a world needs lists of lists at most") from None
    except ValueError as error:
        raise _syntax_error(origin, str(error)) from None


def _nothing(origin: Origin, begin: str) -> dict[str, Any]:
    raise _malformed(origin, 0, "the file holds no keys", begin)


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


def _name(path: Path) -> str:
    if not re.fullmatch(NAME_PATTERN, path.stem) or not path.stem.strip("."):  # "." and ".." would leave the folder
        rule = "the name of a world has 1 to 64 letters, digits, '_', '.' or '-'"
        raise refusal(str(path), f"{rule}, got {shown(path.stem)}", "rename the file")
    return path.stem
