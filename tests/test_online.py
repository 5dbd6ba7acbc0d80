"""Planning as time goes on: what is metered, what is agreed on, what absence costs, and what lies could gain."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.attacks import attack
from robosim.charging.baselines import RULES, baseline
from robosim.charging.online.certificate import clairvoyant
from robosim.controllers.selfish.evs import AsInData, OverAsk
from robosim.controllers.selfish.visits import Visitor
from robosim.errors import BadInput
from tests.deep import but_deep

ONLINE = {"mission.planning": "online", "mission.rounds": 100, "leader.epsilon_share": 1e-8}
NOBODY = {"station.room_dollars_per_kwh_h": 0.0}
"""Nobody else is expected: agreements leave no room."""
FLAT = {"station.wear_dollars_per_kw2h": 0.01, "station.waiting_dollars_per_kwh_h": 0.0}
ALL_HERE = {key.replace(".", "__"): x for key, x in NOBODY.items()}
ALONE = "2019-10-29 08:00,2019-10-29 16:00,10\n"
NIGHT = """2019-10-29 20:00,2019-10-30 07:00,20
2019-10-29 21:00,2019-10-30 07:00,20
2019-10-29 22:30,2019-10-30 06:00,20
"""
MINUTES = "2019-10-29 08:04,2019-10-29 08:06,5\n2019-10-29 09:04,2019-10-29 09:58,5.9\n"


@pytest.fixture
def station(tmp_path: Path):
    """A station with the sessions of a table, planned as time goes on."""

    def load(rows: str, **keys: object):
        path = tmp_path / "sessions.csv"
        path.write_text("arrival,departure,requested_kwh\n" + rows)
        given = {key.replace("__", "."): value for key, value in keys.items()}
        return robosim.load("charging", set=ONLINE | FLAT | {"station.sessions": str(path)} | given)

    return load


def kwh(record) -> np.ndarray:
    return record.day.metered_kw[0].sum(axis=1) * record.day.hours


@pytest.mark.parametrize("charger", ["continuous", "deadband", "aerovironment", "clippercreek"])
def test_a_car_alone_gets_what_it_wants_from_every_kind_of_charger(station, charger: str) -> None:
    """Rounded pilots are made up for: 10 kWh to the last step of a pilot, at about the price of smooth power."""
    record = station(ALONE, station__charger=charger).run()
    assert kwh(record) == pytest.approx(10.0, abs=1e-9)
    assert record.private_cost.sum() == pytest.approx(record.verdict.optimum, rel=0.05)
    levels = {"aerovironment": {0.0, *np.arange(6.0, 33.0)}, "clippercreek": {0.0, 8.0, 16.0, 24.0, 32.0}}
    if charger in levels:
        assert set(record.day.pilot_a.ravel()) <= levels[charger]


def test_what_a_coarse_pilot_gives_too_much_is_held_back_later(station) -> None:
    """10 kWh in 8 hours at a flat price are 6 A throughout; of 0 and 8 A half is had at noon, to a step of a pilot."""
    day = station(ALONE, station__charger="clippercreek", station__tariff=0.2, **ALL_HERE).run().day
    assert day.metered_kwh[0, :144].sum() == pytest.approx(5.0, abs=8 * 0.208 / 12)


def test_a_night_is_planned_over_midnight(station) -> None:
    """Three cars, 60 kWh through 7 kW: all is metered, at what a model of two days costs, and taxes are small."""
    record = station(NIGHT, station__limit_kw=7.0, station__unmet="allowed", **ALL_HERE).run()
    assert kwh(record).sum() == pytest.approx(60.0, abs=1e-6)
    assert record.private_cost.sum() <= record.verdict.optimum * 1.001
    assert record.prices.max() / record.day.hours < 0.03
    assert 0 <= record.settlement.tax.sum() < 0.3


def test_parts_of_periods_count(station) -> None:
    """Two minutes give 0.222 kWh, 54 minutes all of 5.9: nobody waits for a whole period."""
    mission = station(MINUTES, station__unmet="allowed")
    possible = [6.656 * 2 / 60, 5.9]
    np.testing.assert_allclose(kwh(mission.run()), possible, atol=1e-9)
    for rule in ("uncontrolled", "earliest deadline", "least laxity"):
        assert baseline(mission.day, rule).delivered_kwh == pytest.approx(sum(possible), abs=1e-9)


def test_with_everybody_there_at_once_and_nobody_expected_it_is_the_day_ahead_plan() -> None:
    """Nothing is heard on the way that was not known at the beginning: the same plan and the same taxes."""
    same = {"station.count": 8, "station.limit_kw": 18.0, "station.battery": "linear", "leader.epsilon_share": 1e-10}
    same |= {"mission.rounds": 2000}
    online = together(robosim.load("charging", set=ONLINE | same | NOBODY)).run()
    mission = together(robosim.load("charging-day-ahead", set=same))
    assert mission.scenario.mission.planning == "day-ahead"
    ahead = mission.run()
    assert online.private_cost[0].sum() == pytest.approx(ahead.private_cost[0].sum(), rel=1e-9)
    np.testing.assert_allclose(online.day.metered_kw, ahead.day.metered_kw, atol=1e-6)
    np.testing.assert_allclose(online.settlement.tax, ahead.settlement.tax, atol=1e-8)
    assert ahead.settlement.tax.min() > 1e-3


def together(mission):
    """The same mission with everybody there from 9:00 to 15:00."""
    from dataclasses import replace

    day = mission.day
    count, periods = day.problem.agents, day.problem.periods
    t = np.arange(periods)
    there = np.repeat(((t >= 36) & (t < 60)).astype(float)[None], count, axis=0)
    stay = np.tile([36, 60], (count, 1))
    wish = np.linspace(3.0, 15.0, count)
    problem = replace(
        day.problem,
        stay=stay,
        there=None if day.problem.there is None else there,
        energy=wish / day.problem.hours,
        energy_cost=np.repeat(day.tariff_per_kwh[None] * day.problem.hours, count, axis=0),
    )
    cars = day.station.cars._replace(stay=3.0 * stay, wanted_kwh=wish)
    full = replace(day.station, cars=cars, content_kwh=np.full(count, 10.0))
    built = replace(day, problem=problem, relaxed=problem, station=full)
    return replace(mission, day=built, allocation=problem, own=problem.own())


def test_absence_replayed_is_a_day_without_the_car() -> None:
    """k_i from the batch is what the others pay on a day of their own; so the tax is what presence costs them."""
    keys = {"station.count": 7, "station.limit_kw": 7.0, "station.unmet": "allowed"}
    mission = robosim.load("charging", set=ONLINE | keys)
    record = mission.run()
    for car in range(7):
        alone = without(mission.billed("none"), car).run()
        others = np.delete(record.private_cost[0], car).sum()
        assert record.settlement.tax[0, car] == pytest.approx(others - alone.private_cost[0].sum(), abs=2e-5)
    assert record.settlement.tax.max() > 1e-3


def without(mission, car: int):
    """A day on which a car never comes."""
    from dataclasses import replace

    from robosim.network.network import Hub

    day, rest = mission.day, np.arange(mission.network.n) != car
    problem, cars = day.problem.without(car), day.station.cars
    fewer = type(cars)(*(x[rest] for x in cars))
    built = replace(
        day,
        problem=problem,
        relaxed=problem,
        station=replace(day.station, cars=fewer, content_kwh=day.station.content_kwh[rest]),
        sessions=day.sessions.only(rest),
    )
    return replace(mission, day=built, allocation=problem, own=problem.own(), network=Hub(n=problem.agents))


def test_meters_batteries_and_wires_agree() -> None:
    """What meters count is stored times the efficiency, in the stay only, and within the feeder in every step."""
    keys = {"station.count": 30, "station.limit_kw": 25.0, "station.efficiency": 0.9, "station.unmet": "allowed"}
    mission = robosim.load("charging", set=ONLINE | keys | {"leader.tax": "none"})
    record = mission.run()
    day, stay = record.day, mission.day.station.cars.stay
    np.testing.assert_allclose(day.stored_kwh, 0.9 * day.metered_kwh.sum(axis=1), atol=1e-9)
    np.testing.assert_allclose(day.metered_kwh.sum(axis=1), kwh(record), atol=1e-9)
    t = np.arange(day.metered_kwh.shape[1])
    there = np.clip(np.minimum(stay[:, 1:], t + 1) - np.maximum(stay[:, :1], t), 0.0, None)
    assert (day.metered_kwh <= 6.656 / 12 * there + 1e-12).all()
    assert day.excess_a[0] <= 1e-9
    assert (day.metered_kwh.sum(axis=0) <= 25.0 / 12 * (1 + 1e-9)).all()


def test_a_snapshot_is_a_checkpoint() -> None:
    """Going back gives the same day again, also from a pickled snapshot: nothing is kept elsewhere."""
    keys = {"station.count": 6, "station.limit_kw": 10.0}
    mission = robosim.load("charging", set=ONLINE | keys)
    snapshot = mission.start()
    for _ in range(150):
        snapshot = mission.advance(snapshot)
    saved = pickle.dumps(snapshot)
    first = mission.settle(finished(mission, snapshot))
    for again in (finished(mission, snapshot), finished(mission, pickle.loads(saved))):  # noqa: S301
        found = mission.settle(again)
        np.testing.assert_array_equal(found.day.metered_kw, first.day.metered_kw)
        np.testing.assert_array_equal(found.settlement.tax, first.settlement.tax)
    half = mission.settle(snapshot)
    assert 0 < half.day.metered_kw.sum() < first.day.metered_kw.sum()


def finished(mission, snapshot):
    while not mission.finished(snapshot):
        snapshot = mission.advance(snapshot)
    return snapshot


def test_a_record_of_an_online_day_is_played_again_from_its_world_file(tmp_path: Path) -> None:
    """Also with somebody who comes late, under another tax: nothing that the file says goes against being online."""
    entry = {"agent": 1, "strategy": "late-arrival", "hours": 0.5}
    keys = {"station.count": 4, "station.limit_kw": 9.0, "leader.tax": "dynamic-pivot", "selfish": [entry]}
    record = robosim.run("charging", seed=2, set=ONLINE | keys)
    again = robosim.run(record.save(tmp_path / "run") / "world.toml")
    np.testing.assert_array_equal(again.day.metered_kwh, record.day.metered_kwh)
    np.testing.assert_array_equal(again.settlement.tax, record.settlement.tax)
    loaded = robosim.load_record(tmp_path / "run")
    assert loaded.summary() == record.summary()


def test_the_clock_moves_when_an_agreement_is_over() -> None:
    """One advance is one round of words; the station's step is the same until the last of them."""
    mission = robosim.load("charging", set=ONLINE | {"station.count": 6, "station.limit_kw": 6.0, "leader.tax": "none"})
    snapshot, steps = mission.start(), []
    while not mission.finished(snapshot):
        steps.append(snapshot.body.live.step)
        snapshot = mission.advance(snapshot)
    assert snapshot.k == len(steps)
    assert (np.diff(steps) >= 0).all()
    assert len(set(steps)) < len(steps)


@pytest.mark.parametrize("tax", but_deep(["vcg", "groves"], ["vcg"]))
def test_no_lie_gains_more_than_is_certified(tax: str) -> None:
    keys = {"station.count": 4, "station.limit_kw": 8.0, "mission.rounds": 12, "station.unmet": "allowed"}
    mission = robosim.load("charging", set=ONLINE | keys, tax=tax)
    names = ["over-ask", "early-departure:hours=-4,1", "cost-misreport", "bait-and-switch", "as-in-data"]
    found = attack(mission, strategies=[*names, "late-arrival", "early-leave"])
    certified = found.epsilon[tax].certified
    assert certified is not None
    assert 0 < max(one.gain for one in found.attacks) <= certified
    assert all(one.covered for one in found.attacks)


def test_who_comes_late_leaves_early_or_unplugs_charges_nothing_meanwhile() -> None:
    """What a visitor does is seen in the meters of the others, too: they have its share."""
    keys = {"station.count": 5, "station.limit_kw": 9.0, "leader.tax": "none"}
    there = robosim.load("charging", set=ONLINE | keys).day.station.cars.stay / 12
    cases = {
        "late-arrival": ({"hours": 0.75}, there[2, 0], there[2, 0] + 0.75),
        "early-leave": ({"hours": 1.0}, there[2, 1] - 1.0, there[2, 1]),
        "re-plug": ({"after_h": 0.5, "away_h": 0.5}, there[2, 0] + 0.6, there[2, 0] + 0.9),
    }
    for strategy, (parameters, gone, back) in cases.items():
        entry = {"agent": 2, "strategy": strategy} | parameters
        record = robosim.run("charging", set=ONLINE | keys | {"selfish": [entry]})
        t = np.arange(record.day.metered_kwh.shape[1]) / 12
        away = (t >= gone - 1e-9) & (t + 1 / 12 <= back + 1e-9)
        assert away.any()
        assert not record.day.metered_kwh[2, away].any(), strategy
        assert record.day.metered_kwh[2].any()


@pytest.mark.parametrize("says", [lambda *_: (np.array([np.nan]), np.array([9.0])), lambda *_: 1 / 0, lambda *_: ()])
def test_a_visit_that_nobody_can_make_names_its_strategy(says) -> None:
    class Ghost(Visitor):
        def pretended(self, own, period_h):
            return {}

        def visit(self, arrival_h, departure_h):
            return says(arrival_h, departure_h)

    mission = robosim.load("charging", set=ONLINE | {"station.count": 2})
    with pytest.raises(robosim.AgentFailure, match="Ghost"):
        attack(mission, agents=[0], strategies=[Ghost()])


def test_asked_energy_is_asked_once_and_not_at_every_step() -> None:
    """Twice the 10 that are wanted, of which 4 are metered: 16 are left to ask for; so with what was told."""
    own = {"wish": np.array([[6.0, 0.0, 0.0, 1.0]]), "metered": np.array([[4.0]]), "told": np.array([[9.0, 0.0, 0.0]])}
    assert OverAsk(factor=2.0).pretended(own, 0.25)["wish"].tolist() == [[16.0, 0.0, 0.0, 1.0]]
    as_told = AsInData().pretended(own, 0.25)
    assert as_told["wish"].tolist() == [[5.0, 0.0, 0.0, 1.0]]
    assert as_told["stay"].tolist() == [[0.0, 1.0]]  # it told that it would be gone by now


def test_the_dynamic_pivot_is_vcg_where_nobody_comes_later() -> None:
    """The sum over the steps telescopes: what the others paid less what they would have paid without the car."""
    same = {"station.count": 6, "station.limit_kw": 12.0, "station.battery": "linear", "leader.epsilon_share": 1e-9}
    mission = together(robosim.load("charging", set=ONLINE | NOBODY | {"mission.rounds": 1000} | same))
    pivot, vcg = (mission.billed(tax).run() for tax in ("dynamic-pivot", "vcg"))
    assert vcg.settlement.tax.max() > 1e-3
    np.testing.assert_allclose(pivot.settlement.tax, vcg.settlement.tax, atol=1e-5)


@pytest.mark.deep
def test_the_dynamic_pivot_is_known_when_a_car_leaves_and_can_be_gamed() -> None:
    """No later step changes it; it has no certificate, and on this day stating another departure pays."""
    keys = {"station.count": 10, "station.limit_kw": 9.0, "station.unmet": "allowed", "mission.rounds": 15}
    mission = robosim.load("charging", set=ONLINE | keys, tax="dynamic-pivot")
    snapshot, leaves = mission.start(), mission.day.station.cars.stay[:, 1]
    first = int(np.argmin(leaves))
    while snapshot.body.live.step < leaves[first]:
        snapshot = mission.advance(snapshot)
    tax = snapshot.body.pivots[0, first]
    record = mission.settle(finished(mission, snapshot))
    assert record.settlement.tax[0, first] == tax
    assert (record.settlement.tax > -1e-3).all()
    assert "a car can move what it pays" in str(robosim.certify(mission).void)
    found = attack(mission, agents=[1, 3], strategies=["early-departure:hours=2"])
    assert min(one.gain for one in found.attacks) > 0.1


@pytest.mark.deep
def test_a_price_can_be_moved_and_has_no_certificate() -> None:
    keys = {"station.count": 5, "station.limit_kw": 9.0, "mission.rounds": 12, "station.unmet": "allowed"}
    mission = robosim.load("charging", set=ONLINE | keys, tax="clearing-price")
    record = mission.run()
    np.testing.assert_allclose(record.settlement.tax, record.day.worth)
    assert record.verdict.epsilon.certified is None
    assert any("a car can move what it pays" in line for line in record.verdict.unknown)
    found = attack(mission, strategies=["bait-and-switch:bait=0.5,0.9;catch=1.0,1.1,1.3"])
    assert max(one.gain for one in found.attacks) > 1e-3


@pytest.mark.hypothesis
@settings(max_examples=4)
@given(seed=st.integers(0, 10**6), limit=st.floats(7.0, 40.0), site=st.sampled_from(["plain", "caltech"]))
def test_nobody_beats_who_knows_the_future(seed: int, limit: float, site: str) -> None:
    """The clairvoyant bound is below the cost of every rule that keeps to the feeder, and of online prices."""
    keys = {"station.count": 5, "station.limit_kw": limit, "station.unmet": "allowed", "station.site": site}
    mission = robosim.load("charging", seed=seed, set=ONLINE | keys | {"leader.tax": "none", "mission.rounds": 20})
    least = clairvoyant(mission.day.relaxed)
    cost = mission.run().private_cost[0].sum()
    assert least <= cost * (1 + 1e-9)
    for rule in RULES:
        found = baseline(mission.day, rule)
        if found.excess_a <= 1e-9:
            assert least <= found.social_cost * (1 + 1e-9)


def test_the_bound_is_the_optimum_where_wires_have_no_phases() -> None:
    """The dual function at the prices of the central optimum has no gap."""
    mission = robosim.load("charging", set=ONLINE | {"station.count": 12, "station.limit_kw": 20.0})
    assert mission.optimum() == pytest.approx(mission.allocation.optimum()[2], rel=1e-9)


def test_rounds_that_run_out_are_said() -> None:
    keys = {"station.count": 12, "station.limit_kw": 10.0, "mission.rounds": 3, "station.unmet": "allowed"}
    mission = robosim.load("charging", set=ONLINE | keys)
    record = mission.run()
    assert record.day.cut > 0
    lines = " ".join(mission.kind.findings(record, mission))
    assert f"{record.day.cut} of them cut short by mission.rounds" in lines


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"station.replan_min": 7}, "station.replan_min: must be a multiple of step_min = 5"),
        ({"station.replan_min": 30}, "and divide period_min = 15, got 30"),
        ({"leader.bills": "decision"}, "billed by the meter"),
        ({"leader.tax": "dynamic-pivot", "mission.planning": "day-ahead"}, "needs plans that are made as time goes on"),
        ({"leader.tax": "dynamic-pivot", "station.loss_dollars_per_kw2h": 0.1}, "what the aggregator pays"),
        ({"mission.planning": "onlin"}, 'did you mean "online"?'),
    ],
)
def test_what_does_not_go_together_is_refused(keys: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words.replace("?", r"\?")):
        robosim.load("charging", set=ONLINE | keys)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(20))
def test_the_promise_on_twenty_days_of_twelve_cars(seed: int) -> None:
    """Every lie by every car: found ≤ certified under VCG, which `attack` holds itself too."""
    keys = {"station.count": 12, "station.limit_kw": 14.0 + seed % 5, "station.unmet": "allowed", "mission.rounds": 20}
    mission = robosim.load("charging", seed=seed, set=ONLINE | keys)
    found = attack(mission)
    certified = found.epsilon["vcg"].certified
    assert certified is not None
    assert len({one.strategy for one in found.attacks}) >= 13
    assert max(one.gain for one in found.attacks) <= certified * (1 + 1e-9)


@pytest.mark.deep
def test_a_price_is_gamed_and_a_pivot_too() -> None:
    """Under the clearing price bait and switch pays on most days; what the pivot loses most to is reported."""
    gains = {"clearing-price": [], "dynamic-pivot": []}
    for seed in range(6):
        keys = {"station.count": 12, "station.limit_kw": 14.0, "station.unmet": "allowed", "mission.rounds": 20}
        mission = robosim.load("charging", seed=seed, set=ONLINE | keys)
        lies = ["bait-and-switch:bait=0.5,0.9;catch=1.1", "early-departure:hours=2", "late-arrival"]
        for one in attack(mission, strategies=lies, taxes=list(gains)).attacks:
            gains[one.tax_rule].append((one.gain, seed, one.agent, one.strategy))
    print({tax: max(found) for tax, found in gains.items()})
    assert all(max(found)[0] > 0.1 for found in gains.values())
