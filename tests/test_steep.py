"""Roads much steeper than most, suppliers much dearer than most: penalties that need no tuning (faults, F9)."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.freight.coupled.feasible import nearest_feasible
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.penalties import penalties, penalties_at
from robosim.freight.coupled.problem import Coupled
from robosim.freight.coupled.steep import MOST_FLOWS, gentled, least_steep, steep_rules
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.network.network import Network


def market(name):
    instance = paper_instance(name)
    return coupled(instance), Network(n=instance.N, edges=instance.comm_edges)


def steeper(problem, edge, times):
    congestion = problem.congestion.copy()
    congestion[edge] *= times
    return replace(problem, congestion=congestion)


def dearer(problem, agent, times):
    slope = problem.slope.copy()
    slope[agent] *= times
    return replace(problem, slope=slope)


def rounds(problem, network, most=2000):
    """Rounds until demand, copies and movement are below 1e-6, where the decision is within 1e-6 of the optimum."""
    keys = {"leader.tax": "none", "mission.rounds": most, "leader.tolerance": 1e-6}
    record = robosim.load(problem, network=network, set=keys).run(every=most)
    assert problem.objective(record.decision[0]) == pytest.approx(optimum(problem).objective, rel=1e-6)
    return record.rounds


@pytest.mark.parametrize(("name", "edge"), [("example-1", 11), ("semi-balanced", 14), ("unbalanced", 6)])
@pytest.mark.parametrize("times", [100.0, 1e5])
def test_one_steep_road_sets_nobodys_pace(name: str, edge: int, times: float) -> None:
    """At most three times the rounds of roads that are all alike; with one ρ and σ for all 13 to more than 17 times."""
    problem, network = market(name)
    assert rounds(steeper(problem, edge, times), network) <= 3 * rounds(problem, network)


def test_a_steep_road_that_all_of_a_town_needs_sets_nobodys_pace() -> None:
    """With weights that stay who sends how much over it was agreed on 8e-6 above the optimum after 4 000 rounds."""
    problem, network = market("example-5")
    assert rounds(steeper(problem, 28, 1e5), network) <= 1329  # what roads that are all alike need


@pytest.mark.parametrize(("name", "agent"), [("example-1", 2), ("unbalanced", 0)])
def test_a_supplier_dearer_than_all_sets_nobodys_pace(name: str, agent: int) -> None:
    """A million times as dear, it stays at home; with a mean of all costs nothing was found in 20 000 rounds."""
    problem, network = market(name)
    assert rounds(dearer(problem, agent, 1e6), network) <= 3 * rounds(problem, network)


@pytest.mark.deep
@pytest.mark.parametrize("name", ["example-1", "semi-balanced", "unbalanced", "example-5"])
def test_any_steep_road_and_any_dear_supplier(name: str) -> None:
    problem, network = market(name)
    plain = rounds(problem, network, 3000)
    for edge in range(len(problem.congestion)):
        for times in (100.0, 1e5):
            assert rounds(steeper(problem, edge, times), network, 3 * plain) <= 3 * plain, edge
    for agent in range(problem.agents):
        assert rounds(dearer(problem, agent, 1e6), network, 3 * plain) <= 3 * plain


def bent(seed):
    """Random roads, BPR."""
    keys = {"freight.instance": "random", "freight.congestion": "bpr", "leader.tax": "none"}
    mission = robosim.load("freight", seed=seed, set=keys)
    return mission.problem, mission.network


@pytest.mark.parametrize(("seed", "edge"), [(0, 20), (0, 23), (1, 31), (4, 0)])
@pytest.mark.parametrize("times", [100.0, 1e5])
def test_one_steep_road_sets_nobodys_pace_where_congestion_bends(seed: int, edge: int, times: float) -> None:
    """BPR; with one ρ and σ for all 4 times to more than 6 times the rounds."""
    problem, network = bent(seed)
    assert rounds(steeper(problem, edge, times), network) <= 3 * rounds(problem, network)


@pytest.mark.parametrize(("seed", "edge"), [(1, 21), (4, 18)])
def test_a_steep_road_that_private_limits_make_needed_sets_nobodys_pace(seed: int, edge: int) -> None:
    """Its demand's price has to climb to 4e4: not reached in 4 times the rounds with weights that stay."""
    problem, network = bent(seed)
    assert rounds(steeper(problem, edge, 1e5), network) <= 3 * rounds(problem, network)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(6))
def test_any_steep_road_where_congestion_bends(seed: int) -> None:
    """All 176, those too which stocks and capacities, which are private, make some demand use."""
    problem, network = bent(seed)
    plain = rounds(problem, network)
    for edge in np.flatnonzero(problem.congestion):
        for times in (100.0, 1e5):
            assert rounds(steeper(problem, edge, times), network, 3 * plain) <= 3 * plain, (edge, times)


def test_where_congestion_bends_flows_say_what_is_steep() -> None:
    """Three ways of 9 together, a F^5 with a = 1, 1 and 1e6: F of even shares is 3 each, of the best (4.4, 4.4, 0.14).

    b costs 5·4.43^4 there and nobody asks anything for itself, so that no more than F = 0.14 of the third counts.
    """
    a = np.array([1.0, 1.0, 1e6])
    pair = Coupled.of(
        np.zeros((2, 3)), np.ones(3), [9.0], theta=np.tile(np.eye(3), 2), congestion=a, power=4.0, lower=0
    )
    best = 9.0 / (2.0 + 1e6**-0.25)
    flow = np.array([0.5 * (3.0 + best), 0.5 * (3.0 + best), best * 1e6**-0.25])
    bend = 5.0 * a * flow**3
    found = gentled(pair)
    assert found is not None
    level = bend[0]
    np.testing.assert_allclose(found.bend, [bend[0], bend[1], level], rtol=1e-6)
    np.testing.assert_allclose(found.excess, [0.0, 0.0, bend[2] - level], rtol=1e-6)
    network = Network.of([(0, 1)])
    announced, plain = steep_rules(pair, network, found), penalties_at(pair, network, found.bend)
    assert announced["rho"] == pytest.approx(1.4 * plain["rho"], rel=5e-3)
    share = found.excess[2] / (plain["rho"] / 0.3)
    np.testing.assert_allclose(announced["steep"], [0.0, 0.0, 2.0 * share**0.7], rtol=1e-2)
    assert gentled(replace(pair, congestion=np.array([1.0, 1.0, 2.0]))) is None


@pytest.mark.parametrize("name", ["example-1", "example-2", "example-5", "semi-balanced", "unbalanced"])
def test_roads_that_are_alike_are_not_weighed(name: str) -> None:
    """The paper's figures stay as they are: nothing is announced but ρ and σ."""
    assert gentled(market(name)[0]) is None
    assert not {"steep", "climb"} & robosim.load("freight", set={"freight.instance": name}).announced.keys()


def test_penalties_that_are_given_stay_as_they_are() -> None:
    problem, network = market("example-1")
    found = robosim.load(steeper(problem, 3, 100.0), network=network)
    assert found.announced["steep"].nonzero()[0].tolist() == [3]
    for keys in ({"method.rho": 0.1}, {"method.sigma": 1.0}):
        given = robosim.load(steeper(problem, 3, 100.0), network=network, set=keys)
        assert "steep" not in given.announced
        rest = {"rho", "sigma"} - {key.partition(".")[2] for key in keys}
        assert all(given.penalties[key] == penalties(steeper(problem, 3, 100.0), network)[key] for key in rest)


def test_what_is_steep_is_what_bends_more_than_the_middle_edge() -> None:
    """Two roads to each of two towns, and one that a town cannot do without: a = 1, 1, 1, 1, 100."""
    theta = np.array([[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1]]] * 2, dtype=float)
    pair = Coupled.of(
        np.ones((2, 4)), np.kron(np.eye(2), np.ones(2)), [2.0, 3.0], theta=theta, congestion=[1, 1, 1, 1, 100.0],
        lower=0.0,
    )  # fmt: skip
    found = gentled(pair)
    assert found is not None
    np.testing.assert_allclose(found.bend, 2.0)
    np.testing.assert_allclose(found.excess, [0, 0, 0, 0, 198.0])
    np.testing.assert_allclose(least_steep(pair, found.excess)[4], [0.0, 1.0])
    network = Network.of([(0, 1)])
    announced = steep_rules(pair, network, found)
    kappa, chi = announced["rho"] / 0.3, announced["sigma"] / 5.0
    assert kappa == pytest.approx(3.0, rel=5e-3)  # half of a unit on each of two roads, all of it on the common one
    np.testing.assert_allclose(announced["steep"], [0, 0, 0, 0, 198.0 / kappa], rtol=5e-3)
    np.testing.assert_allclose(announced["climb"], [[0.0, np.sqrt(0.3 * 198.0 / chi)]], rtol=5e-3)


def test_few_enough_roads_are_steep() -> None:
    rng = np.random.default_rng(0)
    theta, bend = np.kron(np.ones((1, 10)), np.eye(80)), np.exp(3.0 * rng.normal(size=80))
    problem = Coupled.of(np.ones((10, 80)), np.ones(80), [1.0], theta=theta, congestion=bend, lower=0.0)
    found = gentled(problem)
    assert found is not None
    assert 0 < np.count_nonzero(found.excess) <= MOST_FLOWS / 10
    assert found.bend.max() == pytest.approx(2.0 * np.sort(bend)[-1 - MOST_FLOWS // 10])


def test_where_too_many_roads_are_equally_steep_none_is() -> None:
    """A third of them 100 times as steep as the others: more than are weighed, and no one before another."""
    theta, steep = np.kron(np.ones((1, 10)), np.eye(80)), np.where(np.arange(80) % 3 == 0, 100.0, 1.0)
    problem = Coupled.of(np.ones((10, 80)), np.ones(80), [1.0], theta=theta, congestion=steep, lower=0.0)
    assert gentled(problem) is None
    record = robosim.load(problem, set={"leader.tax": "none", "mission.rounds": 2}).run()
    assert record.rounds == 2


def test_who_stays_at_home_is_paid_nothing() -> None:
    """F16: in `unbalanced` supplier 3 ships nothing, nor does one a million times as dear as before in example 1.

    The decision is made feasible without it: what 1e-6 of demand costs over its roads would be a loss of 0.01 $.
    """
    record = robosim.load("freight", set={"freight.instance": "unbalanced"}).run(every=1000)
    assert np.abs(record.decision[0, 3]).max() <= 1e-12
    assert abs(record.payment[0, 3]) <= 1e-9 * record.payment.sum()
    problem, network = market("example-1")
    mission = robosim.load(dearer(problem, 2, 1e6), network=network, set={"leader.tolerance": 1e-6})
    record = mission.run(every=1000)
    assert abs(record.payment[0, 2]) <= 1e-9 * record.payment.sum()
    assert mission.rational(record)


def test_a_decision_that_is_nearly_feasible_keeps_its_limits() -> None:
    """x₁ + x₂ + x₃ = 3 from (1, 2 - δ, 0): the nearest decision has x₃ = δ/3, with limits held the others share δ."""
    problem = Coupled.of([[1.0], [1.0], [1e6]], 1.0, [3.0], lower=0.0, limits=[[1.0]], most=[[1.0], [5.0], [5.0]])
    x, short = np.array([[0.5], [2.5 - 3e-6], [0.0]]), 1e-6
    np.testing.assert_allclose(nearest_feasible(problem, x)[:, 0] - x[:, 0], [short] * 3, rtol=1e-6)
    kept = nearest_feasible(problem, x, held=True)[:, 0] - x[:, 0]
    np.testing.assert_allclose(kept, [1.5 * short, 1.5 * short, 0.0], rtol=1e-6, atol=1e-15)
    at_most = np.array([[1.0], [2.0 - 3e-6], [0.0]])  # agent 0 can do no more: agent 1 does what lacks
    np.testing.assert_allclose(nearest_feasible(problem, at_most, held=True)[:, 0], [1.0, 2.0, 0.0], atol=1e-12)
    nobody = np.array([[1.0], [0.0], [2.0 - 3e-6]])
    lone = replace(problem, most=np.array([[1.0], [5.0], [2.0 - 3e-6]]))  # who does nothing has to
    np.testing.assert_allclose(nearest_feasible(lone, nobody, held=True)[:, 0], [1.0, 3e-6, 2.0 - 3e-6], atol=1e-12)
    far = np.array([[0.5], [1.5], [0.0]])  # a third is missing: nobody is taken to be right about anything
    np.testing.assert_array_equal(nearest_feasible(problem, far, held=True), nearest_feasible(problem, far))
