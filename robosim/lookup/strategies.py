"""Strategies by name: of the project, of a kind of world, of installed packages."""

from __future__ import annotations

from pathlib import Path

from robosim.agent import Strategy
from robosim.controllers.selfish.programme import PROGRAMME
from robosim.errors import BadInput
from robosim.kind import Kind
from robosim.lookup import project
from robosim.lookup.installed import installed
from robosim.lookup.project import Named, Unfit

GROUP = "robosim.strategies"


def strategies(kind: Kind, world: Path | None = None, code: bool = True) -> Named[type[Strategy]]:
    """The deviations that agents of a kind of world can play, by name: the project's, the kind's, installed ones,
    and programmes, which all can play.

    Parameters
    ----------
    world : the world file; without one there is no project.
    code : whether files of the project may be imported.
    """

    def made(path: Path, name: str) -> type[Strategy] | Unfit:
        found = project.class_named(project.module(path), name)
        if found is None:
            named = f"{path} has no class {project.camel_case(name)}"
            return Unfit(named, "a strategy's class is named after its file")
        if not issubclass(found, Strategy):
            return Unfit(f"{path}: {found.__name__} is no strategy", "derive it from robosim.Strategy")
        if found.serves and kind.noun not in found.serves:
            serves = f"{found.__name__} serves {' and '.join(found.serves)}, this world is of kind {kind.noun}"
            return Unfit(f"{path}: {serves}", "add its noun to serves, or play another strategy")
        return found

    found: dict[str, type[Strategy]] = {**kind.strategies()}
    for entry in installed(GROUP):
        one = entry.load()
        if not (isinstance(one, type) and issubclass(one, Strategy)):
            raise BadInput(f"{entry.value}: is no strategy class, got {one!r:.60} (correct its package)")
        if not one.serves or kind.noun in one.serves:
            found.setdefault(entry.name, one)
    return Named(world=world, listed={**found, **PROGRAMME}, made=made, code=code)
