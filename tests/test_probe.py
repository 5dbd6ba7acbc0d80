"""Gains against programs that are not robosim's own: probed, against exact figures and a convex solver."""

from __future__ import annotations

from itertools import pairwise

import clarabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix

import robosim
from robosim.attacks import attack
from robosim.certificate import certify
from robosim.controllers.selfish.robots import Script
from robosim.leader.tax_rule import others
from robosim.network.network import spread
from robosim.rendezvous.bounds.affine import unlimited
from robosim.rendezvous.gains import ascent, dual, probed
from robosim.rendezvous.gains.balls import gain_within, reach
from robosim.rendezvous.gains.deviation import DeviationGame
from robosim.rendezvous.gains.exact import exact_gains
from robosim.rendezvous.gains.impulses import NotAffine, steered
from tests import affine_programs
from tests.deep import but_deep

AFFINE = pytest.mark.parametrize("program", affine_programs.AFFINE, ids=lambda one: one.__name__)


def world(program=None, count=8, rounds=40, graph="path", seed=1, **more):
    chosen = {"robots.count": count, "mission.rounds": rounds, "network.graph": graph, **more}
    return robosim.load("rendezvous-honest", set=chosen, controller=program, seed=seed)


def everybody(mission):
    return np.arange(mission.network.n, dtype=np.int32)


@pytest.mark.parametrize(("graph", "count", "rounds"), [("ring", 12, 60), ("star", 10, 20), ("path", 8, 60)])
def test_probed_gains_are_the_exact_gains_of_consensus(graph: str, count: int, rounds: int) -> None:
    mission = world(None, count, rounds, graph)
    faithful, links = mission.whole(), mission.network.links
    end, size = faithful.decision[0], mission.optimum()
    known = exact_gains(links.indptr, links.indices, faithful.start, end, mission.announcement.beta, rounds)
    found = probed.exact(mission, end, everybody(mission))
    assert np.abs(found.gains - known).max() <= 1e-9 * size
    assert (found.within <= found.gains).all()


def by_clarabel(responses, way, apart, beta, radius):
    """max ‖way‖² - ‖way + H x‖² subject to both balls, by a solver that shares no code with ours."""
    moved = centred(responses, *way.shape)
    columns = responses.shape[1]
    quadratic = csc_matrix(np.triu(2 * responses.T @ responses))
    rows = np.vstack([np.zeros(columns), -moved, np.zeros(columns), -np.eye(columns)])
    right = np.concatenate([[beta], apart.ravel(), [radius], np.zeros(columns)])
    cones = [clarabel.SecondOrderConeT(1 + way.size), clarabel.SecondOrderConeT(1 + columns)]
    options = clarabel.DefaultSettings()
    options.verbose = False
    options.tol_gap_abs = options.tol_gap_rel = options.tol_feas = 1e-11
    solution = clarabel.DefaultSolver(
        quadratic, 2 * responses.T @ way.ravel(), csc_matrix(rows), right, cones, options
    ).solve()
    x = np.array(solution.x)
    return float((way**2).sum() - ((way.ravel() + responses @ x) ** 2).sum())


def centred(responses, n, d):
    """(I-J) H for rows (robot, axis)."""
    table = responses.reshape(n, d, -1)
    return (table - table.mean(axis=0)).reshape(n * d, -1)


@AFFINE
def test_gains_within_reach_are_those_of_a_convex_solver(program: type) -> None:
    mission = world(program(), 6, 6, "ring")
    record = mission.faithful().run(every=1)
    end, theta, d = record.decision[0], record.start, 2
    usual = record.said["z"][0, :, 2]
    columns = 7 * d
    plans = [(2, Script(positions=usual + one.reshape(7, d))) for one in np.eye(columns)]
    responses = (unlimited(mission).final(plans) - end).reshape(columns, -1).T
    beta, radius = mission.announcement.beta, probed.size_of(mission)
    known = by_clarabel(responses, end - theta, end - end.mean(axis=0), beta, radius)
    found = probed.exact(mission, end, np.array([2], dtype=np.int32))
    assert found.within[0] == pytest.approx(known, abs=1e-7)


@AFFINE
def test_responses_foretell_what_any_script_does(program: type) -> None:
    mission = world(program(), 6, 10, "path")
    record = mission.faithful().run(every=1)
    found = steered(mission, np.array([3], dtype=np.int32))
    away = np.random.default_rng(0).normal(size=(11, 2)) * 5
    plan = Script(positions=record.said["z"][0, :, 3] + away)
    end = unlimited(mission).final([(3, plan)])[0]
    columns = away.reshape(-1, 1) if found.mixed else away
    told = (found.responses[0] @ columns).reshape(end.shape)
    assert np.abs(end - record.decision[0] - told).max() <= 1e-9


def test_the_shortcut_is_refused_where_rounds_differ_or_messages_are_lost() -> None:
    who = np.arange(4, dtype=np.int32)
    for program in (affine_programs.Lossy, affine_programs.Quits, affine_programs.Chebyshev, affine_programs.PushSum):
        assert not steered(world(program(), 6, 20), who).shifted
    for program in (affine_programs.Half, affine_programs.HeavyBall, affine_programs.Weighted):
        assert steered(world(program(), 6, 20), who).shifted
    assert steered(world(affine_programs.Rotating(), 6, 20), who).mixed


def test_the_shortcut_and_impulses_agree() -> None:
    from robosim.rendezvous.gains.impulses import _one_by_one  # the longer way, where the shorter one is allowed

    mission = world(affine_programs.HeavyBall(), 6, 12)
    who = everybody(mission)
    long = _one_by_one(unlimited(mission), who, np.inf)
    assert np.abs(steered(mission, who).responses - long.responses).max() <= 1e-10


@pytest.mark.parametrize("program", affine_programs.CURVED, ids=lambda one: one.__name__)
def test_programs_that_are_not_affine_have_no_exact_figure_and_say_so(program: type) -> None:
    mission = world(program())
    with pytest.raises(NotAffine, match="not affine"):
        steered(mission, everybody(mission))
    found = certify(mission)
    assert found.exact is None
    assert found.over_types is None
    assert any("not affine" in line for line in found.notes)


def test_programs_that_say_more_than_positions_have_no_exact_figure() -> None:
    with pytest.raises(NotAffine, match="other words than z"):
        steered(world(affine_programs.TwoWords()), np.array([0], dtype=np.int32))


@pytest.mark.deep
@given(st.integers(0, 10**6))
@settings(max_examples=12, deadline=None)
def test_gains_within_two_balls_bound_every_point_inside_them_and_grow_with_both(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, columns = int(rng.integers(2, 7)), int(rng.integers(1, 6))
    responses, way, end = rng.normal(size=(1, n, columns)), rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
    apart = end - end.mean(axis=0)
    team = reach(responses, np.full((n, 1), n**-0.5), way, apart)
    beta, radius = float(np.sqrt(team.rest)) * rng.uniform(1, 2), rng.uniform(0.1, 3)
    bound = gain_within(team, beta, radius)[0][0]
    for _ in range(50):
        x = rng.normal(size=(columns, 2))
        x *= radius * rng.uniform() / np.linalg.norm(x)
        moved = responses[0] @ x
        if np.linalg.norm(apart + moved - moved.mean(axis=0)) <= beta:
            assert (way**2).sum() - ((way + moved) ** 2).sum() <= bound + 1e-9
    assert bound <= gain_within(team, beta, 2 * radius)[0][0] + 1e-9
    assert bound <= gain_within(team, 1.5 * beta, radius)[0][0] + 1e-9
    assert bound <= gain_within(team, beta, np.inf)[0][0] + 1e-9


@pytest.mark.parametrize(
    "program", but_deep(affine_programs.AFFINE, affine_programs.AFFINE[:4]), ids=lambda one: one.__name__
)
def test_found_is_at_most_attained_within_exact_and_certified(program: type) -> None:
    mission = world(program(), 8, 30, "ring")
    found = certify(mission)
    size = 1e-12 * (mission.optimum() + found.certified)
    assert (found.attained <= found.exact_within + size).all()
    assert (found.exact_within <= found.exact + size).all()
    assert (found.exact <= found.certified + size).all()
    tried = attack(mission, strategies=["stationary", "freeze", "best-response"])
    assert all(one.gain <= found.certified + size for one in tried.attacks)
    best = max(one.gain for one in tried.attacks if one.strategy == "best-response")
    assert best == pytest.approx(found.attained.max(), rel=1e-5, abs=1e-9)  # another share may be the first inside


@AFFINE
def test_bounds_over_all_types_hold_for_random_types_and_corners(program: type) -> None:
    mission = world(program(), 6, 20, "path")
    bound, rules, rng = probed.everywhere(mission), mission.announcement, np.random.default_rng(2)
    assert not isinstance(bound, str)
    signs = rng.uniform(-1, 1, (9000, 6, 2))
    signs[::2] = np.sign(signs[::2])
    middle, half = (rules.lower + rules.upper) / 2, (rules.upper - rules.lower) / 2
    starts = middle + half * signs
    team = unlimited(mission).starts({"start": starts})
    ends = team.decide(team.played())
    social = ((ends - starts) ** 2).sum(axis=(1, 2))
    certified = social - np.maximum(np.asarray(spread(starts)) - rules.beta, 0.0) ** 2
    assert certified.max() <= bound * (1 + 1e-12)
    assert certified.max() >= 0.2 * bound  # and it is not idle


def test_a_program_that_moves_the_mean_never_becomes_safe_over_all_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probed, "MOST_ROUNDS", 300)
    with pytest.raises(robosim.RobosimError, match=r"no number of rounds up to \d+ certifies"):
        probed.rounds_needed(world(affine_programs.Leader(), 4, 10), 1e-3)


def test_rounds_that_certify_an_epsilon_fine_nobody() -> None:
    mission = world(affine_programs.Half(), 5, 20)
    needed = mission.kind.rounds_needed(mission, 1e-3)
    again = world(affine_programs.Half(), 5, needed)
    assert probed.everywhere(again) <= 1e-3
    assert probed.everywhere(world(affine_programs.Half(), 5, needed - 1)) > 1e-3
    assert not again.run().settlement.penalised[0]


def test_nothing_over_all_types_is_printed_where_it_is_not_known() -> None:
    mission = world(affine_programs.Saturated())
    with pytest.raises(robosim.BadInput, match=r"--epsilon.*measured at these types only"):
        mission.kind.rounds_needed(mission, 1e-3)
    number = world(affine_programs.Half(), **{"leader.bound": 0.5})
    assert "not proven" in probed.everywhere(number)


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_order_of_all_figures_of_consensus_within_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = str(rng.choice(["path", "ring", "star", "complete"]))
    limits = {"robots.speed_limit_mps": float(rng.choice([0.3, 1.0, 3.0])), "mission.dt_s": "auto"}
    mission = world(None, int(rng.integers(3, 9)), int(rng.choice([10, 30])), graph, seed, **limits)
    found = certify(mission)
    size = 1e-12 * (mission.optimum() + found.certified)
    figures = (found.attained, found.bounded, found.exact_within, found.exact, np.full(1, found.certified))
    for smaller, larger in pairwise(figures):
        assert (smaller <= larger + size).all()


def test_the_dual_bounds_scripts_that_keep_no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    from robosim.rendezvous.gains import bounded

    mission = world(None, 6, 30, "path", 3, **{"robots.speed_limit_mps": 1.0, "mission.dt_s": "auto"})
    record, rules, links = mission.whole(), mission.announcement, mission.network.links
    known = (links.indptr, links.indices, rules.alpha, record.start, record.decision[0], rules.beta, 30)
    limits = {"reach": mission.world.stride_m, "lower": mission.world.lower, "upper": mission.world.upper}
    usual = bounded.bounded_best_response(*known, 1, **limits).gain
    full = bounded.program
    monkeypatch.setattr(bounded, "program", lambda *game: full(*game, slack=0.0, negligible=1e-14))
    slackless = bounded.bounded_best_response(*known, 1, **limits).gain
    above = dual.gain_above(DeviationGame.around(*known, 1), **limits)
    assert usual < slackless <= above
    assert above - slackless <= 1e-5 * above


def test_without_a_tax_the_best_response_is_to_stay_bit_for_bit() -> None:
    mission = world(affine_programs.HeavyBall(), 5, 10)
    tried = attack(mission, strategies=["stationary", "best-response"], taxes=["none"]).attacks
    gains = {(one.strategy, one.agent): one.gain for one in tried}
    faithful = mission.billed("none").whole()
    for agent in range(5):
        assert gains["best-response", agent] == gains["stationary", agent] == faithful.net_cost[0, agent]


HALF = robosim.TaxRule(name="half-groves", pay=lambda case: others(case.reported) / 2)
ENERGY = {
    "robots.private_cost": "energy",
    "energy.power": "custom",
    "energy.p1_j_per_m": 0.5,
    "energy.p2_js_per_m2": 1.0,
}


@pytest.mark.parametrize(("rule", "paid"), [("groves", ENERGY), (HALF, {})], ids=["energy along a path", "half-groves"])
def test_by_its_own_bill_the_best_response_beats_what_has_a_name(rule, paid) -> None:
    """No formula says what is best here: what is found is earned, and never more than certified."""
    found = attack(world(None, 5, 30, **paid), agents=[0, 2], taxes=[rule])
    certified = next(iter(found.epsilon.values())).certified
    for agent in (0, 2):
        gains = {one.strategy: one.gain for one in found.attacks if one.agent == agent}
        assert gains["best-response"] >= max(gains.values()) - 1e-9
        assert gains["best-response"] > 0
        assert certified is None or gains["best-response"] <= certified


def test_what_takes_long_is_left_out_with_a_line_and_tried_by_name() -> None:
    many = world(None, 40, 60, **ENERGY)
    found = attack(many, agents=[0])
    assert {one.strategy for one in found.attacks} == set(many.strategies) - {"best-response", "programme"}
    assert [line.partition(":")[0] for line in found.left_out] == ["best-response was left out"]
    assert attack(many, agents=[0], strategies=["best-response"]).attacks[0].gain >= 0


def test_ascent_finds_more_than_named_attacks_and_never_more_than_certified() -> None:
    mission = world(affine_programs.Saturated(), 6, 30)
    found = attack(mission, agents=[0, 3])
    certified = found.epsilon["groves"].certified
    best = max(one.gain for one in found.attacks if one.strategy == "best-response")
    named = max(one.gain for one in found.attacks if one.strategy != "best-response")
    assert named < best <= certified


def test_ascent_reaches_the_exact_gain_where_there_is_one() -> None:
    mission = world(None, 6, 15)
    record = mission.faithful().run(every=1)
    start = ascent.Found(record.said["z"][0, :, 0], record.decision[0], 0.0)
    exact = probed.exact(mission, record.decision[0], np.array([0], dtype=np.int32)).gains[0]
    assert 0.9 * exact <= ascent.climbed(mission, 0, start).gain <= exact * (1 + 1e-9)
