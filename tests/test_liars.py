"""Bidders and EVs that ask for something else than a faithful answer, against what their one line says that it is."""

import numpy as np
import pytest

import robosim
from robosim.agent import View
from robosim.controllers.selfish.bidders import CapacityWithholding, CostMisreport
from robosim.controllers.selfish.evs import EarlyDeparture, Shift


@pytest.mark.parametrize(("shift", "scale"), [(0.5, 1.0), (0.0, 3.0), (-0.25, 0.5), (0.25, 4.0)])
def test_a_misreport_is_the_answer_of_the_cost_that_is_pretended(shift: float, scale: float) -> None:
    """T, section II with v(z) = (z - 1)²: argmin scale (z - shift - 1)² + λz = 1 + shift - λ/(2 scale)."""
    record = robosim.run("two-bidders", strategies={1: CostMisreport(shift=shift, scale=scale)})
    said, price = record.said["z"][0, :, :, 0], record.prices[0, :, 0]
    np.testing.assert_array_equal(record.kept, np.arange(81))
    np.testing.assert_allclose(said[1:, 1], 1 + shift - price[:-1] / (2 * scale), atol=1e-12)
    np.testing.assert_allclose(said[1:, 0], 1 - price[:-1] / 2, atol=1e-12)


@pytest.mark.parametrize(("lowest", "share", "most"), [(0.0, 0.3, 0.3), (0.4, 0.2, 0.4), (0.4, 0.9, 0.9)])
def test_who_withholds_asks_for_its_share_of_the_upper_limit_and_keeps_the_lower_one(
    lowest: float, share: float, most: float
) -> None:
    """Limits [lowest, 1]: min(1 - λ/2, max(share · 1, lowest))."""
    keys = {"bidders.bid_limits_kw": [lowest, 1.0]}
    record = robosim.run("two-bidders", set=keys, strategies={0: CapacityWithholding(share=share)})
    said, price = record.said["z"][0, :, :, 0], record.prices[0, :, 0]
    faithful = np.clip(1 - price[:-1] / 2, lowest, 1.0)
    np.testing.assert_allclose(said[1:, 0], np.minimum(faithful, most), atol=1e-12)
    np.testing.assert_allclose(said[1:, 1], faithful, atol=1e-12)


@pytest.mark.parametrize("by", [-30, -4, -1, 0, 1, 4, 30])
@pytest.mark.parametrize(("first", "stop"), [(0, 24), (3, 20), (0, 7), (18, 24)])
def test_a_shifted_plan_is_the_plan_so_many_periods_later_within_stay_and_day(by: int, first: int, stop: int) -> None:
    """z'_t = z_{t-by} for t in the stay and t - by in the day, else 0; 24 periods of an hour."""
    z = np.arange(1.0, 25.0)
    own = {"stay": np.array([[first, stop]]), "energy_cost": np.zeros((1, 24))}
    view = View(own, None, {"z": z[None], "dual": np.zeros((1, 1))}, {"rounds": 9, "hours": 1.0})
    said = Shift(hours=float(by)).say(1, None, view)[1]["z"][0]
    by = max(-24, min(by, 24))
    expected = [z[t - by] if first <= t < stop and 0 <= t - by < 24 else 0.0 for t in range(24)]
    assert said.tolist() == expected


@pytest.mark.parametrize(("hours", "leaves"), [(1, [16, 9, 5]), (2, [12, 8, 5]), (30, [4, 8, 5]), (-1, [24, 17, 5])])
def test_who_pretends_to_leave_early_is_there_for_a_period_at_least(hours: int, leaves: list[int]) -> None:
    """Stays 3 to 20, 7 to 13 and none at all, in quarters of an hour: max(stop - 4 hours, first + 1)."""
    own = {"stay": np.array([[3.0, 20.0], [7.0, 13.0], [5.0, 5.0]]), "energy_cost": np.zeros((3, 96))}
    stay = EarlyDeparture(hours=float(hours)).pretended(own, 0.25)["stay"]
    np.testing.assert_array_equal(stay, np.stack([own["stay"][:, 0], leaves], axis=1))
