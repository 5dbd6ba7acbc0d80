"""Study file → checked plan: which batches there are, in which order, and what must not change until all are done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from robosim.errors import BadInput, RobosimError, TooLarge
from robosim.files.complaint import Origin, line
from robosim.files.content import bytes_of
from robosim.files.lines import KeyPath
from robosim.files.store import sha256
from robosim.files.writing import dotted
from robosim.kind import kind_of
from robosim.lookup import code, programs, project, strategies, taxes
from robosim.lookup.plays import plays
from robosim.scenario.reading import bundled_names, find
from robosim.study.file import MOST, Asked, read
from robosim.study.job import Job, scenario_of

CHECKED = 300
"""Combinations of worlds and keys that are all checked before anything is played; of more, each value once."""
OPTION = re.compile(r"(--set|--seed):(\d+): ")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All batches of a study.

    Parameters
    ----------
    name : of the study file.
    fixed : what must stay as it is while a study goes on, as plain values by the key that says it.
    files : world files, data and code of the project that the worlds name, by sha256.
    loose : what may change at any time: how results are shown.
    worlds : as in `Job.world`.
    """

    name: str
    folder: str
    fixed: dict[str, Any]
    files: dict[str, str]
    loose: dict[str, Any]
    worlds: tuple[dict[str, str | None], ...]
    lines: dict[str, str] = field(default_factory=dict)
    """Where each key of `fixed` stands, `file:line`."""

    @property
    def swept(self) -> dict[str, list[Any]]:
        """The keys that have several values."""
        return dict(self.fixed["sweep"])

    def __len__(self) -> int:
        cells = len(self.worlds) * len(self.fixed["study.seeds"])
        for values in self.swept.values():
            cells *= len(values)
        return cells

    def jobs(self) -> Iterator[Job]:
        """Every batch in its order: world by world, the first key slowest, the seed fastest."""
        seeds = self.fixed["study.seeds"]
        cells = product(self.worlds, *self.swept.values())
        for number, ((world, *values), seed) in enumerate(product(cells, seeds)):
            yield self.job(number, world, dict(zip(self.swept, values, strict=True)), seed)

    def job(self, number: int, world: dict[str, str | None], keys: Mapping[str, Any], seed: int) -> Job:
        """One batch."""
        agents = self.fixed["study.agents"]
        return Job(
            number=number,
            world=world,
            folder=self.folder,
            keys={**self.fixed["set"], **keys},
            seed=seed,
            taxes=tuple(self.fixed["study.taxes"]),
            attacks=tuple(self.fixed["study.attacks"]),
            agents=None if agents == "all" else tuple(agents),
        )


def plan(path: str | Path) -> Plan:
    """The plan of a study file. Raises `BadInput`, `file:line: key: message (fix)`, `TooLarge` for too many batches.

    Its worlds are checked with their keys, its strategies and tax rules looked up; nothing is played.
    """
    asked = read(Path(path))
    worlds = tuple(_world(asked, place) for place in range(len(asked.study.worlds)))
    made = _plan(asked, worlds)
    if len(made) > MOST:
        text = f"{len(made)} batches are more than {MOST} (leave out seeds or values)"
        raise TooLarge(line(asked.origin.place(("sweep",)), ("sweep",), text))
    files: dict[str, str] = {}
    for job in _checked(made):
        files |= _check(asked, job)
    return _plan(asked, worlds, files)


def _world(asked: Asked, place: int) -> dict[str, str | None]:
    name, path = asked.study.worlds[place], ("study", "worlds", str(place))
    bundled = name in bundled_names()
    try:
        found = find(name if bundled else _beside(asked.origin, name))
    except RobosimError as problem:
        raise _at(asked.origin, path, problem) from None
    where = None if found.path is None else str(found.path.absolute())
    return {"file": found.file, "name": found.name, "path": where, "text": found.text}


def _beside(origin: Origin, name: str) -> str | Path:
    """A world's path is meant from the folder of the study file; a word that is no path stays one."""
    there = Path(origin.file).parent / name
    return there if there.exists() or name.endswith(".toml") else name


def _plan(asked: Asked, worlds: tuple[dict[str, str | None], ...], files: Mapping[str, str] | None = None) -> Plan:
    study = asked.study.model_dump(mode="json")
    loose = {key: study.pop(key) for key in ("confidence", "over", "questions")}
    loose["questions"] = loose["questions"] or ["gap", *(["gain"] if study["attacks"] else [])]
    fixed = {f"study.{key}": value for key, value in study.items()}
    fixed |= {"study.seeds": list(asked.seeds), "set": asked.set.values, "sweep": asked.sweep.values}
    folder = Path(asked.origin.file).parent.absolute()
    texts = {
        f"{one['name']} (bundled)" if one["path"] is None else _called(one["path"], folder): sha256(
            str(one["text"]).encode()
        )
        for one in worlds
    }
    return Plan(
        name=asked.origin.name,
        folder=str(folder),
        fixed=fixed,
        files=dict(sorted((texts | dict(files or {})).items())),
        loose=loose,
        worlds=worlds,
        lines={key: str(asked.origin.place(tuple(key.split(".")))) for key in fixed},
    )


def _checked(made: Plan) -> Iterator[Job]:
    """Jobs that stand for the others: every combination of worlds and keys, or each value once beside first ones."""
    swept, seed = made.swept, made.fixed["study.seeds"][0]
    if len(made) // len(made.fixed["study.seeds"]) <= CHECKED:
        cells = [dict(zip(swept, values, strict=True)) for values in product(*swept.values())]
    else:
        first = {key: values[0] for key, values in swept.items()}
        cells = [first, *({**first, key: one} for key, values in swept.items() for one in values[1:])]
    for world in made.worlds:
        for cell in cells:
            yield made.job(0, world, cell, seed)


def _check(asked: Asked, job: Job) -> dict[str, str]:
    """The files behind a job by their sha256. Raises `BadInput` in the words of the study file."""
    try:
        scenario = scenario_of(job)
    except TooLarge:
        return {}  # a batch that fails, as others may
    except BadInput as problem:
        raise _in_its_words(asked, job, problem) from None
    programs.controller_class(scenario)  # it is there, and who runs the study is told whose code that is
    kind, study = kind_of(scenario), asked.study
    known = strategies.strategies(kind, scenario.source)
    for place, one in enumerate(study.attacks):
        with _Place(asked.origin, ("study", "attacks", str(place))):
            plays(known, [] if one == "all" else [one])
    rules = taxes.tax_rules(kind, scenario.source)
    for place, one in enumerate(study.taxes):
        with _Place(asked.origin, ("study", "taxes", str(place))):
            taxes.applicable(kind, one, rules)
    named = (project.file_of(scenario.source, one.partition(":")[0]) for one in (*study.attacks, *study.taxes))
    own = code.own_files(scenario, program=True, strategies=True, tax=not study.taxes)
    files = [*scenario.inputs().values(), *own.values(), *(path for path in named if path is not None)]
    return {_called(str(path), Path(job.folder)): sha256(bytes_of(path)) for path in files}


def _called(path: str, folder: Path) -> str:
    """A file as the study's folder sees it, wherever somebody stands who runs the study."""
    there = Path(path).absolute()
    return str(there.relative_to(folder)) if there.is_relative_to(folder) else str(there)


class _Place:
    """Errors that are raised inside stand at a key of the study file."""

    def __init__(self, origin: Origin, path: KeyPath) -> None:
        self.origin, self.path = origin, path

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        if isinstance(problem, BadInput):
            raise _at(self.origin, self.path, problem) from None


def _at(origin: Origin, path: KeyPath, problem: RobosimError) -> BadInput:
    return BadInput(line(origin.place(path), path, str(problem)))


def _in_its_words(asked: Asked, job: Job, problem: BadInput) -> BadInput:
    """The errors of a world with its keys, those of keys at their lines in the study file."""
    names = list(job.keys)

    def told(text: str) -> str:
        found = OPTION.match(text)
        if found is None:
            return text
        keys = asked.sweep if found[1] == "--set" and names[int(found[2]) - 1] in asked.sweep.paths else asked.set
        path = ("study", "seeds") if found[1] == "--seed" else keys.paths[names[int(found[2]) - 1]]
        return f"{asked.origin.place(path)}: {path[0]}: {text[found.end() :]}"

    return BadInput("\n".join(told(one) for one in str(problem).split("\n")))


def changes(old: Mapping[str, Any], new: Plan) -> list[str]:
    """What is not as it was when a study was begun: a line for each key, each key swept, and each file."""
    found = []
    for key, value in new.fixed.items():
        before = old["fixed"].get(key)
        if key in ("set", "sweep") and list(before or {}) != list(value):
            found.append(f"{new.lines[key]}: {key}: has the keys {_names(value)}, had {_names(before or {})}")
        elif key in ("set", "sweep"):
            for one in (one for one in value if value[one] != before[one]):
                found.append(f"{new.lines[key]}: {key}.{dotted((one,))}: is {value[one]}, was {before[one]}")
        elif value != before:
            found.append(f"{new.lines[key]}: {key}: is {value}, was {before}")
    for file in sorted(old["files"].keys() | new.files.keys()):
        if old["files"].get(file) != new.files.get(file):
            found.append(f"{file}:1: file: is not what it was")
    return found


def _names(table: Mapping[str, Any]) -> str:
    return ", ".join(table) or "none"


def stored(made: Plan) -> dict[str, Any]:
    """What is kept of a plan, as JSON."""
    return {key: value for key, value in asdict(made).items() if key not in ("lines", "worlds")} | {
        "worlds": [one["name"] for one in made.worlds],
        "batches": len(made),
    }
