"""Steps that grow (`leader.alpha = "schedule"`): nobody is throttled, β holds for all types; Robotarium's ring."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import robosim
from robosim.certificate import certify
from robosim.controllers.consensus import Consensus
from robosim.controllers.selfish.robots import Stationary
from robosim.errors import BadInput, CheckFailed, TooLarge
from robosim.kernels.corners import largest
from robosim.leader.bound import Listed
from robosim.leader.schedule import schedule
from robosim.network import graphs
from robosim.network.network import Network, spread
from robosim.rendezvous.gains.exact import exact_gains
from robosim.scenario.reading import template

REACH_M = 0.2 * 0.033


@pytest.fixture(scope="module")
def ring():
    return robosim.load("robotarium-points", kind=robosim.Rendezvous)


def signs(n: int) -> np.ndarray:
    """Half of the corners of a cube, (2^(n-1), n): the others are their opposites."""
    return np.array([(1.0, *rest) for rest in itertools.product((-1.0, 1.0), repeat=n - 1)])


def random_network(seed: int, most: int) -> Network:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, most))
    return Network(n=n, edges=graphs.with_long_links(graphs.random_tree(n, rng), n, int(rng.integers(0, 3)), rng))


# -- Robotarium's ring of ten ----------------------------------------------------------------------------------------


def test_one_centimetre_is_certified_after_691_rounds_where_a_fixed_step_is_metres_away(ring) -> None:
    assert ring.rounds == 691
    assert ring.announcement.beta <= 0.01
    assert robosim.load("robotarium-points", set={"leader.alpha": "auto"}).announcement.beta > 4


def test_no_faithful_step_exceeds_the_reach_on_all_512_corners_and_beta_is_the_worst_of_them(ring) -> None:
    """The orders of round k+1 are (I - α_k L) z^k: bodies are where they were ordered to be, within 6.6 mm a round."""
    rules, laplacian = ring.announcement, ring.network.laplacian.toarray()
    corners = signs(10)[:, :, None] * (rules.upper - rules.lower) / 2
    mission = ring.starts({"start": corners})
    snapshot, longest, worst = mission.start(), np.empty(691), np.empty(692)
    worst[0] = spread(corners).max()
    for k in range(691):
        before = snapshot.body.position.copy()
        order = before - rules.schedule[k] * np.einsum("ij,mjd->mid", laplacian, before)
        snapshot = mission.advance(snapshot)
        np.testing.assert_allclose(snapshot.body.position, order, rtol=0, atol=1e-14)
        longest[k] = np.linalg.norm(snapshot.body.position - before, axis=2).max() / REACH_M
        worst[k + 1] = spread(snapshot.body.position).max()
    assert longest.max() <= 1 + 1e-12
    assert (longest[rules.schedule < 0.24] >= 1 - 1e-9).all()  # no step is shorter than it must be
    beta = rules.bound.beta(np.arange(692))
    assert (worst <= beta).all()
    np.testing.assert_allclose(worst, beta, rtol=1e-9)


def test_201_random_worlds_end_inside(ring) -> None:
    rules = ring.announcement
    starts = np.random.default_rng(1).uniform(rules.lower, rules.upper, (201, 10, 2))
    record = ring.starts({"start": starts}).whole()
    assert not record.settlement.penalised.any()
    assert (record.settlement.distance <= rules.beta).all()
    assert record.settlement.distance.max() > rules.beta / 10


def test_found_is_at_most_certified_and_exact_figures_are_not_claimed(ring) -> None:
    short = robosim.load("robotarium-points", set={"mission.rounds": 400})
    found = robosim.attack(short)
    epsilon = found.epsilon["groves"]
    assert 0 < max(one.gain for one in found.attacks) <= epsilon.certified
    assert (epsilon.exact, epsilon.bounded) == (None, None)  # probing all rounds of it takes longer than a run may


def test_over_all_types_the_bound_is_2_beta_d_and_9000_types_keep_it(ring) -> None:
    """ε_θ = ‖z^n - θ‖² - max(0, d - β)² ≤ 2βD - β²."""
    for rounds in (200, 500, 691):
        mission = robosim.load("robotarium-points", set={"mission.rounds": rounds})
        rules, laplacian = mission.announcement, mission.network.laplacian.toarray()
        matrix = np.eye(10)
        for alpha in rules.schedule:
            matrix = matrix - alpha * laplacian @ matrix
        rng, half = np.random.default_rng(rounds), (rules.upper - rules.lower) / 2
        inner = rng.uniform(-1, 1, (4500, 10, 2))
        theta = np.concatenate([inner, np.sign(inner), signs(10)[:, :, None] * np.ones(2)]) * half
        end = np.einsum("ij,mjd->mid", matrix, theta)
        gain = ((end - theta) ** 2).sum(axis=(1, 2)) - np.maximum(0, spread(theta) - rules.beta) ** 2
        over_types = certify(mission).over_types
        assert gain.max() <= over_types
        assert gain.max() > 0.3 * over_types


def test_the_rounds_for_an_epsilon_are_the_fewest(ring) -> None:
    def over_types(n: int) -> float:
        return certify(robosim.load("robotarium-points", set={"mission.rounds": n})).over_types

    needed = ring.kind.rounds_needed(ring, 1e-3)
    assert over_types(needed) <= 1e-3 < over_types(needed - 1)
    few = robosim.load("robotarium-points", set={"mission.rounds": 3})
    assert few.kind.rounds_needed(few, 1e-3) == needed
    assert ring.kind.rounds_needed(ring, 1e-30) is None  # rounding is larger


def test_a_record_keeps_the_schedule_and_its_world_runs_again(ring, tmp_path) -> None:
    record = robosim.run("robotarium-points", strategies={4: Stationary()}, set={"mission.rounds": 50})
    folder = record.save(tmp_path / "run")
    back = robosim.load_record(folder)
    np.testing.assert_array_equal(back.rules.schedule, record.rules.schedule)
    np.testing.assert_array_equal(back.beta, record.beta)
    assert back.summary() == record.summary()
    again = robosim.run(folder / "world.toml")
    np.testing.assert_array_equal(again.positions, record.positions)
    assert again.settlement.penalised.tolist() == record.settlement.penalised.tolist()


# -- the schedule itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_steps_and_bounds_are_those_of_the_formula(seed: int) -> None:
    """α_k = min(1/λmax, reach/(max_i ‖(L P_k)_i‖₁ diam/2)), β_k = max over corners ‖(P_k - J) s‖ ‖h‖; all dense."""
    network, rng = random_network(seed, 11), np.random.default_rng(seed)
    upper = rng.uniform(0.5, 3.0, int(rng.integers(1, 4)))
    reach = float(10 ** rng.uniform(-2, 0.5))
    top, half, n = 1 / network.lambda_max, float(np.linalg.norm(upper)) / 2, network.n
    found = schedule(network, top, reach, np.zeros_like(upper), upper, 30)
    laplacian, matrix, corners = network.laplacian.toarray(), np.eye(n), signs(n).T
    for k in range(30):
        z = matrix @ corners
        assert found.reached[k] == pytest.approx(spread(z.T[:, :, None]).max() * half, rel=1e-9, abs=1e-12)
        longest = np.abs(laplacian @ z).max() * half
        assert found.alpha[k] == pytest.approx(min(top, reach / longest if longest else np.inf), rel=1e-9)
        matrix = matrix - found.alpha[k] * laplacian @ matrix


@pytest.mark.parametrize("graph", ["ring", "path", "star"])
def test_of_many_robots_the_upper_end_is_announced_and_no_corner_is_farther(graph: str) -> None:
    network = Network(n=24, edges=graphs.DETERMINISTIC[graph](24), name=graph)
    found = schedule(network, 1 / network.lambda_max, 0.05, np.zeros(2), np.ones(2), 200)
    laplacian, rng = network.laplacian.toarray(), np.random.default_rng(0)
    half = np.where(np.arange(24) < 12, 1.0, -1.0)
    corners = np.concatenate([np.sign(rng.uniform(-1, 1, (200, 24))), half[None], np.roll(half, 6)[None]])
    z = corners.T * np.sqrt(0.5)
    for k in range(200):
        worst = spread(z.T[:, :, None]).max()
        assert worst <= found.reached[k]
        if graph != "star":  # of a star's 22 equal modes no corner takes all
            assert found.reached[k] <= 1.3 * worst
        z = z - found.alpha[k] * laplacian @ z


@hypothesis_settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), reach=st.floats(1e-4, 10.0), width=st.floats(0.1, 50.0))
def test_steps_never_fall_and_bounds_never_rise(seed: int, reach: float, width: float) -> None:
    network = random_network(seed, 20)
    found = schedule(network, 1 / network.lambda_max, reach, np.zeros(2), np.full(2, width), 60)
    assert (np.diff(found.alpha) >= -1e-9 * found.alpha[1:]).all()
    assert (np.diff(found.reached) <= 1e-9 * found.reached[:-1] + 1e-15 * found.reached[0]).all()
    assert found.alpha.min() > 0
    assert found.alpha.max() <= 1 / network.lambda_max


def test_a_longer_mission_begins_with_the_same_steps_and_ends_at_rounding() -> None:
    network = Network(n=10, edges=graphs.DETERMINISTIC["ring"](10), name="ring")
    short, long = (schedule(network, 0.25, REACH_M, np.zeros(2), np.array([3.2, 2.0]), n) for n in (300, 100_000))
    np.testing.assert_array_equal(short.alpha, long.alpha[:300])
    np.testing.assert_array_equal(short.reached, long.reached[:301])
    assert long.reached[-1] < 1e-100
    assert (long.alpha[1000:] == 0.25).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_kernel_finds_the_largest_of_all_corners(seed: int) -> None:
    n, rng = 2 + 2 * seed, np.random.default_rng(seed)
    form = rng.normal(size=(n, n))
    form = form + form.T
    assert largest(form) == pytest.approx(np.einsum("ci,ij,cj->c", signs(n), form, signs(n)).max(), rel=1e-12)


def test_what_would_take_minutes_is_refused(monkeypatch) -> None:
    with pytest.raises(TooLarge, match=r"leader\.alpha: .schedule. has a step for each of 20000000 rounds"):
        robosim.load("robotarium-points", set={"mission.rounds": 20_000_000, "record.every": 100_000})
    many = {"robots.count": 400, "network.graph": "ring", "mission.rounds": 100_000, "record.every": 1000}
    with pytest.raises(TooLarge, match=r"takes too long: \d+ rounds of 400 agents are"):
        robosim.load("robotarium-points", set=many)
    monkeypatch.setattr("robosim.leader.schedule.MOST_WORK", 2e6)  # found out only on the way
    with pytest.raises(TooLarge, match=r"takes too long: \d+ rounds of 10 agents are 2e\+06 additions, at most 2e\+06"):
        robosim.load("robotarium-points")


def test_a_listed_bound_says_nothing_about_rounds_that_it_does_not_list() -> None:
    bound = Listed(reached=np.array([2.0, 1.0]), floor=0.5)
    assert bound.beta(np.array([0, 1, 2])).tolist() == [2.5, 1.5, np.inf]
    assert float(bound.beta(1)) == 1.5


# -- what agents get -------------------------------------------------------------------------------------------------


def test_consensus_takes_a_step_for_each_round_and_a_constant_schedule_is_a_fixed_step_bit_for_bit() -> None:
    rules = {"alpha": np.linspace(0.01, 0.2, 20), "rounds": 20, "lower": np.full(2, -1.0), "upper": np.full(2, 1.0)}
    robosim.check_controller(Consensus, rules=rules)
    fixed = robosim.load("rendezvous-honest", set={"leader.alpha": 0.2})
    constant = replace(fixed, rules={**fixed.rules, "alpha": np.full(60, 0.2)})
    np.testing.assert_array_equal(fixed.whole().positions, constant.whole().positions)


@pytest.mark.parametrize(("graph", "n"), [("ring", 6), ("star", 7), ("path", 5)])
def test_one_agent_reaches_the_same_set_under_any_steps(graph: str, n: int) -> None:
    """z^n - z_f = Σ_k Π_{j>k}(I - α_j L) e_i δ_k: all polynomials of L of degree ≤ n. Against least squares."""
    network, rng = Network(n=n, edges=graphs.DETERMINISTIC[graph](n), name=graph), np.random.default_rng(n)
    laplacian, theta, rounds = network.laplacian.toarray(), rng.uniform(-1, 1, (n, 2)), 4
    found = schedule(network, 1 / network.lambda_max, 0.4, np.full(2, -1.0), np.ones(2), rounds)
    assert found.alpha[0] < found.alpha[-1]
    end = theta.copy()
    for alpha in found.alpha:
        end = end - alpha * laplacian @ end
    beta = float(found.reached[-1])
    links = network.links
    exact = exact_gains(links.indptr, links.indices, theta, end, beta, rounds)
    for agent in range(n):
        columns = [_injected(laplacian, found.alpha, k, agent) for k in range(rounds + 1)]
        assert exact[agent] == pytest.approx(_least(np.array(columns).T, theta, end, beta), rel=1e-6, abs=1e-9)


def _injected(laplacian: np.ndarray, alphas: np.ndarray, k: int, agent: int) -> np.ndarray:
    """What a unit added to the agent's word in round k does to z^n."""
    z = np.eye(len(laplacian))[:, agent]
    for alpha in alphas[k:]:
        z = z - alpha * laplacian @ z
    return z


def _least(columns: np.ndarray, theta: np.ndarray, end: np.ndarray, beta: float) -> float:
    """J(z_f) - min J(z_f + H x) with ‖(I - J)(z_f + H x)‖ ≤ β, by a penalty on the distance, bisected."""
    n = len(theta)
    off = np.eye(n) - 1 / n
    basis = np.linalg.svd(columns, full_matrices=False)
    basis = basis[0][:, basis[1] > 1e-10 * basis[1][0]]

    def at(weight: float) -> np.ndarray:
        rows = np.vstack([basis, weight * off @ basis])
        wanted = np.vstack([theta - end, -weight * off @ end])
        return end + basis @ np.linalg.lstsq(rows, wanted, rcond=None)[0]

    low, high = 0.0, 1e6
    if spread(at(0.0)) > beta:
        for _ in range(200):
            middle = (low + high) / 2 if low else high / 4
            low, high = (low, middle) if spread(at(middle)) <= beta else (middle, high)
            if not low and high < 1e-9:
                break
    best = at(high if spread(at(0.0)) > beta else 0.0)
    return float(((end - theta) ** 2).sum() - ((best - theta) ** 2).sum())


# -- what people are told --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("robots.speed_limit_mps", '"schedule" needs robots.speed_limit_mps, which is not given (add it, as in'),
        ("mission.dt_s", '"schedule" needs mission.dt_s, which is not given (add it, as in mission.dt_s = 0.033)'),
    ],
)
def test_what_a_schedule_needs_is_named_with_its_line(tmp_path, keys: str, line: str) -> None:
    text = "\n".join(
        one for one in template("robotarium-points").splitlines() if not one.startswith(keys.split(".")[1])
    )
    (tmp_path / "w.toml").write_text(text)
    number = 1 + text.splitlines().index(next(one for one in text.splitlines() if one.startswith("alpha")))
    with pytest.raises(BadInput) as caught:
        robosim.load(tmp_path / "w.toml")
    assert f"w.toml:{number}: leader.alpha: {line}" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "mission.travel",
            "after-agreeing",
            'mission.travel: cannot be "after-agreeing" where leader.alpha = "schedule"',
        ),
        ("robots.position_noise_m", 0.001, 'robots.position_noise_m: cannot be 0.001 where leader.alpha = "schedule"'),
        ("leader.bound", "paper", 'leader.bound: cannot be "paper" where leader.alpha = "schedule"'),
        ("leader.alpha", "sometimes", 'leader.alpha: must be "auto", "schedule", a number > 0, or "F/lambda_max"'),
    ],
)
def test_what_a_schedule_cannot_have_is_refused_at_its_key(key: str, value: object, line: str) -> None:
    with pytest.raises(BadInput, match=line.replace("(", r"\(")):
        robosim.load("robotarium-points", set={key: value})


@pytest.mark.deep
def test_a_bound_that_enforces_nothing_is_said_by_run_check_and_certify(cli) -> None:
    idle = ("--set", "leader.alpha=auto")
    for command in ("run", "check", "certify"):
        code, out, _ = cli(command, "robotarium-points", *idle)
        assert code == 0
        assert "note: β(n) = 4.74 m is no less than the distance at the start, 3.91 m" in out
        assert "enforces nothing" not in cli(command, "robotarium-points")[1]
    for command in ("run", "certify"):
        (line,) = json.loads(cli(command, "robotarium-points", *idle, "--json")[1])["notes"]
        assert line.startswith("β(n) = 4.74 m")
    assert "enforces nothing" not in cli("run", "robotarium-points", *idle, "--set", "leader.tax=none")[1]


def test_standing_still_is_inside_exactly_where_the_warning_stands(ring) -> None:
    """A team that does not move at all is fined under the schedule and not under a fixed step."""
    still = {robot: Stationary() for robot in range(10)}
    warned = robosim.run("robotarium-points", strategies=still, set={"leader.alpha": "auto"})
    assert (warned.settlement.penalised[0], idle(warned)) == (False, True)
    kept = robosim.run("robotarium-points", strategies=still)
    assert (kept.settlement.penalised[0], idle(kept)) == (True, False)


def idle(record: robosim.Record) -> bool:
    return any("enforces nothing" in note for note in record.verdict.notes)


def test_certify_says_how_far_it_looked_where_a_list_would_become_too_long(monkeypatch) -> None:
    monkeypatch.setattr("robosim.leader.schedule.MOST_WORK", 1e9)
    slow = robosim.load("robotarium-points", set={"robots.count": 300, "mission.rounds": 10})
    with pytest.raises(
        CheckFailed, match=r"--epsilon: 0\.001 is not certified within \d+ rounds, and for more β is not"
    ):
        slow.kind.rounds_needed(slow, 1e-3)
