"""The leader's bound of the optimum is the best that any price gave, whatever the last one was."""

import numpy as np
import pytest

import robosim


@pytest.mark.parametrize("rounds", [1, 2, 3, 6])
def test_a_price_that_runs_away_takes_no_bound_with_it(rounds: int) -> None:
    """T, section II: q(λ) = λ - λ²/2. From ½ steps of 3 give ½, 2, -1, 5, …: q falls from its first 3/8 for ever.

    Both ask for the same, so that the decision is (½, ½), of social cost ½: the gap stays 1/8.
    """
    keys = {"market.step": 3.0, "market.start_price": 0.5, "mission.rounds": rounds, "leader.tax": "groves"}
    with pytest.warns(UserWarning, match=r"market\.step: 3 is above the sure step 1/L = 1"):
        record = robosim.run("two-bidders", set=keys)
    prices = 1 - 0.5 * (-2.0) ** np.arange(rounds + 1)
    np.testing.assert_allclose(record.prices[0, :, 0], prices)
    assert record.gap[0] == pytest.approx(1 / 8)
    assert record.verdict.epsilon.certified == pytest.approx(1 / 8)
