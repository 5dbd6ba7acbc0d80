"""Programs of one's own: lent what they cannot write, all words delivered, checked on receipt, with parameters."""

import importlib.util
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim import lending
from robosim.__main__ import main
from robosim.agent import Strategy
from robosim.checks import check_controller, check_mission
from robosim.controllers.consensus import Consensus
from robosim.errors import AgentFailure, BadInput, CheckFailed

FILE = Path(__file__).with_name("foreign.py")
SPEC = importlib.util.spec_from_file_location("foreign", FILE)
foreign = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(foreign)

ROBOTS = """[mission]
kind = "rendezvous"
rounds = 30
controller = "mine"

[robots]
count = 5
"""
EXITS = {"ReportsWrongShape": (4, 4, 4), "Thief": (4, 4, 4), "Centralised": (0, 0, 4)}
"""Exit codes of run, attack, check; all others end with 0."""


@pytest.fixture
def project(tmp_path):
    """Writes controllers/mine.py and a world beside it; returns the world's path."""
    (tmp_path / "controllers").mkdir()

    def write(code: str, world: str = ROBOTS) -> str:
        (tmp_path / "controllers" / "mine.py").write_text(code)
        (tmp_path / "my.toml").write_text(world)
        return str(tmp_path / "my.toml")

    return write


def inside(kind) -> str:
    return f"{FILE.read_text()}\n\ncontroller = {kind.__name__}\n"


@pytest.mark.parametrize("kind", foreign.ALL)
def test_twelve_programs_from_the_command_line(project, capsys, kind) -> None:
    world = project(inside(kind))
    commands = (["run", world], ["attack", world, "--strategy", "stationary,over-report"], ["check", world])
    for words, code in zip(commands, EXITS.get(kind.__name__, (0, 0, 0)), strict=True):
        assert main(words) == code, words
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "internal error" not in err
        if code:
            assert "mine.py:" in err.splitlines()[-1]
            assert kind.__name__ in err.splitlines()[-1]


@pytest.mark.parametrize("kind", foreign.ALL)
def test_twelve_programs_from_python(kind) -> None:
    if kind in foreign.BROKEN:
        with pytest.raises(AgentFailure, match=kind.__name__):
            robosim.run("rendezvous-honest", controller=kind(), set={"mission.rounds": 30})
        with pytest.raises(CheckFailed, match=kind.__name__):
            check_controller(kind)
        return
    mission = robosim.load("rendezvous-honest", controller=kind(), set={"mission.rounds": 30})
    assert np.isfinite(mission.run().settlement.tax).all()
    if kind is foreign.Centralised:
        with pytest.raises(AgentFailure, match=r"foreign\.py:\d+: Centralised: population of one"):
            check_mission(mission)
        with pytest.raises(CheckFailed, match="population of one"):
            check_controller(kind)
        return
    assert check_mission(mission).lines[0].startswith(f"{kind.__name__}: words 'z' (1, 12, 2)")
    said = str(check_controller(kind))
    assert ("has no report" in said) == (kind is foreign.NoReport)


# -- lent arrays ------------------------------------------------------------------------------------------------------

WRITES = {
    "start: own['start'] -= 5": "own['start']",
    "start: own['start'][0, 0] = 1": "own['start']",
    "start: own['start'] = own['start'] * 2": "own['start']",
    "start: own.pop('start')": "own",
    "start: rules['lower'] -= 1": "rules['lower']",
    "start: rules['alpha'] = 9": "rules['alpha']",
    "start: rules |= {'alpha': 9}": "rules",
    "start: links.weight[:] = 0": "links.weight",
    "step: z = heard.own['z']; z *= 0.9": "heard.own['z']",
    "step: heard.own['z'] *= 0.9": "heard.own['z']",
    "step: np.add.at(heard.own['z'], (0, 0), 1.0)": "heard.own['z']",
    "step: heard.voices['z'].sort()": "heard.voices['z']",
    "step: heard.links.ids.fill(0)": "links.ids",
    "step: heard.leader['price'] = 3": "heard.leader['price']",
    "step: z = heard.own['z'].T; z[0] = 0": "heard.own['z']",
    "report: decision += 1": "decision",
    "report: own['start'][:] = decision": "own['start']",
    "report: meter['energy_j'] *= 0": "meter['energy_j']",
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("rounds", [1, 3])
def test_what_is_lent_cannot_be_written(project, capsys, write: str, rounds: int) -> None:
    method, _, statement = write.partition(": ")
    given = {"start": "own, rules, links", "step": "state, heard", "report": "own, decision, meter"}[method]
    code = f"{inside(foreign.HalfStep)}\n\nclass Bold(HalfStep):\n    def {method}(self, {given}):\n"
    code += f"        {statement}\n        return super().{method}({given})\n\ncontroller = Bold\n"
    world = project(code)
    assert main(["run", world, "--set", f"mission.rounds={rounds}"]) == 4
    line = code.splitlines().index(f"        {statement}") + 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith(f"mine.py:{line}: Bold wrote into {WRITES[write]}, which is lent to it: work on a copy")


def test_there_is_no_way_around(project) -> None:
    """Through bases, flags and arrays that are kept: a program changes neither types nor what others hear."""

    class Sly(foreign.HalfStep):
        def step(self, state, heard):
            z = heard.own["z"]
            assert not z.flags.writeable
            base = z
            while base is not None and not isinstance(base, bytes):
                with pytest.raises(ValueError, match="WRITEABLE"):
                    base.setflags(write=True)
                base = base.base
            state, said = super().step(state, heard)
            for old in self.kept:
                old *= 7.0  # its own arrays, which the mission has copied
            self.kept = [said["z"]]
            return state, said

        kept = ()

    set_ = {"mission.rounds": 12, "mission.travel": "after-agreeing"}
    honest = robosim.run("rendezvous-honest", controller=foreign.HalfStep(), set=set_)
    sly = robosim.run("rendezvous-honest", controller=Sly(), set=set_)
    np.testing.assert_array_equal(sly.decision, honest.decision)
    np.testing.assert_array_equal(sly.said["z"], honest.said["z"])
    np.testing.assert_array_equal(sly.starts, honest.starts)


def test_wrapping_changes_no_bit_and_thinned_records_change_nothing_that_a_program_keeps() -> None:
    plain = robosim.run("rendezvous-honest", controller=foreign.HalfStep(gain=1.0))
    np.testing.assert_allclose(plain.decision, robosim.run("rendezvous-honest").decision, atol=1e-12)
    half = {"leader.alpha": "0.5/lambda_max"}
    one = robosim.run("rendezvous-honest", controller=foreign.Wrapped(), set={"leader.alpha": "1/lambda_max"})
    np.testing.assert_array_equal(one.decision, robosim.run("rendezvous-honest", set=half).decision)
    every = [robosim.run("rendezvous-honest", controller=foreign.HeavyBall(), set={"record.every": k}) for k in (1, 7)]
    np.testing.assert_array_equal(every[0].decision, every[1].decision)


def test_robosims_own_programs_get_arrays_as_they_are() -> None:
    assert lending.ours(Consensus)
    assert not lending.ours(foreign.Wrapped)
    mission = robosim.load("rendezvous-honest", controller=foreign.HalfStep())
    assert lending.links(mission.network.links) is lending.links(mission.network.links)


def test_a_strategy_that_writes_into_its_view_is_named() -> None:
    class Grabby(Strategy):
        def say(self, k, memory, view):
            view.rules["lower"][:] = 0
            return memory, view.faithful

    class Messy(Strategy):
        def report(self, view, decision, report):
            report["cost"] *= 0
            return report

    with pytest.raises(AgentFailure, match=r"test_own_programs\.py:\d+: Grabby wrote into rules\['lower'\], which is"):
        robosim.run("rendezvous", strategies={0: Grabby()})
    with pytest.raises(AgentFailure, match=r"Messy wrote into view\.faithful\['cost'\], which is lent"):
        robosim.run("rendezvous", strategies={0: Messy()})


def test_what_fails_inside_numpy_is_said_of_the_line_that_called_it(project, capsys) -> None:
    code = f"{inside(foreign.HalfStep)}\n\nclass Odd(HalfStep):\n    def step(self, state, heard):\n"
    code += "        np.einsum('mid,ed->mie', heard.own['z'], np.eye(3))\n\ncontroller = Odd\n"
    assert main(["run", project(code)]) == 4
    line = next(k for k, text in enumerate(code.splitlines(), 1) if "einsum" in text)
    assert f"mine.py:{line}: Odd: ValueError in round 1" in capsys.readouterr().err.splitlines()[-1]


# -- words ------------------------------------------------------------------------------------------------------------


class Listening(foreign.PushSum):
    """Push-sum that keeps what everybody heard."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = []

    def step(self, state, heard):
        self.heard.append({key: (heard.own[key].copy(), heard.voices[key].copy()) for key in heard.own})
        return super().step(state, heard)


@pytest.mark.parametrize("travel", ["while-agreeing", "after-agreeing"])
def test_push_sum_hears_all_its_words_and_finds_the_mean(travel: str) -> None:
    """Σ_i x_i = Σ_i θ_i and Σ_i w_i = N in every round, so that x/w tends to the mean of the starts."""
    program = Listening()
    set_ = {"mission.rounds": 400, "mission.travel": travel}
    record = robosim.run("rendezvous-honest", controller=program, set=set_)
    mean = record.starts[0].mean(axis=0)
    np.testing.assert_allclose(record.decision[0], np.broadcast_to(mean, record.decision[0].shape), atol=1e-9)
    for words in program.heard[:3]:
        assert set(words) == {"z", "x", "w"}
        share = 3.0  # a ring: two neighbours and itself
        np.testing.assert_allclose(share * words["w"][1].sum(), 12.0, rtol=1e-12)
        np.testing.assert_allclose(share * words["x"][1][0].sum(axis=0), 12 * mean, rtol=1e-9, atol=1e-9)


def test_words_of_the_selfish_are_replaced_before_they_are_heard() -> None:
    class Hoards(Strategy):
        def say(self, k, memory, view):
            return memory, view.faithful | {"w": np.full_like(view.faithful["w"], 5.0)}

    program = Listening()
    robosim.run("rendezvous-honest", controller=program, strategies={3: Hoards()}, set={"mission.rounds": 3})
    for words in program.heard:
        np.testing.assert_array_equal(words["w"][0][0, 3], 5.0)
        np.testing.assert_array_equal(words["w"][1][0, 3], 5.0)


SAYS = {
    "'x': said['z'][..., 0]": "'x' (1, 5)",
    "'x': said['z'][:, :2]": "'x' (1, 2, 2)",
    "'x': said['z'].astype(int)": "'x' (1, 5, 2) of int64",
    "'x': 3": "'x' of type int",
}


@pytest.mark.parametrize("word", SAYS)
def test_every_word_is_checked_in_every_round(project, capsys, word: str) -> None:
    code = inside(foreign.HalfStep) + "\n\nclass Odd(HalfStep):\n    def step(self, state, heard):\n"
    code += "        state, said = super().step(state, heard)\n"
    code += f"        return state, said | ({{{word}}} if state[0] == 3 else {{}})\n\ncontroller = Odd\n"
    assert main(["run", project(code)]) == 4
    last = capsys.readouterr().err.splitlines()[-1]
    assert "Odd: in round 3 it said" in last
    assert SAYS[word] in last
    assert "it must say 'z' (1, 5, 2)" in last


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_words_that_are_not_finite_are_named_with_agent_and_round(project, capsys, number: str) -> None:
    code = inside(foreign.HalfStep) + "\n\nclass Odd(HalfStep):\n    def step(self, state, heard):\n"
    code += "        state, said = super().step(state, heard)\n        if state[0] == 3:\n"
    code += f"            said['z'][0, 2, 1] = float('{number}')\n        return state, said\n\ncontroller = Odd\n"
    assert main(["run", project(code)]) == 4
    assert f"Odd: in round 3 agent 2 said {number} under 'z'" in capsys.readouterr().err
    assert main(["check", project(code)]) == 4
    assert "Odd" in capsys.readouterr().err


def test_check_tells_nan_from_a_broken_replay() -> None:
    class Divides(foreign.HalfStep):
        def step(self, state, heard):
            state, said = super().step(state, heard)
            with np.errstate(invalid="ignore"):
                return state, {"z": said["z"] * np.where(state[0] > 4, np.nan, 1.0)}

    with pytest.raises(CheckFailed, match="said NaN in round 5, agent 0, message 'z'"):
        check_controller(Divides)


# -- reports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pays_for", ["displacement", "energy"])
def test_the_leader_reads_its_own_meter_where_a_program_has_no_report(pays_for: str) -> None:
    set_ = {"robots.private_cost": pays_for, "mission.rounds": 200}
    record = robosim.run("rendezvous-honest", controller=foreign.NoReport(), set=set_)
    truth = record.spent_j if pays_for == "energy" else ((record.decision - record.starts) ** 2).sum(axis=-1)
    np.testing.assert_allclose(record.reported_cost, truth, rtol=1e-14)
    np.testing.assert_array_equal(record.reported_cost, record.private_cost)


def test_a_selfish_report_replaces_the_meter_s() -> None:
    from robosim.controllers.selfish.robots import STRATEGIES

    record = robosim.run(
        "rendezvous-honest", controller=foreign.NoReport(), strategies={2: STRATEGIES["over-report"]()}
    )
    differs = np.flatnonzero(record.reported_cost[0] != record.private_cost[0])
    assert differs.tolist() == [2]


@pytest.mark.parametrize("world", ["two-bidders", "charging-day-ahead", "freight"])
def test_where_no_meter_knows_private_costs_a_program_must_report(world: str) -> None:
    with pytest.raises(AgentFailure, match=r"foreign\.py:\d+: NoReport: has no report, and no meter knows"):
        robosim.load(world, controller=foreign.NoReport())


def test_a_report_of_nan_is_an_agent_failure_and_check_finds_it() -> None:
    class Odd(foreign.HalfStep):
        def report(self, own, decision, meter):
            cost = super().report(own, decision, meter)["cost"].copy()
            cost[0, 1] = np.nan
            return {"cost": cost}

    with pytest.raises(AgentFailure, match=r"Odd: its report 'cost' \(1, 12, 1\) holds nan for agent 1, it must be"):
        robosim.run("rendezvous-honest", controller=Odd(), set={"mission.rounds": 2})
    with pytest.raises(CheckFailed, match="holds nan for agent 1"):
        check_controller(Odd)


def test_a_report_that_uses_other_rows_is_found() -> None:
    class Spy(foreign.HalfStep):
        def report(self, own, decision, meter):
            cost = super().report(own, decision, meter)["cost"]
            return {"cost": cost + own["start"].mean(axis=(1, 2), keepdims=True)}

    with pytest.raises(CheckFailed, match=r"row independence: agent 0's type or decision changed what \[1, 2"):
        check_controller(Spy)


def test_a_program_learns_what_robots_pay_for() -> None:
    class Told(foreign.HalfStep):
        def start(self, own, rules, links):
            self.pays_for = rules["pays_for"]
            return super().start(own, rules, links)

    for pays_for in ("displacement", "energy"):
        program = Told()
        robosim.run("rendezvous-honest", controller=program, set={"robots.private_cost": pays_for, "mission.rounds": 1})
        assert program.pays_for == pays_for


# -- [mission.parameters] ----------------------------------------------------------------------------------------------

TYPED = """
from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from robosim.controllers.{module} import {parent}


@dataclass(frozen=True)
class Mine:
    says: ClassVar[dict] = {{}}
    gain: float = 1.0
    steps: int = 2
    mode: Literal["plain", "bold"] = "plain"
    names: tuple[str, ...] = ()
    inner: {parent} = field(default_factory={parent})

    def __post_init__(self):
        if self.gain < 0:
            raise ValueError("gain must be positive")

    def start(self, own, rules, links):
        self.says["last"] = (self.gain, self.steps, self.mode, self.names)
        print("gain", self.gain)
        return self.inner.start(own, rules, links)

    def step(self, state, heard):
        return self.inner.step(state, heard)

    def report(self, own, decision, meter):
        return self.inner.report(own, decision, meter)
"""
KINDS = {
    "rendezvous": ("consensus", "Consensus", "rendezvous-honest", []),
    "auction": ("dual_decomposition", "PriceTaker", "two-bidders", []),
    "charging": ("dual_decomposition", "ChargingCar", "charging-day-ahead", ["--set", "mission.rounds=3"]),
    "freight": (
        "consensus_tracking_admm",
        "ConsensusTrackingAdmm",
        "freight",
        ["--set", "method.rho=0.05", "--set", "method.sigma=0.05", "--set", "mission.rounds=20"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_in_all_kinds_and_the_record_s_world_plays_the_same(project, tmp_path, capsys, kind: str) -> None:
    module, parent, world, more = KINDS[kind]
    main(["new", world])
    text = capsys.readouterr().out
    path = project(TYPED.format(module=module, parent=parent), text)
    options = ["--set", "mission.controller=mine", *more, "--set", "mission.parameters.gain=0.4"]
    options += ["--set", 'mission.parameters.names=["a", "b"]']
    assert main(["check", path, *options]) == 0
    out, err = capsys.readouterr()
    assert "Mine: words" in out
    assert main(["run", path, *options, "--json", "--out", str(tmp_path / "record")]) == 0
    out, err = capsys.readouterr()
    assert "gain 0.4" in err
    first = json.loads(out)
    shutil.copytree(tmp_path / "record", tmp_path / "elsewhere")
    assert main(["run", str(tmp_path / "elsewhere" / "world.toml"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "gain 0.4" in err
    assert [one["tax"] for one in json.loads(out)["agents"]] == [one["tax"] for one in first["agents"]]


def test_wrong_parameters_are_refused_with_their_lines(project, capsys) -> None:
    table = '\n[mission.parameters]\ngain = "a"\ngian = 1\nsteps = 1.5\nmode = "plane"\ninner = 3\n'
    path = project(TYPED.format(module="consensus", parent="Consensus"), ROBOTS + table)
    assert main(["check", path]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "mission.parameters" in line]
    assert [line.split(": ")[0].rpartition(":")[2] for line in lines] == ["10", "11", "12", "13", "14"]
    assert "gain: must be a number" in lines[0]
    assert 'Mine has no such parameter, got 1 (did you mean "gain"?)' in lines[1]
    assert "steps: must be a whole number" in lines[2]
    assert 'mode: must be "plain" or "bold"' in lines[3]
    assert "Mine has no such parameter, got 3 (it takes gain, steps, mode, names)" in lines[4]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("mission.parameters=3", "mission.parameters: must be a table, got 3"),
        ("mission.parameters={gain = {a = 1}}", "gain must be a number, a text, true or false, or a list"),
        ("mission.parameters={gain = -1.0}", "mission.parameters: Mine: gain must be positive"),
    ],
)
def test_parameters_are_plain_values_that_the_class_accepts(project, capsys, option: str, message: str) -> None:
    path = project(TYPED.format(module="consensus", parent="Consensus"))
    assert main(["run", path, "--set", option]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "--set:1: " in err


def test_shipped_programs_take_only_what_no_other_key_sets() -> None:
    with pytest.raises(BadInput, match=r"--set:1: mission.parameters.pays_for: Consensus has no such parameter"):
        robosim.load("rendezvous", set={"mission.parameters": {"pays_for": "energy"}})
    with pytest.raises(BadInput, match=r"mission\.parameters: are for consensus, and a program was given in Python"):
        robosim.load("rendezvous", set={"mission.parameters": {"gain": 1.0}}, controller=foreign.HalfStep())
    mission = robosim.load("freight", set={"mission.controller": "dpmm", "mission.parameters.alpha": 0.7})
    assert mission.controller.alpha == 0.7


def test_parameters_without_default_are_asked_for(project, capsys) -> None:
    code = inside(foreign.HalfStep).replace("gain: float = 0.5", "gain: float")
    assert main(["check", project(code)]) == 2
    assert "mission.parameters: HalfStep needs gain" in capsys.readouterr().err
    assert main(["check", project(code), "--set", "mission.parameters.gain=0.5"]) == 0


# -- penalties of a method of one's own --------------------------------------------------------------------------------


def test_a_method_of_one_s_own_needs_its_penalties(project, capsys) -> None:
    main(["new", "freight"])
    text = capsys.readouterr().out
    module, parent, _, more = KINDS["freight"]
    path = project(TYPED.format(module=module, parent=parent), text)
    for command in ("check", "run"):
        assert main([command, path, "--set", "mission.controller=mine"]) == 2
        err = capsys.readouterr().err
        assert "method.penalties: is " in err
        assert "penalties of mine are not known to robosim (write all that it takes below [method], of rho" in err
    assert main(["run", path, "--set", "mission.controller=mine", *more]) == 0


# -- robosim check -----------------------------------------------------------------------------------------------------


def test_check_without_code_says_so(project, capsys) -> None:
    world = project(inside(foreign.Thief))
    assert main(["check", world, "--no-code"]) == 0
    assert "whose code was not run (leave out --no-code to run it)" in capsys.readouterr().out


def test_a_bidder_that_uses_all_rows_is_found() -> None:
    from robosim.controllers.dual_decomposition import PriceTaker

    @dataclass(frozen=True, kw_only=True)
    class Colludes(PriceTaker):
        def step(self, state, heard):
            state, said = super().step(state, heard)
            return state, said | {"z": said["z"].mean(axis=1, keepdims=True) + 0 * said["z"]}

    with pytest.raises(AgentFailure, match=r"Colludes: row independence: agent 0's type changed what \[1"):
        check_mission(robosim.load("six-bidders", controller=Colludes()))


def test_who_ran_empty_and_when_is_said(capsys) -> None:
    from robosim.rendezvous.tables import emptied

    record = robosim.run("rendezvous-honest", set={"energy.battery_j": 5.0})
    (line,) = emptied(record, 5.0)
    assert emptied(robosim.run("rendezvous-honest"), np.inf) == []
    assert main(["run", "rendezvous-honest", "--set", "energy.battery_j=5"]) == 0
    assert "batteries of 5 J ran empty: robot " in capsys.readouterr().out
    for part in line.partition("robot ")[2].partition(";")[0].partition(" and ")[0].split(", "):
        agent, _, k = part.partition(" by round ")
        row = record.energy_j[0][:, int(agent)]
        assert row[int(k)] == pytest.approx(5.0, rel=1e-9)
        assert row[int(k) - 1] < 5.0 * (1 - 1e-9)


def test_check_controller_takes_an_object_as_load_does() -> None:
    assert str(check_controller(foreign.HalfStep())) == str(check_controller(foreign.HalfStep))
