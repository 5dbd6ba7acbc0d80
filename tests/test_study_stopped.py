"""Studies that are stopped, killed, and spread over processes and machines: nothing lost or repeated, the same bits."""

import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

import robosim
from robosim.errors import BadInput
from robosim.study import side_by_side
from robosim.study.book import results, writing
from robosim.study.job import Outcome, run_job
from robosim.study.play import play
from robosim.study.quantities import Figure
from tests.studies import PROJECT, SMALL, deadly, made, played


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small study, played here."""
    folder = tmp_path_factory.mktemp("study")
    found = played(folder)
    return folder, found


def test_ctrl_c_between_batches_leaves_usable_results_and_the_next_run_goes_on(whole, tmp_path, monkeypatch) -> None:
    begun = []

    def stopped(job, ahead):
        begun.append(job.number)
        if len(begun) == 3:
            signal.raise_signal(signal.SIGINT)
        return run_job(job, ahead)

    monkeypatch.setattr(side_by_side, "run_job", stopped)
    steps = []
    came = play(made(tmp_path), tmp_path / "s.sqlite", progress=lambda done, of: steps.append((done, of)))
    assert came.interrupted
    assert steps == [(0, 6), (1, 6), (2, 6)]
    assert [one.number for one in results(tmp_path / "s.sqlite").batches] == [0, 1]
    came = play(made(tmp_path), tmp_path / "s.sqlite")
    assert (came.done, came.found, came.interrupted) == (6, 2, False)
    assert begun == [0, 1, 2, 2, 3, 4, 5]
    assert results(tmp_path / "s.sqlite").digest == whole[1].digest


@pytest.mark.parametrize("where", ["rounds", "judge", "attack"])
def test_a_mission_that_is_stopped_in_the_middle_is_no_batch(tmp_path, monkeypatch, where: str) -> None:
    """Missions settle what was played, judges give up, attacks return what they have: none of that is a result."""
    kind = type(robosim.load("rendezvous"))
    advance, optimum, sent = kind.advance, kind.optimum, []

    def stop(mission, now: bool) -> None:
        if now and mission.scenario.mission.seed == 2 and not sent:
            sent.append(where)
            signal.raise_signal(signal.SIGINT)

    def stopped(self, snapshot):
        stop(self, snapshot.k == 5 and self.batch == (12 if where == "attack" else 1) and where != "judge")
        return advance(self, snapshot)

    def sought(self):
        stop(self, where == "judge")
        return optimum(self)

    monkeypatch.setattr(kind, "advance", stopped)
    monkeypatch.setattr(kind, "optimum", sought)
    text = SMALL.replace("[4, 6]", "[6]")
    came = play(made(tmp_path, text), tmp_path / "s.sqlite")
    assert (came.done, came.interrupted) == (1, True)
    assert [one.seed for one in results(tmp_path / "s.sqlite").batches] == [1]


def test_a_batch_is_written_whole_or_not_at_all(tmp_path) -> None:
    """What cannot be written to its end, here as a figure stands twice, leaves nothing of itself."""
    found = made(tmp_path)
    job = next(found.jobs())
    figure = Figure("none", "", "gap", 1.0)
    with writing(tmp_path / "s.sqlite", found) as book:
        with pytest.raises(sqlite3.IntegrityError):
            book.keep(job, Outcome(number=0, figures=(figure, figure)))
        assert book.finished() == set()
        book.keep(job, Outcome(number=0, figures=(figure,)))
        book.keep(job, Outcome(number=0, figures=(figure._replace(value=2.0),)))
    assert [one.figures for one in results(tmp_path / "s.sqlite").batches] == [(figure,)]


@pytest.mark.deep
def test_processes_give_the_same_bits_and_a_worker_that_dies_costs_nothing(tmp_path) -> None:
    text = deadly(tmp_path)
    alone = played(tmp_path, text)
    (tmp_path / "controllers" / "armed").touch()
    found = played(tmp_path, text, "many.sqlite", workers=2)
    assert not (tmp_path / "controllers" / "armed").exists(), "a worker died"
    assert found.digest == alone.digest
    assert len(found.batches) == 6
    assert not [one for one in found.batches if one.failed]
    assert found.made_with == alone.made_with


@pytest.mark.deep
def test_a_batch_that_kills_two_workers_has_failed_and_the_others_are_there(tmp_path) -> None:
    always = PROJECT.replace("if ARMED.exists():\n        ARMED.unlink()", "if case.reported.shape[1] == 6:")
    found = played(tmp_path, deadly(tmp_path, always), workers=2)
    assert [one.exit_code for one in found.batches] == [0, 0, 0, 4, 4, 4]
    assert "two workers died while they played it (exit code -9)" in found.batches[3].failed


DRIVER = """
import os, sys, time
from robosim.study import side_by_side
from robosim.__main__ import main
log, play = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND), side_by_side.run_job
def logged(job, ahead):
    os.write(log, f"{{job.number}}\\n".encode())
    time.sleep({slow})
    return play(job, ahead)
side_by_side.run_job = logged
sys.exit(main(["study", "run", {study!r}, "--out", {out!r}]))
"""


def started(folder: Path, log: Path, slow: float) -> subprocess.Popen:
    code = DRIVER.format(log=str(log), slow=slow, study=str(folder / "study.toml"), out=str(folder / "killed.sqlite"))
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rows_of(book: Path) -> dict[int, list]:
    """Everything of each finished batch, times too, as bytes show it to another process."""
    if not book.exists():
        return {}
    try:
        return {one.number: [one.cpu_s, *one.figures] for one in results(book).batches}
    except BadInput:  # killed before there was a table
        return {}


def killed_often(folder: Path, kills: int, slow: float, draw: random.Random, wait_for: int | None) -> list[int]:
    """Kill a study so often and then let it end; checks after each kill, and returns how far it came each time."""
    book, came = folder / "killed.sqlite", []
    before: dict[int, list] = {}
    for number in range(kills + 1):
        log = folder / f"log{number}"
        running = started(folder, log, slow)
        if number < kills:
            if wait_for is None:
                time.sleep(draw.uniform(0.3, 1.6) * 2.0)
            else:  # when it has begun that many batches
                while not log.exists() or len(log.read_text().split()) < wait_for:
                    assert running.poll() is None
                    time.sleep(0.02)
            running.kill()
        code = running.wait()
        after, begun = rows_of(book), [int(one) for one in log.read_text().split()] if log.exists() else []
        assert not set(begun) & set(before), "a finished batch was played again"
        assert {key: after.get(key) for key in before} == before, "a finished batch was lost or changed"
        assert len(begun) == len(set(begun))
        before = after
        came.append(len(after))
    assert code == 0
    return came


def test_killed_twice_nothing_is_lost_or_repeated_and_the_table_is_the_same(whole, tmp_path) -> None:
    (tmp_path / "study.toml").write_text(SMALL)
    came = killed_often(tmp_path, kills=2, slow=0.05, draw=random.Random(0), wait_for=2)
    assert came[0] in (1, 2)
    assert came[0] < came[1] < came[2] == 6
    assert results(tmp_path / "killed.sqlite").digest == whole[1].digest
    assert sorted(path.name for path in tmp_path.glob("*killed*")) == ["killed.sqlite"]


@pytest.mark.deep
def test_killed_20_times_at_random_moments(tmp_path) -> None:
    text = SMALL.replace("1..3", "1..40")
    alone = played(tmp_path, text)
    came = killed_often(tmp_path, kills=20, slow=0.2, draw=random.Random(0), wait_for=None)
    assert len(set(came)) > 5
    assert came[-1] == 80
    assert results(tmp_path / "killed.sqlite").digest == alone.digest


def workers_in(folder: Path) -> list[str]:
    """Processes of workers that were begun in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if "robosim.study.worker" in (process / "cmdline").read_text() and os.readlink(process / "cwd") == str(
                folder
            ):
                found.append(process.name)
        except OSError:
            continue
    return found


@pytest.mark.deep
@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="LOUD: no /proc here, workers are not looked for")
def test_who_is_killed_with_two_workers_leaves_none_of_them_and_loses_nothing(tmp_path) -> None:
    text, draw = SMALL.replace("1..3", "1..60"), random.Random(1)
    alone = played(tmp_path, text)
    words = [sys.executable, "-m", "robosim", "study", "run", "study.toml", "--out", "killed.sqlite", "--workers", "2"]
    before: dict[int, list] = {}
    seen = set()
    for number in range(9):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        running = subprocess.Popen(words, cwd=tmp_path, **quiet)
        if number < 8:
            time.sleep(draw.uniform(2.0, 5.0))
            seen.add(len(workers_in(tmp_path)))
            running.kill()
        code = running.wait()
        until = time.monotonic() + 20.0
        while workers_in(tmp_path) and time.monotonic() < until:
            time.sleep(0.1)
        assert not workers_in(tmp_path)
        after = rows_of(tmp_path / "killed.sqlite")
        assert {key: after.get(key) for key in before} == before
        before = after
    assert code == 0
    assert 2 in seen
    assert results(tmp_path / "killed.sqlite").digest == alone.digest


def test_without_ray_a_cluster_is_refused_and_the_extra_named(tmp_path, cli, monkeypatch) -> None:
    (tmp_path / "study.toml").write_text(SMALL)
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, err = cli("study", "run", tmp_path / "study.toml", "--cluster", "auto")
    assert code == 2
    assert 'needs Ray, which is not installed (pip install "faithful-robosim[cluster]"' in err


def test_nobody_at_the_address_of_a_cluster_is_said_at_once(tmp_path, cli, monkeypatch) -> None:
    """Before Ray is asked, which would try for minutes; a port that was just given back has nobody."""
    (tmp_path / "study.toml").write_text(SMALL)
    monkeypatch.setitem(sys.modules, "ray", types.SimpleNamespace())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code, _, err = cli("study", "run", tmp_path / "study.toml", "--cluster", f"127.0.0.1:{port}")
    assert code == 2
    assert re.fullmatch(
        rf"--cluster: no Ray cluster answers at '127.0.0.1:{port}': .* \(begin one: ray start --head\)\n", err
    )


CLUSTER = """
import sys
from pathlib import Path
from ray.cluster_utils import Cluster
from robosim.study.book import results, writing
from robosim.study.plan import plan
from robosim.study.play import play
from robosim.study.quantities import Figure
made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
made.add_node(num_cpus=1)
try:
    play(plan(sys.argv[1]), Path(sys.argv[2]), workers=0, address=made.address)
finally:
    made.shutdown()
print(results(Path(sys.argv[2])).digest)
"""


@pytest.mark.deep
def test_a_cluster_of_two_nodes_gives_the_same_bits_and_a_worker_that_dies_costs_nothing(tmp_path) -> None:
    pytest.importorskip("ray", reason="LOUD: no Ray here, clusters are not tested")
    text = deadly(tmp_path)
    alone = played(tmp_path, text)
    (tmp_path / "controllers" / "armed").touch()
    words = [sys.executable, "-c", CLUSTER, str(tmp_path / "study.toml"), str(tmp_path / "cluster.sqlite")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, env={**os.environ, "RAY_DEDUP_LOGS": "0"})
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "controllers" / "armed").exists(), "a worker died"
    assert done.stdout.split()[-1] == alone.digest
