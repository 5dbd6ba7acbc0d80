"""A record is one unit on disk: killed, interrupted, out of space at any step, the old or the new one is there."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.errors import BadInput

EVENTS = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.scandir", "os.listdir"}
"""What Python tells before it does anything to a folder."""
MOST_STEPS = 200


@pytest.fixture(scope="module")
def records():
    return robosim.run("erratum", seed=1), robosim.run("erratum", seed=2)


def in_child(work) -> int:
    """The exit code of a copy of this process that does `work`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a copy of a process with threads: it only writes files and ends
        child = os.fork()
    if child == 0:
        code = 70
        try:
            code = work()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at_step(number: int, folder: Path, act) -> list[int]:
    """Do `act` before the given step that touches the folder; the list says how many steps are left until then."""
    left, flush = [number], os.fsync

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            act()

    def hook(event: str, arguments: tuple) -> None:
        if event in EVENTS and arguments and str(folder) in str(arguments[0]):
            step()

    def flushed(handle: int) -> None:
        step()
        flush(handle)

    sys.addaudithook(hook)
    os.fsync = flushed
    return left


def saved_until(step: int, record, folder: Path, act) -> int:
    def work() -> int:
        left = at_step(step, folder, act)
        try:
            record.save(folder)
        except KeyboardInterrupt:
            return 130
        except BadInput as problem:
            return 2 if "No space left" in str(problem) else 71
        return 0 if left[0] > 0 else 3

    return in_child(work)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def interrupted() -> None:
    raise KeyboardInterrupt


def signalled() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def full_disk() -> None:
    raise OSError(28, "No space left on device")


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(".sav*")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="LOUD: no fork here, saves are not killed step by step")
@pytest.mark.parametrize("act", [killed, interrupted, signalled, full_disk])
def test_the_old_record_or_the_new_one_at_every_step(records, tmp_path, act) -> None:
    """Every step of a save over a record is killed, every third stopped otherwise: one of the two is there, whole."""
    old, new = records
    seen = set()
    for step in range(1, MOST_STEPS, 1 if act is killed else 3):
        folder = tmp_path / f"r{step}"
        old.save(folder)
        (folder / "notes.txt").write_text("the user's own")
        code = saved_until(step, new, folder, act)
        assert code in {killed: (-9, 0), interrupted: (130, 0), signalled: (130, 0), full_disk: (2, 3, 0)}[act]
        back = robosim.load_record(folder)
        seen.add(back.seed)
        wanted = {1: old, 2: new}[back.seed]
        np.testing.assert_array_equal(back.positions, wanted.positions)
        assert back.verdict == wanted.verdict
        assert (folder / "notes.txt").read_text() == "the user's own"
        if act is full_disk:
            assert left_over(folder) in ([], [".saved"])
            assert back.seed == (1 if code == 2 else 2)
        elif act is not killed:
            assert not left_over(folder)
        if act is signalled:
            assert back.seed == 2, "what is being written is finished"
        if act is killed:
            new.save(folder)
            assert not left_over(folder)
        if code == 0:
            break
    assert code == 0
    assert step > 15
    assert seen == ({2} if act is signalled else {1, 2})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="LOUD: no fork here")
def test_a_first_save_that_is_killed_leaves_a_folder_that_may_be_written_again(records, tmp_path) -> None:
    from robosim.files.store import holds_record, refuse_foreign

    for step in range(1, MOST_STEPS):
        folder = tmp_path / f"r{step}"
        code = saved_until(step, records[0], folder, killed)
        if holds_record(folder):
            assert robosim.load_record(folder).seed == 1
        else:
            with pytest.raises(BadInput, match="cannot be read"):
                robosim.load_record(folder)
        refuse_foreign(folder)
        records[1].save(folder)
        assert robosim.load_record(folder).seed == 2
        if code == 0:
            return
    pytest.fail("the save did not end")


def test_a_committed_save_is_read_where_nothing_can_be_written(records, tmp_path, monkeypatch) -> None:
    """Killed right after the one step that counts, on a disk that is read-only since."""
    from robosim.files import store

    folder = records[0].save(tmp_path / "r")
    monkeypatch.setattr(store, "tidy", full_disk_for(store.tidy))
    records[1].save(folder)
    assert left_over(folder) == [".saved"]
    assert json.loads((folder / "mission.json").read_text())["seed"] == 1
    assert robosim.load_record(folder).seed == 2


def full_disk_for(real):
    """Works once, then nothing can be written."""
    calls = []

    def tidy(target: Path) -> None:
        calls.append(target)
        if len(calls) > 1:
            full_disk()
        real(target)

    return tidy


def test_a_world_of_the_user_is_not_replaced(records, tmp_path) -> None:
    (tmp_path / "world.toml").write_text("mine")
    with pytest.raises(BadInput, match=r"holds .world\.toml. and is no record"):
        records[0].save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["world.toml"]


def test_a_failing_judge_costs_its_figure_and_not_the_record(tmp_path, monkeypatch) -> None:
    mission = robosim.load("rendezvous")

    def fail(self) -> float:
        raise ValueError("the solver gave up")

    monkeypatch.setattr(type(mission), "optimum", fail)
    back = robosim.load_record(mission.run().save(tmp_path / "r"))
    assert back.verdict.optimum is None
    assert back.verdict.unknown == ("the optimum: ValueError: the solver gave up",)


def test_ctrl_c_while_the_bill_is_made_costs_the_judge_and_not_the_rounds(monkeypatch) -> None:
    mission = robosim.load("rendezvous")
    settle = type(mission).settle

    def interrupted_settle(self, snapshot):
        os.kill(os.getpid(), signal.SIGINT)
        return settle(self, snapshot)

    monkeypatch.setattr(type(mission), "settle", interrupted_settle)
    record = mission.run()
    assert record.rounds == mission.rounds
    assert not record.interrupted
    assert len(record.verdict.unknown) == 5
    assert all(line.endswith("given up (interrupted)") for line in record.verdict.unknown)


def test_a_mission_that_others_are_compared_with_is_whole_or_nothing(monkeypatch) -> None:
    """An honest mission that was cut short gave gains that were wrong without a word."""
    mission = robosim.load("rendezvous")
    advance, played = type(mission).advance, []

    def stopped(self, snapshot):
        if not self.deviations and snapshot.k == 7:
            played.append(snapshot.k)
            raise KeyboardInterrupt
        return advance(self, snapshot)

    monkeypatch.setattr(type(mission), "advance", stopped)
    record = mission.run()
    assert record.verdict.gains == ()
    assert played
    assert any("gains: given up" in line for line in record.verdict.unknown)


def run_command(folder: Path, *options: str) -> subprocess.Popen:
    words = [sys.executable, "-m", "robosim", "run", "rendezvous", "--out", str(folder), "--json", *options]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_keeps_what_was_played(tmp_path, sent) -> None:
    """SIGTERM is Ctrl-C: what was played is settled, written and shown; exit code 130."""
    words = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from robosim.mission import Mission
from robosim.__main__ import main
advance = Mission.advance
def stopped(self, snapshot):
    if snapshot.k == 5:
        os.kill(os.getpid(), {int(sent)})
    return advance(self, snapshot)
Mission.advance = stopped
sys.exit(main(["run", "rendezvous", "--out", {str(tmp_path / "r")!r}, "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 130, done.stderr
    assert json.loads(done.stdout)["rounds"] == 5
    back = robosim.load_record(tmp_path / "r")
    assert (back.rounds, back.interrupted) == (5, True)


def test_a_full_disk_takes_no_record_but_the_answer_is_given(tmp_path) -> None:
    """RLIMIT_FSIZE stands for the full disk."""
    old = robosim.run("erratum", seed=1).save(tmp_path / "r")
    words = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from robosim.__main__ import main
import robosim; robosim.run("rendezvous")
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
sys.exit(main(["run", "rendezvous", "--out", {str(old)!r}, "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert json.loads(done.stdout)["rounds"] == 60
    assert "cannot be written: File too large" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert robosim.load_record(old).seed == 1
    assert not left_over(old)


@pytest.mark.deep
def test_200_random_kills_of_a_real_run(tmp_path) -> None:
    folder = robosim.run("rendezvous", seed=1).save(tmp_path / "r")
    start = time.monotonic()
    first = run_command(folder)
    first.communicate()
    assert first.returncode == 0
    length = time.monotonic() - start
    draw, seen = random.Random(0), set()
    for number in range(200):
        seed = 100 + number
        before = robosim.load_record(folder).seed
        running = run_command(folder, "--seed", str(seed))
        time.sleep(draw.uniform(0.5, 1.1) * length)
        running.kill()
        running.communicate()
        after = robosim.load_record(folder).seed
        assert after in (before, seed)
        seen.add(after == seed)
    assert seen == {True, False}
