"""Studies: what a batch finds, many of them in one file, stopped and gone on with, the same bits whoever plays them."""

import csv
import json
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

import numpy as np
import pytest

import robosim
from robosim.cli import studies
from robosim.errors import BadInput
from robosim.scenario.reading import template as world_template
from robosim.study import workers
from robosim.study.book import results, writing
from robosim.study.export import export, table
from robosim.study.job import run_job
from robosim.study.plan import plan
from robosim.study.play import play
from robosim.study.quantities import BEST

SMALL = """[study]
worlds = ["rendezvous"]
seeds = "1..3"
taxes = ["groves", "none"]
attacks = ["stationary", "foot-dragging:stride=0.3"]

[set]
"mission.rounds" = 20

[sweep]
"robots.count" = [4, 6]
"""


def made(folder: Path, text: str = SMALL):
    (folder / "study.toml").write_text(text)
    return plan(folder / "study.toml")


def played(folder: Path, text: str = SMALL, name: str = "study.sqlite", **options):
    play(made(folder, text), folder / name, **options)
    return results(folder / name)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small study, played here."""
    folder = tmp_path_factory.mktemp("study")
    found = played(folder)
    return folder, found


def test_a_batch_finds_what_a_run_and_its_attacks_find(whole) -> None:
    """Every figure beside the public functions; what is unknown has the judge's reason."""
    _, found = whole
    batch = found.batches[4]
    assert (batch.keys["robots.count"], batch.seed) == (6, 2)
    known = {(one.tax, one.strategy, one.quantity): one for one in batch.figures}
    mission = robosim.load("rendezvous", seed=2, set={"robots.count": 6, "mission.rounds": 20})
    tried = robosim.attack(mission, strategies=["stationary", "foot-dragging:stride=0.3"], taxes=["groves", "none"])
    for tax in ("groves", "none"):
        record = mission.billed(tax).run()
        told, leader = record.summary(), record.summary()["leader"]
        wanted = {key: told[key] for key in ("social_cost", "optimum", "budget", "rounds", "individually_rational")}
        wanted |= {key: leader[key] for key in ("distance", "beta", "penalised")}
        wanted |= {f"epsilon_{key}": x for key, x in told["epsilon"].items()}
        wanted |= {"gap": told["social_cost"] - told["optimum"], "world_gain": told["gains"][0]["gain"]}
        assert {key: known[tax, "", key].value for key in wanted} == wanted
        for name in ("stationary", "foot-dragging:stride=0.3"):
            same = [one for one in tried.attacks if (one.tax_rule, one.strategy) == (tax, name)]
            best = max(same, key=lambda one: one.gain)
            assert known[tax, name, "gain"].value == best.gain
            assert known[tax, name, "agent"].value == best.agent
            assert known[tax, name, "others_change"].value == best.others_change
            assert known[tax, name, "agents_gained"].value == sum(one.gain > 0 for one in same)
            assert known[tax, name, "covered"].value == best.covered
        most = max(known[tax, name, "gain"].value for name in ("stationary", "foot-dragging:stride=0.3"))
        assert known[tax, BEST, "gain"].value == most
    assert known["none", "", "epsilon_certified"].value is None
    assert "without a tax" in known["none", "", "epsilon_certified"].why
    assert known["groves", BEST, "gain"].value <= known["groves", "", "epsilon_certified"].value


def test_a_study_goes_on_only_as_it_was_begun_and_repeats_nothing(whole, tmp_path, monkeypatch) -> None:
    folder, found = whole
    book = tmp_path / "study.sqlite"
    book.write_bytes((folder / "study.sqlite").read_bytes())
    (tmp_path / "study.toml").write_text(SMALL)
    monkeypatch.setattr(workers, "run_job", None)  # nothing is played
    came = play(plan(tmp_path / "study.toml"), book)
    assert (came.done, came.found, came.failed) == (6, 6, 0)
    with pytest.raises(BadInput, match=r'study.toml:10: sweep."robots.count": is \[4, 7\], was \[4, 6\] \(put it back'):
        play(made(tmp_path, SMALL.replace("[4, 6]", "[4, 7]")), book)
    assert results(book).digest == found.digest


def test_ctrl_c_between_batches_leaves_usable_results_and_the_next_run_goes_on(whole, tmp_path, monkeypatch) -> None:
    begun = []

    def stopped(job):
        begun.append(job.number)
        if len(begun) == 3:
            signal.raise_signal(signal.SIGINT)
        return run_job(job)

    monkeypatch.setattr(workers, "run_job", stopped)
    steps = []
    came = play(made(tmp_path), tmp_path / "s.sqlite", progress=lambda done, of: steps.append((done, of)))
    assert came.interrupted
    assert steps == [(0, 6), (1, 6), (2, 6)]
    assert [one.number for one in results(tmp_path / "s.sqlite").batches] == [0, 1]
    came = play(made(tmp_path), tmp_path / "s.sqlite")
    assert (came.done, came.found, came.interrupted) == (6, 2, False)
    assert begun == [0, 1, 2, 2, 3, 4, 5]
    assert results(tmp_path / "s.sqlite").digest == whole[1].digest


def test_missions_that_fail_are_kept_with_their_message_and_code_and_the_study_goes_on(
    tmp_path, cli, monkeypatch
) -> None:
    """Code 3 by a limit, code 4 by an agent's program, whatever it raises; then --again plays them once more."""
    (tmp_path / "controllers").mkdir()
    (tmp_path / "controllers" / "moody.py").write_text(
        "from robosim.controllers.consensus import Consensus\n\n\n"
        "class Moody(Consensus):\n    serves = ('rendezvous',)\n\n"
        "    def step(self, state, heard):\n        if len(heard.own['z'][0]) == 5:\n"
        "            raise ValueError('five!')\n"
        "        return super().step(state, heard)\n"
    )
    world = world_template("rendezvous").replace('controller = "consensus"', 'controller = "moody"')
    (tmp_path / "mine.toml").write_text(world)
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.01")
    text = '[study]\nworlds = ["mine.toml"]\nseeds = [1]\n[sweep]\n"robots.count" = [4, 5, 20000, 6]\n'
    (tmp_path / "s.toml").write_text(text)
    code, out, err = cli("study", "run", tmp_path / "s.toml", "--json")
    assert code == 1
    assert "2 of 4 batches failed (see above; --again plays them once more)" in err
    told = json.loads(out)
    assert [(one["batch"], one["exit_code"]) for one in told["failures"]] == [(1, 4), (2, 3)]
    assert "five!" in told["failures"][0]["message"]
    assert "the limit is 10 MB" in told["failures"][1]["message"]
    assert [row["keys"]["robots.count"] for row in told["table"] if row["quantity"] == "gap"] == [4, 6]
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "8")
    monkeypatch.setattr(workers, "run_job", lambda job: run_job(job.__class__(**{**vars(job), "keys": {}})))
    code, out, _ = cli("study", "run", tmp_path / "s.toml", "--again")
    assert code == 0
    assert "4 of 4 batches done, 2 of them before" in out


def test_files_that_are_no_studies_and_studies_that_run_already_are_refused(whole, tmp_path, cli) -> None:
    mine, empty = tmp_path / "mine.sqlite", tmp_path / "study.toml"
    empty.write_text(SMALL)
    sqlite3.connect(mine).execute("CREATE TABLE mine (x)").connection.close()
    (tmp_path / "text.sqlite").write_text("not a database, " * 100)
    for name, words in (
        ("mine", "holds no study"),
        ("text", "file is not a database"),
        ("gone/x", "cannot be written"),
    ):
        code, _, err = cli("study", "run", empty, "--out", tmp_path / f"{name}.sqlite")
        assert (code, len(err.splitlines())) == (2, 1)
        assert words in err
        assert "name another file with --out" in err
    assert cli("study", "show", tmp_path / "none.sqlite")[0] == 2
    made_plan = made(tmp_path)
    with writing(tmp_path / "s.sqlite", made_plan):
        code, _, err = cli("study", "run", empty, "--out", tmp_path / "s.sqlite")
        assert (code, "another process runs this study" in err) == (2, True)


PROJECT = """from pathlib import Path
import os, signal
from robosim import TaxRule

ARMED = Path(__file__).parent / "armed"


def pay(case):
    if ARMED.exists():
        ARMED.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0 * case.reported


tax = TaxRule(name="deadly", pay=pay)
"""


def deadly(folder: Path, text: str = PROJECT) -> str:
    """A study with a tax rule that kills who applies it, once."""
    (folder / "controllers").mkdir()
    (folder / "controllers" / "deadly.py").write_text(text)
    (folder / "mine.toml").write_text(world_template("rendezvous"))
    return SMALL.replace('"rendezvous"', '"mine.toml"').replace('"none"', '"deadly"')


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
from robosim.study import workers
from robosim.__main__ import main
log, play = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND), workers.run_job
def logged(job):
    os.write(log, f"{{job.number}}\\n".encode())
    time.sleep({slow})
    return play(job)
workers.run_job = logged
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


def test_where_no_bar_can_be_seen_a_line_says_how_long_it_takes(capsys, monkeypatch) -> None:
    clock = iter([0.0, 0.0, 1.0, 41.0, 42.0, 101.0])
    monkeypatch.setattr(studies.time, "monotonic", lambda: next(clock))
    with studies._told(100) as progress:
        for done in (20, 40, 41, 70):  # 20 were there before
            progress(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["40 of 100 batches, about 2 min left", "70 of 100 batches, about 61 s left"]


def test_the_flat_table_has_every_figure_and_says_why_others_are_not_there(whole, tmp_path) -> None:
    _, found = whole
    path = export(found, tmp_path / "t.csv")
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 6 * 2 * 4
    figures = sum(one.value is not None for batch in found.batches for one in batch.figures)
    head, body = table(found)
    first, last = head.index("strategy") + 1, head.index("unit")
    assert sum(cell is not None for row in body for cell in row[first:last]) == figures
    for row, line in zip(body, lines, strict=True):
        assert [float(line[name]) if line[name] else None for name in head[first:last]] == row[first:last]
    free = next(line for line in lines if line["tax"] == "none" and not line["strategy"])
    assert (free["epsilon_certified"], free["robots.count"], free["seed"]) == ("", "4", "1")
    assert "epsilon_certified: without a tax" in free["unknown"]
    with pytest.raises(BadInput, match=r"end in \.csv or \.parquet, not '\.xls'"):
        export(found, tmp_path / "t.xls")


def test_parquet_is_the_same_table_and_names_the_extra_where_pyarrow_is_missing(whole, tmp_path, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(BadInput, match=r"pip install \"faithful-robosim\[study\]\", or export \.csv"):
            export(whole[1], tmp_path / "t.parquet")
    parquet = pytest.importorskip("pyarrow.parquet", reason="LOUD: no pyarrow here, Parquet is not tested")
    head, body = table(whole[1])
    read = parquet.read_table(export(whole[1], tmp_path / "t.parquet")).to_pylist()
    assert read == [dict(zip(head, row, strict=True)) for row in body]


def test_show_answers_in_json_with_means_over_seeds(whole, cli) -> None:
    folder, found = whole
    code, out, _ = cli("study", "show", folder / "study.sqlite", "--json")
    told = json.loads(out)
    assert (code, told["batches"], told["finished"], told["digest"]) == (0, 6, 6, found.digest)
    row = next(
        one
        for one in told["table"]
        if (one["quantity"], one["tax"], one["keys"]) == ("gap", "groves", {"robots.count": 6})
    )
    gaps = []
    for seed in (1, 2, 3):
        run = robosim.run("rendezvous", seed=seed, set={"robots.count": 6, "mission.rounds": 20}).summary()
        gaps.append(run["social_cost"] - run["optimum"])
    assert row["unit"] == "m²"
    assert np.isclose(row["estimate"]["mean"], np.mean(gaps), rtol=1e-14)
    code, out, _ = cli("study", "show", folder / "study.sqlite")
    assert "95 % interval" in out
    assert "Student t, over seeds" in out
    assert cli("study", "show", folder / "study.sqlite", "--question", "gpa")[0] == 2


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
from robosim.study.book import results
from robosim.study.plan import plan
from robosim.study.play import play
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
