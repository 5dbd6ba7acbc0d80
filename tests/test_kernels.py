"""Compiled kernels against plain NumPy, in 1, 2 and 3 dimensions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.kernels.mixing import mix, step
from robosim.kernels.motion import affordable
from robosim.kernels.motion import drive as drive_kernel
from robosim.network import graphs
from robosim.network.network import Network

dimensions = st.integers(1, 3)
seeds = st.integers(0, 10_000)


def tree(n: int, rng: np.random.Generator) -> Network:
    return Network(n=n, edges=graphs.with_long_links(graphs.random_tree(n, rng), n, 1, rng))


@given(dimensions, seeds)
@settings(max_examples=30, deadline=None)
def test_consensus_step_is_identity_minus_alpha_laplacian(d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = tree(8, rng)
    z = rng.normal(size=(3, 8, d))
    out = np.empty_like(z)
    step(network.links.indptr, network.links.indices, z, z, 0.13, out)
    expected = z - 0.13 * np.einsum("ij,mjc->mic", network.laplacian.toarray(), z)
    np.testing.assert_allclose(out, expected, atol=1e-13)


@given(dimensions, seeds)
@settings(max_examples=20, deadline=None)
def test_mix_is_a_weighted_sum_over_neighbours(d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    links = tree(6, rng).links
    voices, weight = rng.normal(size=(2, 6, d)), rng.normal(size=links.indices.size)
    out = mix(links.indptr, links.indices, weight, voices, np.empty_like(voices))
    for i in range(6):
        row = slice(links.indptr[i], links.indptr[i + 1])
        np.testing.assert_allclose(
            out[:, i], np.einsum("e,mec->mc", weight[row], voices[:, links.indices[row]]), atol=1e-13
        )


def drive(
    at, spent, order, *, reach=np.inf, power=(0.0, 0.0, 0.0), taxicab=False, battery=np.inf, noise=None, walls=None
):
    d = at.shape[2]
    physics = np.array([reach, *power, float(taxicab), battery])
    to, energy = np.empty_like(at), np.empty_like(spent)
    nothing = np.empty((0, d)), np.empty((2, 0))
    noise, limits = nothing[0] if noise is None else noise, nothing[1] if walls is None else np.array(walls)
    refused = drive_kernel(at, spent, order, noise, limits, physics, to, energy)
    return to, energy, refused


def drive_in_numpy(at, spent, order, reach, power, taxicab, battery, noise, walls):
    """The same round, one array operation at a time."""
    target = np.clip(order, *walls) + noise
    way = target - at
    distance = np.linalg.norm(way, axis=-1)
    share = np.minimum(1.0, reach / np.maximum(distance, 1e-300))
    length = share * (np.abs(way).sum(axis=-1) if taxicab else distance)
    joules = power[0] + power[1] * length + power[2] * length**2
    left = battery - spent
    short = joules > left
    budget = np.maximum(left - power[0], 0.0)
    a, b = power[2] * length**2, power[1] * length
    share = np.where(short, share * (np.sqrt(b * b + 4 * a * budget) - b) / np.maximum(2 * a, 1e-300), share)
    return at + share[..., None] * way, spent + np.where(short, left, joules)


@given(dimensions, seeds, st.booleans())
@settings(max_examples=60, deadline=None)
def test_drive_is_the_numpy_round(d: int, seed: int, taxicab: bool) -> None:
    rng = np.random.default_rng(seed)
    at, order = rng.normal(size=(2, 3, 7, d))
    spent, noise = rng.uniform(size=(3, 7)), rng.uniform(-0.1, 0.1, (7, d))
    walls = (np.full(d, -1.0), np.full(d, 1.2))
    power, battery, reach = (0.1, 0.4, 0.7), 1.8, 0.9
    to, energy, refused = drive(
        at, spent, order, reach=reach, power=power, taxicab=taxicab, battery=battery, noise=noise, walls=walls
    )
    expected_to, expected_energy = drive_in_numpy(at, spent, order, reach, power, taxicab, battery, noise, walls)
    assert refused == 0
    np.testing.assert_allclose(to, expected_to, atol=1e-12)
    np.testing.assert_allclose(energy, expected_energy, atol=1e-12)


@given(seeds, st.floats(0.01, 5.0))
@settings(max_examples=40, deadline=None)
def test_nobody_goes_farther_than_its_reach_and_near_orders_are_met_exactly(seed: int, reach: float) -> None:
    rng = np.random.default_rng(seed)
    at, order = rng.normal(size=(2, 1, 20, 2))
    to, _, _ = drive(at, np.zeros((1, 20)), order, reach=reach)
    went = np.linalg.norm(to - at, axis=-1)
    assert (went <= reach * (1 + 1e-12)).all()
    near = np.linalg.norm(order - at, axis=-1) <= reach
    np.testing.assert_array_equal(to[near], order[near])  # bit for bit: the body is the iterate


@given(st.floats(0.1, 10), st.floats(0.01, 5), st.floats(0, 3), st.floats(0.001, 3))
def test_affordable_share_just_spends_the_budget(length: float, budget: float, linear: float, quadratic: float) -> None:
    share = affordable(length, budget, linear, quadratic)
    assert linear * share * length + quadratic * (share * length) ** 2 == pytest.approx(budget)


def test_affordable_without_quadratic_cost_and_without_budget() -> None:
    assert affordable(2.0, 3.0, 4.0, 0.0) == pytest.approx(3.0 / 8.0)
    assert affordable(2.0, 0.0, 4.0, 1.0) == 0.0


def test_an_empty_battery_stops_the_body_for_good() -> None:
    at, spent = np.zeros((1, 1, 1)), np.zeros((1, 1))
    track = []
    for k in range(1, 6):
        at, spent, _ = drive(at, spent, np.full((1, 1, 1), float(k)), power=(0.0, 1.0, 0.0), battery=2.5)
        track.append((at.item(), spent.item()))
    assert track == [(1.0, 1.0), (2.0, 2.0), (2.5, 2.5), (2.5, 2.5), (2.5, 2.5)]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("walls", [None, (np.full(2, -1.0), np.full(2, 1.0))])
def test_orders_that_are_not_finite_are_counted_and_not_driven(value: float, walls) -> None:
    at = np.zeros((1, 3, 2))
    order = np.ones((1, 3, 2))
    order[0, 1, 1] = value
    with np.errstate(invalid="ignore"):
        to, energy, refused = drive(at, np.zeros((1, 3)), order, power=(0.0, 1.0, 0.0), walls=walls)
    assert refused == 1
    assert to[0].tolist() == [[1.0, 1.0], [0.0, 0.0], [1.0, 1.0]]
    assert np.isfinite(energy).all()
