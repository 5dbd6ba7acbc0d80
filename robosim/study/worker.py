"""A worker process: jobs as lines of JSON on stdin, outcomes as lines of JSON on stdout, until stdin ends.

It is a fresh interpreter, never a copy of another process, and needs no guard in the script that began the study. Who
began it may be killed: stdin ends then, and the worker with it, in the middle of a batch.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from collections.abc import Iterable
from typing import TextIO

from robosim.study.job import Job, run_job


def serve(jobs: Iterable[str], outcomes: TextIO) -> None:
    """Answer each line."""
    for line in jobs:
        outcome = run_job(Job.of(json.loads(line)))
        outcomes.write(json.dumps(outcome.plain()) + "\n")
        outcomes.flush()


def main() -> None:
    """Serve, with stdout for outcomes alone: what programs print goes to stderr."""
    outcomes = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    serve(iter(lines.get, ""), outcomes)


def _listen(lines: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # nobody is there to take an outcome
