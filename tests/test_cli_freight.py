"""Commands on freight worlds: what they print, what they refuse, and how they end."""

import json

import numpy as np
import pytest

from robosim.__main__ import main
from robosim.freight.tables import trackers


def output(capsys, *words):
    code = main(list(words))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_run_says_what_everybody_is_paid_by_every_rule(capsys):
    """The table holds the payments of the JSON."""
    code, text, _ = output(capsys, "run", "freight")
    assert code == 0
    found = json.loads(output(capsys, "run", "freight", "--json")[1])
    for agent in range(4):
        paid = [f"{rule['payment'][agent]:.6g}" for rule in found["mechanisms"]]
        assert any(line.split() == [str(agent), *paid] for line in text.splitlines())
    assert "after 154 rounds of consensus_tracking_admm" in text
    assert "nobody injected anything" in text
    assert "a lie gains at most" in text
    low, high = np.min(found["prices"]), np.max(found["prices"])
    assert f"one unit more of demand costs {low:.6g} to {high:.6g} $" in text
    cost = sum(row["private_cost"] for row in found["agents"])
    assert f"metered {cost:.6g} $, the decision says {cost:.6g} $" in text


def test_run_says_by_how_much_trackers_were_injected(capsys, tmp_path):
    """The leader sees the sum of trackers against Σ A x - b (X, Algorithm 1, line 15), and no culprit."""
    output(capsys, "worlds")
    main(["new", "freight"])
    lie = '\n[[selfish]]\nsuppliers = [3]\nstrategy = "tracker-injection"\n'
    (tmp_path / "lie.toml").write_text(capsys.readouterr().out + lie)
    code, text, _ = output(capsys, "run", str(tmp_path / "lie.toml"), "--set", "mission.rounds=30")
    assert code == 0
    assert "trackers were off by up to 0.025 of the largest demand: somebody injected that, nobody knows who" in text
    assert "tracker-injection" in text


def test_rounding_of_trackers_is_no_injection():
    assert "nobody injected" in trackers(1e-14, "demand")
    assert "nobody knows who" in trackers(1e-3, "demand")


def test_a_general_problem_has_no_trucks(capsys):
    code, text, _ = output(capsys, "run", "aggregator", "--set", "leader.tax=none")
    assert code == 0
    assert "truck" not in text
    assert "one unit more of b costs" in text


def test_why_a_rule_has_no_payments_is_said(capsys):
    words = ("--set", "leader.tax=shadow-price", "--set", "network.graph=path")
    code, text, _ = output(capsys, "run", "freight", *words)
    assert code == 0
    assert "vcg, distributed: without agent 1 the others cannot talk" in text


@pytest.mark.deep
def test_every_supplier_can_try_every_deviation(capsys):
    words = ("attack", "freight", "--tax", "vcg,shadow-price", "--json")
    code, text, _ = output(capsys, *words)
    found = json.loads(text)
    assert code == 0
    assert {one["strategy"] for one in found["attacks"]} >= {"cost-misreport", "tracker-injection", "drop-out"}
    certified = found["epsilon"]["vcg"]["certified"]
    assert max(one["gain"] for one in found["attacks"] if one["tax_rule"] == "vcg") <= certified
    gamed = [one["gain"] for one in found["attacks"] if one["tax_rule"] == "shadow-price" and not one["covered"]]
    assert max(gamed) > 100
    assert found["epsilon"]["shadow-price"]["certified"] is None


def test_who_is_needed_cannot_stay_out(capsys):
    """A ring of five without two may fall apart: then nobody's h_-i moves, else it does (X, (7))."""
    code, text, _ = output(capsys, "attack", "aggregator", "--strategy", "drop-out", "--json")
    found = json.loads(text)["attacks"]
    assert code == 0
    assert len(found) == 5
    assert all(abs(one["gain"]) < 1e-4 for one in found)
    assert all(one["others_change"] < -1 for one in found)


def test_certify_says_what_holds_and_what_does_not(capsys):
    code, text, _ = output(capsys, "certify", "freight")
    assert code == 0
    assert "certified at these types" in text
    code, text, _ = output(capsys, "certify", "freight", "--set", "leader.tax=shadow-price")
    assert code == 0
    assert "no certificate: under the rule shadow-price" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("certify", "freight", "--epsilon", "1e-3"), "announce a smaller leader.tolerance"),
        (("plot", "aggregator", "--kind", "map"), "a general problem has no roads"),
        (("plot", "freight", "--kind", "power"), "is none of map, payments, convergence, all"),
        (("compare", "freight"), "compare needs bidders"),
        (("check", "freight-sioux-falls"), "no such file: SiouxFalls_net.tntp"),
        (("run", "freight", "--set", "network.graph=path"), "without agent 1 the others cannot talk"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = output(capsys, *words)
    assert code == 2
    assert out == ""
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_check_describes_the_mission(capsys):
    code, text, _ = output(capsys, "check", "freight")
    assert code == 0
    assert text.startswith("freight: ok: 4 agents, 48 unknowns")


def test_a_saved_run_is_drawn(capsys, tmp_path):
    assert main(["run", "freight", "--set", "mission.rounds=20", "--out", str(tmp_path / "run"), "--json"]) == 0
    code, text, _ = output(capsys, "plot", str(tmp_path / "run"), "--kind", "map", "-o", str(tmp_path / "map.svg"))
    assert code == 0
    assert text.splitlines()[-1] == str(tmp_path / "map.svg")
    assert (tmp_path / "map.svg").read_text().count("<path") > 20
