"""The drawn day has the quantiles of ACN-Data's Caltech sessions (Lee, Li, Low 2019), and can be served."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from robosim.charging import sources as drawn
from robosim.charging.sources import drawn_day
from robosim.errors import BadInput

TOLD_H = drawn.SHORTEST_STATED_MIN / 60


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 2**32))
def test_every_session_is_within_the_ends_and_can_be_served(count: int, seed: int) -> None:
    day = drawn_day(count, np.random.default_rng(seed))
    assert len(day) == count == len(set(day.ids)) == len(day.stations)
    stated_h = (day.stated_departure_min - day.arrival_min) / 60
    usable_kw = 0.9 * 6.656 * (1 + 1e-12)
    assert (day.delivered_kwh <= usable_kw * np.minimum(day.stay_h, stated_h)).all()
    assert (day.asked_kwh <= usable_kw * np.minimum(day.stay_h, stated_h)).all()
    assert (day.asked_kwh > 0).all()
    for values, ends in (
        (day.arrival_min / 60, drawn.ARRIVAL_H),
        (day.stay_h, drawn.STAY_H),
        (day.delivered_kwh, drawn.DELIVERED_KWH),
    ):
        assert ((values >= ends[0] - 1e-9) & (values <= ends[-1] + 1e-9)).all()
    assert ((stated_h >= TOLD_H - 1e-9) & (day.stated_departure_min <= 1440) & (day.departure_min <= 1440)).all()
    assert (np.diff(day.arrival_min) >= 0).all()


@pytest.fixture(scope="module")
def many() -> drawn.Sessions:
    return drawn_day(100_000, np.random.default_rng(3))


def test_quantiles_are_the_measured_ones(many: drawn.Sessions) -> None:
    """Arrival exactly (nothing cuts it); stay up to the midnight cut; energy up to what the stay can hold."""
    levels = drawn.LEVELS[1:-1]
    assert np.quantile(many.arrival_min / 60, levels) == pytest.approx(drawn.ARRIVAL_H[1:-1], rel=0.02)
    assert np.quantile(many.stay_h, levels) == pytest.approx(drawn.STAY_H[1:-1], rel=0.04)
    assert np.quantile(many.delivered_kwh, levels) == pytest.approx(drawn.DELIVERED_KWH[1:-1], rel=0.16)
    late = (many.departure_min - many.stated_departure_min) / 60
    assert np.quantile(late, levels) == pytest.approx(drawn.LATENESS_H[1:-1], abs=1.0)


def test_who_stays_long_leaves_later_than_stated_as_in_the_data(many: drawn.Sessions) -> None:
    """Rank correlations measured on 8 317 claimed sessions: stay with lateness 0.76, with arrival -0.44."""
    late = many.departure_min - many.stated_departure_min
    assert spearmanr(many.stay_h, late).statistic == pytest.approx(0.76, abs=0.08)
    assert spearmanr(many.stay_h, many.arrival_min).statistic == pytest.approx(-0.44, abs=0.05)


def test_most_drivers_ask_for_more_than_they_take(many: drawn.Sessions) -> None:
    assert 0.5 < (many.asked_kwh > 1.1 * many.delivered_kwh).mean() < 0.87


def test_same_seed_same_day() -> None:
    one, other = (drawn_day(30, np.random.default_rng(5)) for _ in range(2))
    assert one.asked_kwh.tobytes() == other.asked_kwh.tobytes()
    assert one.departure_min.tobytes() == other.departure_min.tobytes()


def test_fewer_than_no_cars_is_refused() -> None:
    with pytest.raises(BadInput, match="count: must be >= 0"):
        drawn_day(-1, np.random.default_rng(0))
