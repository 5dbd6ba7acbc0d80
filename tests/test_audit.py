"""The silent leader: it reads what NumPy reads, it notices injections, and missions that are done are closed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.agent import Said
from robosim.controllers.parts.audit import Audit, AuditState
from robosim.controllers.selfish.suppliers import TrackerInjection
from robosim.freight.roads.instance import coupled
from robosim.freight.roads.random_roads import random_roads
from robosim.kernels.audit import DEMAND, DISAGREEMENT, MOVEMENT, TRACKING, own_blocks, read

Array = np.ndarray


def words(seed: int, missions: int = 3, agents: int = 4, n: int = 3, m: int = 2) -> tuple[Said, Array, Array, Array]:
    """Random words, decisions of the round before, A (N, m, n) and b (m,)."""
    rng = np.random.default_rng(seed)
    said = {
        "y": rng.normal(size=(missions, agents, agents * n)),
        "multiplier": rng.normal(size=(missions, agents, m + 1)),
        "tracker": rng.normal(size=(missions, agents, m)),
    }
    return said, rng.normal(size=(missions, agents, n)), rng.normal(size=(agents, m, n)), rng.normal(size=m)


def blocks(y: Array, n: int) -> Array:
    """Own blocks (M, N, n) of copies (M, N, N·n), as NumPy cuts them out."""
    split = y.reshape(*y.shape[:2], -1, n)
    return np.stack([split[:, i, i] for i in range(y.shape[1])], axis=1)


@given(seed=st.integers(0, 10**6), agents=st.integers(1, 5), n=st.integers(1, 4), m=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_what_is_read_is_what_numpy_says(seed: int, agents: int, n: int, m: int) -> None:
    """‖Σ A_i x_i - b‖, max |y - x|, max |x - before| and, X, Algorithm 1, line 15 summed, max |Σ d - Σ A x + b|."""
    said, before, rows, b = words(seed, agents=agents, n=n, m=m)
    y, x, out = said["y"], np.empty_like(before), np.empty((3, 4))
    own_blocks(y, x)
    np.testing.assert_array_equal(x, blocks(y, n))
    read(y, x, before, said["tracker"], rows, b, out)
    excess = np.einsum("imn,Min->Mm", rows, x) - b
    expected = np.empty_like(out)
    expected[:, DEMAND] = np.linalg.norm(excess, axis=1)
    expected[:, DISAGREEMENT] = np.abs(y - x.reshape(3, 1, -1)).max(axis=(1, 2))
    expected[:, MOVEMENT] = np.abs(x - before).max(axis=(1, 2))
    expected[:, TRACKING] = np.abs(said["tracker"].sum(axis=1) - excess).max(axis=1)
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)
    read(y, x, before, np.empty((3, 0, m)), rows, b, out)
    assert not out[:, TRACKING].any()


def heard(rows: Array, b: Array, tolerance: float | None, *rounds: Said, patience: int = 2) -> list[AuditState]:
    """The leader's books after each round."""
    rules = {"missions": len(rounds[0]["y"]), "A": rows, "b": b, "tracked": True, "tolerance": tolerance}
    leader = Audit(patience=patience)
    books, silence = leader.start(rules)
    assert silence == {}
    found = []
    for said in rounds:
        books, silence = leader.step(books, said)
        assert silence == {}
        found.append(books)
    return found


def test_residuals_are_relative_and_the_price_is_the_mean() -> None:
    """Shares of ‖b‖ and of the largest decision; λ of X, (6) is minus what agents say, of the first m components."""
    said, _, rows, b = words(5)
    (books,) = heard(rows, b, None, said)
    x = blocks(said["y"], 3)
    excess = np.einsum("imn,Min->Mm", rows, x) - b
    apart = np.abs(said["y"] - x.reshape(3, 1, -1)).max(axis=(1, 2)) / np.abs(x).max(axis=(1, 2))
    demand = np.linalg.norm(excess, axis=1) / np.linalg.norm(b)
    np.testing.assert_allclose(books.residuals, np.stack([demand, apart], axis=1), rtol=1e-13)
    np.testing.assert_allclose(books.price, -said["multiplier"][..., :2].mean(axis=1), rtol=1e-15)
    lost = np.abs(said["tracker"].sum(axis=1) - excess).max(axis=1)
    np.testing.assert_allclose(books.injected, lost / np.abs(b).max(), rtol=1e-12)


def test_b_may_be_zero() -> None:
    """An aggregator's b is 0: residuals are then in the units of b itself."""
    said, _, rows, b = words(5)
    (books,) = heard(rows, 0.0 * b, None, said)
    excess = np.einsum("imn,Min->Mm", rows, blocks(said["y"], 3))
    np.testing.assert_allclose(books.residuals[:, 0], np.linalg.norm(excess, axis=1), rtol=1e-13)


def settled(missions: int, still: float = 0.0) -> Said:
    """Words that meet b = 1 with one variable each for two agents, who agree; `still` moves decisions."""
    y = np.tile(np.array([0.5 + still, 0.5 - still]), (missions, 2, 1))
    return {"y": y, "multiplier": np.full((missions, 2, 1), -3.0), "tracker": np.zeros((missions, 2, 1))}


def test_done_after_as_many_quiet_rounds_as_patience_asks_for() -> None:
    rows, b, leader = np.ones((2, 1, 1)), np.ones(1), Audit(patience=2)
    quiet, moved = settled(1), settled(1, 0.01)
    books = heard(rows, b, 1e-6, quiet, quiet, moved, quiet, quiet, quiet, quiet)
    done = [bool(leader.done(one)[0]) for one in books]
    # the first round moves there from 0, the third moves away and the fourth back; two quiet ones are done
    assert done == [False, False, False, False, False, True, True]
    assert not any(leader.done(one)[0] for one in heard(rows, b, None, *[quiet] * 9))


def test_a_mission_that_is_done_is_closed_while_others_go_on() -> None:
    """So a batch of missions is the missions alone: later words of a done mission change nothing."""
    rows, b = np.ones((2, 1, 1)), np.ones(1)
    restless = [settled(2, 0.01 * (k % 2)) for k in range(8)]
    for k, said in enumerate(restless):
        if k < 5:
            said["y"][0] = 0.5  # mission 0 is quiet in rounds 2..5, then moves again
    books = heard(rows, b, 1e-6, *restless)
    assert Audit(patience=2).done(books[-1]).tolist() == [True, False]
    assert books[-1].counted.tolist() == [3, 8]
    closed = books[2]
    for late in books[3:]:
        for key in ("x", "price", "residuals", "injected", "steady", "counted"):
            np.testing.assert_array_equal(getattr(late, key)[0], getattr(closed, key)[0])
    np.testing.assert_array_equal(books[-1].x[1], blocks(restless[-1]["y"], 1)[1])


GRAPHS = ("path", "ring", "star", "complete", "random-tree", "grid")


@given(seed=st.integers(0, 10**6), agents=st.integers(2, 7), graph=st.sampled_from(GRAPHS))
@settings(max_examples=12, deadline=None)
def test_trackers_add_up_to_what_is_left_along_faithful_runs(seed: int, agents: int, graph: str) -> None:
    """Σ d = Σ A x - b in every round (X, Algorithm 1, line 15 with W doubly stochastic), here of drawn roads."""
    problem = coupled(random_roads(seed, suppliers=agents, demanders=2, goods=2))
    rules = {"network.graph": graph, "leader.tax": "none", "mission.rounds": 30, "mission.seed": seed}
    mission = robosim.load(problem, set=rules)
    snapshot, size = mission.start(), np.abs(problem.b).max()
    while snapshot.k < mission.rounds:
        snapshot = mission.advance(snapshot)
        excess = problem.excess(snapshot.leader.x[0])
        said = snapshot.heard.own["tracker"][0].sum(axis=0)
        np.testing.assert_allclose(said, excess, rtol=0, atol=1e-11 * size)
        assert snapshot.leader.injected[0] <= 1e-11
        np.testing.assert_allclose(
            snapshot.leader.residuals[0, 0], np.linalg.norm(excess) / np.linalg.norm(problem.b), rtol=1e-9, atol=1e-14
        )


@pytest.mark.parametrize("share", [0.1, -0.02])
def test_an_injection_is_noticed_to_the_last_digit_and_stays(share: float) -> None:
    """Who adds share·b/N to its tracker takes Σ d off by that for good, as W keeps sums: share/N of the largest b."""
    play = {2: TrackerInjection(share=share, at=10)}
    rules = {"leader.tax": "none", "mission.rounds": 40}
    mission = robosim.load("freight", set=rules, strategies=play)
    b, snapshot, seen = mission.problem.b, mission.start(), []
    while snapshot.k < mission.rounds:
        snapshot = mission.advance(snapshot)
        seen.append(float(snapshot.leader.injected[0]))
        off = snapshot.heard.own["tracker"][0].sum(axis=0) - mission.problem.excess(snapshot.leader.x[0])
        np.testing.assert_allclose(off, share * b / 4 if snapshot.k >= 10 else 0.0, rtol=0, atol=1e-10)
    assert max(seen[:9]) < 1e-12
    np.testing.assert_allclose(seen[9:], abs(share) / 4, rtol=1e-9)
    record = mission.settle(snapshot)
    assert record.leader(0)["injected"] == seen[-1]


def test_who_takes_an_injection_back_has_injected_all_the_same() -> None:
    """The books keep the most by which Σ d was off so far: 0.3 of b = 1, though it is 0.1 and 0 afterwards."""
    rows, b, rounds = np.ones((2, 1, 1)), np.ones(1), []
    for off in (0.0, 0.3, 0.1, 0.0):
        said = settled(1)
        said["tracker"][0, 1] += off
        rounds.append(said)
    books = heard(rows, b, None, *rounds)
    np.testing.assert_allclose([one.injected[0] for one in books], [0.0, 0.3, 0.3, 0.3], atol=1e-15)


def test_longer_trackers_are_audited_by_what_they_begin_with() -> None:
    """Tracking-ADMM's trackers hold blocks of copies, too: their first m numbers add up to what b lacks."""
    rules = {"leader.tax": "none", "mission.rounds": 5, "mission.controller": "tracking_admm"}
    record = robosim.run("freight", set=rules)
    assert record.injected[0] <= 1e-12
    assert record.broken.tolist() == [-1]
    assert (record.tracking <= 1e-12).all()
    lied = robosim.run("freight", set=rules, strategies={1: "tracker-injection:at=3"})
    assert lied.broken.tolist() == [3]


def test_methods_without_trackers_are_not_audited() -> None:
    rules = {"leader.tax": "none", "mission.rounds": 5, "mission.controller": "dc_admm"}
    record = robosim.run("freight", set=rules)
    assert record.injected.tolist() == [0.0]
    assert np.isnan(record.tracking).all()
