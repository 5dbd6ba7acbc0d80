"""Nothing ends silently: what stops at a cap, a tolerance or a bound says so, with the figure that it reached."""

import numpy as np
import piqp
import pytest

import robosim
from robosim.auction import cells
from robosim.auction.bids import best_bids
from robosim.auction.projection import PublicLimits, refuse
from robosim.certificate import at_least_0, at_most
from robosim.charging import problem as charging_day
from robosim.charging.station import execution
from robosim.controllers.parts import bent, charging, local_solvers
from robosim.controllers.parts.local_problem import LocalProblem
from robosim.errors import BadInput
from robosim.freight.coupled import feasible as coupled_feasible
from robosim.freight.coupled import optimum as coupled_optimum
from robosim.freight.coupled.problem import Coupled
from robosim.kernels import Unsettled
from robosim.kernels.coupling import nearest_within
from robosim.kernels.ev_response import root
from robosim.leader.tax_rule import CLEARING_PRICE
from robosim.rendezvous.gains import bounded, figures


def test_only_rounding_is_cut_from_a_certificate():
    gains = np.array([0.5, 2.0 + 1e-10, np.nan])
    np.testing.assert_array_equal(at_most(gains, 2.0, 1.0, "exact ≤ certified"), [0.5, 2.0, np.nan])
    with pytest.raises(Unsettled, match=r"bounded ≤ exact does not hold for agent 1: 2\.1 > 2, figures of 1"):
        at_most(np.array([0.5, 2.1]), np.array([1.0, 2.0]), 1.0, "bounded ≤ exact")
    assert at_least_0(-1e-10, 1.0, "bound ≤ cost") == 0.0
    with pytest.raises(Unsettled, match=r"bound ≤ cost does not hold: a gap of -0\.1"):
        at_least_0(-0.1, 1.0, "bound ≤ cost")


@pytest.mark.parametrize(
    ("name", "words"), [("exact_gains", "exact ≤ certified"), ("bounded_gains", "attained ≤ bounded")]
)
def test_a_broken_order_names_its_world(monkeypatch, name, words):
    """Were a figure far above its bound, nobody would be told a certificate."""
    options = {"mission.rounds": 20}
    mission = robosim.load("rendezvous", set=options)
    real = getattr(figures, name)
    monkeypatch.setattr(figures, name, lambda *args, **more: real(*args, **more) + 1e9)
    with pytest.raises(Unsettled, match=f"rendezvous.*: {words} does not hold for agent"):
        robosim.certify(mission)


def test_bounded_gains_whose_solver_failed_are_said_to_be_attained_only(monkeypatch):
    monkeypatch.setattr(bounded, "solve", lambda problem, faithful: (faithful, False))
    mission = robosim.load("rendezvous", set={"mission.rounds": 5})
    with pytest.warns(UserWarning, match=r"the solver did not end for \d+ of \d+ agents, first 0"):
        robosim.certify(mission)


def test_too_many_cells_leave_no_exact_figure_and_say_so(monkeypatch):
    monkeypatch.setattr(cells, "CELLS", 0)
    mission = robosim.load("market", set={"mission.rounds": 5, "bidders.bid_limits_kw": [0, 1]})
    rules = {**mission.announced, "epsilon": None}
    with pytest.warns(UserWarning, match="agent 0: no exact figure within limits, .* more than 0 cells"):
        assert best_bids(mission.allocation, rules, 0, CLEARING_PRICE, within_limits=True) is None


def roads(power):
    """Two suppliers, two roads each, one good."""
    theta = [[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]
    return Coupled.of(
        [[1.0, 2.0], [2.0, 1.0]], 1.0, [3.0], theta=theta, congestion=[1.0, 0.3, 2.0], power=power, lower=0.0
    )


def test_newtons_steps_of_the_central_optimum(monkeypatch):
    monkeypatch.setattr(coupled_optimum, "STEPS", 1)
    with pytest.raises(Unsettled, match=r"central optimum: not settled in 1 Newton steps, .* promised [0-9.e-]+ less"):
        coupled_optimum.optimum(roads(4.0))


def test_a_central_optimum_that_piqp_does_not_find_is_not_called_endless(monkeypatch):
    """X's problems always have one; who asks is blamed with a proof only."""
    monkeypatch.setattr(coupled_feasible, "MOST_STEPS", 1)
    monkeypatch.setattr(coupled_optimum, "LOOSER", (1e-12,))
    with pytest.raises(Unsettled, match="central optimum: not found by piqp"):
        coupled_optimum.optimum(roads(1.0))


@pytest.mark.parametrize(("name", "value"), [("PASSES", 0), ("MOST_STEPS", 1)])
def test_nearest_decisions(monkeypatch, name, value):
    monkeypatch.setattr(coupled_feasible, name, value)
    monkeypatch.setattr(coupled_feasible._Space, "nearest_corner", lambda *_: None)
    with pytest.raises(Unsettled, match=r"nearest decision: .* 3"):
        coupled_feasible.nearest_feasible(roads(1.0), np.zeros((2, 2)))


def test_newtons_steps_of_local_problems(monkeypatch):
    monkeypatch.setattr(bent, "TURNS", 0)  # compiled steps are lost, careful ones are taken
    monkeypatch.setattr(local_solvers, "STEPS", 1)
    problem = roads(4.0)
    rules = {"theta": problem.theta, "congestion": problem.congestion, "power": problem.power}
    local = LocalProblem.of(problem.own(), rules, np.ones(2), np.ones(2))
    with pytest.raises(Unsettled, match=r"agent 0: .* did not settle in 1 Newton steps, .* a fall of [0-9.e+-]+ of"):
        local.solve(np.full((1, 2, 4), 9.0), np.zeros((1, 2, 2)))


def test_the_nearest_power_on_a_feeder(monkeypatch):
    """Three kW through a row of one: without a sweep the row carries two too many."""
    weights, z, mu = np.array([[1.0, 0.5]]), np.full((1, 1, 1), 3.0), np.zeros((1, 2, 1))
    given = (weights, np.array([[1.0], [9.0]]), np.array([[9.0]]), np.ones((1, 1), dtype=bool))
    assert nearest_within(*given, z.copy(), mu.copy(), 0) == pytest.approx(0.5)
    assert nearest_within(*given, z, mu) <= 1e-13
    assert z.item() == pytest.approx(1.0)
    one = np.ones(1)
    day = charging_day.ChargingDay(
        curvature=one, energy_cost=np.zeros((1, 1)), limit_kw=9 * one, stay=np.array([[0, 1]]), energy=one, unmet=one,
        weights=weights, rows_kw=given[1][:, 0], least_curvature=one, told=np.zeros((1, 3)),
    )  # fmt: skip
    monkeypatch.setattr(charging_day, "nearest_within", lambda *args: nearest_within(*args, 0))
    with pytest.raises(Unsettled, match=r"feeder: the nearest power misses a row's limit by 0\.5 of it"):
        day.project(np.full((1, 1, 1), 3.0), np.ones((1, 1, 1), dtype=bool))


def test_levels_blame_limits_with_a_proof_only():
    """c = 3 of two numbers up to 1 cannot be; c = 1 can, and a level that is not found is our fault."""
    one = np.ones((1, 1))
    for c, error, words in ((3.0, BadInput, "no division"), (1.0, Unsettled, r"resource 0 .* within 0 … 2")):
        site = PublicLimits(None, np.array([c]), np.zeros((2, 1)), np.ones((2, 1)), equal=True)
        with pytest.raises(error, match=words):
            refuse(site, np.array([[np.nan]]), 0 * one, 2 * one)


def test_the_worth_of_an_evs_energy():
    """Some steps find where two periods of 1 kW serve 1.2; one finds nothing, and says which EV that was."""
    z, u, part = np.zeros(16), np.zeros(16), np.empty(16)
    z[:2], u[:2] = [-1.0, -3.0], 1.0
    assert root(z, u, 2, 16, 1.2, 0.0, 0.0, -np.inf, np.inf, part)[0] == pytest.approx(3.2)
    assert np.isnan(root(z, u, 2, 16, 1.2, 0.0, 0.0, -np.inf, np.inf, part, 1)).all()
    with pytest.raises(Unsettled, match="EV 1, mission 0: no worth of its energy was found"):
        charging.answered(np.zeros((1, 2, 1)), np.array([[0.0, np.nan]]), np.zeros((1, 2)))


def test_the_central_optimum_of_a_day(monkeypatch):
    real = piqp.SparseSolver

    def hasty():
        solver = real()
        solver.settings.max_iter = 1
        return solver

    mission = robosim.load("charging-day-ahead", set={"mission.rounds": 5})
    monkeypatch.setattr(piqp, "SparseSolver", hasty)
    with pytest.raises(Unsettled, match="piqp ended with PIQP_MAX_ITER_REACHED after 1 step"):
        charging_day.solved(mission.allocation)


def test_cars_that_all_stop_are_told(monkeypatch):
    mission = robosim.load("charging-day-ahead", set={"mission.rounds": 5})
    real = execution.execute_day
    monkeypatch.setattr(execution, "execute_day", lambda *args: (real(*args)[0], 3))
    station, plan = mission.day.station, np.zeros((mission.allocation.agents, mission.allocation.periods))
    with pytest.warns(UserWarning, match=r"station: in 3 of \d+ steps no easing of pilots kept to the feeder"):
        station.execute(plan)
