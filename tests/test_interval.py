"""Payments with their error: exact ones lie between what is printed, and every run behind them says how it ended."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.__main__ import main
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.errors import BadInput
from robosim.freight.coupled.optimum import optima_without, optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.interval import UNSIGNED, flows_between, signed, vcg_intervals
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.freight.tables import apart, findings, payments_table

SOLVER = 1e-9
"""Share of the social cost to which the exact payments are known."""


def exact(problem):
    """X, (7) at the central optima."""
    best, alone = optimum(problem), optima_without(problem)
    return alone - best.objective + problem.costs(best.x), SOLVER * abs(best.objective)


def assert_between(record, problem):
    """The exact payments and the paid ones are inside the printed intervals."""
    (true, room), ends = exact(problem), record.payment_interval
    assert (ends[:, 0] <= true + room).all()
    assert (true <= ends[:, 1] + room).all()
    assert (ends[:, 0] <= record.payment[0]).all()
    assert (record.payment[0] <= ends[:, 1]).all()


def world(seed, congestion, rounds, marginal_rounds):
    """Random roads, with runs that are cut or not."""
    keys = {"freight.instance": "random", "freight.congestion": congestion, "freight.suppliers": 3 + seed % 3}
    keys |= {"mission.rounds": rounds, "leader.marginal_rounds": marginal_rounds, "freight.slack": 1.0}
    return robosim.load("freight", seed=seed, set=keys)


@given(st.integers(0, 10**6), st.sampled_from([10, 40, 400]), st.sampled_from([10, 40, 400]))
@settings(max_examples=4, deadline=None)
def test_exact_payments_of_random_roads_are_between_what_is_printed(seed, rounds, marginal_rounds):
    mission = world(seed, "linear", rounds, marginal_rounds)
    assert_between(mission.run(every=rounds), mission.problem)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(200))
def test_exact_payments_of_200_random_worlds(seed):
    rounds = (10, 30, 100, 300, 1000)[seed % 5]
    mission = world(seed, "bpr" if seed % 4 == 3 else "linear", rounds, (20, 60, 1000)[seed % 3])
    assert_between(mission.run(every=rounds), mission.problem)


@pytest.mark.parametrize(("name", "width"), [("example-1", 1e-5), ("unbalanced", 1e-5), ("semi-balanced", 2e-5)])
def test_intervals_of_whole_runs_are_narrow(name, width):
    """A few millionths of all payments; in example 1 they hold 14475.15, 10486.28, 5539.90 and 7981.81 (X, Table 1)."""
    record = robosim.run("freight", set={"freight.instance": name})
    assert_between(record, coupled(paper_instance(name)))
    assert np.ptp(record.payment_interval, axis=1).max() <= width * record.payment.sum()


def test_a_run_that_is_cut_says_so_and_its_payment_is_wide(tmp_path, capsys):
    """F1: the main run stops at its tolerance, P_-i runs out of rounds; in table, findings, JSON and record."""
    keys = {"leader.marginal_rounds": 20}
    mission = robosim.load("freight", set=keys)
    record = mission.run()
    assert not record.cut[0]
    assert record.without_cut.all()
    assert_between(record, mission.problem)
    off = np.abs(record.payment[0] - exact(mission.problem)[0])
    gaps = np.array([one["gap"] for one in record.marginals(0)])
    assert (off > 1).all()
    np.testing.assert_allclose(off, gaps, atol=0.1)  # all of it is what P_-i misses
    lines = "\n".join(findings(record, mission))
    assert all(f"without agent {agent} the others ran out of rounds after 20" in lines for agent in range(4))
    assert "raise leader.marginal_rounds" in lines
    (table,) = payments_table(record)
    assert list(table.columns[4].cells)[1:] == ["20, cut"] * 4
    assert main(["run", "freight", "--set", "leader.marginal_rounds=20", "--json", "--out", str(tmp_path / "run")]) == 0
    shown = json.loads(capsys.readouterr().out)
    np.testing.assert_array_equal([one["payment_interval"] for one in shown["agents"]], record.payment_interval)
    assert shown["leader"]["cut"] is False
    assert [one["cut"] for one in shown["leader"]["marginals"]] == [True] * 4
    again = robosim.load_record(tmp_path / "run")
    np.testing.assert_array_equal(again.payment_interval, record.payment_interval)
    np.testing.assert_array_equal(again.without_rounds, record.without_rounds)


def test_runs_that_end_by_themselves_have_no_line():
    record = robosim.run("freight")
    assert not record.cut.any()
    assert not record.without_cut.any()
    assert not any("ran out of rounds" in line for line in findings(record, robosim.load("freight")))


def test_what_is_not_certified_is_null_with_a_reason():
    """Shadow prices, flows of both signs, reports that nobody declared."""
    mission = robosim.load("freight", set={"leader.tax": "shadow-price", "mission.rounds": 30})
    record = mission.run()
    assert [row["payment_interval"] for row in record.table()] == [None] * 4
    assert any(
        "shadow-price: no interval of exact payments, how far prices" in one for one in findings(record, mission)
    )
    shown = record.summary()
    assert [one["payment_interval"] for one in shown["agents"]] == [None] * 4
    theta = np.array([[[1.0], [1.0]], [[1.0], [-1.0]]]).transpose(0, 1, 2)
    pair = Coupled.of([[1.0], [1.0]], 1.0, [1.0], theta=theta, congestion=1.0, lower=0.0, upper=2.0)
    assert not signed(pair)
    best = optimum(pair)
    assert vcg_intervals(pair, best, [best, best]) == UNSIGNED
    own = Coupled.of([[1.0], [1.0]], 1.0, [1.0], H=[[[1.0]], [[1.0]]], lower=-1.0)
    assert signed(own)  # edges of one agent each may have any sign


def test_liars_have_the_interval_of_what_they_declared():
    mission = robosim.load("freight", strategies={2: CostMisreport(scale=1.2)})
    record = mission.run()
    assert_between(record, mission.declared(0))
    other = exact(mission.problem)[0]
    assert ((other < record.payment_interval[:, 0]) | (other > record.payment_interval[:, 1])).any()


def test_the_interval_in_closed_form():
    """x₁ + x₂ = 2 at x² + x and x² + 3x: x* = (3/2, 1/2), F* = 11/2, alone 6 and 10: VCG = (10 - 7/4, 6 - 15/4)."""
    pair = Coupled.of([[1.0], [3.0]], 1.0, [2.0], H=[[[2.0]], [[2.0]]], lower=0.0)
    found = vcg_intervals(pair, optimum(pair), [optimum(pair.without(i)) for i in (0, 1)])
    paid = np.array([10 - 7 / 4, 6 - 15 / 4])
    assert (found.low <= paid).all()
    assert (paid <= found.high).all()
    assert (found.high - found.low).max() < 1e-4


def test_optima_that_differ_in_who_does_what_are_all_inside():
    """Two alike share a road at x² in all: any split of 2 costs 4, each alone too, and VCG is C_i, from 0 to 4."""
    alike = Coupled.of([[0.0], [0.0]], 1.0, [2.0], theta=[[[1.0]], [[1.0]]], congestion=1.0, lower=0.0)
    found = vcg_intervals(alike, optimum(alike), [optimum(alike.without(i)) for i in (0, 1)])
    assert (found.low <= 1e-6).all()
    assert (found.high >= 4 - 1e-6).all()


@pytest.mark.parametrize("power", [1.0, 2.5, 4.0])
def test_flows_near_the_optimum(power):
    """The ends break φ(F) - φ(F₀) - φ'(F₀)(F - F₀) = room, or are 0."""
    rng = np.random.default_rng(3)
    a, flow, room = rng.uniform(0.1, 2, 20), rng.uniform(0, 3, 20) * (np.arange(20) > 2), 1e-3
    problem = Coupled.of(np.ones((1, 20)), np.ones(20), [1.0], theta=np.eye(20), congestion=a, power=power, lower=0.0)
    for end, side in zip(flows_between(problem, flow, room), (-1, 1), strict=True):
        bent = a * (np.abs(end) ** (power + 1) - flow ** (power + 1) - (power + 1) * flow**power * (end - flow))
        reached = np.isclose(bent, room, rtol=1e-6)
        assert (reached | ((end == 0) & (side < 0) & (bent <= room))).all()
        assert (side * (end - flow) >= 0).all()


def test_figures_have_as_many_decimals_as_are_known():
    assert [apart(x, w) for x, w in ((1234.5678, 100.0), (1234.5678, 0.02), (1.0, 1e-12))] == [
        "1235", "1234.568", "1.000000000",
    ]  # fmt: skip


def test_a_mission_whose_optimum_is_not_found_keeps_its_record(monkeypatch):
    mission = robosim.load("freight", set={"mission.rounds": 20, "leader.marginals": "distributed"})
    record = mission.run()
    assert record.certain is not None
    failing = replace(record, judged=None)
    assert failing.certain is None  # no judge, no interval
    assert np.isnan(failing.payment_interval).all()
    with pytest.raises(BadInput):
        robosim.load("freight", set={"leader.marginal_rounds": 0})
