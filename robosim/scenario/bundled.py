"""The worlds that come with robosim: runnable, commented examples, found by name."""

from __future__ import annotations

from importlib.resources import files

from robosim.errors import BadInput
from robosim.scenario.origin import Place
from robosim.scenario.problem import line
from robosim.scenario.words import suggestion

SUFFIX = ".toml"


def bundled_names() -> list[str]:
    """Names of the bundled worlds, in alphabetical order."""
    return sorted(
        item.name.removesuffix(SUFFIX) for item in files("robosim.worlds").iterdir() if item.name.endswith(SUFFIX)
    )


def bundled_text(name: str) -> str:
    """The text of a bundled world."""
    return files("robosim.worlds").joinpath(f"{name}{SUFFIX}").read_text("utf-8")


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
