"""Every claim of SECURITY.md, tried on a stranger's folder whose programs leave a mark when they are imported."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.files.store import sealed, sha256

RENDEZVOUS = '[mission]\nkind = "rendezvous"\nrounds = 5\n[robots]\ncount = 3\n'
MARKET = '[mission]\nkind = "charging"\nrounds = 5\n[bidders]\ncount = 3\n[market]\ncapacity_kw = 1.0\n'
PROGRAM = """
import sys
from pathlib import Path
from robosim.controllers.{module} import {name} as Own
Path({mark!r}).write_text("ran")
print("it runs", file=sys.stderr)
class {title}(Own):
    pass
"""
RUNS_CODE = (
    "run my.toml",
    "check my.toml",
    "plot my.toml --kind costs -o costs.png",
    "report my.toml -o m.html",
    "view my.toml --screenshot seen.png",
    "attack my.toml --agent 0 --strategy stationary",
    "certify my.toml",
    "compare market.toml --sweep N=2..3",
    "study run study.toml",
)
RUNS_NONE = (
    "worlds",
    "new",
    "study new my.toml",
    "schema",
    "check my.toml --no-code",
    "plot record --kind costs -o costs.png",
    "report record -o m.html",
    "compare record record -o m.html",
)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A stranger's folder, in which we stand: worlds that name no controller, and programs called as robosim's own."""
    (tmp_path / "my.toml").write_text(RENDEZVOUS)
    (tmp_path / "market.toml").write_text(MARKET)
    (tmp_path / "study.toml").write_text('[study]\nworlds = ["my.toml"]\nseeds = [1]\n')
    (tmp_path / "controllers").mkdir()
    programs = {"consensus": ("Consensus", "Consensus"), "dual_decomposition": ("PriceTaker", "DualDecomposition")}
    for module, (name, title) in programs.items():
        text = PROGRAM.format(module=module, name=name, title=title, mark=str(tmp_path / "ran"))
        (tmp_path / "controllers" / f"{module}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", RUNS_CODE)
def test_these_commands_run_programs_of_the_folder_and_name_them_before(folder, capsys, command: str) -> None:
    assert main(command.split()) == 0
    said = capsys.readouterr().err
    assert (folder / "ran").exists()
    assert 0 <= said.index(f"runs the code of {folder / 'controllers'}") < said.index("it runs")
    assert "in place of robosim's own" in said


@pytest.mark.parametrize("command", RUNS_NONE)
def test_these_commands_run_none(folder, command: str) -> None:
    robosim.run("erratum").save(folder / "record")
    assert main(command.split()) == 0
    assert not (folder / "ran").exists()


def test_a_record_whose_world_names_code_is_loaded_without_it(folder) -> None:
    (folder / "my.toml").write_text(RENDEZVOUS.replace("rounds", 'controller = "consensus"\nrounds'))
    robosim.run(folder / "my.toml").save(folder / "record")
    (folder / "ran").unlink()
    assert robosim.load_record(folder / "record").world == "my"
    assert main(["plot", str(folder / "record"), "--kind", "costs", "-o", "costs.png"]) == 0
    assert not (folder / "ran").exists()
    program = folder / "controllers" / "consensus.py"
    assert (folder / "record" / "controllers" / "consensus.py").read_text() == program.read_text()
    told = json.loads((folder / "record" / "mission.json").read_text())
    assert [one["path"] for one in told["inputs"]] == [str(program)]
    assert {"python", "platform"} <= set(told["made_with"])
    assert main(["run", "record/world.toml"]) == 0
    assert (folder / "ran").exists()


def test_without_code_the_answer_says_what_was_not_checked(folder, capsys) -> None:
    assert main(["check", "my.toml", "--no-code"]) == 0
    assert f"not checked: {folder / 'controllers' / 'consensus.py'}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../consensus", "/etc/consensus", "controllers.consensus", "..", "", "a b"])
def test_the_name_of_a_program_does_not_leave_its_folder(folder, capsys, name: str) -> None:
    (folder / "consensus.py").write_text((folder / "controllers" / "consensus.py").read_text())
    (folder / "my.toml").write_text(RENDEZVOUS.replace("rounds", f'controller = "{name}"\nrounds'))
    assert main(["run", "my.toml"]) == 2
    assert "mission.controller" in capsys.readouterr().err
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("world", ["erratum", "market"])
def test_bundled_worlds_run_robosim_s_own_programs_wherever_we_stand(folder, world: str) -> None:
    assert main(["run", world]) == 0
    assert not (folder / "ran").exists()


class Trap:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_arrays_of_strangers_are_read_without_pickles(folder, capsys) -> None:
    trap = np.array([Trap(folder / "ran")], dtype=object)
    np.savez(folder / "mine.npz", slope=trap, b=trap, A=trap)
    assert main(["run", "freight", "--set", "freight.instance=mine.npz"]) == 2
    record = robosim.run("erratum").save(folder / "record")
    np.savez(record / "trajectory.npz", trap=trap, **{"said/z": trap, "decision": trap})
    summary = json.loads((record / "mission.json").read_text())
    summary["manifest"]["trajectory.npz"] = sha256((record / "trajectory.npz").read_bytes())
    summary.pop("sha256")
    (record / "mission.json").write_bytes(sealed(summary))
    assert main(["plot", "record"]) == 2
    assert "trajectory.npz" in capsys.readouterr().err
    assert not (folder / "ran").exists()


def test_damage_of_a_record_is_seen_and_forgery_is_not(folder) -> None:
    record = robosim.run("erratum").save(folder / "record")
    file = record / "mission.json"
    summary = json.loads(file.read_text())
    summary["seed"] = summary["mission"]["seed"] = 77
    file.write_text(json.dumps(summary))
    with pytest.raises(robosim.BadInput, match="damaged"):
        robosim.load_record(record)
    summary.pop("sha256")
    file.write_bytes(sealed(summary))
    assert robosim.load_record(record).seed == 77


@pytest.mark.parametrize("command", ["run", "check", "attack --agent 0", "certify"])
def test_nothing_is_written_that_was_not_asked_for(tmp_path, monkeypatch, command: str) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command.split()
    assert main([name, "erratum", *options]) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("world", ["erratum", "market", "charging-day-ahead", "freight"])
def test_nothing_is_sent_or_fetched(monkeypatch, world: str) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert main(["run", world, "--set", "mission.rounds=3"]) == 0


def test_what_is_too_large_is_refused_before_memory_is_spent(folder, capsys) -> None:
    (folder / "my.toml").write_text(RENDEZVOUS + "#" * 1_000_001)
    assert main(["check", "my.toml", "--no-code"]) == 3
    assert main(["check", "rendezvous", "--set", "robots.count=1000000000"]) == 3


def test_a_world_may_name_any_file_to_be_read_as_what_it_is_not(folder, capsys) -> None:
    secret = folder / "secret.txt"
    secret.write_text("password\n")
    assert main(["run", "charging-day-ahead", "--set", f"station.sessions={secret}"]) == 2
    assert "secret.txt" in capsys.readouterr().err


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package whose modules leave a mark each, found by its entry points; run robosim in a process that sees it."""
    package, info = tmp_path / "site" / "stranger", tmp_path / "site" / "stranger-1.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    mark = f"from pathlib import Path\nPath({str(tmp_path)!r}, __name__.rpartition('.')[2]).touch()\n"
    (package / "__init__.py").touch()
    (package / "slow.py").write_text(mark + "from robosim.controllers.consensus import Consensus as Slow\n")
    (package / "free.py").write_text(
        mark
        + "import robosim\nFREE = robosim.TaxRule(\n"
        + "    name='free', enforces=False, pay=lambda case: 0 * case.reported\n)\n"
    )
    (package / "wait.py").write_text(
        mark
        + "import robosim\nclass Wait(robosim.Strategy):\n"
        + "    def say(self, k, memory, view):\n        return memory, {'z': view.own['start']}\n"
    )
    groups = {"controllers": "slow = stranger.slow:Slow", "taxes": "free = stranger.free:FREE"}
    groups["strategies"] = "wait = stranger.wait:Wait"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n")
    (info / "entry_points.txt").write_text("".join(f"[robosim.{key}]\n{x}\n" for key, x in groups.items()))

    def call(*words: str) -> tuple[int, str, set[str]]:
        for name in ("slow", "free", "wait"):
            (tmp_path / name).unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "robosim", *words],
            env=os.environ | {"PYTHONPATH": str(tmp_path / "site")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr, {one.name for one in tmp_path.iterdir()} - {"site"}

    return call


@pytest.mark.deep
def test_programs_of_packages_are_imported_where_a_world_names_them(installed) -> None:
    code, said, ran = installed("check", "erratum", "--no-code")
    assert (code, "slow" in ran) == (0, False), said
    code, said, ran = installed("run", "erratum", "--set", "mission.controller=slow")
    assert (code, "slow" in ran) == (0, True), said
    assert "runs the code of stranger.slow:Slow, an installed package" in said
    code, said, ran = installed("check", "erratum", "--set", "mission.controller=slow", "--no-code")
    assert (code, "slow" in ran) == (0, False), said
    assert "not checked: stranger.slow:Slow" in said


def test_tax_rules_and_strategies_of_packages_work_by_name(installed) -> None:
    code, said, ran = installed("attack", "rendezvous", "--agent", "0", "--strategy", "wait", "--tax", "free", "--json")
    assert code == 0, said
    assert {"free", "wait"} <= ran
    (found,) = json.loads(said)["attacks"]
    assert (found["tax_rule"], found["strategy"], found["covered"]) == ("free", "wait", False)
    assert found["gain"] == found["net_cost_faithful"]  # who waits for the end pays nothing, and nobody taxes it


@pytest.mark.parametrize(("module", "imported"), [(False, False), (True, True)])
def test_only_python_m_imports_from_the_folder_that_we_stand_in(tmp_path, module: bool, imported: bool) -> None:
    (tmp_path / "numpy.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n")
    robosim_itself = [sys.executable, "-m", "robosim"] if module else [Path(sys.executable).with_name("robosim")]
    env = {key: x for key, x in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    subprocess.run([*robosim_itself, "run", "erratum"], cwd=tmp_path, env=env, capture_output=True)
    assert (tmp_path / "ran").exists() is imported
