"""Edge-saturated consensus, its own proven β, and the door through which any program brings one."""

import re

import numpy as np
import pytest

import robosim
from robosim.certificate import certify
from robosim.controllers.consensus import Consensus
from robosim.controllers.saturated_consensus import SaturatedConsensus
from robosim.errors import AgentFailure, BadInput
from robosim.kernels.mixing import saturated_step
from robosim.network import graphs
from robosim.network.network import Network, spread

SLOW = {"mission.controller": "saturated_consensus", "leader.alpha": "auto"}


def reference(network: Network, z: np.ndarray, alpha: float, s: float) -> np.ndarray:
    """z_i + α Σ_j min(1, s/‖z_j - z_i‖)(z_j - z_i), edge by edge."""
    moved = z.copy()
    for i, j in network.edges:
        edge = z[j] - z[i]
        pull = alpha * min(1.0, s / np.linalg.norm(edge)) * edge if edge.any() else 0.0
        moved[i] += pull
        moved[j] -= pull
    return moved


def stepped(network: Network, z: np.ndarray, alpha: float, s: float) -> np.ndarray:
    out = np.empty_like(z[None])
    saturated_step(network.links.indptr, network.links.indices, z[None], z[None], alpha, s, out)
    return out[0]


def drawn(world: int):
    """One of five graphs, d = 1..3, starts random, in corners, or half in one corner and half in the opposite one."""
    rng = np.random.default_rng(world)
    n, d = int(rng.integers(3, 14)), int(rng.integers(1, 4))
    edges = (
        graphs.random_tree(n, rng),
        *(graphs.DETERMINISTIC[name](n) for name in ("path", "ring", "star", "complete")),
    )
    network, width = Network(n=n, edges=edges[world % 5]), rng.uniform(0.1, 5.0, d)
    starts = (
        rng.uniform(0, 1, (n, d)),
        (rng.random((n, d)) < 0.5).astype(float),
        np.where(np.arange(n) < n // 2, 0.0, 1.0)[:, None] * np.ones(d),
    )
    diameter = float(np.linalg.norm(width))
    alpha = float(rng.choice([1.0, 0.5, 0.1])) / network.lambda_max
    return network, width, starts[world % 3] * width, alpha, diameter * 10 ** rng.uniform(-3, 0.3)


@pytest.mark.parametrize("block", range(10))
def test_500_worlds_stay_inside_the_proven_bound(block: int) -> None:
    """δ_k ≤ β_k to 1e-13 diameters; the mean stays, nobody leaves the hull, no step is longer than α deg s."""
    for world in range(50 * block, 50 * block + 50):
        network, width, z, alpha, s = drawn(world)
        degree, diameter, mean = float(network.links.degree.max()), float(np.linalg.norm(width)), z.mean(axis=0)
        rules = {
            "alpha": alpha,
            "rounds": 400,
            "lower": np.zeros_like(width),
            "upper": width,
            "agents": network.n,
            "degree": degree,
            "connectivity": network.connectivity,
            "lambda_max": network.lambda_max,
            "reach_m": s * alpha * degree,
        }
        beta = SaturatedConsensus().proven_beta(rules)
        for k in range(400):
            assert spread(z) <= beta[k] + 1e-13 * diameter, (world, k)
            before, z = z, stepped(network, z, alpha, s)
            assert np.linalg.norm(z - before, axis=1).max() <= rules["reach_m"] * (1 + 1e-12)
        assert spread(z) <= beta[400] + 1e-13 * diameter
        np.testing.assert_allclose(z.mean(axis=0), mean, rtol=0, atol=1e-12 * diameter)
        assert (z >= -1e-12 * diameter).all()
        assert (z <= width + 1e-12 * diameter).all()


@pytest.mark.parametrize("world", range(20))
def test_the_kernel_is_the_formula(world: int) -> None:
    network, _, z, alpha, s = drawn(world)
    np.testing.assert_allclose(stepped(network, z, alpha, s), reference(network, z, alpha, s), rtol=0, atol=1e-14)


def test_near_enough_it_is_consensus_bit_for_bit() -> None:
    plain = robosim.load("rendezvous-honest")
    saturated = robosim.load("rendezvous-honest", set={"mission.controller": "saturated_consensus"})
    assert saturated.rules["reach_m"] == np.inf
    np.testing.assert_array_equal(plain.whole().positions, saturated.whole().positions)
    np.testing.assert_array_equal(plain.whole().reported_cost, saturated.whole().reported_cost)


def test_it_keeps_the_promises_of_programs() -> None:
    robosim.check_controller(SaturatedConsensus)


def test_on_the_robotarium_no_body_is_throttled_and_all_are_inside() -> None:
    mission = robosim.load("robotarium-points", set={**SLOW, "mission.rounds": 1500}, kind=robosim.Rendezvous)
    rules, rng = mission.announcement, np.random.default_rng(3)
    half, width = np.where(np.arange(10) < 5, -0.5, 0.5)[None, :, None], rules.upper - rules.lower
    starts = np.concatenate([half * width, rng.uniform(rules.lower, rules.upper, (50, 10, 2))])
    team = mission.starts({"start": starts})
    snapshot = team.start()
    for k in range(1500):
        before = snapshot.body.position.copy()
        if k < 300:
            ordered = team.controller.step(snapshot.state, snapshot.heard)[1]["z"]
        snapshot = team.advance(snapshot)
        if k < 300:
            np.testing.assert_array_equal(snapshot.body.position, ordered)
        assert np.linalg.norm(snapshot.body.position - before, axis=2).max() <= mission.world.reach_m * (1 + 1e-12)
    assert (spread(snapshot.body.position) <= rules.beta).all()
    assert (rules.schedule, rules.proven_by) == (None, "SaturatedConsensus")


def test_its_bound_is_one_centimetre_after_5392_rounds() -> None:
    """Proven, and far less than a fixed step's 19131 rounds; a schedule takes 691 (`test_schedule`)."""
    mission = robosim.load("robotarium-points", set={**SLOW, "mission.rounds": 5392}, kind=robosim.Rendezvous)
    beta = mission.announcement.bound.beta(np.array([5300, 5392]))
    assert beta[1] <= 0.01 < beta[0]


@pytest.mark.deep
def test_certified_is_at_least_what_attacks_find_and_over_types_is_4_beta_d() -> None:
    mission = robosim.load("robotarium-points", set={**SLOW, "mission.rounds": 5000}, kind=robosim.Rendezvous)
    found = robosim.attack(mission, agents=[0, 4])
    epsilon = found.epsilon["groves"]
    assert max(one.gain for one in found.attacks) <= epsilon.certified
    assert (epsilon.exact, epsilon.bounded) == (None, None)
    rules = mission.announcement
    size = np.sqrt(25 / 10) * np.linalg.norm(rules.upper - rules.lower)
    assert certify(mission).over_types == pytest.approx(4 * rules.beta * size)
    needed = mission.kind.rounds_needed(mission, 1e-3)
    longer = robosim.load("robotarium-points", set={**SLOW, "mission.rounds": needed})
    assert certify(longer).over_types <= 1e-3


def test_where_nothing_is_proven_it_is_refused_at_its_key() -> None:
    with pytest.raises(BadInput, match=r"leader\.alpha: SaturatedConsensus brings no bound for it \(use"):
        robosim.load("robotarium-points", set={**SLOW, "leader.alpha": "1.1/lambda_max"})
    with pytest.raises(BadInput, match=r"leader\.bound: is for consensus, SaturatedConsensus brings a bound of"):
        robosim.load("robotarium-points", set={**SLOW, "leader.bound": "paper", "network.graph": "path"})
    with pytest.raises(BadInput, match=r"robots\.position_noise_m: the bound that SaturatedConsensus proves has"):
        robosim.load("robotarium-points", set={**SLOW, "robots.position_noise_m": 0.001})


# -- programs of one's own -------------------------------------------------------------------------------------------


class Halved(Consensus):
    """Half steps, with the bound that they have."""

    keeps_mean = True

    def start(self, own, rules, links):
        return super().start(own, {**rules, "alpha": rules["alpha"] / 2}, links)

    def proven_beta(self, rules):
        wide = np.sqrt((rules["agents"] // 2) * ((rules["agents"] + 1) // 2) / rules["agents"])
        rate = 1 - rules["alpha"] / 2 * rules["connectivity"]
        return wide * np.linalg.norm(rules["upper"] - rules["lower"]) * rate ** np.arange(rules["rounds"] + 1.0)


def test_a_program_of_ones_own_brings_its_bound() -> None:
    mission = robosim.load("rendezvous-honest", controller=Halved(), kind=robosim.Rendezvous)
    full = robosim.load("rendezvous-honest", kind=robosim.Rendezvous).announcement
    half = robosim.load("rendezvous-honest", set={"leader.alpha": full.alpha / 2}, kind=robosim.Rendezvous)
    k = np.arange(61)
    np.testing.assert_allclose(mission.announcement.bound.beta(k), half.announcement.bound.beta(k), rtol=1e-12)
    assert "β is the bound that Halved brings, announced by its author" in mission.kind.notes(mission)
    assert not mission.whole().settlement.penalised[0]
    assert certify(mission).over_types > 0


def test_without_a_word_about_the_mean_there_is_no_figure_over_all_types() -> None:
    class Silent(SaturatedConsensus):
        keeps_mean = False

    mission = robosim.load(
        "robotarium-points", controller=Silent(), set={"leader.alpha": "auto", "mission.rounds": 200}
    )
    found = certify(mission)
    assert found.over_types is None
    assert "Silent: over all types: not affine in the starts, measured at these types only" in found.notes
    with pytest.raises(BadInput, match="--epsilon: Silent: over all types: not affine"):
        mission.kind.rounds_needed(mission, 1e-3)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (np.ones(3), "its proven_beta is (3,), it must be (61,) of float64, or None"),
        (np.ones(61, dtype=int), "its proven_beta is (61,) of int64, it must be (61,) of float64, or None"),
        ([1.0] * 61, "its proven_beta is of type list, it must be (61,) of float64, or None"),
        (np.full(61, np.nan), "its proven_beta has nan, it must have finite distances >= 0, in metres"),
        (np.full(61, -1.0), "its proven_beta has -1.0, it must have finite distances >= 0, in metres"),
    ],
)
def test_a_bound_of_the_wrong_form_is_its_authors_failure(answer: object, line: str) -> None:
    class Wrong(Halved):
        def proven_beta(self, rules):
            return answer

    with pytest.raises(AgentFailure, match=re.escape(line)):
        robosim.load("rendezvous-honest", controller=Wrong())


def test_a_proof_that_stops_is_named_with_its_line() -> None:
    class Broken(Halved):
        def proven_beta(self, rules):
            raise ZeroDivisionError("no rounds")

    with pytest.raises(AgentFailure, match=r"test_saturated\.py:\d+: Broken: ZeroDivisionError in its proven_beta: no"):
        robosim.load("rendezvous-honest", controller=Broken())
