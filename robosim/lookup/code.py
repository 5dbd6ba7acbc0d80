"""The code that a world names, before any of it is run: which files of the project, which packages."""

from __future__ import annotations

from pathlib import Path

from robosim.kind import kind_of
from robosim.lookup import project
from robosim.lookup.programs import KEY, entry, is_shipped, own_file, stem
from robosim.scenario.world_file import WorldFile


def own_files(scenario: WorldFile, program: bool, strategies: bool, tax: bool) -> dict[str, Path]:
    """The files of the project that a world's keys name, each once, where these are asked for; nothing is imported."""
    found: dict[str, Path | None] = {KEY: own_file(scenario) if program else None}
    names = {f"selfish.{i}.strategy": one.strategy for i, one in enumerate(scenario.selfish if strategies else ())}
    names |= {"leader.tax": scenario.leader.tax} if tax else {}
    names |= scenario.named_code()
    found |= {key: project.file_of(scenario.source, name) for key, name in names.items()}
    return {key: path for path, key in {path: key for key, path in reversed(found.items()) if path}.items()}


def foreign_code(scenario: WorldFile) -> list[str]:
    """Where the code that a world names is from unless it is robosim's own; nothing of it is imported.

    Strategies and tax rules of installed packages are not among it: these are trusted.
    """
    found = [str(path) for path in own_files(scenario, program=True, strategies=True, tax=True).values()]
    name = scenario.mission.controller
    shipped = "." not in name and is_shipped(scenario)
    package = None if own_file(scenario) or shipped else entry(name) or entry(stem(scenario))
    return found if package is None else [*found, package.value]


def without_code(scenario: WorldFile) -> WorldFile:
    """The same world with nobody selfish, and taxed, by code of the project."""
    own = project.file_of(scenario.source, scenario.leader.tax) is not None
    honest = tuple(one for one in scenario.selfish if project.file_of(scenario.source, one.strategy) is None)
    leader = scenario.leader.model_copy(update={"tax": kind_of(scenario).taxes[0]} if own else {})
    plain = scenario.without_code(lambda name: project.file_of(scenario.source, name) is not None)
    return plain.model_copy(update={"selfish": honest, "leader": leader})
