"""Freight missions: they end at the central optimum, pay what the paper pays, and keep what every mission promises."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.agent import Deviation, Strategy
from robosim.controllers.selfish.suppliers import CostMisreport, DropOut, PoisonedCopies, TrackerInjection
from robosim.errors import BadInput
from robosim.freight.coupled.optimum import optima_without, optimum
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.freight.taxes import shadow_price, tolls
from robosim.leader.tax_rule import vcg
from robosim.network.network import Network
from robosim.scenario.reading import bundled_text
from tests.deep import but_deep

Array = np.ndarray
ROADS = Path(__file__).parents[1] / ".." / "shared" / "data" / "roads" / "SiouxFalls_net.tntp"
needs_roads = pytest.mark.skipif(not ROADS.exists(), reason=f"LOUD: {ROADS} is not here, no real roads tested")
FREE = {"leader.tax": "none"}
"""No payments, so no problems without anybody."""


def freight(**options: Any) -> Any:
    """The bundled mission; `a__b` stands for the key a.b."""
    return robosim.load("freight", set={key.replace("__", "."): value for key, value in options.items()})


def endless(mission: Any, rounds: int) -> Any:
    """The same mission for so many rounds, whatever its residuals are."""
    return replace(mission, rounds=rounds, rules=mission.rules | {"rounds": rounds, "tolerance": None})


def words(mission: Any, rounds: int) -> list[dict[str, Array]]:
    """What everybody said in rounds 0..rounds."""
    snapshot = mission.start()
    spoken = [snapshot.heard.own]
    for _ in range(rounds):
        snapshot = mission.advance(snapshot)
        spoken.append(snapshot.heard.own)
    return spoken


def assert_same_bits(one: dict[str, Array], other: dict[str, Array]) -> None:
    for key, x in one.items():
        np.testing.assert_array_equal(x, other[key], err_msg=key)


# --- the central optimum


def rounds_to(mission: Any, error: float, rounds: int) -> int:
    """From when on objective and demand stay within a relative error of the central optimum, for good."""
    record = endless(mission, rounds).run(every=1)
    off = np.abs(record.objective[0] / mission.optimum() - 1.0)
    late = np.flatnonzero(np.maximum(off, record.residuals[0, :, 0]) > error)
    return int(late[-1]) + 1


def test_example_1_reaches_1e_6() -> None:
    """121 rounds with automatic penalties; objective and demand at everybody's own block."""
    assert rounds_to(freight(**FREE), 1e-6, 160) <= 130


@pytest.mark.deep
@pytest.mark.parametrize(("name", "error", "most"), [("example-2", 1e-6, 3900), ("example-3", 1e-3, 1400)])
def test_larger_examples_reach_it(name: str, error: float, most: int) -> None:
    """3543 and 1281 rounds, about 2 and 11 seconds."""
    assert rounds_to(freight(freight__instance=name, **FREE), error, most + 100) <= most


@pytest.mark.parametrize("method", ["tracking_admm", "dc_admm", "dpmm", "iplux"])
def test_the_methods_it_is_compared_with_run_as_missions(method: str) -> None:
    """X, section 6.1: all end at the same optimum, later than Consensus-Tracking-ADMM does (121 rounds to 1e-6)."""
    mission = robosim.load("freight", set=FREE | {"mission.controller": method, "mission.rounds": 300})
    record, best = mission.run(), mission.optimum()
    assert record.method == method
    assert record.residuals[0, -1].max() < 1e-2
    assert record.objective[0, -1] == pytest.approx(best, rel=5e-3)
    assert record.private_cost.sum() == pytest.approx(best, rel=5e-3)
    assert record.gap >= record.private_cost.sum() - best > 0


@pytest.mark.parametrize("method", ["tracking_admm", "iplux"])
def test_the_published_slips_cost_accuracy(method: str) -> None:
    """λ_i in place of ℓ_i, and the old y_i in place of the new one, as in the program behind X's figures."""
    rules = FREE | {"mission.controller": method, "mission.rounds": 300}
    good, slip = (robosim.run("freight", set=rules | {"method.variant": v}) for v in ("consistent", "as-published"))
    assert slip.residuals[0, -1, 0] > 1.5 * good.residuals[0, -1, 0]


@pytest.mark.parametrize("seed", [0, 1])
def test_bent_congestion_ends_at_the_optimum(seed: int) -> None:
    """Power 4 (BPR) on drawn roads."""
    rules = FREE | {"freight.instance": "random", "freight.congestion": "bpr", "leader.tolerance": 1e-4}
    mission = robosim.load("freight", seed=seed, set=rules)
    assert mission.problem.power == 4.0
    record = mission.run(every=1000)
    assert record.rounds < mission.rounds
    assert record.private_cost.sum() == pytest.approx(mission.optimum(), rel=1e-5)


@needs_roads
def test_sioux_falls_ends_at_the_optimum() -> None:
    """A real network, BPR: the mission of the bundled world."""
    mission = robosim.load("freight-sioux-falls", set=FREE | {"freight.roads": str(ROADS)})
    record = mission.run()
    assert record.rounds < 400
    assert record.private_cost.sum() == pytest.approx(mission.optimum(), rel=1e-7)
    np.testing.assert_allclose(record.roads.metered_cost.sum(axis=1), record.private_cost[0], rtol=1e-9)


def test_the_aggregator_ends_at_the_optimum_and_pays_for_presence() -> None:
    """X, Example 2, b = 0: cars take what the aggregator gives; VCG from central optima is X, (7)."""
    mission = robosim.load("aggregator", set={"leader.tolerance": 1e-8, "mission.rounds": 4000})
    record, best = mission.run(every=4000), optimum(mission.problem)
    assert record.private_cost.sum() == pytest.approx(best.objective, rel=1e-7)
    np.testing.assert_allclose(record.decision[0].sum(axis=0), 0.0, atol=1e-10)  # power in = power out
    np.testing.assert_allclose(record.decision[0], best.x, atol=1e-4)
    np.testing.assert_allclose(record.price[0], best.price, atol=1e-6)
    h = optima_without(mission.problem)
    paid = [h[i] - np.delete(mission.problem.costs(best.x), i).sum() for i in range(5)]
    np.testing.assert_allclose(record.payment[0], paid, atol=1e-6)
    assert record.verdict.individually_rational


def test_inequalities_have_slack_in_missions_too() -> None:
    """X, Remark 1: three work together on at most 5; only what pays is done. min Σ x²-4x: x=2 each, but Σ x ≤ 5."""
    lines = {"slope": [[-4.0]] * 3, "A": 1.0, "b": [5.0], "H": [[[2.0]]] * 3, "lower": 0.0, "upper": 3.0}
    tight = robosim.Coupled.of(sense="<=", **lines)
    loose = robosim.Coupled.of(sense="<=", **lines | {"b": [9.0]})
    rules = FREE | {"leader.tolerance": 1e-9, "network.graph": "path"}
    np.testing.assert_allclose(robosim.run(tight, set=rules).decision[0, :, 0], 5 / 3, atol=1e-6)
    record = robosim.run(loose, set=rules)
    np.testing.assert_allclose(record.decision[0, :, 0], 2.0, atol=1e-6)
    assert record.decision[0, :, 1].sum() == pytest.approx(3.0, abs=1e-6)  # not used


# --- payments


SHADOW = [14575.84, 10895.70, 5467.83, 7789.35]
VCG = [14475.15, 10486.28, 5539.90, 7981.81]


def test_payments_of_example_1_are_the_papers() -> None:
    """X, Table 1, first row, to the cent it is printed to, from the agents' own words."""
    rules = {"leader.tolerance": 1e-8}
    paid = robosim.run("freight", set=rules)
    np.testing.assert_allclose(paid.payment[0], VCG, rtol=0, atol=0.01)
    priced = robosim.run("freight", set=rules | {"leader.tax": "shadow-price"})
    np.testing.assert_allclose(priced.payment[0], SHADOW, rtol=0, atol=0.01)


@pytest.mark.parametrize("tax", ["vcg", "shadow-price"])
def test_distributed_payments_go_to_the_central_ones(tax: str) -> None:
    """The difference shrinks with the rounds: from 12 dollars of 14 000 at 1e-3 to less than a cent at 1e-7."""
    mission = freight(leader__tax=tax)
    problem, best = mission.problem, mission.central
    h = optima_without(problem)
    central = vcg(problem.costs(best.x)[None], h[None])[0]
    if tax == "shadow-price":
        central = shadow_price(problem, best.x, best.price)
    apart = []
    for tolerance in (1e-3, 1e-5, 1e-7):
        record = replace(mission, rules=mission.rules | {"tolerance": tolerance}).run(every=1000)
        apart.append(np.abs(record.settlement.tax[0] - central).max())
    assert apart[0] > 10 * apart[1] > 100 * apart[2]
    assert apart[2] < 0.01


def test_the_leader_bills_the_decision_and_trucks_meter_it() -> None:
    """X, (B.2) by the meter, 24 periods of x/24, is C_i of the decision; the bill follows from decision and words."""
    mission = freight()
    record = mission.run(every=100)
    problem, x = mission.problem, record.decision[0]
    np.testing.assert_allclose(record.roads.metered_cost.sum(axis=1), problem.costs(x), rtol=1e-9, atol=0)
    np.testing.assert_allclose(record.roads.edge_load.sum(axis=0), problem.flow(x), rtol=1e-12)
    np.testing.assert_allclose(record.reported_cost[0], problem.costs(x), rtol=1e-12)
    np.testing.assert_array_equal(record.settlement.tax, vcg(record.reported_cost, record.without))
    np.testing.assert_allclose(problem.excess(x), 0.0, atol=1e-10 * problem.b.max())
    assert (problem.limits @ x[..., None] <= problem.most[..., None] * (1 + 1e-10)).all()
    priced = mission.billed("shadow-price").run(every=100)
    np.testing.assert_array_equal(priced.decision, record.decision)
    np.testing.assert_array_equal(priced.settlement.tax[0], shadow_price(problem, x, record.price[0]))
    assert mission.billed("none").run(every=100).settlement.tax.tolist() == [[0.0] * 4]


def test_problems_without_somebody_may_be_solved_by_one_mind() -> None:
    """marginals = "central": h_-i are optima of the others' problems, also where the others could not talk."""
    path = freight(network__graph="path", leader__marginals="central")
    record = path.run(every=1000)
    np.testing.assert_allclose(record.without[0], optima_without(path.problem), rtol=1e-10)
    assert path.network.margin == 0.0
    assert freight(network__weights="authors").left(2).margin == 0.1  # the weights' rule stays as it was announced
    apart = freight(network__graph="complete").run(every=1000)
    np.testing.assert_allclose(record.without, apart.without, rtol=1e-6)


# --- the promises of every mission


def test_types_travel_one_link_a_round() -> None:
    """A supplier hears its neighbours only: on a path a lie of supplier 0 reaches supplier j in round j + 1."""
    mission = endless(freight(network__graph="path", **FREE), 6)
    honest, lied = words(mission, 6), words(mission.playing((lie(0, 0),)), 6)
    for k, (before, after) in enumerate(zip(honest, lied, strict=True)):
        for key, x in before.items():
            touched = np.flatnonzero((x != after[key]).any(axis=(0, 2)))
            assert touched.size == 0 or touched.max() < k, (k, key, touched)
        if k:
            assert (before["y"][0, min(k, 4) - 1] != after["y"][0, min(k, 4) - 1]).any()


def test_same_seed_same_bits() -> None:
    """Also of drawn roads, and when the same mission runs again."""
    rules = FREE | {"freight.instance": "random", "mission.rounds": 60}
    mission = robosim.load("freight", seed=3, set=rules)
    first = mission.run()
    for again in (mission.run(), robosim.run("freight", seed=3, set=rules)):
        np.testing.assert_array_equal(again.said["x"], first.said["x"])
        np.testing.assert_array_equal(again.decision, first.decision)
        np.testing.assert_array_equal(again.price, first.price)
    other = robosim.run("freight", seed=4, set=rules)
    assert not np.array_equal(other.decision, first.decision)


def lie(mission: int, agent: int, strategy: Strategy | None = None) -> Deviation:
    """One deviation in one mission of a batch."""
    return Deviation(
        strategy=strategy or CostMisreport(scale=1.3), missions=np.array([mission]), agents=np.array([agent])
    )


BATCH = (
    lie(1, 0),
    lie(2, 3, TrackerInjection()),
    lie(3, 2, PoisonedCopies()),
    lie(4, 1, DropOut()),
    lie(5, 1, CostMisreport(norm=0.3, seed=8)),
    lie(5, 2, CostMisreport(scale=0.9)),
)


@pytest.mark.parametrize("tax", but_deep(["vcg", "shadow-price"], ["shadow-price"]))
def test_a_batch_of_missions_is_each_mission_alone(tax: str) -> None:
    """Bit for bit, with liars and without, although some are done before the others."""
    mission = freight(leader__tax=tax, mission__rounds=170, leader__tolerance=1e-5)
    together = mission.playing(BATCH, batch=6).run(every=170)
    ends = []
    for row in range(6):
        mine = tuple(replace(one, missions=np.array([0])) for one in BATCH if one.missions[0] == row)
        alone = mission.playing(mine).run(every=170)
        ends.append(alone.rounds)
        for name in ("decision", "price", "private_cost", "reported_cost", "net_cost", "without", "injected", "flow"):
            np.testing.assert_array_equal(getattr(together, name)[row], getattr(alone, name)[0], err_msg=name)
        np.testing.assert_array_equal(together.residuals[row, -1], alone.residuals[0, -1])
        np.testing.assert_array_equal(together.said["x"][row, -1], alone.said["x"][0, -1])
    assert len(set(ends)) > 2  # some were done earlier


def test_advancing_a_snapshot_twice_gives_the_same_up_to_rounding() -> None:
    """Not bit for bit: live solvers start from where they stood. From the start on the same bits come again."""
    mission = endless(freight(**FREE), 60)
    snapshot, trail = mission.start(), []
    while snapshot.k < 60:
        trail.append(snapshot)
        before = snapshot.leader.x.copy()
        snapshot = mission.advance(snapshot)
        np.testing.assert_array_equal(trail[-1].leader.x, before)
    for old in trail[5:-1:7]:
        again, once = mission.advance(old), trail[old.k + 1]
        for key, x in once.heard.own.items():
            np.testing.assert_allclose(again.heard.own[key], x, rtol=0, atol=1e-12 * np.abs(x).max())
    for old, bits in zip(trail, words(mission, 59), strict=True):
        assert_same_bits(old.heard.own, bits)


def test_run_is_advance_in_a_loop_and_a_thinned_record_keeps_the_same_rounds() -> None:
    mission = freight(leader__tax="shadow-price")
    full, thin = mission.run(), mission.run(every=9)
    snapshot = mission.start()
    while not mission.finished(snapshot):
        snapshot = mission.advance(snapshot)
    np.testing.assert_array_equal(mission.settle(snapshot).decision, full.decision)
    assert thin.kept.tolist() == sorted({*range(0, full.rounds + 1, 9), full.rounds})
    np.testing.assert_array_equal(thin.said["x"], full.said["x"][:, thin.kept])
    np.testing.assert_array_equal(thin.residuals, full.residuals[:, thin.kept])
    np.testing.assert_array_equal(thin.objective, full.objective[:, thin.kept])
    np.testing.assert_array_equal(thin.settlement.tax, full.settlement.tax)


def test_who_goes_back_to_an_earlier_snapshot_writes_on_from_there() -> None:
    """The tape forgets the rounds after it; those that come are kept once."""
    mission = endless(freight(**FREE), 30)
    snapshot = mission.start(mission.tape(5))
    while snapshot.k < 12:
        snapshot = mission.advance(snapshot)
    later = snapshot
    while later.k < 20:
        later = mission.advance(later)
    while snapshot.k < 30:
        snapshot = mission.advance(snapshot)
    record = mission.settle(snapshot)
    assert record.kept.tolist() == [0, 5, 10, 15, 20, 25, 30]
    np.testing.assert_allclose(record.said["x"], mission.run(every=5).said["x"], rtol=0, atol=1e-9)


def test_it_stops_when_nothing_is_above_the_tolerance() -> None:
    """Demand and copies as read each round, for as many rounds as the leader's patience."""
    mission = freight(leader__tolerance=1e-4, **FREE)
    record = mission.run()
    quiet = (record.residuals[0] <= 1e-4).all(axis=1)
    patience = mission.coordinator.patience
    assert record.rounds < mission.rounds
    assert quiet[-patience:].all()
    assert not all(quiet[k : k + patience].all() for k in range(record.rounds - 3 * patience, record.rounds))
    assert freight(leader__tolerance=1e-6, **FREE).run().rounds > record.rounds


def test_ctrl_c_leaves_a_settled_record() -> None:
    def stop(snapshot: Any) -> None:
        if snapshot.k == 40:
            raise KeyboardInterrupt

    mission = freight()
    record = mission.run(every=7, watch=stop)
    assert record.interrupted
    assert record.kept.tolist() == [0, 7, 14, 21, 28, 35, 40]
    np.testing.assert_allclose(mission.problem.excess(record.decision[0]), 0.0, atol=1e-9 * mission.problem.b.max())
    np.testing.assert_allclose(record.without[0], optima_without(mission.problem), rtol=1e-6)  # these ran to the end
    assert record.gap > 0
    assert record.verdict.epsilon.certified is None


class Spoilt(Strategy):
    """Says what is no number, once early or once after its mission is done."""

    def __init__(self, at: int) -> None:
        self.at = at

    def say(self, k: int, memory: Any, view: Any) -> tuple[Any, dict[str, Array]]:
        return memory, ({"multiplier": np.full_like(view.faithful["multiplier"], np.nan)} if k == self.at else {})


def test_unusable_words_are_refused_and_marked_while_the_mission_counts() -> None:
    """In a batch, too, where mission 1 goes on after mission 0 is done."""
    slow = lie(1, 0, CostMisreport(norm=0.3, seed=1))
    rules = {"leader.tolerance": 1e-3, "leader.tax": "none"}
    mission = robosim.load("freight", set=rules)
    end = mission.run().rounds
    for at, marked in ((5, True), (end, True), (end + 1, False)):
        record = mission.playing((lie(0, 2, Spoilt(at)), slow, lie(1, 1, Spoilt(4))), batch=2).run()
        assert record.settlement.refused.tolist() == [[False, False, marked, False], [False, True, False, False]]
        assert np.isfinite(record.decision).all()
        assert record.rounds > end + 1


class Claim(Strategy):
    """Reports this number, whatever it cost."""

    def __init__(self, number: float) -> None:
        self.number = number

    def report(self, view: Any, decision: Array, report: dict[str, Array]) -> dict[str, Array]:
        return {"cost": np.full_like(report["cost"], self.number)}


@pytest.mark.parametrize("tax", ["vcg", "shadow-price"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_a_report_that_is_no_cost_is_refused_and_fines_its_sender_alone(number: float, tax: str) -> None:
    """Its sender pays at least the penalty; the others are taxed with it moved into the announced range."""
    mission = freight(mission__rounds=20, leader__tax=tax)
    record, honest = mission.playing((lie(0, 2, Claim(number)),)).run(), mission.run()
    assert record.settlement.refused.tolist() == [[False, False, True, False]]
    assert np.isfinite(record.settlement.tax).all()
    assert record.settlement.tax[0, 2] >= record.settlement.penalty[0, 2] > 0
    assert record.net_cost[0, 2] >= honest.net_cost[0, 2]
    assert record.summary()["leader"]["penalty"] == record.settlement.penalty[0, 2]
    low, high = mission.problem.claims(honest.decision, tolls(mission.problem, honest.decision))
    moved = honest.reported_cost.copy()
    moved[0, 2] = np.clip(np.nan_to_num(number, nan=low[0, 2]), low[0, 2], high[0, 2])
    others = [0, 1, 3]
    expected = vcg(moved, record.without) if tax == "vcg" else honest.settlement.tax
    np.testing.assert_array_equal(record.without[0, 2], honest.without[0, 2])  # no word of its own is in there
    np.testing.assert_allclose(record.settlement.tax[0, others], expected[0, others], rtol=1e-9)


# --- who cannot be left out


def failing(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that ends with exit code 2 says."""
    assert main(["run", *arguments]) == 2
    return capsys.readouterr().err.strip()


def test_articulation_suppliers_are_named_at_load(capsys: pytest.CaptureFixture[str]) -> None:
    """P_-1 on a path: supplier 0 would hear nobody; the key's place is said, and the way out."""
    said = failing(capsys, "freight", "--set", "network.graph=path")
    assert "--set:1: network.graph: without agent 1 the others cannot talk: 0 would be cut off" in said
    assert "leader.marginals=central" in said
    with pytest.raises(BadInput, match=r"without agent 6 the others cannot talk: 5, 8, 11, 13, 14 would be cut off"):
        freight(freight__instance="example-3")  # numbers are those of the whole network
    assert freight(network__graph="path", leader__tax="shadow-price").network.is_tree


def test_indispensable_suppliers_are_named_at_load(capsys: pytest.CaptureFixture[str]) -> None:
    """X, Assumption 7: without agent 0 the others cannot meet the last of b, which is 70."""
    lines = {"problem.lower": "-20", "problem.upper": "20", "problem.b": "[0,0,0,0,0,70]"}
    options = [part for key, value in lines.items() for part in ("--set", f"{key}={value}")]
    said = failing(capsys, "aggregator", *options)
    line = 1 + bundled_text("aggregator").splitlines().index('tax = "vcg"                 # or "shadow-price", "none"')
    assert said.startswith(f'worlds/aggregator.toml:{line}: leader.tax: is "vcg", but without supplier 0 demand')
    with pytest.raises(BadInput, match=r"leader\.tax: is \"vcg\", but without supplier 0 demand cannot be met"):
        robosim.load(ONE_SOURCE)
    record = robosim.run(ONE_SOURCE, set={"leader.tax": "shadow-price"})
    np.testing.assert_allclose(record.decision[0].sum(), 10.0, rtol=1e-9)


ONE_SOURCE = robosim.Coupled.of(
    [[1.0], [1.0], [1.0]], 1.0, [10.0], H=[[[1.0]]] * 3, lower=0.0, upper=[[9.0], [4.0], [4.0]]
)


def test_demand_that_nobody_can_meet_has_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    said = failing(capsys, "aggregator", "--set", "problem.b=[50,0,0,0,0,0]")
    assert said.startswith("--set:1: problem.b: b[0]: the agents' limits leave 31.5 of 50 unmet")


def test_in_a_pair_who_is_left_needs_nobody_to_talk_to() -> None:
    """Two suppliers, x_1 + x_2 = 3, costs x²+x and x²+2x: h_-1 = 15, h_-2 = 12, by hand."""
    pair = robosim.Coupled.of([[1.0], [2.0]], 1.0, [3.0], H=[[[2.0]], [[2.0]]], lower=0.0)
    record = robosim.run(pair, set={"leader.tolerance": 1e-9})
    np.testing.assert_allclose(record.decision[0].ravel(), [1.75, 1.25], atol=1e-6)
    np.testing.assert_allclose(record.without[0], [15.0, 12.0], rtol=1e-9)
    np.testing.assert_allclose(record.payment[0], [15.0 - 1.25 * 3.25, 12.0 - 1.75 * 2.75], atol=1e-5)
    with pytest.raises(BadInput, match="one is left alone"):
        robosim.load(pair).without(0)


# --- problems and networks from Python


def test_networks_come_from_networkx() -> None:
    """In place of the world's own: the same optimum, other words; every node is a supplier."""
    wheel = nx.wheel_graph(4)
    mission = robosim.load("freight", network=wheel, set=FREE)
    assert sorted(map(tuple, mission.network.edges.tolist())) == sorted(wheel.edges)
    assert mission.run().private_cost.sum() == pytest.approx(mission.optimum(), rel=1e-7)
    with pytest.raises(BadInput, match="network: has 5 agents, freight has 4"):
        robosim.load("freight", network=nx.cycle_graph(5))


def test_a_problem_from_python_is_a_mission() -> None:
    """`Coupled.of` of example 1 on the instance's own network says, pays and ends as the bundled world, bit for bit."""
    instance = paper_instance("example-1")
    network = Network(n=4, edges=np.asarray(instance.comm_edges))
    given = robosim.run(coupled(instance), network=network, set={"leader.tolerance": 1e-6})
    bundled = robosim.run("freight")
    np.testing.assert_array_equal(given.said["x"], bundled.said["x"])
    np.testing.assert_array_equal(given.payment, bundled.payment)
    assert given.roads is None
    assert given.kind == "freight"
    shown = given.summary()
    assert shown["agents"][0]["type"] is None
    assert shown["epsilon"]["certified"] == pytest.approx(bundled.gap)


PROBLEMS = {
    "plain": robosim.Coupled.of([[1.0, 2.0], [0.5, 0.1]], np.eye(2), [1.0, 2.0]),
    "own costs": robosim.Coupled.of([[1.0], [2.0]], 1.0, [3.0], H=[[[2.0]], None], lower=0.0),
    "slack": robosim.Coupled.of([[1 / 3], [-2.0]], 1.0, [0.1], sense="<=", upper=[[np.inf], [0.3]]),
    "own parts": robosim.Coupled.of(
        [[1.0], [2.0]], 1.0, [3.0], theta=[[1.0, 1.0]], congestion=0.7, part=[[0.3], [0.7]], power=2.5, lower=0.0
    ),
    "everything": coupled(paper_instance("example-1")),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_from_python_keeps_every_bit_in_its_world(name: str, tmp_path: Path) -> None:
    """Also when the world is written and read again, and through a file of arrays."""
    problem = PROBLEMS[name]
    first = robosim.load(problem, set=FREE | {"method.rho": 0.5, "method.sigma": 0.5})
    world = tmp_path / "again.toml"
    world.write_text(first.scenario.to_toml(), encoding="utf-8")
    second = robosim.load(world)
    robosim.save_problem(problem, tmp_path / "problem.npz")
    third = robosim.load("freight", set=FREE | {"freight.problem": str(tmp_path / "problem.npz")})
    for mission in (first, second, third):
        for key in ("slope", "A", "b", "limits", "most", "lower", "upper", "congestion", "part", "power"):
            np.testing.assert_array_equal(getattr(mission.problem, key), getattr(problem, key), err_msg=key)
        assert (mission.problem.theta != problem.theta).nnz == 0


def test_what_is_no_problem_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^world: must be a name, a path or a problem, got 5 \(.* robosim\.Coupled\)"):
        robosim.load(5)
    with pytest.raises(BadInput, match=r"^--set:1: leader\.tax: must be"):
        robosim.load(PROBLEMS["slack"], set={"leader.tax": "groves"})


def test_a_market_without_slack_is_decided_though_its_marginal_problems_have_hardly_a_choice() -> None:
    record = robosim.run("freight", set={"freight.instance": "random", "freight.slack": 0})
    assert record.verdict.individually_rational
    assert record.gap < 1e-6 * record.verdict.optimum


def test_where_nothing_is_asked_rounding_is_no_disagreement() -> None:
    """Copies 2e-14 from decisions of 1e-14 agree, where the largest |b| is 1 or unknown."""
    from robosim.controllers.parts.audit import Audit

    mission = robosim.load(robosim.Coupled.of([[1.0], [2.0], [3.0]], 1.0, [0.0], H=[[[1.0]]] * 3, lower=0.0))
    books, _ = Audit().start(mission.announced)
    y = np.full((1, 3, 3), 3e-14)
    y[0, range(3), range(3)] = 1e-14
    words = {"y": y, "multiplier": np.zeros((1, 3, 1)), "tracker": np.full((1, 3, 1), 1e-14)}
    assert Audit().step(books, words)[0].residuals[0, 1] < 1e-6


def test_records_are_compared_by_who_they_are() -> None:
    one, other = robosim.run("aggregator"), robosim.run("aggregator")
    assert (one == one, one == other) == (True, False)
