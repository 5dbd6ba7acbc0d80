"""One batch of a study: a world with its keys and a seed, under each tax rule, as rows of plain numbers.

The same function runs in this process, in another one and on another machine; the same job gives the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from robosim import provenance, rows, stopping, threads
from robosim.attacks import Attack, attack
from robosim.build import build
from robosim.errors import RobosimError, TooLarge
from robosim.files.complaint import Origin
from robosim.files.writing import printable
from robosim.judge import Faithful, judge
from robosim.mission import Mission
from robosim.record import Record
from robosim.scenario.fields import is_path
from robosim.scenario.loading import load_scenario
from robosim.study.quantities import BEST, Figure
from robosim.verdict import GIVEN_UP, Verdict

SAME = 1e-9
"""Who gains less than this share of its cost gains nothing but rounding."""
UNFORESEEN = 5
"""The exit code of what is nobody's input but a fault."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one batch plays. Everything is text and numbers, so that it goes to any process as JSON.

    Parameters
    ----------
    number : its place in the study.
    world : file, name, path and text of the world; the text, so that a world that is edited meanwhile changes nothing.
    folder : of the study file, from which keys that name files are meant.
    keys : what replaces the world's, `{"robots.count": 8}`.
    taxes, attacks, agents : as in `robosim.attack`; no taxes is the world's own, no attacks are none.
    """

    number: int
    world: dict[str, str | None]
    folder: str
    keys: dict[str, Any]
    seed: int
    taxes: tuple[str, ...] = ()
    attacks: tuple[str, ...] = ()
    agents: tuple[int, ...] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Job:
        """From the JSON of one."""
        agents = values["agents"]
        lists = {"taxes": tuple(values["taxes"]), "attacks": tuple(values["attacks"])}
        return cls(**{**values, **lists, "agents": None if agents is None else tuple(agents)})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job: its figures, or why there are none, with the exit code that `robosim run` would have had.

    `cpu_s` are processor seconds and `made_with` versions and machine; neither belongs to the result.
    """

    number: int
    unit: str = ""
    figures: tuple[Figure, ...] = ()
    failed: str | None = None
    exit_code: int = 0
    cpu_s: float = 0.0
    made_with: dict[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """For JSON, with every bit of every number."""
        return asdict(self) | {"figures": [list(one) for one in self.figures]}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Outcome:
        """From its JSON."""
        return cls(**{**values, "figures": tuple(Figure(*one) for one in values["figures"])})


class Ahead(NamedTuple):
    """A mission that was built already, and, where it was played side by side with others, its records under each tax
    rule, and those with everybody faithful. `cpu_s` are the processor seconds that this took, its share of them."""

    mission: Mission[Any]
    records: Mapping[str, Record]
    faithful: Mapping[str, Record]
    cpu_s: float


def run_job(job: Job, ahead: Ahead | None = None) -> Outcome:
    """Play a job. A mission that fails is an outcome, too; raises `KeyboardInterrupt` where somebody stops it."""
    start = time.process_time()
    try:
        with stopping.willing(), threads.one():
            mission = mission_of(job) if ahead is None else ahead.mission
            found: dict[str, Any] = {"unit": mission.unit, "figures": tuple(figures(job, mission, ahead))}
    except RobosimError as problem:
        found = {"failed": printable(str(problem).partition("\n")[0]), "exit_code": problem.exit_code}
    except MemoryError:
        found = {"failed": "out of memory", "exit_code": TooLarge.exit_code}
    except Exception as problem:  # a fault of ours, or of code of the project, costs a batch and not the study
        found = {"failed": printable(f"{type(problem).__name__}: {problem}"), "exit_code": UNFORESEEN}
    spent = time.process_time() - start + (0.0 if ahead is None else ahead.cpu_s)
    return Outcome(number=job.number, cpu_s=spent, made_with=dict(provenance.here()), **found)


def mission_of(job: Job) -> Mission[Any]:
    """The mission with its keys and seed."""
    return build(scenario_of(job))


def scenario_of(job: Job) -> Any:
    """The checked world. Raises `BadInput`, in which keys are called `--set:1`, `--set:2` and so on, in their order."""
    keys = {key: _placed(value, Path(job.folder)) for key, value in job.keys.items()}
    return load_scenario(_origin(job), seed=job.seed, overrides=keys)


def _origin(job: Job) -> Origin:
    file, name, path, text = (job.world[key] for key in ("file", "name", "path", "text"))
    return Origin(file=str(file), name=str(name), path=None if path is None else Path(path), text=str(text))


def _placed(value: Any, folder: Path) -> Any:
    """Names of files are meant from the study's folder; what is there by no such name is left as it is."""
    there = is_path(value) and (folder / value).exists()
    return str(folder / value) if there else value


def figures(job: Job, mission: Mission[Any], ahead: Ahead | None = None) -> Iterator[Figure]:
    """All quantities under each tax rule; tax rules that need no problems of their own share what was played."""
    bills = billed(job, mission)
    known = ahead is not None and bool(ahead.records)
    records = ahead.records if ahead is not None and known else played(bills)
    honest = {}
    for bill in bills:
        rule, record = bill.tax.name, records[bill.tax.name]
        same = None if mission.deviations else record
        honest[rule] = Faithful(bill, ahead.faithful[rule] if ahead is not None and known else same)
        yield from _of_mission(bill, record, honest[rule])
    if job.attacks:
        yield from _of_attacks(job, mission, [bill.tax for bill in bills], honest)


def billed(job: Job, mission: Mission[Any]) -> list[Mission[Any]]:
    """The mission under each of the job's tax rules."""
    return [mission.billed(rule) for rule in job.taxes] or [mission]


def played(bills: list[Mission[Any]]) -> dict[str, Record]:
    """Records of one mission, or of several side by side, under each rule, of which first and last rounds are kept."""
    ends: dict[int, Any] = {}
    found: dict[str, Record] = {}
    for bill in bills:
        if bill.copies not in ends:
            ends[bill.copies] = rows.ended(bill, bill.rounds)
        found[bill.tax.name] = rows.settled(bill, ends[bill.copies])
        if found[bill.tax.name].interrupted:
            raise KeyboardInterrupt
    return found


def _of_mission(mission: Mission[Any], record: Record, honest: Faithful) -> Iterator[Figure]:
    verdict = judge(mission, record, honest=honest)
    if any(GIVEN_UP in line for line in verdict.unknown):
        raise KeyboardInterrupt
    leader, tax = record.shared_leader(0), mission.tax.name
    known = {
        "social_cost": verdict.social_cost,
        **_gap(verdict),
        **{key: leader[key] for key in ("distance", "beta", "penalised")},
        "budget": verdict.budget,
        "individually_rational": verdict.individually_rational,
        **{f"epsilon_{key}": value for key, value in asdict(verdict.epsilon).items()},
        "rounds": record.rounds,
        **_of_the_selfish(verdict),
        **_of_rivals(verdict),
    }
    for name, value in known.items():
        yield _figure(tax, "", name, value, None if value is not None else _why(name, verdict))


def _gap(verdict: Verdict) -> dict[str, float | None]:
    least = verdict.optimum
    gap = None if least is None else verdict.social_cost - least
    return {"optimum": least, "gap": gap, "gap_share": gap / abs(least) if gap is not None and least else None}


def _of_the_selfish(verdict: Verdict) -> dict[str, float | None]:
    """The selfish agent of the world that gained most, the first of several."""
    best = max(verdict.gains, key=lambda one: one.gain, default=None)
    return {
        "world_gain": None if best is None else best.gain,
        "world_others_change": None if best is None else best.others_change,
    }


def _of_rivals(verdict: Verdict) -> dict[str, float]:
    """What other rules would have done in the same world, where its kind has some: `rule/quantity`."""
    return {
        f"{row.get('rule')}/{key}": float(value)
        for row in verdict.baselines or ()
        for key, value in row.items()
        if isinstance(value, int | float)
    }


REASONS = {
    "optimum": "the optimum",
    "gap": "the optimum",
    "gap_share": "the optimum",
    "individually_rational": "individual rationality",
    "epsilon_certified": "ε",
    "epsilon_exact": "ε",
    "epsilon_bounded": "ε",
    "world_gain": "gains",
    "world_others_change": "gains",
}
"""What the judge calls it in its reasons."""


LONG = "does not exist here, or takes longer than a run allows (see robosim certify)"
NOBODY = "nobody is selfish in this world"
OTHERWISE = {
    "optimum": "nobody knows it",
    "gap": "nobody knows the optimum",
    "gap_share": "nobody knows the optimum",
    "distance": "this kind of world measures none",
    "beta": "this kind of world announces none",
    "individually_rational": "nobody can stay away from this world",
    "epsilon_certified": "nobody bounds it",
    "epsilon_exact": LONG,
    "epsilon_bounded": LONG,
    "world_gain": NOBODY,
    "world_others_change": NOBODY,
}
"""Why a number is not there where the judge need not say so."""


def _why(name: str, verdict: Verdict) -> str | None:
    word = REASONS.get(name)
    found = next((line for line in verdict.unknown if word is not None and line.startswith(f"{word}: ")), None)
    if found is not None:
        return found.partition(": ")[2]
    if name == "gap_share" and verdict.optimum is not None:
        return "the least social cost is 0"
    return OTHERWISE.get(name)


def _figure(tax: str, strategy: str, name: str, value: Any, why: str | None = None) -> Figure:
    """A number as it is kept; what is infinite or none is unknown, and said to be so."""
    if value is None:
        return Figure(tax, strategy, name, None, why)
    number = float(value)
    return (
        Figure(tax, strategy, name, number)
        if math.isfinite(number)
        else Figure(tax, strategy, name, None, f"is {number}")
    )


def _of_attacks(job: Job, mission: Mission[Any], taxes: list[Any], honest: Mapping[str, Faithful]) -> Iterator[Figure]:
    found = attack(mission, agents=job.agents, strategies=job.attacks, taxes=taxes, honest=honest)
    if found.interrupted:
        raise KeyboardInterrupt
    for tax in (rule.name for rule in taxes):
        tried = [one for one in found.attacks if one.tax_rule == tax]
        for strategy in dict.fromkeys(one.strategy for one in tried):
            yield from _of_attack(tax, strategy, [one for one in tried if one.strategy == strategy])
        if tried:
            yield from _of_attack(tax, BEST, tried)


def _of_attack(tax: str, strategy: str, tried: list[Attack]) -> Iterator[Figure]:
    """Who gained most, the first of several."""
    known = [one for one in tried if math.isfinite(one.gain)]
    best = max(known or tried, key=lambda one: one.gain)
    paid = {one.agent for one in known if one.gain > SAME * max(abs(one.net_cost_faithful), abs(one.net_cost))}
    numbers = {
        "gain": best.gain,
        "others_change": best.others_change,
        "gained": bool(paid),
        "agents_tried": len({one.agent for one in tried}),
        "agents_gained": len(paid),
        "agent": best.agent,
        "covered": best.covered,
    }
    for name, value in numbers.items():
        yield _figure(tax, strategy, name, value)
