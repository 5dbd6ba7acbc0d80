"""Programs by name: in the project's own `controllers/NAME.py`, then robosim's, then installed entry points."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import pkgutil
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from robosim import controllers
from robosim.agent import Controller
from robosim.kind import kind_named, kind_of
from robosim.lookup import project
from robosim.lookup.installed import installed
from robosim.program import FAILURES, crashed
from robosim.scenario.parameters import checked
from robosim.scenario.world_file import WorldFile

GROUP = "robosim.controllers"
LOG = logging.getLogger(__name__)
KEY, PARAMETERS = "mission.controller", "mission.parameters"


def controller_class(scenario: WorldFile) -> type[Any]:
    """The class that runs `mission.controller`: in NAME.py the class NameInCamelCase, or what `controller` stands for.

    It is looked for in the project, among the kind's own programs, in robosim, and among installed entry points.

    `controller` may also be a table of classes by the noun of the kind of world whose agents they are.

    Raises `BadInput` for a name that is nowhere, with every place tried; for a file of robosim's that is no program;
    for a program that says that it does not serve this kind of world. Logs which file of the user it runs.
    """
    name = stem(scenario)
    if name.startswith("_") or not project.camel_case(name).isidentifier():
        raise scenario.error(KEY, f"{name!r} cannot be the name of a program (use letters, digits and _)")
    path, shipped = own_file(scenario), is_shipped(scenario)
    if path is not None:
        LOG.info("runs the code of %s%s", path, f", in place of robosim's own {name}" if shipped else "")
        found = _class_in(scenario, project.module(path), name, path)
    elif shipped:
        found = _shipped(scenario, name)
    else:
        found = _installed(scenario, name)
    refuse_stranger(scenario, found)
    return found


def stem(scenario: WorldFile) -> str:
    """The name of the program as files have it: those of strategies may have dashes, so may this."""
    return str(scenario.mission.controller).replace("-", "_")


def own_file(scenario: WorldFile) -> Path | None:
    """The file of the user's project that `mission.controller` names, if there is one; nothing is imported."""
    return next((path for path in _own_places(scenario) if path.is_file()), None)


def stand_in(scenario: WorldFile) -> Controller:
    """robosim's own program for this kind of world, where no other code may run."""
    name = type(scenario.mission).model_fields["controller"].default
    return made(_shipped(scenario, str(name)))


def made(found: type[Any], scenario: WorldFile | None = None, **given: Any) -> Controller:
    """A program of this class, with the `[mission.parameters]` of a scenario and what else the world has `given` it.

    Raises `BadInput` for parameters that it does not take, `AgentFailure` where it cannot be made.
    """
    wanted = {} if scenario is None else scenario.parameters
    if scenario is not None:
        given = checked(scenario.origin, found, wanted, given)
    try:
        program: Controller = found(**given)
    except FAILURES as problem:
        if wanted and scenario is not None and isinstance(problem, ValueError):
            raise scenario.error(PARAMETERS, f"{found.__name__}: {problem} (change its parameters)") from problem
        raise crashed("when it was made", found, problem) from problem
    return program


def refuse_stranger(scenario: WorldFile, program: object) -> None:
    """Raise `BadInput` for a program, or its class, that says which kinds of world it serves, and not this one."""
    kinds = getattr(program, "serves", None)
    if kinds is not None and kind_of(scenario).noun not in kinds:
        name = program.__name__ if isinstance(program, type) else type(program).__name__
        message = f"{name} serves {' and '.join(kinds)}, this world is of kind {kind_of(scenario).noun}"
        raise scenario.error(KEY, f"{message} ({_those_that_do(scenario)})")


def serving(noun: str) -> tuple[str, ...]:
    """Names of a kind's own programs and of robosim's for it.

    >>> serving("auction")
    ('admm', 'dual_decomposition')
    """
    names = sorted(module.name for module in pkgutil.iter_modules(controllers.__path__) if not module.ispkg)
    kind = kind_named(noun)
    own = () if kind is None else tuple(kind.programs())
    return (*own, *(name for name in names if noun in getattr(_program_in(name, noun), "serves", ())))


def _own_places(scenario: WorldFile) -> list[Path]:
    return project.places(scenario.source, stem(scenario))


def is_shipped(scenario: WorldFile) -> bool:
    """Whether `mission.controller` names a program of its kind of world, or a module of robosim's."""
    name = stem(scenario)
    return name in kind_of(scenario).programs() or importlib.util.find_spec(f"{GROUP}.{name}") is not None


def _shipped(scenario: WorldFile, name: str) -> type[Any]:
    """The kind's own program, or robosim's: these say which kinds they serve; what else stands there is a part."""
    kind = kind_of(scenario)
    found = kind.programs().get(name) or _program_in(name, kind.noun)
    if found is None:
        raise scenario.error(KEY, f"{name!r} is no program, but a part of robosim's ({_those_that_do(scenario)})")
    return found


def _program_in(name: str, noun: str) -> type[Any] | None:
    found = _named_in(importlib.import_module(f"{GROUP}.{name}"), name, noun)
    return found if found is not None and hasattr(found, "serves") else None


def _installed(scenario: WorldFile, name: str) -> type[Any]:
    package = entry(scenario.mission.controller) or entry(name)
    if package is not None:
        LOG.info("runs the code of %s, an installed package", package.value)
        found: type[Any] = package.load()
        return found
    kind = kind_of(scenario)
    own = [f"{kind.noun}'s own {', '.join(kind.programs())}"] if kind.programs() else []
    places = [*map(str, _own_places(scenario)), *own, f"robosim.controllers.{name}"]
    tried = "; ".join([*places, f'entry point "{name}" in group "robosim.controllers"'])
    raise scenario.error(KEY, f"no controller {name!r} in {tried} (fix the name or add the file)")


def entry(name: str) -> EntryPoint | None:
    """The program of this name that an installed package brings."""
    return next(iter(installed(GROUP).select(name=name)), None)


def _those_that_do(scenario: WorldFile) -> str:
    return f"write one of {', '.join(serving(kind_of(scenario).noun))}"


def _class_in(scenario: WorldFile, module: ModuleType, name: str, path: Path) -> type[Any]:
    found = _named_in(module, name, kind_of(scenario).noun)
    if found is None:
        message = f"{path} has no class {project.camel_case(name)} (a controller's class is named after its file)"
        raise scenario.error(KEY, message)
    return found


def _named_in(module: ModuleType, name: str, noun: str) -> type[Any] | None:
    """What `controller` stands for in a module, for a kind of world if it is a table; else the class of that name."""
    named = vars(module).get("controller")
    if isinstance(named, dict):
        named = named.get(noun, next(iter(named.values()), None))
    if isinstance(named, type):
        return named
    return project.class_named(module, name)
