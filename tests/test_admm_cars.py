"""Exchange ADMM of cars (controllers/parts/admm_car.py, anchored.py): costs that do not bend, prices below 0."""

import json
from dataclasses import dataclass, replace

import daqp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import robosim
from robosim.agent import Deviation
from robosim.charging.absence import day_vcg
from robosim.charging.crowd import Crowd
from robosim.charging.problem import ChargingDay
from robosim.checks import check_mission
from robosim.controllers.admm import AdmmCar
from robosim.controllers.parts.anchored import AnchoredExchange
from robosim.controllers.selfish.pretenders import Pretender
from robosim.errors import BadInput
from robosim.kernels.ev_response import Fleet, respond
from robosim.network.network import Hub

seeds = st.integers(0, 100_000)
SMALL = {
    "mission.controller": "admm",
    "mission.rounds": 4000,
    "station.count": 8,
    "station.limit_kw": 9.0,
    "station.unmet": "allowed",
    "leader.tax": "clearing-price",
    "leader.epsilon_share": 1e-7,
}
WEARLESS = {"station.wear_dollars_per_kw2h": 0.0}
LOSSY = {"station.loss_dollars_per_kw2h": 0.001, "station.demand_dollars_per_kw": 0.5}


def cost_of(mission, record) -> float:
    day: ChargingDay = mission.allocation
    return float(day.costs(record.decision[0]).sum() + day.supply_cost(record.decision)[0])


def by_highs(day: ChargingDay) -> float:
    """The least social cost of a day whose costs do not bend, from the definition: a linear programme."""
    n, t = day.agents, day.periods
    here = (day.stay[:, :1] <= np.arange(t)) & (np.arange(t) < day.stay[:, 1:])
    size = n * t + n  # power, and what is missing
    cost = np.concatenate([day.energy_cost.ravel(), day.unmet])
    rows = np.einsum("ik,pt->kpit", day.weights, np.eye(t)).reshape(-1, n * t)
    wish = np.concatenate([np.repeat(np.eye(n), t, axis=1), np.eye(n)], axis=1)
    upper = [*np.where(here, day.limit_kw[:, None], 0.0).ravel(), *np.full(n, np.inf)]
    found = linprog(
        cost,
        A_ub=np.concatenate([rows, np.zeros((len(rows), n))], axis=1),
        b_ub=np.repeat(day.rows_kw, t),
        A_eq=wish,
        b_eq=day.energy,
        bounds=np.stack([np.zeros(size), upper], axis=1),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    assert found.status == 0
    return float(found.fun)


# -- one car whose costs do not bend -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", ["must", "priced", "capped"])
@given(seeds)
@settings(max_examples=60, deadline=None)
def test_the_cheapest_periods_are_filled_first(wish: str, seed: int) -> None:
    """Against HiGHS: the value is the least cost, the plan costs that much; it is a bound for every other plan."""
    rng = np.random.default_rng([3, seed])
    t, u = int(rng.integers(1, 40)), float(rng.uniform(1, 11))
    first = int(rng.integers(0, t))
    stop, price = int(rng.integers(first, t + 1)), rng.choice([0.1, 0.05], t) * rng.normal(size=t).round(1)
    room = u * (stop - first)
    energy, worth = float(rng.uniform(0, 0.99 if wish == "must" else 1.3)) * room, float(rng.uniform(0.0, 0.2))
    low, high = {"must": (-np.inf, np.inf), "priced": (0.0, worth), "capped": (-np.inf, worth)}[wish]
    one = Fleet(
        curvature=np.zeros((1, 1)),
        cost=price[None, None],
        limit=np.full((1, 1, 1), u),
        stay=np.array([[[first, stop]]], dtype=np.int32),
        wish=np.array([[[energy, 0.0, low, high]]]),
        present=np.ones((1, 1), dtype=bool),
    )
    nu, x, value = np.full((1, 1), np.nan), np.empty((1, 1, t)), np.empty((1, 1))
    load = np.empty((1, t))
    respond(*one, np.zeros((1, t)), nu, x, value, load)
    here = (first <= np.arange(t)) & (np.arange(t) < stop)
    bounds = [(0.0, u if inside else 0.0) for inside in here] + [(0.0, None if wish != "must" else 0.0)]
    row = np.concatenate([np.ones(t), [1.0]])[None]
    exact = {"A_ub": -row, "b_ub": [-energy]} if wish == "priced" else {"A_eq": row, "b_eq": [energy]}
    best = linprog(np.concatenate([price, [0.0 if wish == "must" else worth]]), bounds=bounds, **exact).fun
    assert value[0, 0] == pytest.approx(best, abs=1e-9)
    missing = 0.0 if wish == "must" else worth * max(energy - x.sum(), 0.0)
    assert price @ x[0, 0] + missing == pytest.approx(best, abs=1e-9)
    assert ((x[0, 0] >= 0) & (x[0, 0] <= np.where(here, u, 0.0))).all()
    np.testing.assert_array_equal(load, x[0])


# -- the leader's prices -----------------------------------------------------------------------------------------------


@example(seed=3654, aggregated=False)  # where points hardly have to move, an interior point stays 1e-6 away
@given(seeds, st.booleans())
@settings(max_examples=40, deadline=None)
def test_rows_cost_what_makes_points_fit(seed: int, aggregated: bool) -> None:
    """s_i = p_i - Σ w_ik u_k is nearest to p_i with Σ w_ik s_i ≤ c_k, against daqp; the absent do not count."""
    rng, n, t = np.random.default_rng([5, seed]), 6, 2
    weights = rng.uniform(0.0, 1.0, (n, 5)) * (rng.uniform(size=(n, 5)) < 0.7)
    weights[:, 1] = weights[:, 0] * 1.000001  # nearly parallel, as a polygon's sides
    if aggregated:
        weights[:, -1] = 1.0
    stay = np.stack([rng.integers(0, 2, n), np.full(n, t)], axis=1)
    crowd = Crowd(weights=weights, stay=stay, periods=t, given=4 if aggregated else 5)
    here = rng.uniform(size=n) < 0.8
    points, c = rng.normal(1.0, 1.0, (n, t)), rng.uniform(0.1, 2.0, 5)
    there = (stay[:, :1] <= np.arange(t)) & here[:, None]
    excess = np.einsum("ik,it->kt", weights, np.where(there, points, 0.0)) - c[:, None]
    found = [x.reshape(5, t) for x in crowd.row_prices(excess.reshape(1, 1, -1), here[None, :, None])]
    for period in range(t):
        who = np.flatnonzero(there[:, period])
        size = len(who) + aggregated  # the aggregator takes a part of its own row: near c, as it wants nothing else
        rows = np.zeros((5, size))
        rows[:, : len(who)] = weights[who].T
        want = np.concatenate([points[who, period], np.zeros(int(aggregated))])
        if aggregated:
            rows[-1, -1] = 1.0
        nearest, _, flag, _ = daqp.solve(np.eye(size), -want, rows, c, np.full(5, -1e30), primal_tol=1e-13)
        assert flag == 1
        u, pull = found[0][:, period], found[1][:, period]
        np.testing.assert_allclose(want - rows.T @ u, nearest, atol=1e-8)
        np.testing.assert_allclose(pull, weights[who].T @ (weights[who] @ u), atol=1e-9)
        assert (u >= 0).all()


def test_a_price_pulls_what_the_station_says_it_does() -> None:
    day = robosim.load(
        "charging-day-ahead", set=SMALL | {"station.site": "caltech", "station.limit_kw": 14.0}
    ).allocation
    everybody, rng = np.ones((1, day.agents, 1), dtype=bool), np.random.default_rng(0)
    excess = rng.normal(size=(1, 1, day.reached.shape[1] * day.periods))
    u, pull = day.crowd.row_prices(excess, everybody)
    np.testing.assert_allclose(day.crowd.pull(u, everybody), pull, atol=1e-9)


# -- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_days_without_wear_end_at_the_optimum_of_a_linear_programme(seed: int) -> None:
    """Within 1e-6 of HiGHS's and piqp's optimum, and no further above it than the certified gap."""
    mission = robosim.load("charging-day-ahead", seed=seed, set=SMALL | WEARLESS)
    record, best = mission.run(), by_highs(mission.allocation)
    cost = cost_of(mission, record)
    assert mission.optimum() == pytest.approx(best, rel=1e-7)
    assert abs(cost - best) <= 1e-6 * best
    assert cost - best <= record.gap[0] + 1e-9 * best
    assert record.rounds < 4000
    assert (record.decision[0].sum(axis=0) <= 9.0 * (1 + 1e-12)).all()


@pytest.mark.parametrize("seed", range(20))
def test_days_with_wear_end_where_dual_decomposition_does(seed: int) -> None:
    """Cost within 1e-6 of piqp's optimum and of dual decomposition's; plans alike, as wear makes the optimum unique."""
    mission = robosim.load("charging-day-ahead", seed=seed, set=SMALL)
    record, best = mission.run(), mission.optimum()
    rival = robosim.run("charging-day-ahead", seed=seed, set=SMALL | {"mission.controller": "dual_decomposition"})
    assert cost_of(mission, record) == pytest.approx(best, rel=1e-6)
    assert cost_of(mission, record) == pytest.approx(cost_of(mission, rival), rel=1e-6)
    np.testing.assert_allclose(record.day.plan_kw, rival.day.plan_kw, atol=0.2)


@pytest.mark.parametrize("wear", [0.0, "random", [0.0, 0.01, 0.0, 0.005, 0.0, 0.02, 0.0, 0.0]])
@pytest.mark.parametrize("where", [{"station.site": "caltech", "station.limit_kw": 14.0}, LOSSY], ids=["rows", "lossy"])
def test_rows_and_an_aggregator_converge_too(where: dict, wear: object) -> None:
    """Within 1e-6 of piqp's optimum behind many rows, with an aggregator, where only some costs bend."""
    mission = robosim.load("charging-day-ahead", set=SMALL | where | {"station.wear_dollars_per_kw2h": wear})
    record = mission.run()
    assert cost_of(mission, record) == pytest.approx(mission.optimum(), rel=1e-6)
    assert record.rounds < 4000


def test_a_penalty_does_not_run_away_where_optima_are_many() -> None:
    """Shares wander among equally good plans while the price stays: ρ would fall for ever."""
    day = {"station.site": "caltech", "station.limit_kw": 60.0, "station.count": 50, "leader.epsilon_share": 1e-8}
    mission = robosim.load("charging-day-ahead", set=SMALL | WEARLESS | day)
    record = mission.run()
    assert record.rounds < 2000
    assert cost_of(mission, record) == pytest.approx(mission.optimum(), rel=1e-7)


@pytest.mark.parametrize("rho", [1e-5, 0.1])
def test_the_penalty_hardly_matters(rho: float) -> None:
    """ρ follows the ways that shares and prices go."""
    mission = robosim.load("charging-day-ahead", set=SMALL | WEARLESS | {"mission.parameters.rho": rho})
    record = mission.run()
    assert mission.announced["rho"] == rho
    assert cost_of(mission, record) == pytest.approx(mission.optimum(), rel=1e-6)
    assert record.rounds < 2000


def test_the_penalty_begins_as_the_spread_of_prices_over_a_chargers_power() -> None:
    day = robosim.load("charging-day-ahead", set=SMALL | WEARLESS).allocation
    assert day.penalty == pytest.approx(np.ptp(day.energy_cost) / day.limit_kw.mean())
    flat = replace(day, energy_cost=np.zeros_like(day.energy_cost))
    assert flat.penalty == pytest.approx(day.unmet.mean() / day.limit_kw.mean())


@pytest.mark.parametrize("where", [{}, LOSSY], ids=["plain", "lossy"])
def test_taxes_are_those_of_central_solves(where: dict) -> None:
    """π_i = Σ_{j≠i} v_j(z*) + G - (optimum of P_-i), within 1e-6 of the cost, from 9 problems side by side."""
    mission = robosim.load("charging-day-ahead", seed=1, set=SMALL | WEARLESS | where | {"leader.tax": "vcg"})
    record = mission.run()
    exact = day_vcg(mission.allocation)
    assert exact.max() > 1e-3 * mission.optimum()
    np.testing.assert_allclose(record.settlement.tax[0], exact, atol=1e-6 * mission.optimum())


def test_marginal_problems_know_nothing_of_who_is_absent_or_beside_them() -> None:
    """The prices of P_-j are those of a day without j; a mission's own are the same alone and beside others."""
    mission = robosim.load("charging-day-ahead", set=SMALL | WEARLESS | {"leader.tax": "vcg", "mission.rounds": 60})
    alone, snapshot = mission.billed("clearing-price").run(), mission.start()
    for _ in range(60):
        snapshot = mission.advance(snapshot)
    price = snapshot.heard.leader["price"]
    np.testing.assert_array_equal(price[0, 0], alone.prices[0, -1])
    smaller = mission.billed("clearing-price")
    rules = {**smaller.rules, "rho": mission.announced["rho"]}
    others = mission.allocation.without(2)
    smaller = replace(smaller, allocation=others, own=others.own(), network=Hub(n=others.agents), rules=rules)
    without = smaller.start()
    for _ in range(60):
        without = smaller.advance(without)
    np.testing.assert_allclose(without.heard.leader["price"][0], price[3], rtol=1e-9, atol=1e-12)


@dataclass(frozen=True, kw_only=True)
class Nobody(Pretender):
    """Pretends nothing."""

    def pretended(self, own, period_h):
        return {}


@pytest.mark.parametrize("where", [{}, {"station.site": "caltech", "station.limit_kw": 14.0}], ids=["plain", "rows"])
def test_who_pretends_nothing_says_what_a_faithful_car_says(where: dict) -> None:
    mission = robosim.load(
        "charging-day-ahead", set=SMALL | WEARLESS | where | {"mission.rounds": 80, "record.every": 1}
    )
    liar = Deviation(strategy=Nobody(), missions=np.array([0, 0]), agents=np.array([0, 3]))
    faithful, pretended = mission.run(), mission.playing((liar,), batch=1).run()
    np.testing.assert_allclose(pretended.said["z"], faithful.said["z"], atol=1e-9)


def test_answers_that_jump_are_refused_in_one_line() -> None:
    options = SMALL | WEARLESS | {"mission.controller": "dual_decomposition"}
    with pytest.raises(
        BadInput, match=r"station\.wear_dollars_per_kw2h: is 0, .*\(write mission\.controller = \"admm\""
    ):
        robosim.load("charging-day-ahead", set=options)
    with pytest.raises(BadInput, match=r"mission\.parameters: AdmmCar: rho must be above 0, got 0\.0"):
        robosim.load("charging-day-ahead", set=SMALL | {"mission.parameters.rho": 0.0})


def test_a_step_that_nobody_takes_is_said() -> None:
    with pytest.warns(UserWarning, match=r"market\.step: is not used by admm, whose step follows from its penalty"):
        robosim.load("charging-day-ahead", set=SMALL | {"market.step": 0.01})


def test_the_program_names_its_leaders_half() -> None:
    mission = robosim.load("charging-day-ahead", set=SMALL)
    assert isinstance(mission.controller, AdmmCar)
    assert isinstance(mission.coordinator, AnchoredExchange)
    assert f"penalty {mission.announced['rho']:.4g}" in mission.summary
    assert "only who may know says something else" in str(check_mission(mission))


# -- prices below 0 ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tariff(tmp_path) -> str:
    """Paid at noon, dear in the evening."""
    season = {
        "id": "all",
        "effective_start": "01-01",
        "effective_end": "12-31",
        "dow_mask": "ALL",
        "times": [0, 9, 11, 14, 18],
        "tariffs": [0.08, -0.05, -0.4, 0.1, 0.2],
    }
    path = tmp_path / "paid.json"
    path.write_text(json.dumps({"name": "paid", "schedule": [season]}))
    return str(path)


@pytest.mark.parametrize("controller", ["admm", "dual_decomposition"])
@pytest.mark.parametrize("flat", [True, False], ids=["flat", "at noon"])
def test_cars_that_are_paid_take_what_they_want_and_no_more(controller: str, flat: bool, tariff: str) -> None:
    """At the optimum; meters count what was decided, nobody has more than its wish, nobody is paid by the leader."""
    options = SMALL | {"mission.controller": controller, "station.tariff": -0.1 if flat else tariff}
    mission = robosim.load("charging-day-ahead", set=options)
    record, day = mission.run(), mission.allocation
    log = record.day
    assert cost_of(mission, record) == pytest.approx(mission.optimum(), rel=1e-6)
    assert (log.metered_kw[0].sum(axis=1) * log.hours <= log.wanted_kwh * (1 + 1e-9)).all()
    np.testing.assert_allclose(log.metered_kw, record.decision, atol=1e-6)
    np.testing.assert_allclose(log.metered_cost, log.planned_cost, atol=1e-6)
    assert (day.energy_cost < 0).any()
    assert (record.settlement.tax >= 0).all()
    assert record.settlement.tax.max() > 1e-3


def test_without_wear_paid_days_are_those_of_a_linear_programme(tariff: str) -> None:
    mission = robosim.load("charging-day-ahead", set=SMALL | WEARLESS | {"station.tariff": tariff})
    record = mission.run()
    best = by_highs(mission.allocation)
    assert mission.optimum() == pytest.approx(best, rel=1e-7)
    assert cost_of(mission, record) == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("controller", ["admm", "dual_decomposition"])
@pytest.mark.parametrize("bills", ["decision", pytest.param("meter", marks=pytest.mark.deep)])
def test_nobody_gains_more_by_a_named_lie_than_is_certified_where_prices_pay(
    controller: str, bills: str, tariff: str
) -> None:
    """Under VCG and Groves; under the clearing price somebody does gain, so that the lies are worth trying."""
    small = {"station.count": 4, "station.limit_kw": 7.0, "leader.bills": bills, "mission.rounds": 400}
    wear = WEARLESS if controller == "admm" else {"mission.controller": controller}
    mission = robosim.load("charging-day-ahead", seed=1, set=SMALL | small | wear | {"station.tariff": tariff})
    found = robosim.attack(mission, taxes=["vcg", "groves", "clearing-price"], agents=[0, 1, 3])
    best = {rule: max(one.gain for one in found.attacks if one.tax_rule == rule) for rule in found.epsilon}
    for rule in ("vcg", "groves"):
        assert all(one.covered for one in found.attacks if one.tax_rule == rule)
        assert best[rule] <= found.epsilon[rule].certified + 1e-9
    assert best["clearing-price"] > 1e-3


def test_what_pays_may_be_claimed_and_is_no_worse_than_nothing() -> None:
    """A report may be below 0 where prices are; where they are not, it may not."""
    paid = robosim.load(
        "charging-day-ahead", set=SMALL | {"station.tariff": -0.1, "station.waiting_dollars_per_kwh_h": 0.0}
    )
    z = np.full((1, 8, paid.allocation.periods), 6.0)
    low, high = paid.allocation.claims(z)
    assert (low <= paid.allocation.costs(z)).all()
    assert (paid.allocation.costs(z) <= high).all()
    assert (paid.allocation.costs(z) < 0).any()
    usual = robosim.load("charging-day-ahead", set=SMALL).allocation
    np.testing.assert_array_equal(usual.claims(z)[0], 0.0)
    assert paid.announced["epsilon"] > 0
