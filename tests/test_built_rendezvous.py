"""From a world file to a rendezvous: step sizes, rounds and walls that a faithful body can keep, in closed form."""

import numpy as np
import pytest

import robosim
from robosim.errors import BadInput

STAR = {"robots.count": 6, "mission.rounds": 50, "network.graph": "star"}
"""λmax = 6, the hub's degree is 5."""
BOX = {"robots.dimension": 2, "robots.type_space_m": [-3.0, 3.0], "robots.speed_limit_mps": 0.5}


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_walls_and_rounds_make_room_for_where_noise_carries_a_faithful_team(noise: float) -> None:
    """Walls at ±(3 + n noise); a round lasts α·5·(diagonal between them + 2 noise)/speed."""
    mission = robosim.load("rendezvous-honest", set=STAR | BOX | {"robots.position_noise_m": noise})
    world, wall = mission.world, 3.0 + 50 * noise
    np.testing.assert_allclose(world.lower, -wall)
    np.testing.assert_allclose(world.upper, wall)
    assert mission.announcement.alpha == pytest.approx(1 / 6)
    assert world.dt_s == pytest.approx(5 / 6 * (2 * wall * np.sqrt(2) + 2 * noise) / 0.5)


def test_the_longest_faithful_step_is_one_that_a_body_can_take() -> None:
    """All leaves stand in one corner and land beyond it, the hub in the opposite one: it moves by α·5·(w + 2 noise)."""
    mission = robosim.load("rendezvous-honest", set=STAR | BOX | {"robots.position_noise_m": 0.02})
    width = np.linalg.norm(mission.world.upper - mission.world.lower) + 2 * 0.02
    step = mission.announcement.alpha * 5 * width
    assert step <= mission.world.reach_m * (1 + 1e-12)
    assert step >= mission.world.reach_m * (1 - 1e-9)


@pytest.mark.parametrize("alpha", [1 / 3, 0.34, 0.45, 0.6])
def test_a_step_size_from_which_agreement_diverges_is_refused(alpha: float) -> None:
    """α < 2/λmax = 1/3: beyond it the fastest mode grows by |1 - 6α| ≥ 1 a round."""
    with pytest.raises(BadInput, match=r"leader\.alpha: must be < 2/lambda_max = 0\.333333"):
        robosim.load("rendezvous-honest", set=STAR | {"leader.alpha": alpha})


@pytest.mark.parametrize("alpha", [0.1, 1 / 6, 0.33])
def test_a_smaller_one_shrinks_every_mode(alpha: float) -> None:
    mission = robosim.load("rendezvous-honest", set=STAR | {"leader.alpha": alpha})
    values = np.linalg.eigvalsh(mission.network.laplacian.toarray())[1:]
    assert mission.announcement.bound.factor == pytest.approx(np.abs(1 - alpha * values).max())
    assert mission.announcement.bound.factor < 1
