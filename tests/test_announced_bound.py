"""What is announced before a rendezvous allows for all that faithful robots can meet with, and no more than that."""

import numpy as np
import pytest

import robosim
from robosim.controllers.selfish.robots import Script
from robosim.leader.bound import announce
from robosim.leader.settle import Settlement, Terms, settle
from robosim.leader.tax_rule import GROVES, Case
from robosim.network import graphs
from robosim.network.network import Network, spread
from robosim.rendezvous.problem import RendezvousProblem

ONE = (np.array([-1.0]), np.array([1.0]))
SMALL = {"robots.count": 6, "mission.rounds": 40}


@pytest.mark.parametrize("share", [0.02, 0.3, 0.999])
@pytest.mark.parametrize("rounds", [1, 2, 30])
def test_the_tight_bound_is_reached_by_the_worst_start_and_the_worst_misses(share: float, rounds: int) -> None:
    """On K₄ s = (1, 1, -1, -1) has all the room of the type space and all of N misses of the allowed size."""
    network = Network(n=4, edges=graphs.complete(4), name="complete")
    alpha, noise, s = share / network.lambda_max, 0.03, np.array([[1.0], [1.0], [-1.0], [-1.0]])
    z, W = s, np.eye(4) - alpha * network.laplacian.toarray()
    for _ in range(rounds):
        z = W @ z + noise * s  # each robot lands `noise` metres from its waypoint
    beta = float(announce("tight", network, alpha, *ONE, noise).beta(rounds))
    assert beta == pytest.approx(float(spread(z)), rel=1e-9)
    assert beta >= spread(z)


def test_rounding_is_allowed_for_where_everything_else_has_shrunk_to_nothing() -> None:
    """The floor is 10⁻¹² of sup ‖q‖, here √6·5: rounding of positions that are agreed on to their last digits."""
    network = Network(n=6, edges=graphs.complete(6), name="complete")
    box = np.array([-3.0, 0.0]), np.array([1.0, 4.0])
    assert float(announce("tight", network, 1 / 6, *box).beta(50)) == pytest.approx(1e-12 * np.sqrt(6) * 5, rel=1e-9)


def over_types(**keys: object) -> tuple[float, float, float, int]:
    """What is certified over all types, β(n), D and n of the six robots of a world."""
    mission = robosim.load("rendezvous-honest", set=SMALL | {key.replace("__", "."): x for key, x in keys.items()})
    widest = np.linalg.norm(mission.announcement.upper - mission.announcement.lower)
    diameter = np.sqrt(6) / 2 * widest  # three robots in one corner, three in the opposite one
    return robosim.certify(mission, seconds=0).over_types, mission.announcement.beta, diameter, mission.rounds


def test_over_types_counts_what_all_robots_miss_in_all_rounds() -> None:
    """ε(n) = (D + n √N noise)² - (D - β)²."""
    found, beta, diameter, n = over_types(robots__position_noise_m=0.01)
    assert found == pytest.approx((diameter + n * np.sqrt(6) * 0.01) ** 2 - (diameter - min(beta, diameter)) ** 2)


def test_over_types_counts_modes_that_change_sign_where_the_step_is_longer_than_one_over_lambda_max() -> None:
    """ε(n) = 2βD - β² up to 1/λmax, and 4βD beyond."""
    found, beta, diameter, _ = over_types(leader__alpha="0.9/lambda_max")
    assert found == pytest.approx(2 * beta * diameter - beta**2, rel=1e-9)
    found, beta, diameter, _ = over_types(leader__alpha="1.5/lambda_max")
    assert found == pytest.approx(4 * beta * diameter, rel=1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_penalty_is_the_largest_social_cost_of_a_faithful_team_that_drifts(noise: float) -> None:
    """C = N (w + (n + 1) noise)²: nobody moves farther than across the type space and as far as noise carries all."""
    mission = robosim.load("rendezvous-honest", set=SMALL | {"robots.position_noise_m": noise})
    rules = mission.announcement
    farthest = np.linalg.norm(rules.upper - rules.lower) + 41 * noise
    assert rules.penalty == pytest.approx(6 * farthest**2)
    assert rules.cost_range == pytest.approx((0.0, farthest**2))


def settled(said: list[float], lowest: float, highest: float, floor: float = 0.5) -> Settlement:
    """The bill where costs are between two numbers and β is `floor`; all robots stand together."""
    reported = np.array([said])
    nothing, nobody = np.full(reported.shape, np.nan), np.zeros(reported.shape, dtype=bool)
    costs = {"lowest": np.array(lowest), "highest": np.array(highest), "penalty": np.array(100.0)}
    terms = Terms(**costs, distance=np.zeros(1), beta=np.array(floor))
    case = Case(reported=reported, leader_cost=np.zeros(1), others_alone=nothing, leader_alone=nothing, worth=nothing)
    return settle(GROVES, case, terms, nobody)


def test_who_ends_at_the_bound_itself_is_inside() -> None:
    """Robots that agree to the last bit keep a bound of nothing, and pay each other's costs."""
    settlement = settled([1.0, 2.0], 0.0, 4.0, floor=0.0)
    assert not settlement.penalised[0]
    assert settlement.tax[0].tolist() == [2.0, 1.0]


def test_the_least_and_the_largest_cost_that_can_be_are_true_reports_and_no_others_beyond_them() -> None:
    """Who was where the others meet pays nothing and says so; who idled says p0·T."""
    assert settled([0.0, 4.0, 1.0], 0.0, 4.0).refused[0].tolist() == [False, False, False]
    said = [3.0, 5.0, 3.0 - 1e-9, 5.0 + 1e-9]
    assert settled(said, 3.0, 5.0).refused[0].tolist() == [False, False, True, True]


def test_who_is_refused_pays_its_tax_where_that_is_more_than_the_penalty_of_100() -> None:
    """Nobody buys itself out of a tax with nonsense; the others are taxed with the nearest cost that can be."""
    settlement = settled([500.0, 2000.0], 0.0, 1000.0)
    assert settlement.refused[0].tolist() == [False, True]
    assert settlement.tax[0].tolist() == pytest.approx([1000.0, 500.0])


def test_a_report_that_is_no_number_counts_as_the_least_cost_for_the_others() -> None:
    assert settled([np.nan, 3.0], 1.0, 4.0).tax[0].tolist() == [100.0, 1.0]


def test_a_robot_that_need_not_move_is_believed() -> None:
    at_the_meeting = {"robots.dimension": 1, "robots.type_space_m": [-1.0, 1.0], "robots.count": 3}
    starts = {"robots.starts_m": [-0.5, 0.0, 0.5], "network.graph": "path"}
    record = robosim.run("rendezvous-honest", set=at_the_meeting | starts)
    assert record.reported_cost[0, 1] == 0.0
    assert not record.settlement.refused.any()


def test_who_is_seen_far_away_and_says_what_that_cost_is_believed() -> None:
    """One robot drives to (60, 60) and drags the others there: each has spent more than any faithful one."""
    there = np.full((41, 2), 60.0)
    mission = robosim.load("rendezvous-honest", set=SMALL, strategies={3: Script(positions=there)})
    record = mission.run()
    assert record.settlement.penalised[0]
    far = record.private_cost[0] > record.rules.cost_range[1]
    assert far.sum() >= 2
    np.testing.assert_array_equal(record.reported_cost, record.private_cost)
    assert not record.settlement.refused.any()


def test_whoever_agrees_first_and_travels_then_idles_for_the_whole_journey() -> None:
    """The optimum is N p0 T + (p2/T) ‖(I - J) θ‖², and what is certified is in joules as well."""
    power = {"energy.power": "custom", "energy.p0_w": 2.0, "energy.p1_j_per_m": 0.0, "energy.p2_js_per_m2": 30.0}
    keys = {"robots.private_cost": "energy", "mission.travel": "after-agreeing", "mission.travel_time_s": 50.0}
    mission = robosim.load("rendezvous-honest", set=SMALL | power | keys)
    start = mission.own["start"][0]
    size = float(spread(start))
    assert mission.optimum() == pytest.approx(6 * 2.0 * 50.0 + 30.0 / 50.0 * size**2)
    record = mission.run()
    end = record.decision[0]
    np.testing.assert_allclose(record.private_cost[0], 100.0 + 0.6 * ((end - start) ** 2).sum(axis=1))
    certified = 0.6 * (((end - start) ** 2).sum() - max(0.0, size - record.rules.beta) ** 2)
    assert robosim.certify(mission, seconds=0).certified == pytest.approx(certified, rel=1e-6)


def test_exact_figures_are_of_teams_whose_answers_are_known() -> None:
    """With noise nobody knows where the others go: what is certified holds all the same."""
    plain = robosim.certify(robosim.load("rendezvous-honest", set=SMALL))
    noisy = robosim.certify(robosim.load("rendezvous-honest", set=SMALL | {"robots.position_noise_m": 0.01}))
    assert (plain.exact <= plain.certified).all()
    assert noisy.exact is None
    assert noisy.bounded is None
    assert noisy.certified > 0


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_cost_is_that_from_the_farthest_corner_of_the_type_space(seed: int) -> None:
    """idle + unit sup_θ ‖z - θ‖², a convex function, over the corners; a robot may have been dragged out of the box."""
    rng = np.random.default_rng(seed)
    lower = rng.uniform(-5, 5, 2)
    box, z = (lower, lower + rng.uniform(0.1, 4, 2)), rng.uniform(-15, 15, (3, 4, 2))
    corners = np.array([[box[i][0], box[j][1]] for i in (0, 1) for j in (0, 1)])
    farthest = ((z[:, :, None] - corners) ** 2).sum(axis=-1).max(axis=-1)
    energy = RendezvousProblem(pays_for="energy", unit=0.6, idle=100.0)
    np.testing.assert_allclose(energy.largest_cost(z, box, 1e9), 100.0 + 0.6 * farthest)
    np.testing.assert_allclose(RendezvousProblem().largest_cost(z, box, 1e9), farthest)
    np.testing.assert_array_equal(
        RendezvousProblem(pays_for="energy", unit=None).largest_cost(z, box, 7.0), np.full((3, 4), 7.0)
    )
