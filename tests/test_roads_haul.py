"""Trucks on the roads: metered costs are those of the decision, whatever the number of periods and the congestion."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.errors import BadInput
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.haul import haul
from robosim.freight.roads.instance import Instance, coupled

EXAMPLE = paper_instance("example-1")
BPR = replace(EXAMPLE, power=4.0, congestion=EXAMPLE.congestion * 1e-6)
seeds, powers = st.integers(0, 2**32 - 1), st.sampled_from([EXAMPLE, BPR, replace(BPR, power=2.5)])


def decision(instance: Instance, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.0, 60.0, (instance.N, instance.variables))


@settings(max_examples=60, deadline=None)
@given(instance=powers, periods=st.integers(1, 200), seed=seeds)
def test_metered_cost_is_that_of_the_decision(instance: Instance, periods: int, seed: int) -> None:
    """X, (B.2): f_i = c_i'Q_i x_i + Σ_e (Q_i x_i)_e a_e F_e^p, for linear congestion and for BPR."""
    x, problem = decision(instance, seed), coupled(instance)
    metered = haul(instance, x, periods=periods)
    assert metered.cost.sum(axis=1) == pytest.approx(problem.costs(x), rel=1e-9, abs=0.0)
    assert metered.edge_load.sum(axis=0) == pytest.approx(problem.flow(x), rel=1e-9, abs=1e-9)
    assert metered.cost == pytest.approx(np.repeat(problem.costs(x)[:, None] / periods, periods, axis=1), rel=1e-9)
    assert metered.difference == pytest.approx(np.zeros(instance.N), abs=1e-9 * metered.cost.sum())


@settings(max_examples=60, deadline=None)
@given(instance=powers, seed=seeds, raw=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12).filter(sum))
def test_other_schedules_cost_more_by_a_closed_form(instance: Instance, seed: int, raw: list[float]) -> None:
    """The congestion part grows by Σ_t w (w T)^p ≥ 1 (Jensen); everything else stays."""
    x, weights = decision(instance, seed), np.array(raw) / sum(raw)
    steady, metered = haul(instance, x), haul(instance, x, weights=weights)
    factor = (weights * (weights * len(weights)) ** instance.power).sum()
    assert factor >= 1.0 - 1e-12
    assert metered.delay.sum(axis=1) == pytest.approx(factor * steady.delay[:, 0], rel=1e-9)
    assert metered.difference == pytest.approx((factor - 1.0) * steady.delay[:, 0], rel=1e-6, abs=1e-6)
    private = metered.cost.sum(axis=1) - metered.delay.sum(axis=1)
    assert private == pytest.approx(steady.cost[:, 0] - steady.delay[:, 0], rel=1e-9)
    assert metered.distance.sum(axis=1) == pytest.approx(steady.distance[:, 0], rel=1e-9)


def test_one_truck_drives_the_length_of_its_path() -> None:
    assert EXAMPLE.edge_length is not None
    goods = np.zeros((EXAMPLE.N, EXAMPLE.M, EXAMPLE.K, EXAMPLE.I))
    goods[2, 1, 0, 1] = 3.0
    metered = haul(EXAMPLE, goods, periods=4)
    path = EXAMPLE.path_incidence[2, 1, 1] == 1
    assert metered.distance[2] == pytest.approx(3.0 * EXAMPLE.edge_length[path].sum() / 4)
    assert metered.cost[2].sum() == pytest.approx(
        3.0 * EXAMPLE.private_cost[2, path].sum() + 9.0 * EXAMPLE.congestion[path].sum()
    )
    assert np.array_equal(metered.edge_load, np.tile(0.75 * path, (4, 1)))
    assert not metered.cost[[0, 1, 3]].any()


def test_same_bits_every_time_and_tiny_negative_deliveries_are_carried() -> None:
    x = decision(BPR, 1)
    x[0, 0] = -1e-9
    first, second = haul(BPR, x, periods=7), haul(BPR, x, periods=7)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    assert np.isfinite(first.cost).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"periods": 0}, "periods: must be >= 1, got 0"),
        ({"weights": [0.5, 0.6]}, "weights: must be >= 0 and add up to 1, got the sum 1.1"),
        ({"weights": [1.5, -0.5]}, "weights: must be >= 0"),
        ({"weights": [np.nan, 1.0]}, "weights: must be >= 0"),
        ({"decision": np.zeros((4, 11))}, r"decision: must have the shape .* got \(4, 11\)"),
        ({"decision": np.full((4, 12), np.nan)}, r"decision\[0, 0\]: must be finite and >= 0, got nan"),
        ({"decision": np.full((4, 12), -1.0)}, r"decision\[0, 0\]: must be finite and >= 0, got -1"),
    ],
)
def test_what_cannot_be_carried(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        haul(EXAMPLE, **{"decision": decision(EXAMPLE, 0), **change})
