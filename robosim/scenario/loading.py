"""World file → checked scenario, or every error at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from robosim.scenario.checking import Values, broken_rules
from robosim.scenario.kinds import KINDS, Scenario, closest_kind, completed, form
from robosim.scenario.limits import refuse_too_large
from robosim.scenario.options import Overrides, override
from robosim.scenario.origin import Origin
from robosim.scenario.problem import Problem, report
from robosim.scenario.reading import find, parse
from robosim.scenario.wording import problems_of
from robosim.scenario.words import quoted, shown, suggestion


def load_scenario(world: str | Path | Origin, *, seed: int | None = None, overrides: Overrides = ()) -> Scenario:
    """Read and check a world.

    Parameters
    ----------
    world : path of a world file, the name of a bundled world, or the text of one.
    seed : replaces `mission.seed`.
    overrides : `section.key=value` texts (a TOML value, or plain text), or a mapping of `section.key` to values; list
        elements are numbered from 0, as in `selfish.0.robot`. A value replaces the one in the file as a whole.

    Raises
    ------
    BadInput
        Every error, one a line: `file:line: section.key: message (fix)`; errors of options stand at `--set:K` and
        `--seed:1`.
    TooLarge
        The mission would take more memory than `robosim.scenario.limits.limit_bytes`.

    >>> load_scenario("erratum", overrides=["network.graph=ring"]).network.graph
    'ring'
    """
    origin = world if isinstance(world, Origin) else find(world)
    values = parse(origin)
    origin, problems = override(values, origin, seed, overrides)
    kind, unnamed = _kind(values)
    kind = form(kind, values)
    values = completed(kind, values, origin)
    scenario, found = _checked(kind, values)
    if scenario is None or unnamed or problems:
        raise report(origin, [*problems, *unnamed, *found])
    scenario._origin = origin
    refuse_too_large(scenario)
    return scenario


def _kind(values: dict[str, Any]) -> tuple[type[Scenario], list[Problem]]:
    """The kind of world; where the file names none, the problem and the kind to check the rest against."""
    mission = values.setdefault("mission", {})
    if not isinstance(mission, dict):
        return closest_kind(values), []  # the mission itself is complained about later
    name = mission.get("kind")
    if isinstance(name, str) and name in KINDS:
        return KINDS[name], []
    *others, last = map(quoted, KINDS)
    message = f"must be {', '.join(others)} or {last}, got {shown(name)}" if "kind" in mission else "is missing"
    fix = suggestion(name, KINDS, f"for example kind = {quoted(next(iter(KINDS)))}")
    kind = closest_kind(values)
    mission["kind"] = next(name for name, known_kind in KINDS.items() if known_kind is kind)
    return kind, [Problem(path=("mission", "kind"), message=message, fix=fix)]


def _checked(kind: type[Scenario], values: dict[str, Any]) -> tuple[Scenario | None, list[Problem]]:
    """The scenario, or everything that is wrong with its values, each by itself and with each other."""
    scenario, problems = None, []
    try:
        scenario = kind.model_validate(values)
    except ValidationError as error:
        problems = list(problems_of(error.errors(include_url=False), kind))
    wrong = tuple(problem.path for problem in problems)
    problems += broken_rules(kind.rules, Values(model=kind, table=values, wrong=wrong))
    return (None if problems else scenario), problems
