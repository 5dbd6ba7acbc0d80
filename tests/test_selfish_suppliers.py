"""Selfish suppliers: each deviation does what its name says, to its own words only, and nothing else changes."""

from typing import Any

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation, Strategy, View
from robosim.controllers.selfish.suppliers import (
    SUPPLIER_DEVIATIONS,
    CapacityWithholding,
    CostMisreport,
    DropOut,
    PoisonedCopies,
    StockWithholding,
    TrackerInjection,
)
from robosim.freight.coupled.optimum import optimum

Array = np.ndarray
K, M, PATHS = 3, 2, 2
"""Goods, demanders and paths of example 1; variable (m·K + k)·2 + path."""


def playing(strategies: dict[int, Strategy], **options: Any) -> Any:
    """Example 1 with these suppliers selfish; `a__b` stands for the key a.b."""
    chosen = {key.replace("__", "."): value for key, value in options.items()}
    return robosim.load("freight", strategies=strategies, set=chosen)


def deliveries(record: Any, agent: int) -> Array:
    """(M, K) what a supplier was decided to bring."""
    return np.asarray(record.decision[0, agent].reshape(M, K, PATHS).sum(axis=2))


def test_names_are_those_that_worlds_write() -> None:
    names = (
        "cost-misreport stock-withholding capacity-withholding stock-over-report capacity-over-report "
        "tracker-injection poisoned-copies drop-out best-response"
    ).split()
    assert list(SUPPLIER_DEVIATIONS) == names
    lies = {"supplier": 2, "strategy": "cost-misreport", "scale": 1.2, "extra": [1.0] * 12}
    record = robosim.run("freight", set={"selfish": [lies], "leader.tax": "shadow-price"})
    assert record.strategy(2) == "cost-misreport"
    (gain,) = record.verdict.gains
    assert (gain.agent, gain.strategy, gain.covered) == (2, "cost-misreport", False)


def test_a_misreport_scales_adds_and_turns() -> None:
    """scale·ψ + extra, and noise of the norm asked for, the same in every problem for one seed."""
    slope = np.random.default_rng(0).uniform(1, 2, (3, 5))
    own = {"slope": slope, "most": np.ones((3, 1))}
    extra = (0.5, 0.0, 0.0, -1.0, 0.0)
    false = CostMisreport(scale=1.5, extra=extra).pretend(own)
    np.testing.assert_allclose(false["slope"], 1.5 * slope + np.array(extra), rtol=1e-15)
    assert false["most"] is own["most"]
    turned = CostMisreport(scale=1.0, norm=0.3, seed=4).pretend(own)["slope"] - slope
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 0.3 * np.linalg.norm(slope, axis=1), rtol=1e-12)
    alone = CostMisreport(scale=1.0, norm=0.3, seed=4).pretend({"slope": slope[1:2]})["slope"]
    np.testing.assert_array_equal(alone, (turned + slope)[1:2])
    other = CostMisreport(scale=1.0, norm=0.3, seed=5).pretend(own)["slope"] - slope
    assert not np.allclose(other, turned)


def test_who_misreports_is_decided_and_reports_by_what_it_declared() -> None:
    """The run ends at the optimum of the declared costs; ψ̂'x in place of ψ'x is reported; true costs are borne."""
    record = (mission := playing({1: CostMisreport(scale=0.5)}, leader__tolerance=1e-8)).run(every=1000)
    declared, true, x = mission.declared(0), mission.problem, record.decision[0]
    np.testing.assert_array_equal(declared.slope[1], 0.5 * true.slope[1])
    np.testing.assert_array_equal(np.delete(declared.slope, 1, axis=0), np.delete(true.slope, 1, axis=0))
    assert declared.objective(x) == pytest.approx(optimum(declared).objective, rel=1e-8)
    assert true.objective(x) > optimum(true).objective * 1.001
    np.testing.assert_allclose(record.reported_cost[0], declared.costs(x), rtol=1e-12)
    np.testing.assert_allclose(record.private_cost[0], true.costs(x), rtol=1e-12)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_withheld_stock_and_capacity_stay_at_home(share: float) -> None:
    """Supplier 0 of example 1 ships at most the declared share of each stock, or to each demander."""
    limits = {"leader.tax": "none", "leader.tolerance": 1e-7, "mission.rounds": 3000}
    for strategy, most in ((StockWithholding, "stock"), (CapacityWithholding, "capacity")):
        mission = robosim.load("freight", strategies={0: strategy(share=share)}, set=limits)
        assert mission.instance is not None
        limit = share * getattr(mission.instance, most)[0]
        over = 0 if most == "stock" else 1
        used, free = (deliveries(one.run(every=3000), 0).sum(axis=over) for one in (mission, mission.faithful()))
        assert (used <= limit * (1 + 1e-5)).all()
        if (free > limit).any():
            np.testing.assert_allclose((used / limit).max(), 1.0, atol=1e-4)
        else:
            np.testing.assert_allclose(used, free, rtol=1e-4)


def test_what_is_withheld_are_the_rows_of_goods_or_the_others() -> None:
    """The first K limits are stocks, the rest capacities (X, (B.1)); where there are no goods either means all."""
    most = np.arange(1.0, 11.0).reshape(2, 5)
    known = {"most": most, "goods": np.full((2, 1), 3.0)}
    np.testing.assert_array_equal(StockWithholding(share=0.5).pretend(known)["most"] / most, [[0.5] * 3 + [1] * 2] * 2)
    np.testing.assert_array_equal(
        CapacityWithholding(share=0.5).pretend(known)["most"] / most, [[1] * 3 + [0.5] * 2] * 2
    )
    for strategy in (StockWithholding, CapacityWithholding):
        np.testing.assert_array_equal(strategy(share=0.5).pretend({"most": most})["most"], 0.5 * most)


def view(faithful: dict[str, Array], own: dict[str, Array] | None = None) -> View:
    return View(own or {}, None, faithful, {})


def test_poisoned_copies_leave_the_own_block_alone() -> None:
    y = np.arange(1.0, 13.0).reshape(2, 6)  # deviators 0 and 2 of three agents with two variables each
    own = {"id": np.array([[0.0], [2.0]]), "slope": np.zeros((2, 2))}
    _, said = PoisonedCopies(scale=2.0).say(1, None, view({"y": y}, own))
    assert list(said) == ["y"]
    np.testing.assert_array_equal(said["y"], y * [[1, 1, 2, 2, 2, 2], [2, 2, 2, 2, 1, 1]])


def test_an_injection_comes_once_and_only_where_there_is_a_tracker() -> None:
    strategy, tracker = TrackerInjection(share=0.25, at=2), np.array([[-8.0, -4.0]])
    memory, said = strategy.say(0, None, view({"tracker": tracker}))
    assert said == {}
    said_at = []
    for k in (1, 2, 3):
        memory, said = strategy.say(k, memory, view({"tracker": tracker / k}))
        said_at.append(said)
    assert said_at[0] == said_at[2] == {}
    np.testing.assert_array_equal(said_at[1]["tracker"], [[-4.0 + 2.0, -2.0 + 1.0]])
    memory, said = strategy.say(0, None, view({"y": tracker}))
    assert strategy.say(2, memory, view({"y": tracker})) == (None, {})


def test_injections_and_poison_move_decisions_and_cost_the_liar() -> None:
    """What the others do for it is not for its good under VCG: at -b the price is wrong for everybody (no gain)."""
    rules: dict[str, Any] = {"mission__rounds": 150}
    honest = playing({}, **rules).run(every=150)
    for strategy in (TrackerInjection(), PoisonedCopies()):
        lied = playing({1: strategy}, **rules).run(every=150)
        assert np.abs(lied.decision - honest.decision).max() > 1e-3
        assert lied.net_cost[0, 1] - honest.net_cost[0, 1] > 0.1
        assert (lied.injected[0] > 1e-3) == isinstance(strategy, TrackerInjection)


def test_who_drops_out_changes_what_others_are_paid_and_nothing_else() -> None:
    """P_-j is then solved without both: h_-j is the optimum of the rest; its own h and the decision keep their bits."""
    honest, lied = playing({}).run(every=1000), playing({2: DropOut()})
    record = lied.run(every=1000)
    np.testing.assert_array_equal(record.decision, honest.decision)
    assert record.without[0, 2] == honest.without[0, 2]
    assert record.settlement.tax[0, 2] == honest.settlement.tax[0, 2]
    for j in (0, 1, 3):
        rest = lied.problem.without(j).without(2 - (j < 2))
        assert record.without[0, j] == pytest.approx(optimum(rest).objective, rel=1e-6)
        assert record.without[0, j] > honest.without[0, j] * 1.01


def test_nobody_can_drop_out_where_the_others_need_it() -> None:
    """On a ring of four P_-1 is a path: who stands in its middle cannot be missed, the ends can."""
    honest = playing({}, network__graph="ring").run(every=1000)
    for agent, missed in ((3, True), (0, False)):
        record = playing({agent: DropOut()}, network__graph="ring").run(every=1000)
        assert (record.without[0, 1] > honest.without[0, 1]) != missed
    random = {"freight.instance": "random", "freight.slack": 0.05, "mission.rounds": 150}
    mission = robosim.load("freight", set=random, network=robosim.Network.of([(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]))
    scarce = mission.playing((Deviation(strategy=DropOut(), missions=np.array([0]), agents=np.array([3])),))
    np.testing.assert_array_equal(scarce.run(every=150).without, mission.run(every=150).without)  # b needs everybody


def test_liars_lie_in_the_problems_without_others_too() -> None:
    """Under its new number; and where it is absent itself nobody lies: the same bits as among the faithful."""
    honest, lied = playing({}), playing({1: CostMisreport(scale=1.3), 3: CostMisreport(scale=0.9)})
    (first, second), (only,) = lied.without(0).deviations, lied.without(1).deviations
    assert (first.agents.tolist(), second.agents.tolist(), only.agents.tolist()) == ([0], [2], [2])
    np.testing.assert_array_equal(lied.without(0).types["slope"][0, 0], 1.3 * honest.problem.slope[1])
    np.testing.assert_array_equal(lied.without(1).types["slope"][0, 2], 0.9 * honest.problem.slope[3])
    np.testing.assert_array_equal(lied.without(1).types["slope"][0, :2], honest.without(1).types["slope"][0, :2])
    assert lied.without(1).penalties == honest.without(1).penalties
