"""Batches of a study that differ in their seeds only, played as one array run where their missions allow it.

What is played ahead side by side are the rounds, those with everybody faithful among them; the verdict and the attacks
of each batch follow one by one. Bit for bit nothing else comes out than one by one: a program says for a row of many
what it says for that row alone (`robosim.rows`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from robosim import rows, stopping, threads
from robosim.kind import nothing
from robosim.mission import Mission
from robosim.study.job import Ahead, Job, Outcome, billed, mission_of, played, run_job

MOST = 64
"""Batches that are played ahead at once,"""
LONG = 20_000_000
"""and agents times rounds of all of them: about a second, which Ctrl-C may cost."""


def outcomes(jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
    """Each job and what came of it, in their order."""
    for _, same in groupby(jobs, lambda job: (job.world, job.keys)):
        yield from _of_seeds(same)


def _of_seeds(jobs: Iterator[Job]) -> Iterator[tuple[Job, Outcome]]:
    while (group := _built(jobs))[0]:
        found = dict(_ahead(*group))
        for place, job in enumerate(group[0]):
            with stopping.willing():
                outcome = run_job(job, found.get(place))
            yield job, outcome


Built = tuple[list[Job], list[Mission[Any]], float]


def _built(jobs: Iterator[Job]) -> Built:
    """The next jobs that may be played at once, the missions of the first ones, and the seconds that these took.

    There are fewer missions than jobs where the last job's cannot be built: `run_job` says why.
    """
    start, taken, missions = time.process_time(), [], list[Mission[Any]]()
    for job in jobs:
        taken.append(job)
        try:
            with stopping.willing(), threads.one():
                missions.append(mission_of(job))
        except Exception:
            break
        if len(missions) >= _room(missions[0]):
            break
    return taken, missions, time.process_time() - start


def _room(mission: Mission[Any]) -> int:
    """How many missions like this one are played at once."""
    if mission.kind.stacked is nothing:
        return 1
    return max(1, min(MOST, LONG // (mission.network.n * mission.copies * mission.rounds)))


def _ahead(jobs: Sequence[Job], missions: Sequence[Mission[Any]], built_s: float) -> Iterator[tuple[int, Ahead]]:
    """What is known ahead of the jobs whose missions were built, by their places."""
    start = time.process_time()
    try:
        with stopping.willing(), threads.one():
            records, faithful = _played(jobs[0], missions)
    except Exception:
        records, faithful = {}, {}  # one by one it will be known whose fault that is
    spent = (built_s + time.process_time() - start) / max(1, len(missions))
    for place, mission in enumerate(missions):
        own = {"row": place, "seed": mission.scenario.mission.seed}
        alone = [{rule: rows.alone(one, **own) for rule, one in many.items()} for many in (records, faithful)]
        yield place, Ahead(mission, alone[0], alone[1], spent)


def _played(job: Job, missions: Sequence[Mission[Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Records of all missions under each tax rule, and with everybody faithful; none where they differ in more."""
    whole = missions[0].kind.stacked(missions) if len(missions) > 1 else None
    if whole is None:
        return {}, {}
    bills = billed(job, whole)
    records = played(bills)
    return records, played([bill.playing((), batch=bill.batch) for bill in bills]) if whole.deviations else records
