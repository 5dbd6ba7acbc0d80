"""Every number that the papers print, or that follows from their formulas by hand."""

import numpy as np
import pytest

import robosim

pytestmark = pytest.mark.filterwarnings("ignore:.*the published bound penalises faithful robots")


def test_erratum_published_bound_penalises_faithful_robots_and_the_corrected_ones_do_not() -> None:
    """T, Algorithm 2, line 12: path of 5, α = 0.9/λmax, Θ = [-1, 1], n = 120, θ = (1, 1, -1, -1, -1)."""
    published = robosim.run("erratum", set={"leader.bound": "paper-as-published"})
    assert published.settlement.penalised[0]
    assert published.settlement.distance[0] == pytest.approx(1.22e-5, rel=5e-3)
    assert published.settlement.beta == pytest.approx(9.92e-6, rel=5e-3)
    assert published.settlement.tax[0].tolist() == [20.0] * 5  # C = N ‖hi - lo‖² = 5·4, line 15
    for bound in ("paper", "tight"):
        assert not robosim.run("erratum", set={"leader.bound": bound}).settlement.penalised[0]


@pytest.mark.parametrize(("agents", "first"), [(5, 103), (8, 406), (10, 741), (12, 1189)])
def test_first_round_at_which_the_published_bound_breaks_on_a_path(agents: int, first: int) -> None:
    """Step types (0, …, 0, 1, …, 1) on Θ = [0, 1]: ln(pref/|c₂|) / ln((1-αλmin)/(1-ρ)) rounds, simulated."""
    step = [[0.0]] * (agents // 2) + [[1.0]] * (agents - agents // 2)
    record = robosim.run(
        "erratum",
        set={
            "robots.count": agents,
            "robots.type_space_m": [0.0, 1.0],
            "robots.starts_m": step,
            "mission.rounds": first + 5,
            "leader.bound": "paper-as-published",
        },
    )
    beyond = record.distance[0] > record.beta
    assert record.kept[beyond][0] == first


def test_proposition_5_with_the_published_bound_a_twitching_robot_gains() -> None:
    """N = 10, n = 741: faithful agents are penalised (C = 10), so re-entering the ball by 1e-8 saves most of it."""
    record = robosim.run(
        "erratum",
        set={
            "robots.count": 10,
            "robots.type_space_m": [0.0, 1.0],
            "robots.starts_m": [[0.0]] * 5 + [[1.0]] * 5,
            "mission.rounds": 741,
            "leader.bound": "paper-as-published",
        },
    )
    assert record.settlement.distance[0] == pytest.approx(6.40e-8, rel=1e-2)
    np.testing.assert_allclose(record.net_cost[0], 10.25, atol=1e-6)
    assert record.verdict.epsilon.certified == pytest.approx(10.25 - 2.5, abs=1e-6)
    assert any("penalises the faithful team" in note for note in record.verdict.notes)


def test_algorithm_2_settles_with_groves_taxes() -> None:
    """Line 13: π_i = Σ_{j≠i} v̂_j, and the decision tends to the mean, so the social cost to ‖(I - J) θ‖²."""
    record = robosim.run("erratum")
    costs = record.private_cost[0]
    np.testing.assert_allclose(record.settlement.tax[0], costs.sum() - costs, rtol=1e-12)
    theta = np.array([1.0, 1.0, -1.0, -1.0, -1.0])
    assert record.verdict.optimum == pytest.approx(((theta - theta.mean()) ** 2).sum())
    assert record.verdict.social_cost == pytest.approx(record.verdict.optimum, abs=1e-4)
    np.testing.assert_allclose(record.decision[0, :, 0], theta.mean(), atol=1e-5)
