"""World files with a radio: what they say, what is refused, what is billed, and rows that are played one at a time."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim import rows
from robosim.agent import Deviation
from robosim.controllers.hold_last import HoldLast
from robosim.controllers.metropolis import Metropolis
from robosim.controllers.selfish.robots import FootDragging, Script, Stationary
from robosim.network.near import Near
from robosim.network.network import Network
from robosim.network.radio import Radio
from robosim.rendezvous.bounds import rehearsed as bounds_rehearsed
from robosim.rendezvous.bounds.rehearsed import WIDEST, margin

LOSSY = {"mission.rounds": 60, "network.radio.delay_rounds": 0}
RANGE = {
    "network.graph": "range",
    "network.range_m": 9.0,
    "robots.count": 7,
    "mission.rounds": 12,
    "leader.bound": 30.0,
}


def errors(**keys: object) -> str:
    given = {key.replace("__", "."): value for key, value in keys.items()}
    with pytest.raises(robosim.RobosimError) as problem:
        robosim.load("rendezvous-honest", set=given)
    return str(problem.value)


def in_range(**keys: object):
    return robosim.load("rendezvous-honest", set={**RANGE, **keys})


def test_the_bundled_world_ends_at_the_mean_of_the_starts_and_says_what_was_lost() -> None:
    mission = robosim.load("lossy")
    record = mission.run()
    told = record.summary()["network"]
    assert 0.25 < told["lost"] / told["sent"] < 0.4
    assert told["apart_from"] is None
    assert told["joined"] == [list(range(12))]
    assert told["mean_moved_m"] < 1e-3
    assert (record.rules.rule, record.settlement.penalised.tolist()) == ("rehearsed", [False])
    assert "299 faithful rehearsals" in record.rules.note
    assert record.verdict.epsilon.certified is not None
    assert "holds over any network" in " ".join(record.verdict.notes)
    lines = mission.kind.findings(record, mission)
    assert lines[2] == "robot 3 was off from round 20 to 34"
    assert (
        lines[1] == f"{told['lost']} of {told['sent']} messages were lost ({100 * told['lost'] / told['sent']:.3g} %)"
    )


def test_hold_last_agrees_elsewhere_and_the_report_says_by_how_much() -> None:
    mission = robosim.load("lossy", set={"mission.controller": "hold-last", "leader.bound": 5.0})
    record = mission.run()
    start, end = record.start.mean(axis=0), record.decision[0].mean(axis=0)
    moved = float(np.linalg.norm(end - start))
    assert record.distance[0, -1] < 0.5
    assert moved == pytest.approx(1.35, abs=0.01)  # as docs/features.md says
    assert record.summary()["network"]["mean_moved_m"] == moved
    assert f"HoldLast moved the mean of the team by {moved:.3g} m" in mission.kind.findings(record, mission)


def test_a_record_with_a_radio_comes_back_from_its_folder(tmp_path) -> None:
    record = robosim.load("lossy", set={**LOSSY, "leader.bound": 5.0}).run()
    again = robosim.load_record(record.save(tmp_path / "record"))
    assert again.summary() == record.summary()
    assert (again.reception.parts == record.reception.parts).all()
    alone = robosim.load("rendezvous-honest", set={**RANGE, "network.range_m": 0.01}).run()
    assert alone.edges.shape == (0, 2)
    assert robosim.load_record(alone.save(tmp_path / "alone")).summary() == alone.summary()


def test_a_world_without_a_radio_keeps_its_network_and_says_nothing_of_one() -> None:
    mission = robosim.load("rendezvous-honest")
    assert type(mission.network) is Network
    assert mission.run().summary()["network"] is None
    assert type(robosim.load("rendezvous-honest", set={"network.radio": {"loss": 0.0}}).network) is Network


def test_a_graph_that_is_given_in_python_is_heard_over_the_radio_of_the_world() -> None:
    mission = robosim.load(
        "lossy", network=[(i, (i + 2) % 12) for i in range(12)] + [(0, 1)], set={"leader.bound": 1.0}
    )
    assert isinstance(mission.network, Radio)
    assert [0, 2] in mission.network.edges.tolist()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"network__graph": "range"}, "network.range_m: is missing, it is the hearing distance"),
        ({"network__range_m": 2.0}, 'network.range_m: is used only with graph = "range"'),
        (
            {"network__graph": "range", "network__range_m": 2.0, "mission__travel": "after-agreeing"},
            "nobody moves while robots agree",
        ),
        ({"network__directed": True}, 'network.directed: is used only with graph = "edges"'),
        ({"network__radio": {"loss": 1.5}}, "network.radio.loss: must be <= 1, got 1.5"),
        ({"network__radio": {"lost": 0.5}}, 'network.radio.lost: unknown key (did you mean "loss"?)'),
        ({"network__radio": {"burst": {"p_bad": 0.1}}}, "network.radio.burst.p_recover: is missing"),
        ({"network__radio": {"delay_rounds": [3, 1]}}, "network.radio.delay_rounds: needs lo <= hi, got [3, 1]"),
        ({"network__radio": {"delay_rounds": [1]}}, "network.radio.delay_rounds: must have 2 or more elements"),
        ({"network__radio": {"delay_rounds": -1}}, "network.radio.delay_rounds: must be >= 0"),
        ({"network__radio": {"quantum_m": "fine"}}, "network.radio.quantum_m: must be a number"),
        ({"event": [{"robot": 99, "off": 2}]}, "event.0.robot: robot 99 does not exist"),
        ({"event": [{"robot": 1, "off": 5, "on": 5}]}, "event.0.on: must be > off = 5, got 5"),
        ({"event": [{"robot": 1, "off": 10**6}]}, "event.0.off: round 1000000 is never played"),
        ({"event": [{"robot": 1}]}, "event.0.off: is missing"),
        ({"network__radio": {"loss": 0.1}, "leader__bound": "tight"}, "leader.bound: 'tight' is a theorem about links"),
        (
            {"network__graph": "range", "network__range_m": 5.0, "mission__controller": "ratio-consensus"},
            "mission.controller: RatioConsensus must know who hears it",
        ),
        (
            {"network__graph": "edges", "network__directed": True, "network__edges": [[0, 1], [1, 2]]},
            "network.edges: the directed graph is not strongly connected",
        ),
        (
            {"network__graph": "edges", "network__directed": True, "network__edges": [[0, 1, 2.5]]},
            "network.edges.0: [0, 1, 2.5] has a weight, and directed links have none",
        ),
    ],
)
def test_every_wrong_value_is_one_clear_complaint(keys: dict, message: str) -> None:
    said = errors(**keys)
    assert message in said
    assert len(said.splitlines()) == 1
    assert said.endswith(")")


def test_directed_worlds_run_and_ratio_consensus_keeps_their_mean() -> None:
    arcs = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0], [0, 2], [2, 0]]
    keys = {"robots.count": 5, "network.graph": "edges", "network.directed": True, "network.edges": arcs,
            "network.radio": {"loss": 0.3}, "mission.rounds": 200, "leader.bound": 5.0}  # fmt: skip
    moved = {}
    for program in ("ratio-consensus", "consensus"):
        mission = robosim.load("rendezvous-honest", set={**keys, "mission.controller": program})
        record = mission.run()
        assert record.distance[0, -1] < 1e-6
        moved[program] = record.mean_moved_m(0)
    assert moved["ratio-consensus"] < 1e-9
    assert moved["consensus"] > 0.1


def test_a_robot_that_is_off_is_not_heard_and_hears_nothing_until_it_is_back() -> None:
    keys = {
        "network.graph": "path",
        "robots.count": 5,
        "event": [{"robot": 2, "off": 3, "on": 8}],
        "leader.bound": 30.0,
    }
    record = robosim.load("rendezvous-honest", set=keys).run()
    told = record.summary()["network"]
    assert (told["apart_from"], told["apart_rounds"], told["components"]) == (3, 5, [[0, 1], [3, 4]])
    at = record.positions[0, :, 2]
    assert (at[4:9] == at[4]).all()  # it heard nobody in rounds 3..7, so it stays in rounds 4..8
    assert (at[9] != at[8]).any()


def test_rows_whose_links_differ_are_played_one_at_a_time_and_are_what_each_is_alone() -> None:
    mission = in_range(**{"network.range_m": 12.0})
    plans = [Stationary(), FootDragging(stride=0.3), Stationary()]
    cases = [(0, plans[0]), (3, plans[1]), (3, plans[2])]
    shared = Deviation(strategy=Stationary(), missions=np.array([0, 2]), agents=np.array([0, 3]))
    drag = Deviation(strategy=FootDragging(stride=0.3), missions=np.array([1]), agents=np.array([3]))
    batch = mission.playing((shared, drag), batch=3).whole()
    alone = [
        mission.playing((Deviation(strategy=plan, missions=np.array([0]), agents=np.array([agent])),)).whole()
        for agent, plan in cases
    ]
    for name in ("positions", "energy_j", "private_cost", "decision"):
        assert (getattr(batch, name) == np.concatenate([getattr(one, name) for one in alone])).all()
    assert (batch.settlement.tax == np.concatenate([one.settlement.tax for one in alone])).all()
    assert batch.strategies == {(0, 0): "stationary", (1, 3): "foot-dragging", (2, 3): "stationary"}
    assert (batch.reception.sent == [one.reception.sent[0] for one in alone]).all()
    assert len(set(batch.reception.sent.tolist())) > 1  # who is in range does depend on who deviates
    assert (mission.final(cases) == batch.decision).all()


def test_rows_have_their_own_types_and_scripts_their_own_rows() -> None:
    mission = in_range()
    starts = np.random.default_rng(1).uniform(-10, 10, (3, 7, 2))
    many = mission.starts({"start": starts}).whole()
    assert (many.starts == starts).all()
    again = mission.starts({"start": starts[1:2]}).whole()
    assert (many.decision[1] == again.decision[0]).all()
    positions = np.random.default_rng(2).uniform(-10, 10, (2, 13, 2))
    both = Deviation(strategy=Script(positions=positions), missions=np.arange(2), agents=np.array([4, 5]))
    played = mission.playing((both,), batch=2).whole()
    assert (played.said["z"][[0, 1], -1, [4, 5]] == positions[:, -1]).all()


def test_attacks_and_certificates_work_where_neighbours_change() -> None:
    found = robosim.attack(in_range(), strategies=["stationary", "freeze"], agents=[0, 4])
    assert len(found.attacks) == 4
    assert all(one.gain <= found.epsilon["groves"].certified for one in found.attacks)
    certified = robosim.certify(in_range())
    assert certified.epsilon.certified is not None
    assert any("depends on where robots are" in note for note in certified.notes)


def test_every_mission_side_by_side_meets_the_same_losses() -> None:
    mission = robosim.load("lossy", set={**LOSSY, "leader.bound": 5.0, "mission.controller": "consensus"})
    drag = Deviation(strategy=FootDragging(), missions=np.array([1]), agents=np.array([2]))
    batch = mission.playing((drag,), batch=2).whole()
    assert (batch.decision[0] == mission.whole().decision[0]).all()
    assert (batch.decision[1] != batch.decision[0]).any()


def test_checks_of_programs_and_strategies_take_worlds_with_a_radio() -> None:
    mission = robosim.load("rendezvous-honest", controller=HoldLast(), set=RANGE)
    assert isinstance(mission.network.graph, Near)
    assert mission.run().summary()["network"]["sent"] > 0
    assert "same bits" in str(robosim.check_controller(HoldLast, network=mission.network))


def test_metropolis_weights_keep_the_mean_of_robots_whose_neighbours_change() -> None:
    keys = {
        **RANGE,
        "network.range_m": 7.0,
        "robots.count": 20,
        "mission.rounds": 150,
        "mission.controller": "metropolis",
    }
    record = robosim.load("rendezvous-honest", set=keys).run()
    assert record.distance[0, -1] < 1e-6
    assert record.mean_moved_m(0) < 1e-12
    sent = record.reception.sent[0]
    assert sent > 151 * 2 * len(record.edges)  # they hear more of each other than at the start
    slow = {**keys, "robots.speed_limit_mps": 0.3, "mission.dt_s": 1.0}
    ways = np.diff(robosim.load("rendezvous-honest", set=slow).run().positions[0], axis=0)
    assert np.sqrt((ways**2).sum(axis=-1)).max() == pytest.approx(0.3)
    robosim.check_controller(Metropolis)


def test_a_probed_bound_over_a_radio_is_rehearsed_with_losses_of_its_own() -> None:
    keys = {"mission.controller": "consensus", "mission.rounds": 40, "event": []}
    wanted = robosim.load("lossy", set={**keys, "leader.bound": "probed"}).announcement
    usual = robosim.load("lossy", set=keys).announcement
    other = robosim.load("lossy", set={**keys, "mission.seed": 4, "network.graph": "ring"}).announcement
    assert wanted.rule == usual.rule == "rehearsed"
    assert wanted.note.startswith("what is lost, late or out of range is not known in advance: 299 faithful rehearsals")
    assert (wanted.bound.reached == usual.bound.reached).all()
    assert other.beta != usual.beta
    record = robosim.load("lossy", set=keys).run()
    assert record.distance[0, -1] < usual.beta
    assert usual.bound.reached[-1] < usual.bound.reached[0]


def test_a_bound_over_a_radio_is_as_far_above_the_largest_as_that_is_above_the_median(monkeypatch) -> None:
    seen = np.array([[1.0, 2.0, 0.0], [1.0, 3.0, 0.0], [1.0, 12.0, 1e-3]])
    assert margin(seen).tolist() == [1.0, 4.0, WIDEST]
    keys = {"mission.rounds": 40, "robots.speed_limit_mps": 9.0}
    mission = robosim.load("lossy", set=keys)
    assert "a margin of" in mission.announcement.note
    assert any("rehearsed with other losses" in one for one in mission.kind.notes(mission))
    announced = robosim.load("lossy", set={**keys, "leader.bound": 5.0})
    assert not any("rehearsed" in one for one in announced.kind.notes(announced))
    monkeypatch.setattr(bounds_rehearsed, "margin", lambda seen: np.ones(seen.shape[1]))
    plain = robosim.load("lossy", set=keys).announcement
    factor = float(mission.announcement.note.split("margin of ")[1].split()[0])
    assert mission.announcement.bound.reached[-1] == pytest.approx(factor * plain.bound.reached[-1], rel=1e-2)
    perfect = {**keys, "network.radio": {}, "event": [{"robot": 3, "off": 20, "on": 35}]}
    assert "a margin of" not in robosim.load("lossy", set=perfect).announcement.note


@pytest.mark.parametrize("bound", ["tight", "paper", "paper-as-published"])
def test_theorems_about_perfect_links_are_refused_for_a_radio_in_python_too(bound: str) -> None:
    radio = Radio(graph=Network.of([(i, i + 1) for i in range(11)]))
    with pytest.raises(robosim.RobosimError, match="is a theorem about links that stay and lose nothing"):
        robosim.load("rendezvous-honest", network=radio, set={"leader.bound": bound})
    keys = {"leader.alpha": "schedule", "robots.speed_limit_mps": 0.2, "mission.dt_s": 0.5}
    with pytest.raises(robosim.RobosimError, match='"schedule" is computed for links that stay'):
        robosim.load("rendezvous-honest", network=radio, set=keys)


def test_exact_figures_over_a_radio_are_for_its_losses_and_are_attained_under_them() -> None:
    keys = {"mission.controller": "consensus", "mission.rounds": 15, "robots.count": 5, "leader.bound": 30.0,
            "network.graph": "ring", "network.radio": {"loss": 0.3}}  # fmt: skip
    mission = robosim.load("rendezvous-honest", set=keys)
    found = robosim.certify(mission)
    assert "for the losses of this seed" in found.notes[-1]
    assert (found.attained > 0).any()
    assert (found.attained <= found.exact * (1 + 1e-9)).all()
    assert (found.exact <= found.certified * (1 + 1e-9)).all()
    for one in robosim.attack(mission, strategies=["best-response"], agents=[0, 3]).attacks:
        assert 0.9 * found.attained[one.agent] <= one.gain <= found.exact[one.agent] * (1 + 1e-9)


def test_rows_that_were_stopped_or_did_not_end_together_are_no_batch() -> None:
    record = in_range().whole()
    with pytest.raises(KeyboardInterrupt):
        rows.together([record, replace(record, interrupted=True)])
    thin = in_range().run(every=2)
    with pytest.raises(robosim.RobosimError, match="kept different rounds"):
        rows.together([thin, replace(thin, kept=thin.kept + (thin.kept > 0))])
    again = rows.together([record, record])
    assert again.starts is record.starts
    assert (again.settlement.tax == np.repeat(record.settlement.tax, 2, axis=0)).all()
