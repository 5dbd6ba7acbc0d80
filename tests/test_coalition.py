"""Coalitions gain where single agents cannot: rings of reports, and rules of the Groves family; comparisons as maps."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation
from robosim.attacks import Effort, attack
from robosim.attacks.coalition import coalitions
from robosim.attacks.figure import heat_map
from robosim.attacks.table import comparison
from robosim.controllers.selfish.programme import Programme
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.freight.coupled.feasible import nearest_feasible
from robosim.freight.coupled.optimum import optimum

QUICK = Effort(generations=2, starts=1)


def test_a_ring_that_reports_less_gains_what_the_others_in_it_leave_out() -> None:
    """T, 5.6: members' taxes fall by what the other members under-report; outsiders' by all of it."""
    mission = robosim.load("six-bidders", tax="groves").faithful()
    honest, half = mission.whole(), Programme(report_factor=0.5)
    ring = Deviation(strategy=half, missions=np.array([0, 0]), agents=np.array([0, 1]))
    saved = honest.net_cost[0] - mission.playing((ring,)).whole().net_cost[0]
    left_out = 0.5 * honest.reported_cost[0, :2]
    assert saved[:2] == pytest.approx(left_out[::-1], rel=1e-9)
    assert saved[2:] == pytest.approx(left_out.sum(), rel=1e-9)


@pytest.mark.parametrize(("world", "tax"), [("six-bidders", "vcg"), ("six-bidders", "groves"), ("erratum", "groves")])
def test_pairs_gain_under_rules_that_no_single_agent_beats_and_grow(world, tax) -> None:
    mission = robosim.load(world)
    found = coalitions(mission, 3, agents=[0, 1, 2], taxes=[tax], effort=QUICK).found
    alone = attack(mission, agents=[0, 1, 2], taxes=[tax])
    assert [len(one.members) for one in found] == [2, 3]
    assert found[0].joint_gain > 10 * max(0.0, 2 * alone.epsilon[tax].certified)
    assert found[1].joint_gain > found[0].joint_gain
    for one in found:
        assert sum(one.side_payments) == pytest.approx(0.0, abs=1e-9)
        shares = np.add(one.gains, one.side_payments)
        assert shares == pytest.approx(one.joint_gain / len(one.members))


def test_a_coalition_is_saved_and_plays_again(cli, tmp_path) -> None:
    best = tmp_path / "ring.toml"
    code, out, err = cli(
        "attack",
        "six-bidders",
        "--coalition",
        "2",
        "--agent",
        "0,3",
        "--tax",
        "vcg",
        "--save-best",
        str(best),
        "--json",
    )
    assert (code, err) == (0, "")
    (told,) = json.loads(out)["coalitions"]
    again, honest = robosim.load(best).run(), robosim.load("six-bidders", tax="vcg").faithful().run()
    saved = (honest.net_cost - again.net_cost)[0, [0, 3]]
    assert saved == pytest.approx(told["gains"], rel=1e-9)
    code, out, _ = cli("attack", "six-bidders", "--coalition", "2", "--agent", "0,1", "--budget", "0.3")
    assert code == 0
    assert "no certificate covers coalitions" in out


@pytest.mark.parametrize("size", [1, 7])
def test_coalitions_that_nobody_can_form_are_refused(cli, size) -> None:
    code, _, err = cli("attack", "six-bidders", "--coalition", size)
    assert code == 2
    assert f"--coalition: must be 2 to 6 members, got {size}" in err


def test_rules_are_compared_in_a_table_and_a_picture(cli, tmp_path) -> None:
    place = tmp_path / "heat.png"
    words = ("compare", "two-bidders", "--tax", "clearing-price,vcg", "--agent", "0")
    code, out, _ = cli(*words, "-o", place)
    assert code == 0
    assert place.read_bytes().startswith(b"\x89PNG")
    assert "constant-bid" in out
    table = json.loads(cli(*words, "--json")[1])
    bid = {one["tax_rule"]: one["gain"] for one in table["cells"] if one["strategy"] == "constant-bid"}
    assert bid["clearing-price"] == pytest.approx(1 / 12, abs=1e-9)
    assert bid["vcg"] == pytest.approx(-1 / 18, abs=1e-9)
    assert table["rules"] == ["clearing-price", "vcg"]


def test_the_map_says_every_figure_that_the_table_has() -> None:
    tried = attack(robosim.load("two-bidders"), taxes=["none", "vcg"], strategies=["shift", "proportional"])
    table = comparison(tried, "two-bidders", "$")
    texts = [text.get_text() for axes in heat_map(table).axes for text in axes.texts]
    assert len(texts) == 2 * len(table.cells) == 8
    assert f"{table.cell('shift', 'none').gain:+.3g}" in texts
    assert table.cell("freeze", "none") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tax", "vcg", "--sweep", "N=2,3"], "--sweep: compares markets that grow"),
        (["-o", "heat.png"], "--out and --agent are for strategies × tax rules"),
        (["--tax", "vcg", "-o", "heat.txt"], "pictures end in .png, .svg or .pdf"),
        (["--tax", "gold"], "gold"),
        (["--tax", "vcg", "--agent", "two"], "--agent: 'two' is no agent"),
    ],
)
def test_comparisons_that_cannot_be_made_are_refused(cli, words, said) -> None:
    code, _, err = cli("compare", "two-bidders", *words)
    assert code == 2
    assert said in err


def suppliers() -> Any:
    """Three suppliers of one good, with own quadratic costs."""
    problem = robosim.Coupled.of(
        [[2.0], [2.5], [3.0]], 1.0, [3.0], H=[[1.0], [1.0], [1.0]], lower=0.0, limits=[[1.0]], most=4.0
    )
    keys = {"leader.tolerance": 1e-7, "leader.marginals": "central", "mission.rounds": 300}
    return robosim.load("freight", problem=problem, network=[(0, 1), (1, 2), (0, 2)], set=keys)


def net_costs(true: Any, declared: Any) -> Any:
    """What all bear under VCG at central optima of what is declared (X, (7)), (agents,)."""
    x = nearest_feasible(true, optimum(declared).x)
    said = declared.costs(x)
    paid = [optimum(declared.without(i)).objective - (said.sum() - said[i]) for i in range(declared.agents)]
    return true.costs(x) - np.array(paid)


def test_two_suppliers_that_overstate_their_costs_raise_each_others_payments() -> None:
    """VCG pays i h_-i less the others' costs: what its partner declares moves h_-i, which no lie of its own can."""
    mission, lie = suppliers(), CostMisreport(scale=1.5)
    pair = Deviation(strategy=lie, missions=np.array([0, 0]), agents=np.array([0, 1]))
    told = replace(mission.problem, slope=mission.problem.slope * np.array([[1.5], [1.5], [1.0]]))
    saved = mission.whole().net_cost[0] - mission.playing((pair,)).whole().net_cost[0]
    expected = net_costs(mission.problem, mission.problem) - net_costs(mission.problem, told)
    assert saved == pytest.approx(expected, abs=1e-4)
    assert saved[:2].sum() > 0.5
    for agent in (0, 1):
        alone = Deviation(strategy=lie, missions=np.array([0]), agents=np.array([agent]))
        assert (mission.whole().net_cost - mission.playing((alone,)).whole().net_cost)[0, agent] < 1e-4


@pytest.mark.deep
def test_the_best_pair_of_suppliers_is_found_and_gains_what_central_optima_say() -> None:
    mission = suppliers()
    (found,) = coalitions(mission, 2, agents=[0, 1], taxes=["vcg"], effort=QUICK).found
    assert found.members == (0, 1)
    own = [{key: x[0, [agent]] for key, x in mission.problem.own().items()} for agent in (0, 1)]
    lies = [play.pretend(mine) for play, mine in zip(found.plays, own, strict=True)]
    slope, most = mission.problem.slope.copy(), mission.problem.most.copy()
    for agent, lie in enumerate(lies):
        slope[agent], most[agent] = lie["slope"][0], lie["most"][0]
    told = replace(mission.problem, slope=slope, most=most)
    expected = net_costs(mission.problem, mission.problem) - net_costs(mission.problem, told)
    assert found.gains == pytest.approx(expected[:2], abs=2e-3)
    assert found.joint_gain > 0.5
