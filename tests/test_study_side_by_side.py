"""Batches of a study that differ in their seeds only are one array run, with the bits of one by one."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim import rows
from robosim.alike import alike
from robosim.errors import RobosimError
from robosim.study import side_by_side
from robosim.study.job import Job, run_job
from robosim.study.plan import plan

RING = {"network.graph": "ring", "network.long_links": 0, "robots.count": 6, "mission.rounds": 20}


def jobs_of(folder: Path, world: str, keys: dict[str, object], head: str = "", seeds: str = "1..4") -> list[Job]:
    """Jobs of a study of one world."""
    file = folder / "study.toml"
    lines = "\n".join(f'"{key}" = {str(x).lower() if isinstance(x, bool) else repr(x)}' for key, x in keys.items())
    file.write_text(f'[study]\nworlds = ["{world}"]\nseeds = "{seeds}"\n{head}\n[set]\n{lines}\n', encoding="utf-8")
    return list(plan(file).jobs())


def together(jobs: list[Job]) -> bool:
    """Whether their missions become one."""
    _, missions, _ = side_by_side._built(iter(jobs))
    return bool(side_by_side._played(jobs[0], missions)[0])


@pytest.mark.parametrize(
    ("world", "keys", "head", "stacked"),
    [
        ("rendezvous", RING, 'taxes = ["groves", "none"]\nattacks = ["stationary", "initial-lie"]', True),
        ("rendezvous", RING | {"mission.travel": "after-agreeing"}, "", True),
        ("rendezvous-honest", RING | {"network.graph": "star", "robots.private_cost": "energy"}, "", True),
        ("rendezvous", {"robots.count": 6, "mission.rounds": 20}, "", False),  # each seed draws a graph
        ("rendezvous", RING | {"robots.position_noise_m": 0.01, "leader.tax": "none"}, "", False),
        ("rendezvous-honest", RING | {"network.radio.loss": 0.2, "leader.tax": "none"}, "", False),
        ("six-bidders", {"mission.rounds": 5}, "", False),  # the leader's problem holds the types
    ],
)
def test_every_figure_is_bit_for_bit_what_it_is_one_by_one(tmp_path, world, keys, head, stacked) -> None:
    jobs = jobs_of(tmp_path, world, keys, head)
    one = [run_job(job) for job in jobs]
    many = list(side_by_side.outcomes(jobs))
    assert [job for job, _ in many] == jobs
    for alone, (_, beside) in zip(one, many, strict=True):
        assert alone.failed is None
        assert beside.figures == alone.figures
        assert (beside.unit, beside.number, beside.failed) == (alone.unit, alone.number, None)
    assert len({outcome.figures for outcome in one}) == len(jobs)
    assert together(jobs) == stacked


@pytest.mark.deep
def test_groups_end_where_anything_but_the_seed_changes_and_where_a_second_is_full(tmp_path, monkeypatch) -> None:
    jobs = jobs_of(tmp_path, "rendezvous", RING, seeds="1..7") + jobs_of(
        tmp_path, "rendezvous", RING | {"robots.count": 7}
    )
    sizes = []
    played = side_by_side._played
    monkeypatch.setattr(side_by_side, "_played", lambda job, found: sizes.append(len(found)) or played(job, found))
    monkeypatch.setattr(side_by_side, "MOST", 3)
    outcomes = [outcome for _, outcome in side_by_side.outcomes(jobs)]
    assert sizes == [3, 3, 1, 3, 1]
    assert [one.figures for one in outcomes] == [run_job(job).figures for job in jobs]
    sizes.clear()
    monkeypatch.setattr(side_by_side, "LONG", 2 * 6 * 20)
    list(side_by_side.outcomes(jobs[:4]))
    assert sizes == [2, 2]


def test_what_cannot_be_built_or_played_at_once_costs_its_own_batch_only(tmp_path, monkeypatch) -> None:
    jobs = jobs_of(tmp_path, "rendezvous", RING)
    one = [run_job(job) for job in jobs]
    build = side_by_side.mission_of

    def broken(job: Job):
        if job.seed == 2:
            raise RobosimError("not this one")
        return build(job)

    monkeypatch.setattr(side_by_side, "mission_of", broken)
    assert [outcome.figures for _, outcome in side_by_side.outcomes(jobs)] == [outcome.figures for outcome in one]

    def never(*_: object):
        raise RobosimError("not at once")

    monkeypatch.setattr(side_by_side, "played", never)
    assert [outcome.figures for _, outcome in side_by_side.outcomes(jobs)] == [outcome.figures for outcome in one]


def test_a_faithful_mission_is_played_and_certified_once_for_judge_and_attacks(tmp_path, monkeypatch) -> None:
    """Under one rule: a world with one selfish robot, whose gain, whose ε and whose attacks need the same run."""
    (job,) = jobs_of(tmp_path, "rendezvous", RING, 'taxes = ["groves"]\nattacks = ["stationary"]', seeds="1..1")
    certified, played = [], []
    import robosim.judge

    certify, whole = robosim.judge.certify_record, robosim.Mission.whole
    monkeypatch.setattr("robosim.judge.certify_record", lambda *given: certified.append(1) or certify(*given))
    monkeypatch.setattr("robosim.attacks.named.certify_record", lambda *given: certified.append(1) or certify(*given))
    monkeypatch.setattr(robosim.Mission, "whole", lambda self: played.append(1) or whole(self))
    assert run_job(job).failed is None
    assert (len(certified), len(played)) == (1, 1)


def test_a_row_of_a_batch_is_the_record_of_that_mission_alone() -> None:
    missions = [robosim.load("rendezvous", set=RING, seed=seed) for seed in (1, 2, 3)]
    whole = missions[0].kind.stacked(missions)
    many = whole.whole()
    for row, mission in enumerate(missions):
        same(rows.alone(many, row, seed=mission.scenario.mission.seed), mission.whole())


def same(a: object, b: object) -> None:
    """Of every field that a record fills from what was played; where it came from differs."""
    for one in fields(a):  # type: ignore[arg-type]
        x, y = getattr(a, one.name), getattr(b, one.name)
        if one.name in ("world_toml", "provenance", "copies", "judged"):
            continue
        if is_dataclass(x) and not isinstance(x, type):
            same(x, y)
        else:
            assert alike(x, y), one.name


def test_missions_that_differ_in_more_than_starts_are_not_one() -> None:
    one = robosim.load("rendezvous", set=RING, seed=1)
    stacked = one.kind.stacked
    for other in (
        {"leader.tax": "none"},
        {"robots.count": 7},
        {"robots.speed_limit_mps": 0.4},
        {"mission.rounds": 21},
        {"selfish": []},
        {"network.graph": "path"},
    ):
        assert stacked([one, robosim.load("rendezvous", set=RING | other, seed=2)]) is None
    assert stacked([one, robosim.load("rendezvous", set=RING, seed=2)]).batch == 2


def test_alike_looks_at_every_number() -> None:
    def both(x: object, y: object) -> bool:
        assert alike(x, x)
        return alike(x, y)

    assert both([np.arange(3), {"a": (1, "b", None)}], [np.arange(3), {"a": (1, "b", None)}])
    assert both(float("nan"), float("nan"))
    assert not both(np.zeros(2), np.zeros((2, 1)))
    assert not both(np.zeros(2), -np.zeros(2))  # the same number, another bit
    assert not both({"a": 1}, {"b": 1})
    assert not both((1, 2), (1, 2, 3))
    assert not both(1, 1.0)
    assert not both(lambda: 1, lambda: 1)
