"""Programs beside a world file: refused by name (exit 2), or an agent failure (exit 4) with class, round, shape."""

import json
import subprocess
import sys

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.controllers.consensus import Consensus
from robosim.errors import AgentFailure, BadInput
from robosim.lookup.programs import serving

RENDEZVOUS = '[mission]\nkind = "rendezvous"\nrounds = 20\ncontroller = "mine"\n[robots]\ncount = 3\n'
MARKET = (
    '[mission]\nkind = "charging"\nrounds = 20\ncontroller = "mine"\n[bidders]\ncount = 3\n'
    "[market]\ncapacity_kw = 1.0\n"
)
PROGRAM = """
import numpy as np
import sys
from robosim.controllers.{base} import {parent}


class Mine:
    def __init__(self):
        self.k, self.inner = 0, {parent}()

    def start(self, own, rules, links):
        {start}
        return self.inner.start(own, rules, links)

    def step(self, state, heard):
        self.k += 1
        state, said = self.inner.step(state, heard)
        {step}
        return state, said

    def report(self, own, decision, meter):
        said = self.inner.report(own, decision, meter)
        {report}
        return said
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "controllers").mkdir()
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "robots.toml").write_text(RENDEZVOUS)
    (tmp_path / "worlds" / "bidders.toml").write_text(MARKET)

    def write(kind="robots", start="pass", step="pass", report="pass"):
        base = {"robots": ("consensus", "Consensus"), "bidders": ("dual_decomposition", "PriceTaker")}[kind]
        text = PROGRAM.format(base=base[0], parent=base[1], start=start, step=step, report=report)
        (tmp_path / "controllers" / "mine.py").write_text(text)
        return str(tmp_path / "worlds" / f"{kind}.toml")

    return write


@pytest.mark.parametrize(
    ("world", "name"),
    [
        ("rendezvous", "admm"),
        ("rendezvous", "dual_decomposition"),
        ("rendezvous", "selfish"),
        ("market", "agreement"),
        ("market", "audit"),
        ("market", "market"),
        ("market", "consensus"),
        ("market", "price_step"),
        ("charging", "consensus"),
        ("freight", "agreement"),
        ("freight", "local_problem"),
        ("freight", "consensus"),
        ("rendezvous", "a.b"),
        ("rendezvous", "__init__"),
        ("rendezvous", ".."),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_name_that_is_no_program_for_this_world_is_exit_2(capsys, command: str, world: str, name: str) -> None:
    code = main([command, world, "--set", f"mission.controller={name}"])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("--set:1: mission.controller: ")
    assert err.count("\n") == 1


def test_the_programs_that_do_serve_are_listed() -> None:
    assert serving("rendezvous") == (
        "consensus",
        "hold_last",
        "metropolis",
        "ratio_consensus",
        "saturated_consensus",
    )
    assert serving("auction") == ("admm", "dual_decomposition")
    assert serving("charging") == ("admm", "dual_decomposition")
    assert serving("freight") == (
        "consensus_tracking_admm",
        "dc_admm",
        "dot_admm",
        "dpmm",
        "dual_subgradient",
        "iplux",
        "tracking_admm",
    )
    with pytest.raises(BadInput, match=r"Admm serves auction, .* kind rendezvous \(write one of consensus"):
        robosim.load("rendezvous", set={"mission.controller": "admm"})
    with pytest.raises(BadInput, match="Consensus serves rendezvous"):
        robosim.load("market", controller=Consensus())


WRONG = {
    "wrong shape": {"step": "said = {'z': said['z'][:, :, :1]} if self.k == 3 else said"},
    "float32": {"step": "said = {'z': said['z'].astype(np.float32)} if self.k == 3 else said"},
    "a list": {"step": "said = {'z': said['z'].tolist()} if self.k == 3 else said"},
    "another word": {"step": "said = {'q': said['z']} if self.k == 3 else said"},
    "no pair": {"step": "return None if self.k == 3 else (state, said)"},
    "no words": {"step": "said = None if self.k == 3 else said"},
    "raises": {"step": "1 / (self.k - 3)"},
    "leaves": {"step": "sys.exit(0) if self.k == 3 else None"},
}


@pytest.mark.parametrize("kind", ["robots", "bidders"])
@pytest.mark.parametrize("what", WRONG)
def test_words_are_checked_when_they_arrive(project, capsys, kind: str, what: str) -> None:
    code = main(["run", project(kind, **WRONG[what])])
    out, err = capsys.readouterr()
    assert (code, out) == (4, "")
    line = err.splitlines()[-1]
    assert "mine.py:" in line
    assert "Mine" in line
    assert "in round 3" in line
    if what in ("wrong shape", "float32", "another word"):
        assert "'z' (1, 3, 2)" in line if kind == "robots" else "'z' (1, 3, 1)" in line or "'z' (4, 3, 1)" in line


def test_words_of_round_0_are_checked_before_a_strategy_speaks(project, capsys) -> None:
    world = project(start="return None, {'q': own['start']}")
    code = main(["run", world, "--set", 'selfish=[{robot = 0, strategy = "stationary"}]'])
    err = capsys.readouterr().err.splitlines()[-1]
    assert code == 4
    assert "Mine: in round 0 it said 'q' (1, 3, 2), it must say 'z' (1, 3, 2)" in err
    assert "tationary" not in err


REPORTS = {
    "raises": ("1 / 0", "ZeroDivisionError in its report"),
    "leaves": ("sys.exit(0)", "SystemExit in its report"),
    "two axes": ("said = {'cost': said['cost'][..., 0]}", "'cost' (1, 3), it must be 'cost' (1, 3, 1)"),
    "no dict": ("said = said['cost']", "its report is ndarray"),
    "no cost": ("said = {'v': said['cost']}", "its report is 'v' (1, 3, 1)"),
    "integers": ("said = {'cost': said['cost'].astype(int)}", "'cost' (1, 3, 1) of int64"),
}


@pytest.mark.parametrize("what", REPORTS)
def test_reports_are_checked(project, capsys, what: str) -> None:
    line, message = REPORTS[what]
    code = main(["run", project("robots", report=line), "--json"])
    out, err = capsys.readouterr()
    assert (code, out) == (4, "")
    assert message in err.splitlines()[-1]


@pytest.mark.parametrize("kind", ["robots", "bidders"])
def test_check_plays_a_round_of_a_user_s_program_and_asks_its_report(project, capsys, kind: str) -> None:
    assert main(["check", project(kind)]) == 0
    assert main(["check", project(kind, report="said = {}")]) == 4
    assert main(["check", project(kind, step="said = {}")]) == 4
    capsys.readouterr()


def test_a_program_without_a_report_is_an_agent_failure_where_no_meter_knows(project, tmp_path, capsys) -> None:
    world = project("bidders")
    text = (tmp_path / "controllers" / "mine.py").read_text()
    (tmp_path / "controllers" / "mine.py").write_text(text.replace("def report", "def reports"))
    assert main(["run", world]) == 4
    assert "Mine: has no report, and no meter knows what" in capsys.readouterr().err


def test_a_report_may_be_shared_by_all_missions(project) -> None:
    world = project("bidders", report="said = {'cost': np.full((1, 3, 1), 2.0)}")
    np.testing.assert_array_equal(robosim.run(world).reported_cost, 2.0)


def test_more_words_than_are_needed_are_no_fault(project) -> None:
    assert robosim.run(project(step="said['w'] = said['z'].copy()")).settlement is not None


@pytest.mark.parametrize(
    "where", ["module", "step", *(pytest.param(one, marks=pytest.mark.deep) for one in ("start", "report"))]
)
def test_what_a_program_prints_goes_to_stderr(project, tmp_path, where: str) -> None:
    world = project(**({} if where == "module" else {where: "print('hello from mine')"}))
    if where == "module":
        file = tmp_path / "controllers" / "mine.py"
        file.write_text("print('hello from mine')\n" + file.read_text())
    done = subprocess.run(
        [sys.executable, "-m", "robosim", "run", world, "--json"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0
    assert "hello from mine" in done.stderr
    assert json.loads(done.stdout)["kind"] == "rendezvous"


@pytest.mark.parametrize(
    "text", ["import sys\nsys.exit(0)\n", "class Mine:\n    def __init__(self):\n        exit(0)\n"]
)
def test_a_program_that_ends_the_process_does_not(project, tmp_path, capsys, text: str) -> None:
    world = project()
    (tmp_path / "controllers" / "mine.py").write_text(text)
    code = main(["run", world, "--json"])
    out, err = capsys.readouterr()
    assert code in (2, 4)
    assert out == ""
    assert "SystemExit" in err


def test_an_exception_of_a_strategy_is_named_with_its_class() -> None:
    from robosim.agent import Strategy

    class Clumsy(Strategy):
        def say(self, k, memory, view):
            raise ZeroDivisionError("oops")

    with pytest.raises(AgentFailure, match="Clumsy: ZeroDivisionError in round 0: oops"):
        robosim.run("rendezvous", strategies={0: Clumsy()})


def test_every_file_that_is_run_as_code_is_named(project, tmp_path, capsys) -> None:
    world, file = project(), tmp_path / "controllers" / "mine.py"
    for command in ("check", "run", "certify"):
        assert main([command, world]) == 0
        assert capsys.readouterr().err.splitlines()[0] == f"runs the code of {file}"
    assert main(["run", "rendezvous"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["compare", project("bidders"), "--sweep", "N=2..4"]) == 0
    assert capsys.readouterr().err == f"runs the code of {file}\n"


def test_a_file_in_place_of_robosim_s_own_is_said(project, tmp_path, capsys) -> None:
    project()
    file = (tmp_path / "controllers" / "mine.py").rename(tmp_path / "controllers" / "consensus.py")
    file.write_text(file.read_text().replace("class Mine", "class Consensus").replace("import Consensus", "import *"))
    world = tmp_path / "worlds" / "robots.toml"
    world.write_text(RENDEZVOUS.replace("mine", "consensus"))
    assert main(["check", "--no-code", str(world)]) == 0
    assert main(["check", str(world)]) in (0, 4)
    assert f"runs the code of {file}, in place of robosim's own consensus" in capsys.readouterr().err


def test_without_code_nothing_of_the_user_is_run_and_that_is_said(project, tmp_path, capsys) -> None:
    world, file = project(), tmp_path / "controllers" / "mine.py"
    file.write_text("open('ran', 'w')\nraise SystemExit\n")
    assert main(["check", world, "--no-code"]) == 0
    out, err = capsys.readouterr()
    assert ": ok: about " in out
    assert f"not checked: {file}, whose code was not run (leave out --no-code to run it)" in out
    assert err == ""
    assert main(["check", "rendezvous", "--no-code"]) == 0
    assert "not checked" not in capsys.readouterr().out


def test_without_code_the_rest_is_checked(project, tmp_path, capsys) -> None:
    world = project()
    (tmp_path / "controllers" / "mine.py").write_text("1 / 0\n")
    bad = ["--set", "network.graph=edges", "--set", "network.edges=[[0, 1]]"]
    assert main(["check", world, "--no-code", *bad]) == 2
    assert "ZeroDivisionError" not in capsys.readouterr().err


def test_the_demo_says_how_the_shell_finds_robosim(tmp_path, monkeypatch) -> None:
    from robosim.cli.files import activation

    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("activate", "robosim"):
        (tmp_path / ".venv" / "bin" / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert "source .venv/bin/activate" in activation()
    monkeypatch.setenv("PATH", str(tmp_path / ".venv" / "bin"))
    assert activation() == ""
