"""Methods side by side: the rounds of X's figures, what is counted, tables, pictures and JSON."""

import json
from itertools import pairwise

import numpy as np
import pytest

import robosim
from robosim.freight.coupled.problem import Coupled
from robosim.freight.methods.compare import FAULTS, chosen, compare, with_method
from robosim.freight.methods.curves import BOUNDS, settled, trace
from robosim.freight.published import BASELINES, TAKEN
from robosim.freight.reproduce.figures_3_4 import COUNTED

AS_X = {"method.penalties": "published", "network.weights": "authors", "leader.tax": "none"}
TINY = Coupled.of([[1.0, 2.0], [2.0, 1.0], [1.5, 1.5]], [[1.0, 1.0]], [3.0], H=[[1.0, 1.0]] * 3, lower=0.0, upper=3.0)
LABELS = {"consensus_tracking_admm": "Consensus-Tracking-ADMM", "tracking_admm": "Tracking-ADMM", "dc_admm": "DC-ADMM",
          "dpmm": "DPMM", "iplux": "IPLUX"}  # fmt: skip


def tiny(**keys):
    return robosim.load("freight", problem=TINY, set={"mission.rounds": 60, "leader.tax": "none", **keys})


def test_rounds_are_those_of_the_authors_program() -> None:
    """Anchors, section 4, column b: with X's penalties and weights on example 1, as far as 400 rounds go."""
    mission = robosim.load("freight", set={**AS_X, "mission.rounds": 400})
    found = compare(mission, "consensus-tracking-admm,tracking-admm,dc-admm")
    assert [curve.method for _, curve in found.curves] == ["consensus_tracking_admm", "tracking_admm", "dc_admm"]
    for _, curve in found.curves:
        counted = [k if k is not None and k < 400 else None for k in COUNTED["example-1"][LABELS[curve.method]]]
        assert [curve.reached(bound).rounds for bound in BOUNDS[:3]] == counted


@pytest.mark.deep
def test_all_rounds_of_both_figures_are_those_of_the_authors_program() -> None:
    mission = robosim.load("freight", set={**AS_X, "mission.rounds": 2000})
    for _, curve in compare(mission, ",".join(LABELS)).curves:
        reached = tuple(curve.reached(bound).rounds for bound in BOUNDS[:3])
        assert reached == COUNTED["example-1"][LABELS[curve.method]]


def test_a_bound_is_reached_from_where_both_errors_stay_below_it() -> None:
    mission = with_method(robosim.load("freight", set={"mission.rounds": 80}), "dot_admm")
    curve = trace(mission, mission.central.objective)
    for bound in BOUNDS:
        k = curve.reached(bound).rounds
        if k is None:
            assert settled(curve.error, bound) is None
            continue
        assert (np.maximum(curve.objective, curve.demand)[k - 1 :] < bound).all()
        assert k == 1 or curve.error[k - 2] >= bound
        assert curve.reached(bound).floats == 3 * 17 * k
        assert curve.reached(bound).cpu_s == pytest.approx(curve.cpu_s[k - 1])


def test_numbers_in_a_message_are_those_of_the_anchors() -> None:
    """Section 2: Nn + 2MK = 60 for CT-ADMM, MK + N²n = 198 for DC-ADMM, DPMM and IPLUX without slack, twice that for
    Tracking-ADMM.

    Of edges that are priced, example 1 has 11 that more than one supplier uses: 6 + 11.
    """
    sizes = {}
    for name in TAKEN:
        keys = {"mission.controller": name, "mission.rounds": 3, "leader.tax": "none", "leader.tolerance": None}
        record = robosim.run("freight", set=keys)
        assert record.messages.tolist() == [[9, 9, 9, 9]]  # three neighbours, three rounds
        sizes[name] = record.floats[0, 0] / 9
        told = record.summary()["agents"][1]
        assert (told["messages"], told["floats"]) == (9, record.floats[0, 1])
    uses = (robosim.load("freight").problem.part > 0).sum(axis=0)
    flows = 6 + (uses > 1).sum()
    assert list(sizes.values()) == [60, 396, 198, 198, 198, flows, flows]


def test_messages_follow_degrees_and_the_program(cli) -> None:
    keys = {"mission.rounds": 4, "leader.tax": "none", "network.graph": "star", "leader.tolerance": None}
    record = robosim.run("freight", set=keys)
    assert record.messages.tolist() == [[12, 4, 4, 4]]


def test_every_method_gets_penalties_of_its_own_and_is_faithful() -> None:
    lie = {"supplier": 1, "strategy": "cost-misreport"}
    mission = tiny(**{"method.rho": 0.3, "selfish": [lie]})
    own, other = with_method(mission, "consensus_tracking_admm"), with_method(mission, "dpmm")
    assert own.penalties["rho"] == 0.3
    assert other.penalties.keys() == {"gamma", "beta"}
    assert own.deviations == other.deviations == ()
    assert chosen(mission, "all") == list(TAKEN)


def test_the_whole_table_on_a_tiny_problem(cli, tmp_path, monkeypatch) -> None:
    picture, keys = (
        tmp_path / "m.png",
        ("--set", "mission.rounds=20", "--set", "freight.instance=random", "--set", "freight.goods=1"),
    )
    code, out, err = cli("compare", "freight", "--methods", "all", *keys, "-o", picture)
    assert (code, err) == (0, "")
    assert picture.read_bytes().startswith(b"\x89PNG")
    for word in ("DOT-ADMM", "dual subgradient", "an agent sent to", "CPU s of all agents to", str(picture)):
        assert word in out


def test_json_and_faults(cli) -> None:
    code, out, _ = cli("compare", "freight-own", "--methods", "dot-admm,consensus_tracking_admm", "--network-faults",
                       "--json", "--set", "mission.rounds=80")  # fmt: skip
    told = json.loads(out)
    assert code == 0
    assert list(told["faults"]) == list(FAULTS)
    runs = {(one["method"], one["fault"]): one for one in told["methods"]}
    assert len(runs) == 2 * len(FAULTS)
    calm, lossy = runs["consensus_tracking_admm", "nothing"], runs["consensus_tracking_admm", "20 % lost"]
    assert calm["trackers"] == {"worst": pytest.approx(0.0, abs=1e-9), "broken_from": None}
    assert lossy["trackers"]["broken_from"] >= 1
    assert lossy["trackers"]["worst"] > 1e-3
    assert runs["dot_admm", "20 % lost"]["trackers"] is None
    assert runs["dot_admm", "20 % lost"]["to"][0]["rounds"] <= 80
    assert runs["dot_admm", "links 70 %"]["messages"] < runs["dot_admm", "nothing"]["messages"]
    assert all(a["rounds"] <= b["rounds"] for a, b in pairwise(calm["to"]) if b["rounds"])


def test_the_worlds_own_faults_are_a_row_and_trackers_that_broke_are_named(cli) -> None:
    keys = ("--set", "mission.rounds=40", "--set", "network.radio.loss=0.3")
    code, out, _ = cli("compare", "freight", "--methods", "consensus-tracking-admm", *keys)
    assert code == 0
    assert "CT-ADMM, as set: trackers stop adding up to what demand lacks in round" in out
    code, out, _ = cli("compare", "freight", "--methods", "dot-admm", "--network-faults", *keys)
    assert "as set: what [network.radio] says" in out


def test_who_cannot_run_is_said_and_the_others_run(cli, tmp_path) -> None:
    world = tmp_path / "free.toml"
    world.write_text('[mission]\nkind = "freight"\nrounds = 5\n[problem]\nslope = [[1.0], [1.0]]\nA = [[1.0]]\n'
                     "b = [2.0]\ntheta = [[1.0, 1.0]]\ncongestion = [1.0]\nlower = [[0.0], [-inf]]\n")  # fmt: skip
    code, out, _ = cli("compare", world, "--methods", "dual-subgradient,dot-admm")
    assert code == 0
    assert "dual subgradient: not run: dual_subgradient: variable 0 of agent 0 has no limit" in " ".join(out.split())


def test_with_one_supplier_those_run_that_need_no_neighbours(cli) -> None:
    one = ("freight", "--set", "freight.instance=random", "--set", "freight.suppliers=1", "--set", "mission.rounds=20")
    code, out, _ = cli("compare", *one, "--methods", "all", "--json")
    told = {run["method"]: run for run in json.loads(out)["methods"]}
    assert code == 0
    assert {name for name, run in told.items() if run["void"]} == set(BASELINES)
    assert told["dpmm"]["void"] == "it needs neighbours, and there is one supplier"
    code, _, err = cli("compare", *one, "--methods", "all", "--network-faults")
    assert code == 2
    assert "--network-faults: one supplier has no links that could fail" in err


def test_methods_of_ones_own_have_no_penalties_of_robosims(cli, monkeypatch) -> None:
    monkeypatch.setattr("robosim.freight.methods.compare.TAKEN", {})
    code, _, err = cli("compare", "freight", "--methods", "dpmm")
    assert code == 2
    assert "--methods: penalties of dpmm are not known to robosim" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("freight", "--methods", "nope"), "--methods: no controller 'nope'"),
        (("freight", "--methods", "dpmm,a b"), "--methods: 'a b' cannot be the name of a program"),
        (("freight", "--methods", "consensus"), "--methods: Consensus serves rendezvous"),
        (("freight", "--methods", "parts"), "--methods: "),
        (("freight", "--methods", ","), "--methods: names no method"),
        (("rendezvous", "--methods", "all"), "--methods compares programs of freight worlds"),
        (("freight", "--network-faults"), "--network-faults is for methods side by side"),
        (("freight", "--methods", "all", "--tax", "vcg"), "--methods: compares programs"),
        (("freight", "--methods", "all", "-o", "x.gif"), "pictures end in"),
    ],
)
def test_words_that_do_not_go_together(cli, words, said) -> None:
    code, _, err = cli("compare", *words)
    assert code == 2
    assert said in err
    assert ".toml:" not in err  # no line of the world has to be changed


def test_ctrl_c_shows_what_was_done(cli, monkeypatch) -> None:
    real, done = trace, []

    def stopping(*given):
        if done:
            raise KeyboardInterrupt
        done.append(real(*given))
        return done[-1]

    monkeypatch.setattr("robosim.freight.methods.compare.trace", stopping)
    code, out, _ = cli("compare", "freight", "--methods", "dot-admm,dpmm", "--json", "--set", "mission.rounds=5")
    told = json.loads(out)
    assert (code, told["interrupted"]) == (130, True)
    assert [one["method"] for one in told["methods"]] == ["dot_admm"]
