"""Colours and shapes of agents for a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from robosim.palette import Look, look


def plain_look(one: Look) -> dict[str, Any]:
    """A look as JSON knows it."""
    return {"colour": one.colour, "shape": list(one.shape)}


def looks(names: Iterable[str]) -> dict[str, Any]:
    """What agents look like that play these strategies."""
    return {name: plain_look(look(name)) for name in names}
