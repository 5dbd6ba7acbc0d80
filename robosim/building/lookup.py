"""Find a controller by name: the project's own `controllers/`, then robosim's, then installed entry points."""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from robosim.errors import BadInput
from robosim.scenario import Scenario


def controller_class(scenario: Scenario) -> type[Any]:
    """The class that runs `mission.controller`: in NAME.py the class NameInCamelCase, or what `controller` stands for.

    Raises `BadInput` that lists every place tried.
    """
    name = scenario.mission.controller
    tried: list[str] = []
    for folder in _folders(scenario):
        path = folder / f"{name}.py"
        tried.append(str(path))
        if path.is_file():
            return _class_in(scenario, _load(path), name, path)
    if importlib.util.find_spec(f"robosim.controllers.{name}"):
        return _class_in(scenario, importlib.import_module(f"robosim.controllers.{name}"), name, Path(f"{name}.py"))
    tried.append(f"robosim.controllers.{name}")
    for entry in entry_points(group="robosim.controllers", name=name):
        found: type[Any] = entry.load()
        return found
    tried.append(f'entry point "{name}" in group "robosim.controllers"')
    raise scenario.error(
        "mission.controller", f"no controller {name!r} in {'; '.join(tried)} (fix the name or add the file)"
    )


def camel_case(name: str) -> str:
    """consensus_tracking_admm → ConsensusTrackingAdmm."""
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))


def _folders(scenario: Scenario) -> list[Path]:
    """A user's project looks like this repository: worlds/my.toml beside controllers/mine.py."""
    if scenario.source is None:
        return []
    here = scenario.source.resolve().parent
    return [here / "controllers", here.parent / "controllers"] if here.name == "worlds" else [here / "controllers"]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"robosim_project_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)  # a .py file always has both
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        raise BadInput(
            f"{path}:{_line(problem, path)}: {type(problem).__name__}: {problem} (correct the file)"
        ) from problem
    return module


def _line(problem: Exception, path: Path) -> int:
    """The last line of `path` that ran, or where its syntax is wrong."""
    if isinstance(problem, SyntaxError) and problem.lineno:
        return problem.lineno
    frames = traceback.extract_tb(problem.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == str(path)), 1)


def _class_in(scenario: Scenario, module: ModuleType, name: str, path: Path) -> type[Any]:
    named = vars(module).get("controller")
    if isinstance(named, type):
        return named
    for attribute, value in vars(module).items():
        if isinstance(value, type) and attribute.lower() == camel_case(name).lower():
            return value
    raise scenario.error(
        "mission.controller", f"{path} has no class {camel_case(name)} (a controller's class is named after its file)"
    )
