"""Where a mission came from: the files behind it by their sha256, and a world file that plays it again.

What was given in Python is written into that world file where a world file has words for it: edges, strategies, the tax
rule. What it has no words for is said, in `not_reproducible` and in a comment on top of the file.
"""

from __future__ import annotations

import inspect
import platform
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from robosim import __version__
from robosim.errors import RobosimError
from robosim.files.content import bytes_of
from robosim.files.store import sha256
from robosim.files.writing import printable, written
from robosim.network.network import Network
from robosim.scenario.selfish import deviation, parameter_kinds

SMALL = 10**6
"""Bytes of a file that is copied into the record; of a larger one only the sha256 is kept."""
PROGRAM = "mission.controller"
CODE = "controllers/"
"""Where a record's folder keeps code of the project, as a project does."""
MISSING = "Not all of this mission can be said in a world file:"


@dataclass(frozen=True, kw_only=True)
class Input:
    """A file behind a mission: the key that names it, where it was, its sha256 and size in bytes.

    `copy` is the name of the copy in the record's folder, where there is one.
    """

    key: str
    path: str
    sha256: str
    size: int
    copy: str | None = None


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What a record says of where it came from; `made_with` names versions and machine: bits repeat on one machine."""

    inputs: tuple[Input, ...] = ()
    not_reproducible: tuple[str, ...] = ()
    made_with: dict[str, str] = field(default_factory=dict)

    def copied(self) -> dict[str, str]:
        """Keys that name a file which the record has a copy of, and where that stands in its folder.

        Code of a project is not among them: a world names it by its name, and finds it beside itself.
        """
        copies = {one.key: one.copy for one in self.inputs if one.copy is not None and one.key != PROGRAM}
        return {key: copy for key, copy in copies.items() if not copy.startswith(CODE)}


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a mission was built from.

    Parameters
    ----------
    files : the inputs, with their contents in `copies` by the name of the copy.
    plans : agent → strategy where these were given in Python, and
    deviations, own : what was made of them and of the world, to see whether a mission was changed since.
    controller, network : whether these were given in Python.
    """

    files: tuple[Input, ...] = ()
    copies: Mapping[str, bytes] = field(default_factory=dict)
    plans: Mapping[int, Any] | None = None
    deviations: tuple[Any, ...] | None = None
    own: Any = None
    controller: bool = False
    network: bool = False


def inputs(
    files: Mapping[str, Path], code: Mapping[str, Path], program: Path | None
) -> tuple[tuple[Input, ...], dict[str, bytes]]:
    """The files behind a mission by their keys: by sha256, small ones with content.

    Parameters
    ----------
    files : that a world names.
    code : of its project, which is copied to where the world in the record's folder finds it.
    program : the source of a program that was given in Python.
    """
    found: list[Input] = []
    copies: dict[str, bytes] = {}
    given = {PROGRAM: program} if program else {}
    for key, path in (*files.items(), *code.items(), *given.items()):
        content = bytes_of(path)
        folder = CODE if key in code else "inputs/"
        name = folder + _plain(path.name)
        name = name if copies.get(name, content) == content else f"{folder}{key}-{_plain(path.name)}"
        copy = name if len(content) <= SMALL else None
        if copy is not None:
            copies[copy] = content
        where = str(path.absolute())
        found.append(Input(key=key, path=where, sha256=sha256(content), size=len(content), copy=copy))
    return tuple(found), copies


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip(".")[-100:] or "_"


def source_of(program: object) -> Path | None:
    """The file in which the class of a program given in Python stands, unless it is robosim's own or there is none."""
    try:
        file = inspect.getsourcefile(type(program))
    except (TypeError, OSError):
        return None
    own = type(program).__module__.split(".")[0] == "robosim"
    return None if own or file is None or not Path(file).is_file() else Path(file)


def described(mission: Any) -> dict[str, Any]:
    """`world_toml`, `provenance` and `copies` of a mission's record."""
    given: Given = mission.given
    text = mission.scenario.to_toml()
    as_written = mission.deviations is given.deviations and given.plans is None and not given.network
    plain = as_written and mission.tax.name == mission.scenario.leader.tax
    world: dict[str, Any] = {} if plain else tomllib.loads(text)
    lost = [*_selfish(mission, given, world), *_network(mission, given, world), *_tax(mission, world)]
    if given.controller:
        lost.append(f"{PROGRAM}: an object of the class {type(mission.controller).__name__} was given in Python")
    if mission.own is not given.own and given.own is not None:
        lost.append("private types were given in Python (Mission.starts)")
    if mission.batch > 1:
        lost.append(f"{mission.batch} missions were run side by side, this is the first")
    lines = tuple(map(printable, lost))
    told = Provenance(inputs=given.files, not_reproducible=lines, made_with=dict(here()))
    text = text if plain or world == tomllib.loads(text) else written(world)
    return {"world_toml": commented(text, lines), "provenance": told, "copies": dict(given.copies)}


@lru_cache
def here() -> dict[str, str]:
    """Versions and machine, as bits repeat where these are the same."""
    libraries = {name: version(name) for name in ("numpy", "scipy", "numba")}
    machine = {"platform": platform.platform(), "machine": platform.machine()}
    return {"robosim": __version__, "python": platform.python_version(), **libraries, **machine}


def commented(text: str, lost: tuple[str, ...]) -> str:
    """A world file with what it cannot say on top."""
    return "".join(f"# {line}\n" for line in ((MISSING, *lost) if lost else ())) + text


def placed(text: str, places: Mapping[str, str]) -> str:
    """A world file in which the files of some keys, "section.key", stand elsewhere."""
    world, comments = tomllib.loads(text), [line for line in text.splitlines() if line.startswith("# ")]
    for key, place in places.items():
        section, _, name = key.partition(".")
        world.setdefault(section, {})[name] = place
    return "".join(f"{line}\n" for line in comments) + written(world) if places else text


def _selfish(mission: Any, given: Given, world: dict[str, Any]) -> Iterator[str]:
    """Put `[[selfish]]` tables of what was given in Python into `world`; yields what cannot be said."""
    same = mission.deviations is given.deviations
    if same and given.plans is None:
        return
    alone = [one for one in mission.deviations if 0 in one.missions]
    plans = given.plans if same else {int(one.agents[list(one.missions).index(0)]): one.strategy for one in alone}
    tables = []
    for agent, plan in sorted((plans or {}).items()):
        table = _table(mission, plan)
        if table is None:
            yield f"selfish: agent {agent} plays {type(plan).__name__}, an object given in Python"
        else:
            tables.append({deviation(type(mission.scenario)).own_keys()[0]: agent, **table})
    world.pop("selfish", None)
    if tables:
        world["selfish"] = tables


def _table(mission: Any, plan: Any) -> dict[str, Any] | None:
    """Name and parameters of a strategy as a world file has them; None where it cannot say them."""
    name = next((name for name, known in mission.strategies.items() if known is type(plan)), None)
    if name is None:
        return None
    try:
        strategy: Any = type(plan)
        kinds = parameter_kinds(strategy)
        values = {one.name: _toml(getattr(plan, one.name)) for one in fields(plan) if one.init}
        given = {key: value for key, value in values.items() if value is not None}
        again = type(plan)(**{key: kinds[key].validate_python(value) for key, value in given.items()})
        alike = all(np.array_equal(getattr(again, one.name), getattr(plan, one.name)) for one in fields(plan))
    except (TypeError, ValueError, KeyError, AttributeError, RobosimError):
        return None
    return {"strategy": name, **given} if alike else None


def _toml(value: Any) -> Any:
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return list(plain) if isinstance(plain, tuple) else plain


def _network(mission: Any, given: Given, world: dict[str, Any]) -> Iterator[str]:
    if not given.network:
        return
    if type(mission.network) is not Network:
        yield f"network: an object of the class {type(mission.network).__name__} was given in Python"
        return
    edges, weights = mission.network.edges.tolist(), mission.network.weights
    rows = edges if weights is None else [[*edge, w] for edge, w in zip(edges, weights.tolist(), strict=True)]
    world["network"] = {"graph": "edges", "edges": rows}
    if mission.network.margin:
        yield f"network: margin {mission.network.margin:g}"


def _tax(mission: Any, world: dict[str, Any]) -> Iterator[str]:
    rule = mission.tax
    if rule.name == mission.scenario.leader.tax:
        return
    if mission.taxes.get(rule.name) is rule:
        world["leader"]["tax"] = rule.name
    else:
        yield f"leader.tax: the rule {rule.name} was given in Python"
