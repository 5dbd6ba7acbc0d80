"""Shadow prices and VCG side by side, distributed and central: closed forms, promises, and what is not known."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.suppliers import CostMisreport
from robosim.freight import certificate as subject
from robosim.freight.certificate import certify_freight, mechanisms

PARALLEL = """
[mission]
kind = "freight"
rounds = 2000
[problem]
slope = [[1.0], [2.0], [3.0]]
A = [[1.0]]
b = [6.0]
theta = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]
congestion = 0.5
lower = 0.0
{more}
[network]
graph = "complete"
[leader]
tax = "{tax}"
tolerance = 1e-9
"""


def parallel(folder, tax="vcg", more="upper = 6.0"):
    """Suppliers with a road each and one that all share (X, Example 3), written as a world; nobody may ship over b."""
    path = folder / "parallel.toml"
    path.write_text(PARALLEL.format(tax=tax, more=more))
    return robosim.load(path)


def rows(record):
    return {(one.rule, one.solved): one for one in record.verdict.mechanisms}


@pytest.fixture(scope="module")
def freight():
    """Example 1 under each rule."""
    return {tax: robosim.run("freight", set={"leader.tax": tax}) for tax in ("vcg", "shadow-price", "none")}


@pytest.mark.parametrize("tax", ["vcg", "shadow-price", "none"])
def test_parallel_suppliers_are_paid_the_closed_form(tmp_path, tax):
    """X, Example 5: x = b/n + (C̄ - C_i)/(2c₀) = (3, 2, 1), λ = 10, p_i = λ - c₀(b - x_i), F* = 35.

    Equation (6): p_i x_i = (25.5, 16, 7.5) at costs c₀x_i² + c₀b x_i + C_i x_i = (16.5, 12, 6.5). Equation (7): alone
    the others cost h_-0 = 41.75, h_-1 = 38 (x = 4, 2: 10 + 10 + 18), h_-2 = 35.75 (x = 3.5, 2.5: 9.25 + 8.5 + 18), and
    profits are h_-i - F*.
    """
    found = rows(parallel(tmp_path, tax).run())
    cost = np.array([16.5, 12.0, 6.5])
    profits = {"shadow-price": [9.0, 4.0, 1.0], "vcg": [6.75, 3.0, 0.75]}
    for (rule, solved), one in found.items():
        close = {"rtol": 0, "atol": 1e-6 if solved == "central" else 1e-4}
        np.testing.assert_allclose(one.profit, profits[rule], **close)
        np.testing.assert_allclose(one.payment, cost + profits[rule], **close)
        assert one.total == pytest.approx(sum(one.payment))
        assert one.efficiency == pytest.approx(1, abs=1e-6)
        assert one.individually_rational
        assert one.void is None
        assert one.ic_gap is None if rule == "shadow-price" else 0 <= one.ic_gap < 1e-4
        apart = np.subtract(found[rule, "distributed"].payment, found[rule, "central"].payment)
        assert one.difference == np.abs(apart).max() < 1e-4


def test_the_announced_rule_is_among_them_to_the_last_bit(freight):
    for tax in ("vcg", "shadow-price"):
        np.testing.assert_array_equal(rows(freight[tax])[tax, "distributed"].payment, freight[tax].payment[0])


def test_whatever_is_announced_the_same_payments_are_found(freight):
    """Suppliers' decisions do not depend on the rule, so that VCG under another rule is another run's, bit for bit."""
    for tax in ("shadow-price", "none"):
        assert rows(freight[tax])["vcg", "distributed"].payment == rows(freight["vcg"])["vcg", "distributed"].payment
        assert rows(freight[tax])["vcg", "distributed"].ic_gap == rows(freight["vcg"])["vcg", "distributed"].ic_gap
        assert rows(freight[tax])["vcg", "central"] == rows(freight["vcg"])["vcg", "central"]


def test_those_who_deviate_do_so_in_the_problems_without_another():
    """h_-j of a mission with a liar holds its declared costs, whichever rule is announced (X, (7))."""
    keys = {"mission.rounds": 60}
    runs = [robosim.load("freight", strategies={0: CostMisreport()}, set=keys).billed(tax) for tax in ("vcg", "none")]
    paid = [rows(mission.run())["vcg", "distributed"] for mission in runs]
    honest = rows(robosim.run("freight", set=keys))["vcg", "distributed"]
    assert paid[0].payment == paid[1].payment
    assert max(np.abs(np.subtract(paid[0].payment, honest.payment))[1:]) > 1


def test_a_lie_moves_shadow_prices_and_gains_nothing_under_vcg():
    """X, Example 3 against Proposition 6: at most `ic_gap` under VCG; shadow prices pay for it."""
    lying, honest, profit = {}, {}, {}
    for tax in ("vcg", "shadow-price"):
        keys = {"leader.tax": tax, "leader.marginals": "central"}
        honest[tax] = robosim.load("freight", set=keys).run()
        lying[tax] = robosim.load("freight", set=keys, strategies={0: CostMisreport(scale=1.1)}).run()
        profit[tax] = [rows(run[tax])[tax, "distributed"].profit[0] for run in (honest, lying)]
    found = rows(lying["vcg"])["vcg", "distributed"]
    assert profit["vcg"][1] <= profit["vcg"][0] + found.ic_gap
    assert profit["shadow-price"][1] > profit["shadow-price"][0] + 100
    assert found.efficiency < 0.9999
    same = [rows(run["vcg"])["vcg", "central"].payment for run in (honest, lying)]
    assert same[0] == same[1]
    assert rows(lying["shadow-price"])["vcg", "distributed"].ic_gap is None  # no faithful run to certify it by
    assert found.ic_gap == lying["vcg"].verdict.epsilon.certified


def test_a_network_that_one_agent_holds_together_has_no_distributed_vcg():
    record = robosim.run("freight", set={"leader.tax": "shadow-price", "network.graph": "path"})
    found = rows(record)
    assert "without agent 1 the others cannot talk" in found["vcg", "distributed"].void
    assert found["vcg", "distributed"].payment is None
    assert found["vcg", "distributed"].efficiency == pytest.approx(1, abs=1e-6)
    assert found["vcg", "central"].payment is not None
    assert found["vcg", "central"].difference is None


def test_who_cannot_be_done_without_is_named(tmp_path):
    """X, Assumption 7: suppliers 1 and 2 can ship 5 of 6."""
    found = rows(parallel(tmp_path, "shadow-price", "upper = [[6.0], [3.0], [2.0]]").run())
    for solved in ("distributed", "central"):
        assert "without agent 0 (X, Assumption 7)" in found["vcg", solved].void
        assert found["shadow-price", solved].payment is not None


def test_long_problems_are_not_solved_again_only_to_know(monkeypatch):
    monkeypatch.setattr(subject, "SMALL", 0)
    found = rows(robosim.run("freight", set={"leader.tax": "none"}))
    assert "4 more runs" in found["vcg", "distributed"].void
    assert found["vcg", "central"].payment is not None


def test_central_marginals_are_those_of_what_was_declared(tmp_path):
    """leader.marginals = central: h_-i of declared costs, here true ones, so that only x differs."""
    record = robosim.run("freight", set={"leader.tax": "none", "leader.marginals": "central"})
    found = rows(record)
    alone = np.add(found["vcg", "central"].profit, record.verdict.optimum)
    np.testing.assert_allclose(np.add(found["vcg", "distributed"].profit, record.verdict.social_cost), alone, rtol=1e-9)


def test_a_mission_that_was_stopped_is_not_run_again():
    def stop(snapshot):
        if snapshot.k == 5:
            raise KeyboardInterrupt

    record = robosim.load("freight", set={"leader.tax": "shadow-price"}).run(watch=stop)
    found = rows(record)
    assert record.interrupted
    assert "only for whole missions" in found["vcg", "distributed"].void
    np.testing.assert_array_equal(found["shadow-price", "distributed"].payment, record.payment[0])


def test_early_decisions_are_not_efficient_and_gains_are_measured_right(tmp_path):
    """Costs of the aggregator are gains: less than the most gain is a share below 1."""
    found = rows(robosim.run("aggregator", set={"mission.rounds": 20}))
    assert 0 < found["vcg", "distributed"].efficiency < 0.999
    assert found["vcg", "central"].efficiency == pytest.approx(1)


def test_nothing_infinite_is_certified():
    """At a price at which somebody would do infinitely much the lower bound is -∞ (dual of the agent's programme)."""
    mission = robosim.load("freight", set={"mission.rounds": 2})
    record = replace(mission.run(), gap=np.inf)
    assert certify_freight(mission, record).certified is None
    assert "no bound is known" in certify_freight(mission, record).void
    found = {(one.rule, one.solved): one for one in mechanisms(mission, record)}
    assert found["vcg", "distributed"].ic_gap is None


def test_other_worlds_have_none():
    assert robosim.run("erratum").summary()["mechanisms"] is None
