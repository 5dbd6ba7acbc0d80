"""The study file: its keys, in TOML, each error with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from robosim.errors import RobosimError
from robosim.files.complaint import Origin, Problem, report
from robosim.files.content import text_of
from robosim.files.lines import KeyPath
from robosim.files.writing import quoted, shown, suggestion
from robosim.scenario.checking import problems_of
from robosim.scenario.fields import Id, Section
from robosim.scenario.reading import LARGEST_FILE, parse
from robosim.study.quantities import refuse_unknown

BEGIN = "start from the output of `robosim study new`"
MOST = 1_000_000
"""Batches of a study."""
Text = Annotated[str, Field(strict=True, min_length=1)]
RANGE = re.compile(r" *([0-9]{1,15}) *\.\. *([0-9]{1,15}) *")
STRETCH = frozenset({"from", "to", "step"})


class StudySection(Section):
    """[study]: what is played."""

    worlds: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="bundled names, or paths from this file's folder", examples=[["rendezvous"]]
    )
    seeds: Annotated[tuple[Id, ...], Field(min_length=1)] | Text = Field(
        default=(0,), description='a list, or "1..20"', examples=["1..20"]
    )
    taxes: tuple[Text, ...] = Field(default=(), description="tax rules; none: each world's own", examples=[["none"]])
    attacks: tuple[Text, ...] = Field(default=(), description="strategies as in `robosim attack`", examples=[["all"]])
    agents: tuple[Id, ...] | Literal["all"] = Field(default="all", description="who tries attacks", examples=["all"])
    confidence: Annotated[float, Field(ge=0.5, le=0.9999, strict=True)] = Field(
        default=0.95, description="of intervals", examples=[0.95]
    )
    over: tuple[Text, ...] = Field(
        default=(), description="swept keys whose values are draws, as seeds are", examples=[["station.day"]]
    )
    questions: tuple[Text, ...] = Field(default=(), description="quantities to show", examples=[["gap", "gain"]])


class WorldKeys(Section):
    """[set] and [sweep]: keys of worlds."""

    model_config = ConfigDict(extra="allow", frozen=True)


class StudyFile(Section):
    """A study file."""

    study: StudySection
    set: WorldKeys = WorldKeys()
    sweep: WorldKeys = WorldKeys()


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Keys of a table of world keys by their dotted names: their values, and where they stand."""

    values: dict[str, Any]
    paths: dict[str, KeyPath]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A study file that is sound by itself: what it asks, the keys to set and those to sweep, its seeds."""

    origin: Origin
    study: StudySection
    seeds: tuple[int, ...]
    set: Keys
    sweep: Keys


def read(path: Path) -> Asked:
    """A study file. Raises `BadInput` with every error of it, one a line: `file:line: section.key: message (fix)`."""
    text = text_of(path, LARGEST_FILE, "is this a study file?", BEGIN, "name the study file in it")
    origin = Origin(file=str(path), name=path.stem, path=path, text=text)
    values = plain(parse(origin, BEGIN))
    try:
        checked = StudyFile.model_validate(values)
    except ValidationError as error:
        raise report(origin, problems_of(error.errors(), StudyFile)) from None
    problems: list[Problem] = []
    seeds = tuple(_seeds(checked.study.seeds, problems))
    given = _keys("set", checked.set.model_extra or {}, swept=False, problems=problems)
    swept = _keys("sweep", checked.sweep.model_extra or {}, swept=True, problems=problems)
    problems += _contradictions(checked.study, given, swept)
    if problems:
        raise report(origin, problems)
    return Asked(origin=origin, study=checked.study, seeds=seeds, set=given, sweep=swept)


def plain(value: Any) -> Any:
    """Values as JSON has them: TOML's days and times are texts."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value if isinstance(value, str | bool | int | float) else value.isoformat()


def _seeds(given: tuple[int, ...] | str, problems: list[Problem]) -> tuple[int, ...]:
    """The seeds of a list or of "1..20"."""
    path = ("study", "seeds")
    if not isinstance(given, str):
        if len(set(given)) < len(given):
            problems.append(Problem(path=path, message="has a seed twice", fix="name each once"))
        return given
    found = RANGE.fullmatch(given)
    first, last = (int(found[1]), int(found[2])) if found else (1, 0)
    if not first <= last < first + MOST:
        message = f"must be a list of whole numbers or a range, got {shown(given)}"
        problems.append(Problem(path=path, message=message, fix='for example seeds = "1..20"'))
        return ()
    return tuple(range(first, last + 1))


def _keys(section: str, table: Mapping[str, Any], swept: bool, problems: list[Problem]) -> Keys:
    values: dict[str, Any] = {}
    paths: dict[str, KeyPath] = {}
    for path, value in _flat(table, ()):
        name = ".".join(path)
        if name in values:
            problems.append(Problem(path=(section, *path), message="stands twice", fix="leave one of them out"))
        values[name], paths[name] = value, (section, *path)
        if "." not in name:
            message = "is no key of a world"
            problems.append(Problem(path=paths[name], message=message, fix='for example "robots.count"'))
        elif swept:
            values[name] = _choices(paths[name], value, problems)
    return Keys(values=values, paths=paths)


def _flat(table: Mapping[str, Any], above: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """`"robots.count" = …` and `robots.count = …` are the same key."""
    for key, value in table.items():
        if isinstance(value, Mapping) and not STRETCH >= value.keys() > {"from"}:
            yield from _flat(value, (*above, key))
        else:
            yield (*above, key), value


def _choices(path: KeyPath, value: Any, problems: list[Problem]) -> list[Any]:
    """The values that a key is to have: a list, or from … to …, of days or of numbers."""
    example = "for example [4, 8, 16], or { from = 2019-05-01, to = 2019-05-31 }"
    try:
        found = stretch(**value) if isinstance(value, Mapping) else value
    except ValueError as problem:
        problems.append(Problem(path=path, message=str(problem), fix=example))
        return []
    if not isinstance(found, list) or not found:
        problems.append(Problem(path=path, message=f"must be a list of values, got {shown(value)}", fix=example))
        return []
    again = [one for place, one in enumerate(found) if one in found[:place]]
    if again:
        problems.append(Problem(path=path, message=f"has {shown(again[0])} twice", fix="name each once"))
    return found


def stretch(**table: Any) -> list[Any]:
    """The days or whole numbers of `from`, `to` and perhaps `step`, the last one included. Raises `ValueError`.

    >>> stretch(**{"from": "2019-05-30", "to": "2019-06-01"})
    ['2019-05-30', '2019-05-31', '2019-06-01']
    >>> stretch(**{"from": 2, "to": 9, "step": 3})
    [2, 5, 8]
    """
    first, last, step = table["from"], table["to"], table.get("step", 1)
    whole = [one for one in (first, last, step) if isinstance(one, int) and not isinstance(one, bool)]
    if len(whole) == 3 and step > 0 and 0 <= last - first < MOST * step:
        return list(range(first, last + 1, step))
    try:
        start, days = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days
    except (TypeError, ValueError):
        days = -1
    if step not in range(1, MOST) or days < 0:
        raise ValueError("from … to … are no whole numbers and no days that rise")
    return [(start + timedelta(days=day)).isoformat() for day in range(0, days + 1, step)]


def _contradictions(study: StudySection, given: Keys, swept: Keys) -> Iterator[Problem]:
    for key in swept.values:
        if key in given.values:
            yield Problem(path=swept.paths[key], message="stands below [set], too", fix="leave one of them out")
    for keys in (given, swept):
        if "mission.seed" in keys.values:
            yield Problem(path=keys.paths["mission.seed"], message="is no key to set", fix="use study.seeds")
        if "leader.tax" in keys.values and study.taxes:
            message = "has no effect beside study.taxes"
            yield Problem(path=keys.paths["leader.tax"], message=message, fix="leave one of them out")
    for place, key in enumerate(study.over):
        if key not in swept.values:
            fix = suggestion(key, swept.values, f"swept are {', '.join(swept.values) or 'none'}")
            yield Problem(path=("study", "over", str(place)), message=f"{quoted(key)} is not swept", fix=fix)
    for name in ("worlds", "taxes", "attacks", "over", "questions"):
        entries = getattr(study, name)
        for place in (number for number, one in enumerate(entries) if one in entries[:number]):
            message = f"{quoted(entries[place])} stands twice"
            yield Problem(path=("study", name, str(place)), message=message, fix="name each once")
    for place, name in enumerate(study.questions):
        try:
            refuse_unknown(name)
        except RobosimError as problem:
            what, _, fix = str(problem).removesuffix(")").partition(" (")
            yield Problem(path=("study", "questions", str(place)), message=what, fix=fix)
