"""A study from its plan to its file: the batches that are not there yet, each written as soon as it is finished."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from robosim.stopping import ALSO, held
from robosim.study.book import writing
from robosim.study.job import Job
from robosim.study.plan import Plan
from robosim.study.workers import Done, cluster, processes, serial


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a study came: batches that are done, of all, and how many of these failed.

    `found` is how many were there before, `interrupted` whether somebody stopped it.
    """

    done: int
    total: int
    failed: int
    found: int
    interrupted: bool = False


def play(
    plan: Plan,
    out: Path,
    *,
    workers: int = 1,
    address: str | None = None,
    again: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Progress:
    """Play what is not done yet, and keep it in `out`.

    Parameters
    ----------
    workers : processes of this machine; 1 is this one, 0 (on a cluster only) as many as there are processors.
    address : of a Ray cluster, in place of processes.
    again : play batches that failed once more.
    progress : called with (batches done, batches in all).

    Ctrl-C ends it between batches: what was finished is there, and the next call goes on.
    """
    with held(ALSO), writing(out, plan) as book:
        if again:
            book.forget_failures()
        there = book.finished()
        done, stopped = len(there), False
        missing = (job for job in plan.jobs() if job.number not in there)
        if progress:
            progress(done, len(plan))
        work = _work(missing, workers, address)
        try:
            for job, outcome in work:
                book.keep(job, outcome)
                done += 1
                if progress:
                    progress(done, len(plan))
        except KeyboardInterrupt:
            stopped = True
        finally:
            work.close()
        failed = len(book.failures())
    return Progress(done=done, total=len(plan), failed=failed, found=len(there), interrupted=stopped)


def _work(jobs: Iterator[Job], workers: int, address: str | None) -> Generator[Done, None, None]:
    if address is not None:
        return cluster(jobs, address, workers or None)
    return serial(jobs) if workers == 1 else processes(jobs, workers)
