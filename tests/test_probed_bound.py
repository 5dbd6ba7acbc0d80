"""β(n) of programs that are not robosim's own: probed, rehearsed, or a number; stored, and never below a corner."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.network.network import spread
from robosim.rendezvous.bounds.affine import unlimited
from robosim.rendezvous.bounds.corners import farthest, form_at_most
from tests import affine_programs

SMALL = {"robots.count": 6, "mission.rounds": 20, "network.graph": "path"}


def world(program, **changed):
    return robosim.load("rendezvous-honest", set={**SMALL, **changed}, controller=program)


def ends(mission, signs):
    """Where the team ends from the corners (missions, N, d) of the type space."""
    rules = mission.announcement
    middle, half = (rules.lower + rules.upper) / 2, (rules.upper - rules.lower) / 2
    return unlimited(mission).starts({"start": middle + half * signs})


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_farthest_is_the_largest_over_all_corners_and_the_upper_end_never_below(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 8))
    matrix, offset = rng.normal(size=(5, m)), rng.normal(size=5) * rng.choice([0.0, 1.0])
    signs = np.array(list(product((-1.0, 1.0), repeat=m)))
    brute = ((signs @ matrix.T + offset) ** 2).sum(axis=1).max()
    assert farthest(matrix, offset) == pytest.approx(brute, rel=1e-12)
    assert farthest(matrix, offset, quick=True) >= brute * (1 - 1e-12)
    form = matrix.T @ matrix - np.eye(m)
    assert form_at_most(form) >= np.einsum("bi,ij,bj->b", signs, form, signs).max() - 1e-12


@pytest.mark.parametrize("program", affine_programs.AFFINE, ids=lambda one: one.__name__)
def test_probed_bounds_are_the_largest_distance_over_all_corners(program: type) -> None:
    mission = world(program())
    assert mission.announcement.rule == "probed", mission.announcement.note
    axis = np.array(list(product((-1.0, 1.0), repeat=6)))
    if program is affine_programs.Rotating:  # axes mix: all corners of both axes
        signs = np.array(list(product((-1.0, 1.0), repeat=12))).reshape(-1, 6, 2)
    else:  # axes are alike: the worst corner of one is that of the other
        signs = np.repeat(axis[:, :, None], 2, axis=2)
    worst = spread(ends(mission, signs).whole().decision).max()
    assert worst <= mission.announcement.beta <= worst * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("program", affine_programs.AFFINE, ids=lambda one: one.__name__)
def test_probed_bounds_hold_in_every_round_and_for_more_robots_than_can_be_enumerated(program: type) -> None:
    mission = world(program(), **{"robots.count": 20, "network.graph": "ring", "mission.rounds": 30})
    signs = np.sign(np.random.default_rng(0).uniform(-1, 1, (200, 20, 2)))
    distances = ends(mission, signs).run(every=1).distance
    allowed = mission.announcement.bound.beta(np.arange(31))
    assert mission.announcement.rule == "probed"
    assert (distances <= allowed).all()
    assert (allowed[1:] <= allowed[0] * 1.3).all()


@pytest.mark.parametrize("program", affine_programs.CURVED, ids=lambda one: one.__name__)
def test_programs_that_are_not_affine_are_rehearsed_in_honest_words(program: type) -> None:
    rules = world(program()).announcement
    assert rules.rule == "rehearsed"
    assert "is not affine" in rules.note
    assert "299 faithful rehearsals" in rules.note
    assert "≤ 1 % (95 % confidence)" in rules.note
    assert "not proven" in rules.note


def test_rehearsed_bounds_are_never_below_the_corners_that_were_tried() -> None:
    mission = world(affine_programs.Saturated())
    halves = np.where(np.arange(6) < 3, 1.0, -1.0)[None, :, None] * np.ones((1, 6, 2))
    assert spread(ends(mission, halves).whole().decision)[0] <= mission.announcement.beta


def test_bounds_do_not_depend_on_this_missions_starts() -> None:
    near = [[0.1 * i, 0.0] for i in range(6)]
    for program in (affine_programs.HeavyBall, affine_programs.Saturated):
        drawn = world(program()).announcement.bound
        placed = world(program(), **{"robots.starts_m": near}).announcement.bound
        assert np.array_equal(drawn.reached, placed.reached)


def test_walls_and_speed_limits_that_hold_faithful_robots_back_end_the_proof() -> None:
    free = {"robots.speed_limit_mps": 100.0, "mission.dt_s": 1.0}
    held = {"robots.speed_limit_mps": 0.5, "mission.dt_s": 100.0, "leader.alpha": "auto"}
    assert world(affine_programs.Half(), **free).announcement.rule == "probed"
    assert world(affine_programs.Half(), **held).announcement.rule == "probed"
    overshoot = world(affine_programs.Rotating(), **free).announcement  # it turns into the walls
    assert overshoot.rule == "rehearsed"
    assert "hold robots of Rotating back" in overshoot.note


def test_noise_is_rehearsed_with_errors_of_its_own() -> None:
    rules = world(affine_programs.Half(), **{"robots.position_noise_m": 0.01, "mission.rounds": 5}).announcement
    assert rules.rule == "rehearsed"
    assert "landing errors are random" in rules.note


def test_consensus_keeps_its_own_bound_and_may_be_probed() -> None:
    tight = world(None).announcement
    probed = world(None, **{"leader.bound": "probed"}).announcement
    assert (tight.rule, probed.rule) == ("tight", "probed")
    assert 0.5 * tight.beta < probed.beta <= tight.beta * (1 + 1e-9)


def test_a_number_is_announced_as_it_is() -> None:
    rules = world(affine_programs.Half(), **{"leader.bound": 3.5}).announcement
    assert (rules.rule, rules.beta) == ("announced", 3.5)
    assert "a number that the world announces" in rules.note


def test_a_theorem_about_consensus_is_announced_for_another_program_only_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"leader.bound.*theorem about average consensus.*Half"):
        rules = world(affine_programs.Half(), **{"leader.bound": "tight"}).announcement
    assert rules.rule == "tight"


@pytest.mark.parametrize("wanted", ["probed", "rehearsed", 4.0])
def test_records_with_such_bounds_load_again_and_their_worlds_run_again(wanted, tmp_path) -> None:
    record = robosim.run("rendezvous-honest", set={**SMALL, "leader.bound": wanted})
    record.save(tmp_path / "run")
    again = robosim.load_record(tmp_path / "run")
    assert again.rules.note == record.rules.note
    assert np.array_equal(again.beta, record.beta)
    rerun = robosim.run(tmp_path / "run" / "world.toml")
    assert rerun.rules.beta == record.rules.beta
    assert np.array_equal(rerun.settlement.tax, record.settlement.tax)


def test_a_bad_bound_is_one_line() -> None:
    with pytest.raises(robosim.BadInput, match=r"leader\.bound"):
        world(None, **{"leader.bound": "loose"})
    with pytest.raises(robosim.BadInput, match=r"leader\.bound"):
        world(None, **{"leader.bound": -1.0})


def test_a_foreign_team_is_not_fined_at_any_corner() -> None:
    mission = world(affine_programs.Half(), **{"mission.rounds": 200})
    signs = np.repeat(np.array(list(product((-1.0, 1.0), repeat=6)))[:, :, None], 2, axis=2)
    assert not ends(mission, signs).whole().settlement.penalised.any()
