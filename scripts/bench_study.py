"""Batches of a study: seeds side by side against one by one, processor seconds of one process; and on two processors
against one, wall seconds of batches alone: processes, and a Ray cluster.

A batch takes about a second of one processor. The cluster has two nodes of one processor each, on this machine, needs
the extra `cluster`, and is left out where Ray is not installed. Starting workers is not counted: it is once a study.
Batches that wait for a second take no processor: they show what passing batches around costs, whatever else runs here.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from robosim.scenario.reading import template
from robosim.study.book import results
from robosim.study.job import run_job
from robosim.study.plan import Plan, plan
from robosim.study.play import play
from robosim.study.side_by_side import outcomes
from robosim.study.workers import cluster, processes

WANTED = 1.6
REPEATS = 3
STUDY = """[study]
worlds = ["rendezvous"]
seeds = "1..12"
taxes = ["groves"]

[set]
"robots.count" = {robots}
"mission.rounds" = {rounds}
"record.every" = 100000
"""
WAITING = """
import time
from robosim import TaxRule


def pay(case):
    time.sleep(1.0)
    return 0.0 * case.reported


tax = TaxRule(name="waiting", pay=pay)
"""
SIZE = {"robots": 1000, "rounds": 14_000}
SEEDS = """[study]
worlds = ["rendezvous"]
seeds = "1..64"
taxes = ["{tax}"]

[set]
"network.graph" = "{graph}"
"network.long_links" = 0
"robots.count" = {robots}
"mission.rounds" = {rounds}
"""
SIDE_BY_SIDE = (
    {"tax": "none", "graph": "ring", "robots": 40, "rounds": 1000},
    {"tax": "none", "graph": "grid", "robots": 16, "rounds": 400},
    {"tax": "none", "graph": "ring", "robots": 12, "rounds": 60},
    {"tax": "groves", "graph": "ring", "robots": 12, "rounds": 60},  # the certificates take all of the time
    {"tax": "none", "graph": "geometric", "robots": 40, "rounds": 1000},  # another graph for each seed: one by one
)


def main() -> None:
    """Each line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        for what in SIDE_BY_SIDE:
            side_by_side(Path(folder) / "seeds.toml", what)
        compare_all("batches that wait a second", waiting(Path(folder)), repeats=1)
        file = Path(folder) / "study.toml"
        file.write_text(STUDY.format(**SIZE), encoding="utf-8")
        made = plan(file)
        play(made, Path(folder) / "alone.sqlite")
        alone = results(Path(folder) / "alone.sqlite")
        seconds = statistics.median(batch.cpu_s for batch in alone.batches)
        print(f"{len(made)} batches of {seconds:.2f} s CPU (median), {os.cpu_count()} processors")
        compare_all("batches that compute", made, REPEATS)


def side_by_side(file: Path, what: dict[str, Any]) -> None:
    """Seeds per second of 64 seeds, the best of three times each way."""
    long_links = "" if what["graph"] != "geometric" else SEEDS.replace('"network.long_links" = 0\n', "")
    file.write_text((long_links or SEEDS).format(**what), encoding="utf-8")
    jobs = list(plan(file).jobs())
    run_job(jobs[0])
    alone = min(_cpu_s(lambda: [run_job(job) for job in jobs]) for _ in range(REPEATS))
    beside = min(_cpu_s(lambda: list(outcomes(jobs))) for _ in range(REPEATS))
    rates = f"{len(jobs) / alone:.0f} seeds/s one by one, {len(jobs) / beside:.0f} side by side"
    named = ", ".join(f"{key} {value}" for key, value in what.items())
    print(f"seeds side by side, {named}: {rates}: {alone / beside:.2f} x", flush=True)


def _cpu_s(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def waiting(folder: Path) -> Plan:
    """A study whose tax rule waits before it bills."""
    (folder / "controllers").mkdir()
    (folder / "controllers" / "waiting.py").write_text(WAITING, encoding="utf-8")
    (folder / "mine.toml").write_text(template("erratum"), encoding="utf-8")
    file = folder / "waiting.toml"
    file.write_text('[study]\nworlds = ["mine.toml"]\nseeds = "1..12"\ntaxes = ["waiting"]\n', encoding="utf-8")
    return plan(file)


def compare_all(what: str, made: Plan, repeats: int) -> None:
    """Processes and a cluster on one study."""
    compared(f"{what}, processes", [_processes(made, count) for _ in range(repeats) for count in (1, 2)])
    if importlib.util.find_spec("ray") is None:
        print("Ray is not installed: the cluster is left out")
        return
    compared(f"{what}, Ray on two nodes", _clusters(made, repeats))


def compared(name: str, seconds: list[float]) -> None:
    """The best of one worker and of two, in turn, and how much faster two are: other programs only slow down."""
    one, two = min(seconds[::2]), min(seconds[1::2])
    verdict = "ok" if one / two >= WANTED else f"NOT REACHED, wanted {WANTED}"
    print(f"{name}: {one:.2f} s by one worker, {two:.2f} s by two: {one / two:.2f} x ({verdict})", flush=True)


def timed(work: Any, workers: int) -> float:
    """Wall seconds from the first finished round of workers, so that their start is left out, to the last batch."""
    times = []
    for _ in work:
        times.append(time.perf_counter())
    return (times[-1] - times[workers - 1]) / (len(times) - workers) * len(times)


def _processes(made: Plan, count: int) -> float:
    return timed(processes(made.jobs(), count), count)


def _clusters(made: Plan, repeats: int) -> list[float]:
    from ray.cluster_utils import Cluster  # type: ignore[import-untyped,unused-ignore]

    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    nodes.add_node(num_cpus=1)
    try:
        return [timed(cluster(made.jobs(), nodes.address, count), count) for _ in range(repeats) for count in (1, 2)]
    finally:
        nodes.shutdown()


if __name__ == "__main__":
    main()
