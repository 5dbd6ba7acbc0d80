"""Coalitions gain where single agents cannot: rings of reports, and rules of the Groves family; comparisons as maps."""

import json

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation
from robosim.attacks import Effort, attack
from robosim.attacks.coalition import coalitions
from robosim.attacks.figure import heat_map
from robosim.attacks.table import comparison
from robosim.controllers.selfish.programme import Programme

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
