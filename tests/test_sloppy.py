"""What comes from elsewhere is not trusted: words that are numbers in part, limits that nearly meet, sloppy solvers."""

from types import SimpleNamespace

import numpy as np
import pytest

import robosim
from robosim.agent import Strategy
from robosim.auction.problem import Allocation
from robosim.errors import BadInput
from robosim.freight.coupled import bound as coupled_bound
from robosim.freight.coupled.problem import Coupled


class HalfNumber(Strategy):
    """From round 3 on says a place of which one coordinate is a number and the other is none."""

    def __init__(self, missing: int, value: float) -> None:
        self.missing, self.value = missing, value

    def say(self, k, memory, view):
        z = view.faithful["z"].copy()
        if k >= 3:
            z[:, self.missing] = self.value
        return memory, {"z": z}


@pytest.mark.parametrize("missing", [0, 1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_words_that_are_numbers_in_part_are_refused_whole(missing: int, value: float) -> None:
    """The last place that could be used holds, in both coordinates; the sender pays C."""
    world = {"robots.count": 6, "mission.rounds": 15}
    record = robosim.run("rendezvous-honest", set=world, strategies={2: HalfNumber(missing, value)})
    places = record.positions[0, :, 2]
    np.testing.assert_array_equal(places[2:], np.broadcast_to(places[2], places[2:].shape))
    assert (places[2] != places[0]).all()
    assert record.settlement.refused[0].tolist() == [i == 2 for i in range(6)]
    assert record.settlement.tax[0, 2] == record.rules.penalty


@pytest.mark.parametrize("apart", [1e-6, 1e-4, 1e-2])
def test_rows_that_contradict_each_other_by_little_leave_no_division(apart: float) -> None:
    """z₁ + z₂ = 1 and z₁ + z₂ = 1 + δ: no division keeps to both, a millionth is too much."""
    R = np.ones((2, 2, 1))
    everybody = np.ones((1, 2, 1), dtype=bool)
    said = np.array([[[0.7], [0.8]]])
    alike = Allocation.of([[1.0], [1.0]], 0.0, R, [1.0, 1.0]).project(said, everybody)[0]
    np.testing.assert_allclose(alike[0, :, 0], [0.45, 0.55], atol=1e-12)
    with pytest.raises(BadInput, match="no division keeps to c"):
        Allocation.of([[1.0], [1.0]], 0.0, R, [1.0, 1.0 + apart]).project(said, everybody)


@pytest.mark.parametrize("apart", [1e-8, 1e-5])
def test_a_row_that_is_exceeded_by_little_is_kept(apart: float) -> None:
    """z₁ + z₂ ≤ 1, z₁ - z₂ ≤ 1/2 at (½, ½ + δ): the nearest point gives up δ/2 each, and the other row pulls nobody."""
    R = np.array([[[1.0], [1.0]], [[1.0], [-1.0]]])
    problem = Allocation.of([[1.0], [1.0]], 0.0, R, [1.0, 0.5], sense="<=")
    shares, mu = problem.project(np.array([[[0.5], [0.5 + apart]]]), np.ones((1, 2, 1), dtype=bool))
    np.testing.assert_allclose(shares[0, :, 0], [0.5 - apart / 2, 0.5 + apart / 2], rtol=0, atol=1e-14)
    np.testing.assert_allclose(mu[0, 0], [apart / 2, 0.0], rtol=0, atol=1e-14)


@pytest.mark.parametrize("off", [-0.5, -1e-3, 0.0, 1e-3, 0.5, 3.0])
def test_a_solver_s_multipliers_give_a_lower_bound_whatever_they_are(
    monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    """min c'y, y in [0, 1]², y₁ + y₂ ≤ 3/2 with c = (-3, -1) is -7/2: c + μ 1 ≥ … - (3/2) μ holds for μ ≥ 0 only."""

    def sloppy(cost, A_ub, b_ub, bounds, method):
        return SimpleNamespace(status=0, ineqlin=SimpleNamespace(marginals=np.array([-1.0 - off, 1e-3])))

    rows = [[1.0, 1.0], [1.0, -1.0]]
    problem = Coupled.of([[0.0, 0.0]], 1.0, [1.0], limits=rows, most=[1.5, 50.0], lower=0.0, upper=1.0)
    monkeypatch.setattr(coupled_bound, "linprog", sloppy)
    mu = max(1.0 + off, 0.0)
    found = coupled_bound.cheapest(problem, 0, np.array([-3.0, -1.0]))
    assert found <= -3.5 + 1e-12
    assert found == pytest.approx(min(0.0, mu - 3) + min(0.0, mu - 1) - 1.5 * mu)
