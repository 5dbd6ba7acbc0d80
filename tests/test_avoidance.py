"""Robots with a size: teams that get past each other, the joint programme, what is counted."""

from collections.abc import Callable

import daqp
import numpy as np
import pytest

from robosim.rendezvous.avoidance import joint, keep_right
from robosim.rendezvous.avoidance.guard import Guard
from robosim.rendezvous.avoidance.keys import Obstacle
from robosim.rendezvous.avoidance.things import things

RADIUS, SPEED, DT = 0.1, 0.2, 0.1


def guard(n: int, d: int = 2, *obstacles: Obstacle, **changes: object) -> Guard:
    """Robots of 0.1 m that drive 0.2 m/s."""
    plain = {
        "radius_m": np.full(n, RADIUS),
        "tube_m": np.zeros(n),
        "speed_mps": np.full(n, SPEED),
        "things": things(obstacles, d),
        "walls": np.empty((0, d)),
    }
    return Guard(**{**plain, **changes})


def points(here: np.ndarray, safe: np.ndarray) -> np.ndarray:
    """Bodies that do what they are told."""
    return here + safe * DT


def drive(
    keeper: Guard, start: np.ndarray, goal: np.ndarray, steps: int, body: Callable[..., np.ndarray] = points
) -> tuple[np.ndarray, float, object]:
    """Straight towards goals (missions, n, d) for so many control steps: where, the least clearance, the memory."""
    here, memory, least = start.copy(), keeper.begin(len(start)), np.inf
    for _ in range(steps):
        wanted = (goal - here) / DT
        far = np.sqrt((wanted**2).sum(axis=-1, keepdims=True))
        safe, memory = keeper.safe(here, wanted * np.minimum(1.0, SPEED / np.maximum(far, 1e-300)), DT, memory)
        assert (np.sqrt((safe**2).sum(axis=-1)) <= keeper.speed_mps * (1 + 1e-12)).all()
        here = body(here, safe)
        least = min(least, float(keeper.clearance(here).min()))
    return here, least, memory


def circle(n: int, radius: float) -> np.ndarray:
    at = 2 * np.pi * np.arange(n) / n
    return radius * np.stack([np.cos(at), np.sin(at)], axis=-1)[None]


def grid_places(rng: np.random.Generator, n: int, spacing: float, side: int) -> np.ndarray:
    spots = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    return spacing * rng.permutation(spots)[:n].astype(float)[None]


DISC = Obstacle(shape="disc", center_m=(0.0, 0.0), radius_m=0.3)
BOX = Obstacle(shape="box", center_m=(0.0, 0.0), size_m=(0.3, 0.8))


@pytest.mark.parametrize("mode", ["shared", pytest.param("joint", marks=pytest.mark.deep)])
@pytest.mark.parametrize("share", [0.2, 1.0])
@pytest.mark.parametrize(
    ("start", "obstacles", "steps"),
    [
        (circle(2, 1.0), (), 160),
        (circle(2, 1.0), (DISC,), 260),
        (circle(2, 1.0), (BOX,), 300),
        (circle(10, 1.0), (), 400),
    ],
    ids=["head-on", "disc between", "box between", "circle of 10"],
)
def test_who_keeps_right_gets_past_others_and_past_what_stands_between(
    start: np.ndarray, obstacles: tuple, steps: int, share: float, mode: str
) -> None:
    """Robots that exchange antipodal places, in straight lines through the middle."""
    keeper = guard(start.shape[1], 2, *obstacles, share=share, mode=mode)
    end, least, memory = drive(keeper, start, -start, steps)
    np.testing.assert_allclose(end, -start, atol=0.01)
    assert least >= 0.0
    assert memory.close.sum() == memory.given_up.sum() == 0
    stuck, apart, waiting = drive(
        guard(start.shape[1], 2, *obstacles, share=share, mode=mode, keep_right=False), start, -start, 150
    )
    assert np.sqrt(((stuck + start) ** 2).sum(axis=-1)).max() > 0.5
    assert apart >= 0.0
    assert share < 1.0 or waiting.blocked.sum() > 50


def test_fifty_in_a_crowd_find_their_places() -> None:
    rng = np.random.default_rng(1)
    start, goal = grid_places(rng, 50, 0.5, 10), grid_places(rng, 50, 0.5, 10)
    end, least, _ = drive(guard(50), start, goal, 500)
    np.testing.assert_allclose(end, goal, atol=0.01)
    assert least >= 0.0


def test_in_space_who_meets_flying_straight_up_and_down_gets_past() -> None:
    start = np.array([[[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]])
    end, least, _ = drive(guard(2, 3), start, -start, 200)
    np.testing.assert_allclose(end, -start, atol=0.01)
    assert least >= 0.0


def test_right_is_clockwise_and_lengths_stay() -> None:
    turned = keep_right.to_the_right(np.array([[3.0, 0.0], [0.0, 2.0]]), np.full(2, np.pi / 2))
    np.testing.assert_allclose(turned, [[0.0, -3.0], [2.0, 0.0]], atol=1e-15)
    up = keep_right.to_the_right(np.array([[0.0, 0.0, 2.0], [0.0, 1.0, 1.0]]), np.full(2, np.pi / 2))
    np.testing.assert_allclose(up, [[2.0, 0.0, 0.0], [np.sqrt(2.0), 0.0, 0.0]], atol=1e-15)
    wanted = np.random.default_rng(0).normal(size=(50, 3))
    turned = keep_right.to_the_right(wanted, np.linspace(0.0, 2.0, 50))
    np.testing.assert_allclose((turned**2).sum(axis=1), (wanted**2).sum(axis=1), rtol=1e-12)
    assert keep_right.to_the_right(np.ones((2, 1)), np.ones(2)).tolist() == [[1.0], [1.0]]


def test_a_crowd_around_one_point_comes_to_rest(monkeypatch) -> None:
    """Eight that want to stand in one place turn for a while and then leave it."""
    monkeypatch.setattr(keep_right, "PATIENCE", 100)
    keeper, start = guard(8), circle(8, 0.6)
    end, least, memory = drive(keeper, start, 0.0 * start, 600)
    assert least >= 0.0
    later = drive(guard(8, keep_right=False), end, 0.0 * start, 50)[0]
    assert np.abs(later - end).max() < 1e-3
    assert np.median(memory.blocked) > 100


def whole(here: np.ndarray, wanted: np.ndarray, keeping: object) -> np.ndarray:
    """One programme with the rows of all pairs, all things and walls, as the docstring of `joint` has it."""
    n, d = here.shape
    rows, bounds, share = [], [], keeping.share
    for i in range(n):
        for j in range(i):
            way = here[i] - here[j]
            row = np.zeros((n, d))
            row[i], row[j] = -2 * way, 2 * way
            rows.append(row.ravel())
            apart = (keeping.radius[i] + keeping.radius[j]) * (1 + 1e-8)
            bounds.append(max(0.0, share * (way @ way - apart**2)))
    own = joint.own_rows(here, keeping)
    for i, row, bound in zip(own.first, own.row, own.bound, strict=True):
        rows.append(np.zeros((n, d)))
        rows[-1][i] = row
        rows[-1] = rows[-1].ravel()
        bounds.append(bound)
    x, _, flag, _ = daqp.solve(
        np.eye(n * d), -wanted.ravel(), np.array(rows), np.array(bounds), np.full(len(rows), -1e30), primal_tol=1e-13
    )
    assert flag == 1
    return np.asarray(x).reshape(n, d)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_few_rows_give_the_optimum_of_all(d: int) -> None:
    """The joint programme of crowds with things and walls, from nothing and from the pairs of the step before."""
    rng, obstacle = np.random.default_rng(d), Obstacle(shape="box", center_m=(0.5,) * d, size_m=(0.3,) * d)
    held = 0
    for n in (2, 5, 20):
        for _ in range(4):
            here = rng.uniform(0.0, 0.35 * n ** (1 / d), (n, d))
            wanted = 0.4 * (here.mean(axis=0) - here) + 0.1 * rng.normal(size=(n, d))
            walls = np.array([np.full(d, -0.5), np.full(d, 0.4 * n ** (1 / d))])
            keeping = guard(n, d, obstacle, walls=walls, share=0.3)._keeping(DT)
            exact = whole(here, wanted, keeping)
            move, pairs = joint.least_change(here, wanted, keeping, np.empty((0, 2), dtype=np.int64))
            np.testing.assert_allclose(move, exact, atol=1e-9)
            again, _ = joint.least_change(here, wanted, keeping, pairs)
            np.testing.assert_allclose(again, exact, atol=1e-9)
            held += len(pairs)
    assert held > 10


def test_a_team_whose_wishes_are_safe_is_left_alone_and_no_programme_is_solved(monkeypatch) -> None:
    monkeypatch.setattr(joint, "solve", None)
    start, wanted = circle(6, 2.0), 0.1 * circle(6, 1.0)
    safe, memory = guard(6, mode="joint").safe(start, wanted, DT, guard(6).begin(1))
    np.testing.assert_allclose(safe, wanted, rtol=1e-14)
    assert memory.given_up.sum() == 0


def test_who_is_pushed_beyond_its_speed_slows_down_together_with_who_pushes() -> None:
    """0.5 m/s behind 0.1 m/s, touching: the programme gives both 0.3 m/s, so that both drive 0.1 m/s."""
    keeper = guard(2, mode="joint", speed_mps=np.array([0.5, 0.1]), keep_right=False)
    here = np.array([[[0.0, 0.0], [0.2 * (1 + 1e-8), 0.0]]])
    safe, _ = keeper.safe(here, np.array([[[0.5, 0.0], [0.1, 0.0]]]), DT, keeper.begin(1))
    np.testing.assert_allclose(safe, [[[0.1, 0.0], [0.1, 0.0]]], atol=1e-9)


def test_where_the_joint_programme_has_no_answer_each_keeps_its_own_half_and_it_is_counted(monkeypatch) -> None:
    monkeypatch.setattr(joint, "solve", lambda *_: None)
    start = circle(2, 0.11)
    keeper = guard(2, mode="joint", keep_right=False)
    safe, memory = keeper.safe(start, -start, DT, keeper.begin(1))
    plain = guard(2, keep_right=False)
    np.testing.assert_array_equal(safe, plain.safe(start, -start, DT, plain.begin(1))[0])
    assert memory.given_up.tolist() == [1]


def test_starts_in_conflict_are_counted_and_get_no_worse() -> None:
    start = np.array([[[0.0, 0.0], [0.12, 0.0]]])
    end, least, memory = drive(guard(2, keep_right=False), start, np.array([[[1.0, 0.0], [-1.0, 0.0]]]), 20)
    assert memory.close.tolist() == memory.blocked.tolist() == [[20, 20]]
    np.testing.assert_allclose(end, start, atol=1e-12)
    assert least == pytest.approx(0.12 - 2 * RADIUS)


def test_bodies_that_drive_elsewhere_are_as_safe_at_the_pace_that_they_are_allowed() -> None:
    """Bodies that turn 1 rad off what they are told, on arcs: a mixture of paces, and nobody is ever touched."""
    start, keeper, paces = circle(10, 0.8), guard(10), []

    def body(here: np.ndarray, safe: np.ndarray) -> np.ndarray:
        def at(pace: np.ndarray) -> np.ndarray:
            by = np.arange(10) % 3 - 1.0
            return here + DT * pace[..., None] * keep_right.to_the_right(safe, by * pace)

        pace, there = keeper.paced(here, at)
        paces.append(pace)
        np.testing.assert_array_equal(there, at(pace))
        return there

    _, least, _ = drive(keeper, start, -start, 300, body)
    assert least >= 0.0
    assert {0.0, 0.5, 1.0} <= set(np.unique(paces).tolist())


def test_tubes_keep_bodies_apart_that_stray_from_the_point_that_is_steered() -> None:
    start = circle(2, 1.0)
    end, _, _ = drive(guard(2, tube_m=np.full(2, 0.05), keep_right=False), start, -start, 200)
    assert 0.3 <= np.sqrt(((end[0, 0] - end[0, 1]) ** 2).sum()) < 0.301


def test_missions_do_not_hear_of_each_other_and_bits_repeat() -> None:
    rng = np.random.default_rng(2)
    start = np.concatenate([grid_places(rng, 12, 0.4, 4) for _ in range(3)])
    for mode in ("shared", "joint"):
        keeper = guard(12, mode=mode)
        together, _, memory = drive(keeper, start, start[:, ::-1], 60)
        alone, _, single = drive(keeper, start[1:2], start[1:2, ::-1], 60)
        np.testing.assert_array_equal(together[1:2], alone)
        np.testing.assert_array_equal(memory.blocked[1:2], single.blocked)


def test_only_missions_in_which_somebody_turns_are_asked_twice(monkeypatch) -> None:
    asked, plain = [], joint.least_change
    monkeypatch.setattr(joint, "least_change", lambda *given: asked.append(given) or plain(*given))
    keeper, start = guard(2, mode="joint"), np.concatenate([circle(2, 0.11), circle(2, 5.0)])
    memory = keeper.begin(2)._replace(held=np.array([[9.0, 0.0], [0.0, 0.0]]))
    keeper.safe(start, -start, DT, memory)
    assert len(asked) == 3


@pytest.mark.deep
def test_in_500_missions_of_up_to_50_among_obstacles_nobody_is_ever_touched() -> None:
    """Random crowds, sizes, speeds, shares and obstacles, goals anywhere; both modes, with and without keep_right."""
    rng, lowest = np.random.default_rng(7), np.inf
    for k in range(500):
        n, d = int(rng.integers(2, 51)), 2
        obstacles = [
            Obstacle(shape="disc", center_m=(-1.0, -1.0), radius_m=float(rng.uniform(0.1, 0.8))),
            Obstacle(shape="box", center_m=(-1.0, 3.0), size_m=(1.0, 0.4), angle_rad=float(rng.uniform(0, 3))),
            Obstacle(shape="polygon", corners_m=((-3.0, 0.0), (-1.0, 0.0), (-2.0, 0.5), (-2.0, 2.0))),
        ]
        radius = rng.uniform(0.05, 0.2, n)
        changes = {"radius_m": radius, "share": float(rng.choice([0.05, 0.3, 1.0])), "keep_right": bool(k % 2)}
        keeper = guard(n, d, *obstacles, mode="joint" if k % 5 == 0 else "shared", **changes)
        start = grid_places(rng, n, 0.41, 8)
        _, least, memory = drive(keeper, start, rng.uniform(-4.0, 4.0, start.shape), 150)
        assert memory.close.sum() == 0
        lowest = min(lowest, least)
    assert 0.0 <= lowest < 1e-3
