"""Who plays the batches of a study: this process, several of this machine, or a cluster of many; with the same bits.

Each way is a generator of (job, outcome) in the order in which they end. A worker that dies costs its batch, which is
played once more; if that kills a worker, too, the batch has failed and the study goes on.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

from robosim.errors import AgentFailure, BadInput
from robosim.files.writing import printable
from robosim.stopping import willing
from robosim.study.job import Job, Outcome, run_job
from robosim.study.side_by_side import outcomes

Done = tuple[Job, Outcome]
START = "from robosim.study.worker import main; main()"
KNOCK_S = 10.0
"""Seconds that the head of a cluster has to answer."""
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
"""Workers share the processors by being several."""


def serial(jobs: Iterable[Job]) -> Generator[Done, None, None]:
    """One after the other, here; of those that differ in their seeds only, rounds are played side by side."""
    yield from outcomes(jobs)


def died(job: Job, how: str) -> Outcome:
    """The outcome of a batch that killed two workers, or was with two that were killed."""
    message = printable(f"two workers died while they played it ({how}): out of memory, or killed?")
    return Outcome(number=job.number, failed=message, exit_code=AgentFailure.exit_code)


class Worker:
    """A process that plays one job at a time; what it answers, or that it died, comes into `told`."""

    def __init__(self, told: queue.SimpleQueue[tuple[Worker, str]]) -> None:
        self.job: Job | None = None
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**ONE_THREAD, **os.environ, "PYTHONPATH": paths},
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for who began the study
        )
        self.told = told
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        out: IO[str] = self.process.stdout  # type: ignore[assignment]
        with out:
            for line in out:
                self.told.put((self, line))
        self.told.put((self, ""))

    def play(self, job: Job) -> None:
        """Begin a job; who is dead already says so through `told`."""
        self.job = job
        stdin: IO[str] = self.process.stdin  # type: ignore[assignment]
        with suppress(OSError):
            stdin.write(json.dumps(asdict(job)) + "\n")
            stdin.flush()

    def end(self) -> int:
        """End it in the middle of whatever it does; returns its exit code."""
        stdin: IO[str] = self.process.stdin  # type: ignore[assignment]
        self.process.kill()
        code = self.process.wait()
        with suppress(OSError):
            stdin.close()
        return code


def processes(jobs: Iterable[Job], number: int) -> Generator[Done, None, None]:
    """So many processes of this machine, each with a job at a time."""
    waiting, again = iter(jobs), deque[Job]()
    told: queue.SimpleQueue[tuple[Worker, str]] = queue.SimpleQueue()
    working: set[Worker] = set()
    tried: set[int] = set()

    def follow(worker: Worker | None) -> None:
        """The next job for a worker; none is made, or kept, for whom there is none."""
        job = again.popleft() if again else next(waiting, None)
        if job is not None:
            worker = worker or Worker(told)
            working.add(worker)
            worker.play(job)
        elif worker is not None:
            working.discard(worker)
            worker.end()

    try:
        for _ in range(number):
            follow(None)
        while working:
            with willing():
                worker, line = told.get()
            job = worker.job
            if worker not in working or job is None:
                continue
            if line.endswith("\n"):
                follow(worker)
                yield job, Outcome.of(json.loads(line))
                continue
            working.discard(worker)
            code = worker.end()
            if job.number in tried:
                yield job, died(job, f"exit code {code}")
            else:
                tried.add(job.number)
                again.append(job)
            follow(None)
    finally:
        for worker in working:
            worker.end()


def cluster(jobs: Iterable[Job], address: str, number: int | None) -> Generator[Done, None, None]:
    """A Ray cluster at this address, so many batches at once: as many as it has processors where nothing is said.

    Raises `BadInput` where Ray is not installed, or nobody is at the address.
    """
    ray = _ray(address)
    play = ray.remote(num_cpus=1, max_retries=0)(_remote)
    tried: set[int] = set()
    running: dict[Any, Job] = {}
    waiting, again = iter(jobs), deque[Job]()
    most = number or max(1, int(ray.cluster_resources().get("CPU", 1)))
    try:
        while True:
            while len(running) < most and (job := again.popleft() if again else next(waiting, None)) is not None:
                running[play.remote(asdict(job))] = job
            if not running:
                return
            with willing():
                (ready, *_), _ = ray.wait(list(running), num_returns=1)
            job = running.pop(ready)
            try:
                yield job, Outcome.of(ray.get(ready))
            except ray.exceptions.RayError as problem:
                if job.number in tried:
                    yield job, died(job, str(problem).strip().rpartition("\n")[2][:200] or type(problem).__name__)
                else:
                    tried.add(job.number)
                    again.append(job)
    finally:
        ray.shutdown()


def _remote(values: dict[str, Any]) -> dict[str, Any]:
    return run_job(Job.of(values)).plain()


def _ray(address: str) -> Any:
    try:
        import ray
    except ImportError:
        fix = 'pip install "faithful-robosim[cluster]"'
        raise BadInput(f"--cluster: needs Ray, which is not installed ({fix}; or use --workers)") from None
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    except (ConnectionError, ValueError, RuntimeError, OSError) as problem:
        why = str(problem).partition("\n")[0]
        raise BadInput(
            f"--cluster: no Ray cluster answers at {address!r}: {why} (begin one: ray start --head)"
        ) from None
    return ray


def _knock(address: str) -> None:
    """Raise `OSError` where nobody listens at HOST:PORT: Ray itself asks for minutes before it says so."""
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_S).close()
