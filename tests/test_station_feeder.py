"""The feeder: |Σ A_kj x_j exp(iφ_j)| ≤ c_k, its inner polygon, and the Caltech garage against published figures."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.feeder import Feeder, single_limit
from robosim.charging.station.site import plain_site

CALTECH = caltech_site()
SIDES = st.integers(3, 40)


@st.composite
def feeders(draw: st.DrawFn) -> Feeder:
    """Any signs, any phases: sectors from a single direction to the whole circle."""
    n, rows = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    degrees = st.sampled_from([-90.0, -30.0, 0.0, 30.0, 90.0, 150.0, 180.0]) | st.floats(-180, 180)
    return Feeder(
        matrix=draw(arrays(float, (rows, n), elements=st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]))),
        limit_a=draw(arrays(float, rows, elements=st.floats(0.5, 500))),
        phase_rad=np.radians(draw(arrays(float, n, elements=degrees))),
        names=tuple(f"row {k}" for k in range(rows)),
    )


def on_the_edge(feeder: Feeder, direction: np.ndarray, sides: int) -> np.ndarray:
    """The largest multiple of a current ≥ 0 that the polygon allows."""
    rows = feeder.inner_polygon(sides)
    load = rows.matrix @ direction
    binding = load > 1e-9
    return direction * (rows.limit_a[binding] / load[binding]).min() if binding.any() else direction


@settings(deadline=None)
@given(feeders(), SIDES, st.data())
def test_what_the_polygon_allows_is_inside_the_cone(feeder: Feeder, sides: int, data: st.DataObject) -> None:
    n = feeder.matrix.shape[1]
    direction = data.draw(arrays(float, n, elements=st.just(0.0) | st.floats(0.01, 1)))
    x = on_the_edge(feeder, direction, sides)
    assert (feeder.loads(x) <= feeder.limit_a * (1 + 1e-9) + 1e-7).all()


@settings(deadline=None)
@given(feeders(), SIDES, st.data())
def test_no_more_is_lost_than_stated(feeder: Feeder, sides: int, data: st.DataObject) -> None:
    """|Σ| ≤ c cos(π/sides) on every row implies every row of the polygon."""
    rows = feeder.inner_polygon(sides)
    assert 0 <= rows.loss <= 1 - np.cos(np.pi / sides) + 1e-12
    x = data.draw(arrays(float, feeder.matrix.shape[1], elements=st.floats(0, 100)))
    loads = feeder.loads(x)
    if loads.max() > 0:
        x = x * (feeder.limit_a * (1 - rows.loss) / np.maximum(loads, 1e-9)).min()
    assert (rows.matrix @ x <= rows.limit_a * (1 + 1e-9) + 1e-7).all()


def test_one_direction_loses_nothing_and_needs_one_row() -> None:
    rows = CALTECH.feeder.inner_polygon(24)
    for pod in (0, 1):
        (row,) = np.flatnonzero(rows.origin == pod)
        assert rows.limit_a[row] == 80.0
        assert rows.matrix[row] == pytest.approx(CALTECH.feeder.matrix[pod], abs=1e-15)
    assert np.bincount(rows.origin).tolist() == [1, 1, 4, 4, 4, 8, 8, 8]  # sectors of 60° and 120° in steps of 15°
    assert rows.loss == pytest.approx(1 - np.cos(np.pi / 24))


def test_opposite_directions_give_both_signs() -> None:
    feeder = Feeder(matrix=np.array([[1.0, -1.0]]), limit_a=np.array([5.0]), phase_rad=np.zeros(2), names=("both",))
    rows = feeder.inner_polygon(4)
    for x in ([6.0, 0.0], [0.0, 6.0]):
        assert (rows.matrix @ np.array(x) > rows.limit_a).any()


def test_directions_all_round_need_the_whole_polygon() -> None:
    """Phasors at 0°, 10°, 130° and 250°: what they sum to may point anywhere, also into the gap from 250° to 360°."""
    feeder = Feeder(
        matrix=np.ones((1, 4)),
        limit_a=np.array([10.0]),
        phase_rad=np.radians([0.0, 10, 130, 250]),
        names=("all round",),
    )
    rows = feeder.inner_polygon(12)
    assert len(rows.limit_a) == 12
    gap = np.array([20.0, 0, 0, 20.0])  # at 305°, 23 A
    assert feeder.violations(gap) > 10
    assert (rows.matrix @ gap > rows.limit_a).any()


def test_violations_over_time_are_those_of_each_moment() -> None:
    x = np.random.default_rng(0).uniform(0, 32, size=(5, 3, 54))
    together = CALTECH.feeder.violations(x)
    assert together.shape == (5, 3, 8)
    assert together[2, 1] == pytest.approx(CALTECH.feeder.violations(x[2, 1]))
    assert together.max() > 0


def test_linear_rows_keep_their_sign() -> None:
    feeder = Feeder(
        matrix=np.array([[1.0, -1.0]]), limit_a=np.array([5.0]), phase_rad=np.zeros(2), names=("net",), linear=True
    )
    assert feeder.violations(np.array([[7.0, 0.0], [0.0, 7.0]])).ravel().tolist() == [2.0, 0.0]
    assert single_limit(10.0, 3).violations(np.full(3, 4.0)) == 2.0
    rows = feeder.inner_polygon()
    assert rows.matrix is feeder.matrix
    assert rows.loss == 0.0


@pytest.mark.parametrize("sides", [2, 5000])
def test_sides_that_make_no_polygon(sides: int) -> None:
    with pytest.raises(ValueError, match="sides must be 3"):
        CALTECH.feeder.inner_polygon(sides)


def test_the_caltech_garage_by_hand() -> None:
    """26, 14 and 14 stations between the phases; limits 80 A, 150 kW / 3 / 120 V and 150 kW / 3 / 277 V."""
    feeder, evses = CALTECH.feeder, CALTECH.evses
    assert len(evses) == len(set(evses.ids)) == 54
    assert [int(np.isclose(feeder.phase_rad, np.radians(deg)).sum()) for deg in (30, -90, 150)] == [26, 14, 14]
    assert feeder.limit_a == pytest.approx([80, 80] + [150e3 / 360] * 3 + [150e3 / 831] * 3)
    assert [(evses.levels_a[evses.table][:, 1] == lowest).sum() for lowest in (6.0, 8.0)] == [46, 8]
    assert set(evses.voltage_v) == {208.0}
    phase = dict(zip(evses.ids, np.degrees(feeder.phase_rad), strict=True))
    assert [phase[name] for name in ("CA-308", "CA-322", "CA-489", "CA-304", "CA-213", "CA-307", "CA-502")] == (
        pytest.approx([30, 30, 30, -90, -90, 150, 150])
    )
    assert feeder.matrix.sum(axis=1) == pytest.approx([8, 8, 12, -12, 0, 3, -6, 3])


def test_balanced_currents_meet_the_textbook() -> None:
    """With I between every two phases a line of the secondary carries √3·I, of the primary 3·I/4."""
    x = np.zeros(54)
    for degrees in (30, -90, 150):
        here = np.flatnonzero(np.isclose(CALTECH.feeder.phase_rad, np.radians(degrees)))
        x[here] = 100.0 / len(here)
    loads = CALTECH.feeder.loads(x)
    assert loads[2:5] == pytest.approx([100 * np.sqrt(3)] * 3)
    assert loads[5:] == pytest.approx([75.0] * 3)


def test_acnportal_has_the_same_garage() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sites = pytest.importorskip(
            "acnportal.acnsim.network.sites",
            reason="LOUD: acnportal is not installed, its Caltech site is not compared",
        )
        theirs = sites.caltech_acn()
    order = [CALTECH.evses.ids.index(name) for name in theirs.station_ids]
    assert sorted(order) == list(range(54))
    assert np.array_equal(theirs.constraint_matrix, CALTECH.feeder.matrix[:, order])
    assert theirs.magnitudes == pytest.approx(CALTECH.feeder.limit_a, rel=1e-15)
    assert np.radians(theirs._phase_angles) == pytest.approx(CALTECH.feeder.phase_rad[order])
    for rates, number in zip(theirs.allowable_rates, order, strict=True):
        levels = CALTECH.evses.levels_a[CALTECH.evses.table[number]]
        assert levels[np.isfinite(levels)].tolist() == list(rates)
    x = np.random.default_rng(1).uniform(0, 32, size=(54, 20))
    np.testing.assert_allclose(np.abs(theirs.constraint_current(x)).T, CALTECH.feeder.loads(x[np.argsort(order)].T))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.floats(1, 500))
def test_a_plain_site_is_one_sum(count: int, limit_kw: float) -> None:
    site = plain_site(count, limit_kw)
    even = np.full(count, limit_kw * 1000 / 208 / count)
    assert site.feeder.violations(even) == pytest.approx(0, abs=1e-9)
    assert site.feeder.violations(2 * even) == pytest.approx(limit_kw * 1000 / 208)
    assert sorted(site.evses.ids) == list(site.evses.ids)
