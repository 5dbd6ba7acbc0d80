"""The study file to start from, written for a world."""

from __future__ import annotations

from robosim.files.writing import value_text
from robosim.kind import kind_of
from robosim.scenario.loading import load_scenario

ROUNDS = "mission.rounds"
TEXT = """\
# A study of {world}: missions x attacks x seeds x keys, in one file of results.
# Run it:          robosim study run THIS.toml              (--workers 4; Ctrl-C or kill, and run again to go on)
# See and keep it: robosim study show THIS.sqlite --plot pictures; robosim study export THIS.sqlite -o table.csv

[study]
# Bundled names, or paths from this file's folder.
worlds = [{world_text}]
# A range or a list, [1, 2, 3]; intervals are over seeds.
seeds = "1..4"
# Tax rules to bill under; left out: each world's own.
# taxes = {taxes}
# What each agent tries, alone, as in `robosim attack --strategy`; left out: nothing. "all" is every strategy.
# attacks = {attacks}
# Who tries it; left out: all.
# agents = [0, 1]
# Swept keys whose values are draws, as seeds are: means are over these, too.
# over = [{key}]
# Of intervals.
# confidence = 0.95
# Quantities that are shown and drawn; left out: gap, and gain where there are attacks.
# questions = ["gap", "epsilon_certified"]

[set]
# What replaces the worlds' own keys, as --set does.
# "record.every" = 1

[sweep]
# Each value of each key, with each of the others: one key is a curve, two are a map.
{key} = {values}
{second}# "section.day" = {{ from = 2019-05-01, to = 2019-05-31 }}
"""


def template(world: str) -> str:
    """A commented study file. Raises `BadInput` for a world that is not there."""
    scenario = load_scenario(world, code=False)
    kind, rounds = kind_of(scenario), scenario.mission.rounds
    counts = {f"{name}.count": getattr(getattr(scenario, name), "count", None) for name in type(scenario).model_fields}
    key, most = next(((key, one) for key, one in counts.items() if isinstance(one, int)), (ROUNDS, rounds))
    return TEXT.format(
        world=scenario.name,
        world_text=value_text(world),
        taxes=value_text([*kind.taxes[:2]]),
        attacks=value_text(list(kind.strategies())[:2]),
        second=f'# "mission.rounds" = [{rounds}, {2 * rounds}]\n' if key != ROUNDS else "",
        key=value_text(key),
        values=value_text([most, 2 * most]),
    )
