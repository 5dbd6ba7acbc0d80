"""Commands that kinds of world bring: entry points in the group `robosim.commands`, loaded where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from robosim.cli.app import app
from robosim.errors import BadInput
from robosim.lookup.installed import installed

GROUP = "robosim.commands"
_known: set[str] = set()


def register(words: Sequence[str]) -> None:
    """Register the commands among these words, or all of them for the list of commands."""
    asked = next((word for word in words if not word.startswith("-")), None)
    for entry in sorted(installed(GROUP), key=lambda one: one.name):
        if entry.name in _known or asked not in (None, entry.name):
            continue
        _known.add(entry.name)
        if any(command.name == entry.name for command in app.registered_commands):
            raise BadInput(f"{entry.value}: the command {entry.name!r} is robosim's own (rename it in its package)")
        app.command(entry.name)(entry.load())
