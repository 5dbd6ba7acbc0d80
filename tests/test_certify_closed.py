"""The closed-form certificate: T, Algorithm 2 and Proposition 5, made explicit."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.rendezvous.gains.closed import gain_bound, gain_bound_over_types, rounds_for

seeds = st.integers(0, 2**32 - 1)


def spread(z):
    return z - z.mean(axis=0)


def laplacian(kind, n, seed):
    graph = {
        "tree": lambda: nx.random_labeled_tree(n, seed=seed),
        "ring": lambda: nx.cycle_graph(n),
        "complete": lambda: nx.complete_graph(n),
    }[kind]()
    return nx.laplacian_matrix(graph).toarray().astype(float)


@given(seed=seeds, d=st.integers(1, 3), share=st.floats(0, 1.5))
def test_no_point_of_the_ball_beats_the_bound_and_one_attains_it(seed, d, share):
    """min {‖z-θ‖² : ‖(I-J)z‖ ≤ β} = max(0, d-β)², attained at mean + (β/d)(I-J)θ."""
    rng = np.random.default_rng(seed)
    theta, faithful = rng.normal(size=(6, d)), rng.normal(size=(6, d))
    size = np.linalg.norm(spread(theta))
    beta, social = share * size, np.sum((faithful - theta) ** 2)
    bound = gain_bound(social, size, beta)
    nearest = theta.mean(axis=0) + min(1.0, beta / size) * spread(theta)
    assert social - np.sum((nearest - theta) ** 2) == pytest.approx(bound, abs=1e-12)
    other = nearest + rng.normal(size=(6, d)) * 10.0 ** rng.uniform(-4, 0)
    other = other.mean(axis=0) + spread(other) * min(1.0, beta / np.linalg.norm(spread(other)))
    assert social - np.sum((other - theta) ** 2) <= bound + 1e-12


def test_over_types_has_the_closed_forms():
    """2βD - β² for α ≤ 1/λmax, 4βD beyond, D² and (2D)² once β exceeds D; misses enlarge D by n m."""
    assert gain_bound_over_types(0.25, 2.0) == 2 * 0.25 * 2.0 - 0.25**2
    assert gain_bound_over_types(0.25, 2.0, contracting=False) == 4 * 0.25 * 2.0
    assert gain_bound_over_types(3.0, 2.0) == 2.0**2
    assert gain_bound_over_types(3.0, 2.0, contracting=False) == 4.0**2
    assert gain_bound_over_types(0.25, 2.0, rounds=10, miss=0.1) == pytest.approx(3.0**2 - 1.75**2)


@settings(max_examples=60)
@given(
    seed=seeds,
    kind=st.sampled_from(["tree", "ring", "complete"]),
    n=st.integers(3, 9),
    rounds=st.integers(1, 40),
    step=st.floats(0.05, 1.9),
    tol=st.sampled_from([0.0, 1e-3, 0.05]),
)
def test_over_types_covers_every_type(seed, kind, n, rounds, step, tol):
    """ε_θ(n) of simulated faithful runs, with misses, at drawn and extreme types never exceeds the bound over types.

    α/λmax⁻¹ = step up to 1.9; misses are claimed for α ≤ 1/λmax in the paper's setting and hold beyond.
    """
    rng = np.random.default_rng(seed)
    lap = laplacian(kind, n, seed)
    values, modes = np.linalg.eigh(lap)
    alpha = step / values[-1]
    rate = max(abs(1 - alpha * values[1]), abs(1 - alpha * values[-1]))
    diameter, miss = math.sqrt(n // 2 * ((n + 1) // 2) / n), math.sqrt(n) * tol
    beta = rate**rounds * diameter + miss * sum(rate**k for k in range(rounds)) + 1e-12
    bound = gain_bound_over_types(beta, diameter, contracting=step <= 1, rounds=rounds, miss=miss)
    theta = rng.random((n, 1)) if seed % 2 else (modes[:, [1 if seed % 4 else -1]] > 0).astype(float)
    z = theta
    for _ in range(rounds):
        error = rng.normal(size=z.shape)
        z = z - alpha * lap @ z + error * (miss / max(np.linalg.norm(error), miss))
    assert np.linalg.norm(spread(z)) <= beta * (1 + 1e-9)
    assert gain_bound(np.sum((z - theta) ** 2), np.linalg.norm(spread(theta)), beta) <= bound * (1 + 1e-12) + 1e-12


@settings(max_examples=300)
@given(
    log_rate=st.floats(-4, -0.01),
    log_miss=st.one_of(st.just(-math.inf), st.floats(-9, -1)),
    contracting=st.booleans(),
    limit=st.integers(1, 3000),
    log_epsilon=st.floats(-13, 0.6),
)
def test_rounds_for_is_the_first_that_satisfies(log_rate, log_miss, contracting, limit, log_epsilon):
    """Against a scan of all n ≤ limit, for bounds that fall, reach a floor, rise again, or first rise."""
    rate, miss, epsilon = 1 - 10**log_rate, 10.0**log_miss, 10**log_epsilon

    def bound(n):
        beta = rate**n + miss * (1 - rate**n) / (1 - rate) + 1e-12
        return gain_bound_over_types(beta, 1.0, contracting=contracting, rounds=n, miss=miss)

    first = next((n for n in range(1, limit + 1) if bound(n) <= epsilon), None)
    assert rounds_for(epsilon, bound, limit) == first


def test_rounds_for_of_a_slow_network_takes_few_evaluations():
    """2β - β² ≤ ε ⇔ β ≤ 1 - √(1-ε), so n = ⌈ln β / ln r⌉; and n₀ = ln(2/ε) / -ln r always suffices."""
    rate, epsilon, seen = 1 - 1e-6, 1e-5, []

    def bound(n):
        seen.append(n)
        return gain_bound_over_types(rate**n, 1.0)

    found = rounds_for(epsilon, bound)
    assert found == math.ceil(math.log(1 - math.sqrt(1 - epsilon)) / math.log(rate))
    assert found <= math.log(2 / epsilon) / -math.log(rate)
    assert len(seen) < 150


def test_rounds_for_a_bound_that_stays_above():
    """A floor above ε is never reached, nor is a bound that is not a number."""
    assert rounds_for(1e-3, lambda n: 0.5**n + 0.01) is None
    assert rounds_for(1e-3, lambda n: math.nan) is None
    assert rounds_for(1e-3, lambda n: 0.5**n, limit=9) is None
    assert rounds_for(1.0, lambda n: 0.5**n) == 1
