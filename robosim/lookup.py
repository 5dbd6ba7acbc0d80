"""Find what a user brings by name: programs, strategies and tax rules.

Programs are sought in the project's own `controllers/NAME.py`, then robosim's, then installed entry points.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import pkgutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from robosim import controllers, project
from robosim.agent import Controller, Strategy
from robosim.errors import BadInput
from robosim.files.writing import quoted, suggestion
from robosim.kind import Kind, kind_named, kind_of
from robosim.leader.tax_rule import RULES, TaxRule
from robosim.program import FAILURES, crashed
from robosim.project import Misfit, Named, Unfit
from robosim.scenario.parameters import checked
from robosim.scenario.world_file import WorldFile

STRATEGIES, TAXES = "robosim.strategies", "robosim.taxes"


def strategies(kind: Kind, world: Path | None = None, code: bool = True) -> Named[type[Strategy]]:
    """The deviations that agents of a kind of world can play, by name: the project's, the kind's, installed ones.

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

    found = dict(kind.strategies())
    for entry in entry_points(group=STRATEGIES):
        one = _loaded(entry, "strategy", Strategy)
        if not one.serves or kind.noun in one.serves:
            found.setdefault(entry.name, one)
    return Named(world=world, listed=found, made=made, code=code)


def tax_rules(kind: Kind, world: Path | None = None, code: bool = True) -> Named[TaxRule]:
    """The tax rules that leaders of a kind of world can apply, by name: the project's, robosim's own, installed ones.

    `world` and `code` as in `strategies`. A project's rule stands in its file as `tax`, or under any name if it is
    called as its file.
    """

    def made(path: Path, name: str) -> TaxRule | Unfit:
        module = project.module(path)
        rules = [one for one in vars(module).values() if isinstance(one, TaxRule)]
        rule = getattr(module, "tax", None)
        rule = rule if isinstance(rule, TaxRule) else next((one for one in rules if one.name == name), None)
        if rule is None:
            return Unfit(f"{path} has no tax rule {name!r}", f"write tax = robosim.TaxRule(name={quoted(name)}, pay=…)")
        if rule.name != name:
            return Unfit(f"{path}: its tax rule is called {rule.name!r}", f"write name={quoted(name)}")
        why = _inapplicable(kind, rule)
        return rule if why is None else Unfit(f"{path}: {why.message}", why.fix)

    found = {name: RULES[name] for name in kind.taxes}
    for entry in entry_points(group=TAXES):
        rule = entry.load()
        if not isinstance(rule, TaxRule):
            raise BadInput(f"{entry.value}: is no robosim.TaxRule, got {type(rule).__name__} (correct its package)")
        if rule.needs <= kind.provides:
            found.setdefault(entry.name, rule)
    return Named(world=world, listed=found, made=made, code=code)


def applicable(kind: Kind, rule: TaxRule | str, known: Mapping[str, TaxRule]) -> TaxRule:
    """The rule, or the one that has this name, if leaders of this kind of world can apply it. Raises `BadInput`."""
    if not isinstance(rule, TaxRule):
        if rule not in known:
            raise BadInput(f"tax: {unknown_tax(rule, known)}")
        return known[rule]
    why = _inapplicable(kind, rule)
    if why is not None:
        raise BadInput(f"tax: {why.message} ({why.fix})")
    return rule


def _inapplicable(kind: Kind, rule: TaxRule) -> Unfit | None:
    missing = sorted(rule.needs - kind.provides)
    if missing:
        return Unfit(f"{rule.name!r} needs {', '.join(missing)}, which {kind.noun} has not", "use another rule")
    if rule.name in RULES and RULES[rule.name] != rule:
        return Unfit(f"{rule.name!r} is the name of one of robosim's own rules", "give yours a name of its own")
    return None


def tax_rule(scenario: WorldFile) -> TaxRule:
    """The rule that `leader.tax` names. Raises `BadInput` at the key."""
    known, name = tax_rules(kind_of(scenario), scenario.source), scenario.leader.tax
    try:
        if name not in known:
            raise scenario.error("leader.tax", unknown_tax(name, known))
        return known[name]
    except Misfit as problem:
        raise scenario.error("leader.tax", str(problem)) from None


def is_shipped(rule: TaxRule) -> bool:
    """Whether it is one of robosim's own rules."""
    return RULES.get(rule.name) is rule


def unknown_tax(name: object, known: Mapping[str, TaxRule]) -> str:
    """What is said of a rule that is not there."""
    names = ", ".join(known)
    return f"{name!r} is no tax rule of this world ({suggestion(name, known, f'use one of {names}')})"


def _loaded(entry: Any, what: str, wanted: type[Any]) -> type[Any]:
    found = entry.load()
    if not (isinstance(found, type) and issubclass(found, wanted)):
        raise BadInput(f"{entry.value}: is no {what} class, got {found!r:.60} (correct its package)")
    return found


PROGRAMS = "robosim.controllers"

LOG = logging.getLogger(__name__)
KEY, PARAMETERS = "mission.controller", "mission.parameters"


def controller_class(scenario: WorldFile) -> type[Any]:
    """The class that runs `mission.controller`: in NAME.py the class NameInCamelCase, or what `controller` stands for.

    It is looked for in the project, among the kind's own programs, in robosim, and among installed entry points.

    `controller` may also be a table of classes by the noun of the kind of world whose agents they are.

    Raises `BadInput` for a name that is nowhere, with every place tried; for a file of robosim's that is no program;
    for a program that says that it does not serve this kind of world. Logs which file of the user it runs.
    """
    name = scenario.mission.controller
    if name.startswith("_") or not project.camel_case(name).isidentifier():
        raise scenario.error(KEY, f"{name!r} cannot be the name of a program (use letters, digits and _)")
    path, shipped = own_file(scenario), _is_shipped(scenario)
    if path is not None:
        LOG.info("runs the code of %s%s", path, f", in place of robosim's own {name}" if shipped else "")
        found = _class_in(scenario, project.module(path), name, path)
    elif shipped:
        found = _shipped(scenario, name)
    else:
        found = _installed(scenario, name)
    refuse_stranger(scenario, found)
    return found


def own_file(scenario: WorldFile) -> Path | None:
    """The file of the user's project that `mission.controller` names, if there is one; nothing is imported."""
    return next((path for path in _own_places(scenario) if path.is_file()), None)


def own_files(scenario: WorldFile, program: bool, strategies: bool, tax: bool) -> dict[str, Path]:
    """The files of the project that a world's keys name, each once, where these are asked for; nothing is imported."""
    found: dict[str, Path | None] = {KEY: own_file(scenario) if program else None}
    names = {f"selfish.{i}.strategy": one.strategy for i, one in enumerate(scenario.selfish if strategies else ())}
    names |= {"leader.tax": scenario.leader.tax} if tax else {}
    found |= {key: project.file_of(scenario.source, name) for key, name in names.items()}
    return {key: path for path, key in {path: key for key, path in reversed(found.items()) if path}.items()}


def foreign_code(scenario: WorldFile) -> list[str]:
    """Where the code that a world names is from unless it is robosim's own; nothing of it is imported.

    Strategies and tax rules of installed packages are not among it: these are trusted.
    """
    found = [str(path) for path in own_files(scenario, program=True, strategies=True, tax=True).values()]
    name = scenario.mission.controller
    entry = None if own_file(scenario) or ("." not in name and _is_shipped(scenario)) else _entry(name)
    return found if entry is None else [*found, entry.value]


def without_code(scenario: WorldFile) -> WorldFile:
    """The same world with nobody selfish, and taxed, by code of the project."""
    own = own_files(scenario, program=False, strategies=False, tax=True)
    honest = tuple(one for one in scenario.selfish if project.file_of(scenario.source, one.strategy) is None)
    leader = scenario.leader.model_copy(update={"tax": kind_of(scenario).taxes[0]} if own else {})
    return scenario.model_copy(update={"selfish": honest, "leader": leader})


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
    return project.places(scenario.source, scenario.mission.controller)


def _is_shipped(scenario: WorldFile) -> bool:
    """Whether `mission.controller` names a program of its kind of world, or a module of robosim's."""
    name = scenario.mission.controller
    return name in kind_of(scenario).programs() or importlib.util.find_spec(f"{PROGRAMS}.{name}") is not None


def _shipped(scenario: WorldFile, name: str) -> type[Any]:
    """The kind's own program, or robosim's: these say which kinds they serve; what else stands there is a part."""
    kind = kind_of(scenario)
    found = kind.programs().get(name) or _program_in(name, kind.noun)
    if found is None:
        raise scenario.error(KEY, f"{name!r} is no program, but a part of robosim's ({_those_that_do(scenario)})")
    return found


def _program_in(name: str, noun: str) -> type[Any] | None:
    found = _named_in(importlib.import_module(f"{PROGRAMS}.{name}"), name, noun)
    return found if found is not None and hasattr(found, "serves") else None


def _installed(scenario: WorldFile, name: str) -> type[Any]:
    entry = _entry(name)
    if entry is not None:
        LOG.info("runs the code of %s, an installed package", entry.value)
        found: type[Any] = entry.load()
        return found
    kind = kind_of(scenario)
    own = [f"{kind.noun}'s own {', '.join(kind.programs())}"] if kind.programs() else []
    places = [*map(str, _own_places(scenario)), *own, f"robosim.controllers.{name}"]
    tried = "; ".join([*places, f'entry point "{name}" in group "robosim.controllers"'])
    raise scenario.error(KEY, f"no controller {name!r} in {tried} (fix the name or add the file)")


def _entry(name: str) -> EntryPoint | None:
    return next(iter(entry_points(group="robosim.controllers", name=name)), None)


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
