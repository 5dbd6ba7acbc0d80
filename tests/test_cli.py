"""The command line as people and programs meet it: output, exit codes, errors."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import robosim
from robosim.__main__ import main
from tests.test_docs_commands import NET, TRIPS

LINE = re.compile(r"^[^\n]+:\d+: [a-z_.0-9]+: .+ \(.+\)$")


def run(*words: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "robosim", *words], capture_output=True, text=True, timeout=120, **options
    )


def test_the_json_of_a_run_keeps_its_contract(cli) -> None:
    code, out, err = cli("run", "rendezvous", "--seed", "5", "--set", "mission.rounds=30", "--json")
    value = json.loads(out)
    assert (code, err) == (0, "")
    assert {
        "robosim",
        "world",
        "kind",
        "seed",
        "rounds",
        "agents",
        "leader",
        "social_cost",
        "optimum",
        "budget",
        "individually_rational",
        "epsilon",
        "prices",
        "history",
    } <= set(value)
    assert (value["robosim"], value["world"], value["kind"], value["seed"], value["rounds"]) == (
        robosim.__version__,
        "rendezvous",
        "rendezvous",
        5,
        30,
    )
    assert {"tax", "bound", "distance", "beta", "penalised", "penalty"} <= set(value["leader"])
    assert set(value["epsilon"]) == {"certified", "exact", "bounded"}
    assert value["prices"] is value["individually_rational"] is None
    agents = value["agents"]
    assert [agent["id"] for agent in agents] == list(range(12))
    assert agents[3]["strategy"] == "stationary"
    for agent in agents:
        assert agent["net_cost"] == pytest.approx(agent["private_cost"] + agent["tax"])
        assert len(agent["type"]) == len(agent["decision"]) == 2
    assert value["social_cost"] == pytest.approx(sum(agent["private_cost"] for agent in agents))
    assert value["budget"] == pytest.approx(sum(agent["tax"] for agent in agents))
    assert len(value["history"]["distance"]) == len(value["history"]["beta"]) == 31
    assert value["leader"]["distance"] == pytest.approx(value["history"]["distance"][-1])
    assert value["leader"]["beta"] == pytest.approx(value["history"]["beta"][-1])


SLOW = ("drones", "long-haul", "obstacles", "rovers")


@pytest.mark.parametrize(
    "world", [pytest.param(one, marks=pytest.mark.deep) if one in SLOW else one for one in robosim.bundled_worlds()]
)
def test_every_bundled_world_runs_and_explains_itself(cli, world: str) -> None:
    code, out, err = cli("run", world)
    if world == "freight-sioux-falls":  # its data are not bundled
        assert code == 2
        assert "get it from github.com/bstabler/TransportationNetworks, folder SiouxFalls" in err
        return
    assert (code, err) == (0, "")
    assert world in out
    assert "social cost" in out
    assert ("Groves argument" in out) == (robosim.load(world).unit == "m²")


def test_a_large_world_shows_its_selfish_robots_first(cli) -> None:
    code, out, _ = cli("run", "rendezvous", "--set", "robots.count=60")
    assert code == 0
    assert "stationary" in out
    assert "60 in all" in out


@pytest.mark.parametrize(
    "words",
    [
        ("worlds",),
        ("worlds", "--json"),
        ("new",),
        ("new", "erratum"),
        ("schema",),
        ("check", "rendezvous"),
        ("--version",),
        ("attack", "rendezvous", "--agent", "3", "--tax", "groves,none"),
        ("certify", "rendezvous"),
        ("attack", "erratum", "--strategy", "stationary,freeze", "--json"),
        ("certify", "erratum", "--json"),
        ("certify", "rendezvous-honest", "--epsilon", "1e-3"),
        ("run", "rendezvous-honest", "--set", "robots.private_cost=energy"),
        ("run", "rendezvous-honest", "--set", "robots.private_cost=energy", "--set", "mission.travel=after-agreeing"),
        ("run", "rendezvous", "--set", "leader.tax=none"),
        ("compare", "market", "--sweep", "N=2,5"),
        ("compare", "market", "--sweep", "N=2..4", "--set", "mission.rounds=50", "--json"),
    ],
)
def test_commands_work(cli, words: tuple[str, ...]) -> None:
    code, out, err = cli(*words)
    assert (code, err) == (0, "")
    assert out
    if "--json" in words or words[0] == "schema":
        json.loads(out)


def test_the_published_bound_comes_with_a_warning(cli) -> None:
    code, out, err = cli("certify", "erratum", "--set", "leader.bound=paper-as-published")
    assert code == 0
    assert "the announced bound penalises the faithful team itself" in out
    assert err.startswith("warning: --set:1: leader.bound: the published bound penalises faithful robots")


def test_new_prints_a_world_that_check_accepts(cli, tmp_path) -> None:
    for world in robosim.bundled_worlds():
        _, text, _ = cli("new", world)
        file = tmp_path / "mine.toml"
        file.write_text(text)
        assert text.startswith("#:schema ./world.schema.json")
        assert re.search(r"^kind = ", text, re.MULTILINE)
        code, out, err = cli("check", str(file))
        assert code == 0 or (world == "freight-sioux-falls" and "TransportationNetworks" in err)
        assert ("ok" in out) == (code == 0)


def test_run_out_plot_and_load(cli, tmp_path) -> None:
    folder = tmp_path / "run"
    assert cli("run", "rendezvous", "--out", str(folder))[0] == 0
    code, out, _ = cli("plot", str(folder), "--kind", "costs", "-o", str(tmp_path / "costs.svg"))
    assert (code, out.strip()) == (0, str(tmp_path / "costs.svg"))
    code, out, _ = cli("plot", "erratum", "-o", str(tmp_path))
    assert len(out.split()) == 3
    assert all(Path(name).stat().st_size > 1000 for name in out.split())


def test_view_takes_a_screenshot_without_a_display(tmp_path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = run("view", "rendezvous", "--screenshot", str(tmp_path / "a.png"), "--rounds", "5", env=environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_attack_json_keeps_its_contract(cli) -> None:
    _, out, _ = cli(
        "attack", "rendezvous-honest", "--agent", "0,2", "--strategy", "all", "--tax", "groves,none", "--json"
    )
    value = json.loads(out)
    assert len(value["attacks"]) == 2 * 11 * 2
    assert set(value["epsilon"]) == {"groves", "none"}
    for one in value["attacks"]:
        assert set(one) == {
            "agent",
            "strategy",
            "parameters",
            "tax_rule",
            "net_cost_faithful",
            "net_cost",
            "gain",
            "others_change",
            "covered",
        }
        assert one["gain"] == pytest.approx(one["net_cost_faithful"] - one["net_cost"])
        if one["covered"]:
            assert one["gain"] <= value["epsilon"][one["tax_rule"]]["certified"] + 1e-9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "rendezvos"), "did you mean"),
        (("run", "rendezvous", "--set", "robots.count=1"), "--set:1: robots.count: "),
        (("run", "rendezvous", "--set", "robots.cout=7"), "did you mean"),
        (("run", "rendezvous", "--set", "network.graph=rign"), "did you mean"),
        (("run", "rendezvous", "--set", "nonsense"), "--set:1"),
        (
            ("run", "rendezvous-honest", "--set", "leader.bound=paper"),
            "leader.bound: the paper's bound exists on trees only",
        ),
        (("attack", "rendezvous", "--agent", "99"), "agent: 99 does not exist"),
        (("attack", "rendezvous", "--agent", "x"), "--agent: 'x' is no agent"),
        (("attack", "rendezvous", "--strategy", "x"), "strategy: 'x' does not exist"),
        (("attack", "rendezvous", "--tax", "x"), "tax: 'x' is no tax rule of this world"),
        (("plot", "rendezvous", "--kind", "x"), "x"),
        (("compare", "erratum"), "erratum: compare needs bidders and a price"),
        (("plot", "erratum", "-o", "a.bmp"), "bmp"),
        (("rnu",), "No such command"),
        (("run",), "Missing argument"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(cli, words: tuple[str, ...], message: str) -> None:
    code, out, err = cli(*words)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


def test_every_error_of_a_file_at_once_in_the_standard_form(cli, tmp_path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(
        '[mission]\nkind = "rendezvous"\nrounds = 0\n\n[robots]\ncount = 5\nspeed = 1\n\n[leader]\ntax = "grove"\n'
    )
    code, _, err = cli("check", str(file))
    lines = err.strip().split("\n")
    assert code == 2
    assert len(lines) == 3
    assert all(LINE.match(line) for line in lines), lines
    assert [line.split(":")[1] for line in lines] == ["3", "7", "10"]


def test_absurd_sizes_are_refused_before_anything_is_allocated() -> None:
    done = run("run", "rendezvous-honest", "--set", "robots.count=1000000000000000000")
    assert done.returncode == 3
    assert LINE.match(done.stderr.strip()), done.stderr


def test_a_certificate_that_no_number_of_rounds_gives_is_exit_code_1(cli) -> None:
    code, _, err = cli("certify", "rendezvous", "--set", "robots.position_noise_m=0.1", "--epsilon", "1e-3")
    assert code == 1
    assert "no number of rounds up to 10⁹ certifies 0.001" in err


def test_what_is_known_is_shown_without_a_certificate(cli) -> None:
    """Under the clearing price nothing is certified; the exact gains within the limits are known all the same."""
    code, out, _ = cli("certify", "six-bidders")
    assert code == 0
    assert "no certificate: under the tax rule clearing-price an agent can move its own price" in out
    assert re.search(r"within the world's limits\s+0\.341052\s+4", out)
    assert "certified" not in out.replace("no certificate", "")


def test_an_agent_failure_is_exit_code_4(cli, tmp_path) -> None:
    (tmp_path / "controllers").mkdir()
    (tmp_path / "worlds").mkdir()
    (tmp_path / "controllers" / "mute.py").write_text(
        "class Mute:\n    def start(self, own, rules, links):\n        return None, {}\n"
        "    def step(self, state, heard):\n        return state, {}\n"
    )
    world = tmp_path / "worlds" / "my.toml"
    world.write_text('[mission]\nkind = "rendezvous"\ncontroller = "mute"\n[robots]\ncount = 3\n')
    code, _, err = cli("run", str(world))
    assert code == 4
    assert "must say 'z'" in err


def test_a_project_s_own_controller_is_found_beside_its_worlds(cli, tmp_path) -> None:
    """The example of CONTRIBUTING.md, in a project that looks like this repository."""
    text = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text()
    example = re.search(r"```python\n(# controllers/timid.py\n.*?)```", text, re.DOTALL).group(1)
    for folder in ("controllers", "worlds"):
        (tmp_path / folder).mkdir()
    (tmp_path / "controllers" / "timid.py").write_text(example)
    world = tmp_path / "worlds" / "my.toml"
    world.write_text('[mission]\nkind = "rendezvous"\ncontroller = "timid"\n[robots]\ncount = 3\n')
    code, out, _ = cli("run", str(world), "--json")
    assert code == 0
    assert json.loads(out)["epsilon"]["exact"] is not None  # its answers are probed


def test_internal_errors_are_exit_code_5_and_show_a_traceback_only_with_debug(cli, monkeypatch) -> None:
    def broken(*_, **__):
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("robosim.build.build", broken)
    code, _, err = cli("run", "erratum")
    assert code == 5
    assert err == "internal error: ZeroDivisionError: boom (please report it; robosim --debug shows where)\n"
    assert "Traceback" in cli("--debug", "run", "erratum")[2]


def test_memory_errors_are_exit_code_3(cli, monkeypatch) -> None:
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("robosim.build.build", full)
    assert cli("run", "erratum")[0] == 3


def test_ctrl_c_leaves_a_settled_record_and_exit_code_130(tmp_path) -> None:
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "robosim",
            "run",
            "rendezvous-honest",
            "--set",
            "mission.rounds=30000000",
            "--set",
            "record.every=1000000",
            "--out",
            str(folder),
            "--json",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs ignore it
    )
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    value = json.loads(out)
    assert value["interrupted"]
    assert 0 < value["rounds"] < 30_000_000
    assert robosim.load_record(folder).interrupted


def test_ctrl_c_during_attacks_shows_what_is_finished(cli, monkeypatch) -> None:
    from robosim.attacks import cases as attacks

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(attacks, "_batch", interrupted)
    code, out, _ = cli("attack", "erratum", "--json")
    assert code == 130
    assert json.loads(out)["attacks"] == []


def test_long_work_shows_a_bar_with_the_time_left_where_somebody_watches(monkeypatch, capsys) -> None:
    from robosim.cli import app as progress

    mission = robosim.load("erratum")
    monkeypatch.setattr(progress, "LONG", 1)
    with progress.rounds_bar(mission) as watch:
        assert watch is None  # nobody watches
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress.rounds_bar(mission) as watch:
        mission.run(watch=watch)
    shown = capsys.readouterr().err
    assert "rounds" in shown
    assert "120" in shown


@pytest.mark.parametrize(
    ("problem", "code", "said"), [(KeyboardInterrupt(), 130, "interrupted\n"), (BrokenPipeError(), 0, "")]
)
def test_ctrl_c_and_a_closed_pipe_end_quietly(cli, monkeypatch, problem, code: int, said: str) -> None:
    def stop(*_, **__):
        raise problem

    monkeypatch.setattr("robosim.cli.app.app", stop)
    monkeypatch.setattr("sys.stderr.close", lambda: None, raising=False)
    assert cli("worlds") == (code, "", said)


@pytest.mark.parametrize(
    "words", [("worlds",), ("new",), ("schema",), ("run", "erratum"), ("run", "erratum", "--json")]
)
def test_a_reader_that_goes_away_is_no_error(words: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "robosim", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()  # long before the command prints
    assert (process.stderr.read(), process.wait(timeout=60)) == ("", 0)
    process.stderr.close()


def test_help_starts_at_once() -> None:
    """No array package is loaded to print help; the time itself is measured in the benchmarks."""
    code = (
        "import sys; from robosim.__main__ import main; main(['--help']); main(['run', '--help']); "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'numba', 'scipy', 'matplotlib', 'pygame')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, "a heavy package was imported"
    for word in ("demo", "worlds", "new", "check", "schema", "run", "view", "plot", "attack", "certify", "Example"):
        assert word in done.stdout


@pytest.mark.deep
def test_every_example_in_a_command_s_help_runs(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    from robosim.cli.app import app

    (tmp_path / "day.csv").write_text("arrival,departure,requested_kwh\n2019-10-29 08:00,2019-10-29 16:00,10\n")
    (tmp_path / "SiouxFalls_net.tntp").write_text(NET)
    (tmp_path / "SiouxFalls_trips.tntp").write_text(TRIPS)
    assert main(["--help"]) == 0  # commands are registered where one of them is asked for
    assert len(app.registered_commands) >= 12
    for command in app.registered_commands:
        example = re.search(r"Example: robosim (.*)", command.callback.__doc__ or "").group(1)
        words = shlex.split(example.split(" > ")[0].replace("my.toml", "rendezvous"))
        assert main(words) == 0, example


@pytest.mark.parametrize(
    ("world", "said"),
    [
        ("charging-day-ahead", "was not certified in 3 rounds (raise mission.rounds)"),
        ("freight", "was not reached (raise mission"),
    ],
)
def test_rounds_that_run_out_are_said(cli, world: str, said: str) -> None:
    assert said in cli("run", world, "--set", "mission.rounds=3")[1]
    assert "raise mission.rounds" not in cli("run", world)[1]
