"""Strategies of one's own: from files beside the world, as objects, in every command, in all four kinds of world."""

import json
import logging
import re
import sys
from dataclasses import dataclass
from itertools import count

import numpy as np
import pytest

import robosim
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish.robots import FootDragging
from robosim.deviate import Near
from tests.own_project import HALF_HOME, KINDS, project, selfish


@pytest.mark.parametrize("kind", KINDS)
def test_a_strategy_beside_the_world_is_checked_run_attacked_and_certified(kind, tmp_path, cli) -> None:
    world = project(tmp_path, kind, selfish(kind, more="share = 0.75"), half_home=HALF_HOME)
    code, out, err = cli("check", world)
    assert code == 0, err
    assert f"runs the code of {tmp_path / 'controllers' / 'half_home.py'}" in err
    assert re.search(r"^  half-home:share=0.75: played by agents 0, .* rounds: finite, the same again, ", out, re.M)
    code, out, err = cli("run", world, "--json", "--out", tmp_path / "record")
    assert code == 0, err
    assert json.loads(out)["agents"][1]["strategy"] == "half-home"
    code, out, err = cli("attack", world, "--agent", "1", "--strategy", "half-home:share=0.25,0.75", "--json")
    assert code == 0, err
    found = json.loads(out)["attacks"]
    assert [one["strategy"] for one in found] == ["half-home:share=0.25", "half-home:share=0.75"]
    assert [one["parameters"] for one in found] == [{"share": 0.25}, {"share": 0.75}]
    assert found[0]["gain"] != found[1]["gain"]
    assert cli("certify", world, "--json")[0] == 0
    record = robosim.load_record(tmp_path / "record")
    again = robosim.run(tmp_path / "record" / "world.toml")  # the record holds the strategy, too
    assert not record.provenance.not_reproducible
    assert (tmp_path / "record" / "controllers" / "half_home.py").read_text() == HALF_HOME
    np.testing.assert_array_equal(again.net_cost, record.net_cost)


@pytest.mark.parametrize("kind", KINDS)
def test_in_python_the_object_its_class_and_its_name_play_the_same(kind, tmp_path) -> None:
    world = project(tmp_path, kind, half_home=HALF_HOME)
    mission = robosim.load(world)
    half_home = mission.strategies["half-home"]
    runs = [robosim.run(world, strategies={1: one}) for one in (half_home(), half_home, "half-home", "half_home")]
    faithful = mission.run()
    assert all((run.net_cost == runs[0].net_cost).all() for run in runs)
    assert (faithful.net_cost != runs[0].net_cost).any()
    assert runs[0].strategy(1) == "half-home"
    tried = robosim.attack(mission, agents=[1], strategies=[half_home(share=0.25), half_home, "half-home:share=0.75"])
    names = ["half-home:share=0.25", "half-home", "half-home:share=0.75"]
    assert [one.strategy for one in tried.attacks] == names
    alone = robosim.attack(mission, agents=[1], strategies=[half_home]).attacks[0]
    assert alone.gain == tried.attacks[1].gain
    assert robosim.check_strategy(half_home, mission, rounds=3)


def test_all_means_the_shipped_ones_and_those_of_the_project_that_the_world_names(tmp_path) -> None:
    mission = robosim.load(project(tmp_path, "rendezvous", half_home=HALF_HOME))
    named = robosim.load(project(tmp_path, "rendezvous", selfish("rendezvous", more="share = 0.75")))
    tried = [{one.strategy for one in robosim.attack(one, agents=[0]).attacks} for one in (mission, named)]
    assert tried[1] - tried[0] == {"half-home:share=0.75"}
    assert "stationary" in tried[0]


def test_sweeps_of_several_parameters_are_all_pairs(tmp_path) -> None:
    mission = robosim.load("erratum")
    found = robosim.attack(mission, agents=[2], strategies=["initial-lie:exaggeration=0.5,1.5;start_m=[0.1],[0.2]"])
    assert [one.parameters for one in found.attacks] == [
        {"start_m": start, "exaggeration": factor} for factor in (0.5, 1.5) for start in ((0.1,), (0.2,))
    ]
    one = robosim.attack(mission, agents=[2], strategies=[FootDragging(stride=0.9)]).attacks[0]
    other = robosim.attack(mission, agents=[2], strategies=["foot-dragging:stride=0.1,0.9"]).attacks
    assert one.strategy == other[1].strategy == "foot-dragging:stride=0.9"
    assert one.gain == other[1].gain != other[0].gain


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("half-hom", "strategy: 'half-hom' does not exist (did you mean \"half-home\"?)"),
        ("half-home:shar=1", "strategy: half-home has no parameter 'shar' (did you mean \"share\"?)"),
        ("half-home:share=much", 'strategy: half-home: share must be a number, got "much" ('),
        ("half-home:share=nan", "strategy: half-home: share must be finite"),
        ("half-home:share", "strategy: half-home: 'share' is no parameter with its values (write name:key=value"),
        ("half-home:share=", "strategy: half-home: 'share=' is no parameter with its values (write name:key=value"),
        ("half-home:", "strategy: half-home: '' is no parameter with its values ("),
    ],
)
def test_what_an_attack_cannot_play_is_one_line_with_the_fix(strategy, said, tmp_path, cli) -> None:
    world = project(tmp_path, "rendezvous", half_home=HALF_HOME)
    code, out, err = cli("attack", world, "--strategy", strategy)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(said), err


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (HALF_HOME, 'share = "a"', 'my.toml:9: selfish.0.share: must be a number, got "a" ('),
        (HALF_HOME, "shar = 1", 'my.toml:9: selfish.0.shar: half-home has no such parameter (did you mean "share"?)'),
        (HALF_HOME.replace("HalfHome", "Home"), "", "half_home.py has no class HalfHome (a strategy's class is named"),
        (HALF_HOME.replace("(Strategy)", ""), "", "half_home.py: HalfHome is no strategy (derive it from"),
        (HALF_HOME.replace("share: float = 0.5", "share: float"), "", "HalfHome needs share, which has no default ("),
        (HALF_HOME.replace("share: float", "share: Flt"), "", "HalfHome: its parameters cannot be checked: name 'Flt'"),
        (HALF_HOME + "    serves = ('auction',)\n", "", "serves auction, this world is of kind rendezvous ("),
        (HALF_HOME + "1 / 0\n", "", "half_home.py:18: ZeroDivisionError: division by zero (correct the file)"),
    ],
)
def test_what_a_world_cannot_play_is_one_line_with_place_and_fix(text, more, said, tmp_path, cli) -> None:
    world = project(tmp_path, "rendezvous", selfish("rendezvous", more=more), half_home=text)
    for command in ("check", "run"):
        code, out, err = cli(command, world)
        assert (code, out) == (2, ""), err
        assert said in err.splitlines()[-1], err


def test_check_finds_a_strategy_that_breaks_its_promises(tmp_path, cli) -> None:
    peeks = HALF_HOME.replace("return memory, {word: self.share *", "return memory, {word: view.own['start'].mean() +")
    world = project(tmp_path, "rendezvous", selfish("rendezvous"), half_home=peeks)
    code, out, err = cli("check", world)
    assert (code, out) == (4, "")
    assert "HalfHome in my: own rows: in round 0 deviator 0 alone does otherwise than side by side" in err


def test_no_code_imports_no_strategy_and_says_so(tmp_path, cli) -> None:
    trap = HALF_HOME + "\n\nimport pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
    world = project(tmp_path, "rendezvous", selfish("rendezvous"), half_home=trap)
    code, out, err = cli("check", world, "--no-code")
    assert (code, err) == (0, "")
    assert f"not checked: {tmp_path / 'controllers' / 'half_home.py'}, whose code was not run" in out
    assert not (tmp_path / "controllers" / "ran").exists()
    assert cli("check", world)[0] == 0
    assert (tmp_path / "controllers" / "ran").exists()


def test_a_file_called_as_a_shipped_strategy_wins_and_is_said(tmp_path, caplog) -> None:
    own = HALF_HOME.replace("HalfHome", "Stationary")
    world = project(tmp_path, "rendezvous", selfish("rendezvous", "stationary"), stationary=own)
    with caplog.at_level(logging.INFO, "robosim"):
        mission = robosim.load(world)
    path = tmp_path / "controllers" / "stationary.py"
    assert f"runs the code of {path}, in place of robosim's own stationary" in caplog.text
    assert mission.deviations[0].strategy.share == 0.5


def test_a_changed_file_is_played_as_it_is_now_and_two_projects_do_not_meet(tmp_path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    first = project(tmp_path / "a", "rendezvous", selfish("rendezvous"), half_home=HALF_HOME)
    second = project(tmp_path / "b", "rendezvous", selfish("rendezvous"), half_home=HALF_HOME.replace("0.5", "0.25"))
    assert [robosim.load(one).deviations[0].strategy.share for one in (first, second, first)] == [0.5, 0.25, 0.5]
    project(tmp_path / "a", "rendezvous", selfish("rendezvous"), half_home=HALF_HOME.replace("0.5", "0.7"))
    assert robosim.load(first).deviations[0].strategy.share == 0.7


@pytest.mark.parametrize("given", [{1: 3}, {1: "foot-dragging:stride=0.1,0.2"}, {1: int}, {1: "nobody"}])
def test_what_no_agent_can_play_is_refused(given) -> None:
    with pytest.raises(robosim.BadInput, match="strateg"):
        robosim.load("erratum", strategies=given)


class Listener(robosim.Strategy):
    """Runs consensus on what it hears: the same as the faithful program, by itself."""

    def say(self, k, memory, view):
        if view.heard is None:
            assert len(view.near) == 0
            return [Consensus().start({"start": own[None, None]}, view.rules, None)[0] for own in view.own["start"]], {}
        assert len(view.near) == len(view.heard["z"])
        found = [Consensus().step(state, heard) for state, heard in zip(memory, view.near, strict=True)]
        return [state for state, _ in found], {"z": np.concatenate([said["z"][0] for _, said in found])}


def test_a_strategy_hears_what_its_own_program_would_hear() -> None:
    mission = robosim.load("rendezvous", strategies={})
    agents = np.arange(mission.network.n)
    rows = np.zeros(len(agents), dtype=int)
    faithful = mission.run()
    for one in (Listener(),):
        deviation = robosim.Deviation(strategy=one, missions=rows, agents=agents)
        heard = mission.playing((deviation,)).run()
        np.testing.assert_array_equal(heard.decision, faithful.decision)
    batch = robosim.Deviation(strategy=Listener(), missions=agents, agents=agents)
    side_by_side = mission.playing((batch,), batch=len(agents)).whole()
    assert (side_by_side.decision == faithful.decision).all()


def test_voices_are_the_neighbours_and_are_put_together_only_when_asked_for() -> None:
    mission = robosim.load("erratum", strategies={})
    snapshot = mission.advance(mission.start())
    links, z = mission.network.links, snapshot.heard.voices["z"]
    near = Near(
        robosim.Deviation(strategy=Listener(), missions=np.zeros(2, int), agents=np.array([0, 2])), snapshot.heard
    )
    for one, agent in zip(near, (0, 2), strict=True):
        ids = links.ids[links.indptr[agent] : links.indptr[agent + 1]]
        assert one.links.ids.tolist() == ids.tolist()
        np.testing.assert_array_equal(one.voices["z"][0], z[0, ids])
        np.testing.assert_array_equal(one.own["z"][0, 0], snapshot.heard.own["z"][0, agent])
        assert not any(x.flags.writeable for x in (one.voices["z"], one.own["z"]))
    assert [len(one.links.ids) for one in near[:1]] == [len(links.ids[: links.indptr[1]])]


def spoiler(what):
    class Spoiler(robosim.Strategy):
        """Writes into something that it is lent."""

        def say(self, k, memory, view):
            if k == 2:
                what(view)[...] = 0.0
            return memory, view.faithful

    return Spoiler


LENT = {
    "own": lambda view: view.own["start"],
    "heard": lambda view: view.heard["z"],
    "faithful": lambda view: view.faithful["z"],
    "rules": lambda view: view.rules["lower"],
    "near": lambda view: view.near[0].voices["z"],
}


@pytest.mark.parametrize("what", LENT)
def test_who_writes_into_what_it_is_lent_ends_with_its_own_line(what) -> None:
    strategy = spoiler(LENT[what])
    with pytest.raises(robosim.AgentFailure, match=r"test_own_strategies\.py:\d+: Spoiler wrote into .*, which"):
        robosim.run("erratum", strategies={1: strategy()})
    with pytest.raises(robosim.CheckFailed, match="Spoiler in erratum: lent arrays: it writes into"):
        robosim.check_strategy(strategy, "erratum")


def saying(answer, told=lambda true: true):
    class Odd(robosim.Strategy):
        """Answers what it should not."""

        def say(self, k, memory, view):
            return answer(memory, view) if k == 3 else (memory, view.faithful)

        def report(self, view, decision, true):
            return told(true)

    return Odd


class Counter(robosim.Strategy):
    """Counts outside of its memory."""

    counted = count()

    def say(self, k, memory, view):
        return memory, {"z": view.faithful["z"] + 1e-6 * next(self.counted)}


class Grower(robosim.Strategy):
    """Changes its memory in place."""

    def say(self, k, memory, view):
        memory = [] if memory is None else memory
        memory.append(k)
        return memory, {"z": view.faithful["z"] + 0.01 * len(memory)}


class Peeker(robosim.Strategy):
    """Uses the rows of other deviators."""

    def say(self, k, memory, view):
        return memory, {"z": view.faithful["z"] + 0.1 * view.own["start"].mean()}


ODD = {
    "word": (
        saying(lambda memory, view: (memory, {"q": view.faithful["z"]})),
        r"answers: .*Odd: in round 3 it said 'q'",
    ),
    "shape": (
        saying(lambda memory, view: (memory, {"z": np.zeros(7)})),
        r"answers: .*said 'z' \(7,\), it may say 'z' \(3, 1\)",
    ),
    "text": (saying(lambda memory, view: (memory, {"z": "home"})), r"answers: .*round 3 it said 'z'"),
    "none": (saying(lambda memory, view: None), r"answers: .*in round 3 it returned NoneType"),
    "nan": (
        saying(lambda memory, view: (memory, {"z": view.faithful["z"] * np.nan})),
        r"finite numbers: in round 3 'z'",
    ),
    "raises": (saying(lambda memory, view: 1 / 0), r"answers: .*ZeroDivisionError in round 3"),
    "report": (
        saying(lambda memory, view: (memory, {}), lambda true: {"cost": np.zeros(7)}),
        r"answers: .*its report is 'cost'",
    ),
    "no report": (saying(lambda memory, view: (memory, {}), lambda true: None), r"answers: .*its report is NoneType"),
    "counter": (Counter, "Counter in erratum: memory: asked again in round 0"),
    "grower": (Grower, "Grower in erratum: memory: asked again in round 1"),
    "peeker": (Peeker, "Peeker in erratum: own rows: in round 0 deviator 0 alone"),
}


@pytest.mark.parametrize("which", ODD)
def test_check_strategy_names_the_class_and_what_is_wrong(which) -> None:
    strategy, said = ODD[which]
    with pytest.raises(robosim.CheckFailed, match=said):
        robosim.check_strategy(strategy, "erratum")


@pytest.mark.parametrize("which", ["word", "shape", "text", "none", "raises", "report", "no report"])
def test_a_mission_ends_in_one_line_about_what_a_strategy_answers(which) -> None:
    with pytest.raises(robosim.AgentFailure, match=r"^.*test_own_strategies\.py:\d+: Odd: [^\n]*$"):
        robosim.run("erratum", strategies={1: ODD[which][0]})


def test_check_strategy_by_default_plays_one_bundled_world_of_each_kind_that_is_served() -> None:
    assert [
        line.split(":")[0]
        for line in robosim.check_strategy(type("Dragging", (FootDragging,), {"serves": ("rendezvous",)}), rounds=2)
    ] == ["convoy"]
    with pytest.raises(robosim.BadInput, match="give the world in which it has that name"):
        robosim.check_strategy("foot-dragging")


def test_a_strategy_that_does_not_say_whom_it_serves_is_told_how_to() -> None:
    with pytest.raises(robosim.CheckFailed, match=r"KeyError.*; give a world, or serves, the nouns of the kinds"):
        robosim.check_strategy(Peeker, rounds=2)


def test_public_names_are_there() -> None:
    for name in ("Strategy", "TaxRule", "Kind", "View", "Deviation", "check_strategy", "check_controller"):
        assert name in robosim.__all__
        assert getattr(robosim, name)


@dataclass(frozen=True, kw_only=True)
class Liar(robosim.Strategy):
    """Pretends a wrong shape."""

    def pretend(self, own):
        return own | {"slope": own["slope"][:, :1]}


def test_a_type_that_is_pretended_in_another_shape_is_one_line() -> None:
    with pytest.raises(robosim.AgentFailure, match=r"Liar: it pretended 'slope' .*it must be finite, of shape \(1, "):
        robosim.run("freight", strategies={1: Liar()}, set={"mission.rounds": 5, "leader.tax": "none"})


def test_nothing_of_a_project_is_left_under_the_name_of_a_file_that_failed(tmp_path) -> None:
    world = project(tmp_path, "rendezvous", selfish("rendezvous"), half_home="1 / 0\n")
    with pytest.raises(robosim.BadInput):
        robosim.load(world)
    assert not [
        name for name, one in sys.modules.items() if str(getattr(one, "__file__", "")).startswith(str(tmp_path))
    ]
