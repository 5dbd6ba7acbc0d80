"""Batteries, EVSEs, meters, feeder: closed forms, conservation, a plain loop, and acnportal's own figures."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.charging.station.battery import BEND, batteries, fitted, stored_kwh
from robosim.charging.station.caltech import caltech_site
from robosim.charging.station.feeder import Feeder, single_limit
from robosim.charging.station.posts import KINDS, allowed_current, evses
from robosim.charging.station.sessions import read_sessions
from robosim.charging.station.site import Site, plain_site
from robosim.errors import BadInput
from robosim.kernels.baseline import EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN, UNCONTROLLED, baseline_day
from robosim.kernels.charger import drawn, stored, told
from robosim.kernels.charging import Cars, Posts, Wires, blank, by_station
from robosim.kernels.station import execute_day

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev"
HOURS = 1.0 / 12.0
KINDS_OF_ROWS = ("one", "linear", "phasors")
seeds = st.integers(0, 100_000)


def acnportal_step(soc, pilot_kwh, most_kwh, capacity, bend=BEND):
    """Next state of charge by the three cases of Linear2StageBattery._charge (acnportal 0.3.3)."""
    rate, top = min(pilot_kwh, most_kwh) / capacity, most_kwh / capacity
    knee = bend + (rate - top) / top * (bend - 1.0)
    if soc + rate <= knee:
        return soc + rate
    if soc < knee:
        return 1.0 + (knee - 1.0) * math.exp((rate + soc - knee) / (knee - 1.0))
    return 1.0 + (soc - 1.0) * math.exp(rate / (knee - 1.0))


socs, powers = st.floats(0.0, 1.0), st.floats(0.01, 1.5)


@given(socs, powers, st.floats(5.0, 100.0))
@settings(max_examples=200, deadline=None)
def test_two_stage_battery_is_the_closed_form(soc, share, capacity) -> None:
    most = 6.656 * HOURS
    kwh = stored(soc * capacity, capacity, most, share * most, BEND)
    expected = (acnportal_step(soc, share * most, most, capacity) - soc) * capacity
    assert kwh == pytest.approx(expected, abs=1e-12)
    cars = batteries(capacity, np.array([soc * capacity]), 6.656)
    assert stored_kwh(cars, share * 6.656, HOURS)[0] == pytest.approx(expected, abs=1e-12)


@given(socs, powers, st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_many_steps_are_one_long_step(soc, share, steps) -> None:
    """The closed form is the solution of dq/dt = min(P, P_max (1-s)/(1-b)): it does not depend on the step."""
    capacity, most, content = 60.0, 6.656 * HOURS, 60.0 * soc
    for _ in range(steps):
        content += stored(content, capacity, most, share * most, BEND)
    long = stored(60.0 * soc, capacity, steps * most, steps * share * most, BEND)
    assert content - 60.0 * soc == pytest.approx(long, abs=1e-11)
    whole = batteries(60.0, np.array([60.0 * soc]), 6.656, efficiency=0.9)
    halves = whole.after(share * 6.656 / 0.9, 0.4 * steps * HOURS).after(share * 6.656 / 0.9, 0.6 * steps * HOURS)
    np.testing.assert_allclose(halves.content_kwh, content, atol=1e-11)
    np.testing.assert_allclose(whole.meters_kwh(share * 6.656 / 0.9, steps * HOURS) * 0.9, long, atol=1e-11)


@given(socs, powers)
@settings(max_examples=100, deadline=None)
def test_power_falls_linearly_to_full(soc, share) -> None:
    """P(s) = min(P_pilot, P_max (1-s)/(1-b)), in a step so short that s stands still."""
    hours = 1e-7
    power = stored(60.0 * soc, 60.0, 6.656 * hours, share * 6.656 * hours, BEND) / hours
    assert power == pytest.approx(6.656 * min(share, 1.0, (1.0 - soc) / (1.0 - BEND)), abs=1e-5)


@given(socs, powers)
@settings(max_examples=50, deadline=None)
def test_linear_battery_takes_the_least_of_three(soc, share) -> None:
    """P = min(pilot, P_max, (Q - q)/dt)."""
    kwh = stored(60.0 * soc, 60.0, 0.5, 0.5 * share, 1.0)
    assert kwh == min(0.5 * share, 0.5, 60.0 - 60.0 * soc)
    cars = batteries(60.0, np.array([60.0 * soc]), 0.5, bend=1.0)
    assert stored_kwh(cars, 0.5 * share, 1.0)[0] == pytest.approx(kwh, abs=1e-14)


@given(socs, powers, st.floats(0.5, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=50, deadline=None)
def test_meter_times_efficiency_is_the_battery(soc, share, eta, wanted) -> None:
    """And a car stops at what it wants."""
    most = 6.656 * HOURS
    metered = drawn(share * most, math.inf, 60.0 * soc, 60.0, most, BEND, eta)
    assert metered * eta == pytest.approx(stored(60.0 * soc, 60.0, most, eta * share * most, BEND), rel=1e-15)
    assert metered <= share * most * (1 + 1e-15)
    assert drawn(share * most, wanted, 60.0 * soc, 60.0, most, BEND, eta) == min(metered, wanted)


def test_fitted_batteries_take_their_energy_in_their_time() -> None:
    """The first size that can; full power for the whole stay takes the energy. (acnportal says 0.875 for 7 kWh.)"""
    energy, hours = np.array([1.0, 20.0, 50.0, 33.0]), np.array([8.0, 5.0, 9.0, 5.0])
    cars = fitted(energy, hours, 6.656)
    np.testing.assert_array_equal(cars.capacity_kwh, [8.0, 24.0, 60.0, 40.0])
    np.testing.assert_allclose(cars.meters_kwh(6.656, hours), energy, rtol=1e-12)
    assert cars.content_kwh[0] == pytest.approx(7.0, abs=1e-3)
    with pytest.raises(BadInput, match="battery 1: energy_kwh = 90"):
        fitted(np.array([1.0, 90.0]), np.array([8.0, 5.0]), 6.656)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("capacity_kwh", -1.0),
        ("content_kwh", 61.0),
        ("power_kw", 0.0),
        ("bend", 1.1),
        ("efficiency", 0.0),
        ("content_kwh", math.nan),
    ],
)
def test_impossible_batteries_are_named(name, wrong) -> None:
    values = {"capacity_kwh": 60.0, "content_kwh": np.full(3, 20.0), "power_kw": 6.0, "bend": 0.8, "efficiency": 0.9}
    values[name] = np.array([values["content_kwh"][0] if name == "content_kwh" else values[name], wrong, wrong])
    with pytest.raises(BadInput, match=f"battery 1: {name} = "):
        batteries(**values)


levels = st.sampled_from([6.0, 5.9999999999999, 8.0, 16.0, math.nan, math.inf])


@given(st.lists(st.one_of(st.floats(-5.0, 40.0), levels), min_size=4, max_size=4))
@settings(max_examples=200, deadline=None)
def test_pilots_are_what_the_evse_allows(asked) -> None:
    stations = evses(["a", "b", "c", "d"], list(KINDS), max_a=30.0)
    told_a = [told(posts_of(stations), c, asked[c]) for c in range(4)]
    np.testing.assert_array_equal(told_a, allowed_current(np.array(asked), stations))


def posts_of(stations):
    kw_per_a = stations.voltage_v / 1000.0
    return Posts(stations.kind, stations.min_a, stations.max_a, kw_per_a, stations.table, stations.levels_a)


def wires_of(feeder):
    return Wires(
        *by_station(feeder.matrix if feeder.linear else feeder.phasors), feeder.limit_a[:, None], feeder.linear
    )


def drawn_site(rng, n, kind, rows):
    """A few EVSEs behind one limit, several sums, or three-phase rows."""
    if rows == "one":
        return Site(name="drawn", evses=evses([str(c) for c in range(n)], kind), feeder=single_limit(12.0 * n, n))
    phase = rng.choice(np.radians([30.0, -90.0, 150.0]), n)
    matrix = rng.choice([0.0, 1.0, 0.5] if rows == "linear" else [0.0, 1.0, -1.0, 0.25], (4, n))
    feeder = Feeder(
        matrix=matrix,
        limit_a=rng.uniform(5.0, 12.0 * n, 4),
        phase_rad=phase,
        names=("a", "b", "c", "d"),
        linear=rows == "linear",
    )
    return Site(name="drawn", evses=evses([str(c) for c in range(n)], kind), feeder=feeder)


def drawn_cars(rng, n, stations, steps=36):
    first = rng.integers(0, steps, n)
    stay = np.stack([first, rng.integers(first, steps + 3)], axis=1).astype(np.float64)
    capacity = rng.choice([24.0, 60.0], n)
    content = rng.uniform(0.3, 1.0, n) * capacity
    cars = Cars(
        station=rng.integers(0, stations, n).astype(np.int32),
        stay=stay,
        wanted_kwh=rng.choice([4.0, np.inf], n),
        capacity_kwh=capacity,
        power_kw=rng.choice([3.6, 6.656], n),
        bend=rng.choice([0.8, 1.0], n),
        efficiency=rng.choice([0.9, 1.0], n),
    )
    return cars, content


def execute(cars, content, site, plan, curtail=False, steps=36):
    content, metered, at = content.copy(), np.zeros_like(content), (posts_of(site.evses), wires_of(site.feeder))
    logs = blank(len(content), len(site.feeder.limit_a), steps)
    worst, _ = execute_day(cars, *at, plan, 3, HOURS, curtail, content, metered, logs)
    return worst, content, metered, logs


def loop(cars, content, site, plan, steps=36):
    """The same day, car by car and step by step, from the public parts: metered kWh (N, steps)."""
    metered, content = np.zeros((len(content), steps)), content.copy()
    for t in range(steps):
        for i, (first, last) in enumerate(cars.stay.astype(int)):
            if not first <= t < last or t // 3 >= plan.shape[1]:
                continue
            asked = np.zeros(len(site.evses))
            asked[cars.station[i]] = plan[i, t // 3] / 0.208
            pilot_kw = allowed_current(asked, site.evses)[cars.station[i]] * 0.208
            car = batteries(
                cars.capacity_kwh[i],
                content[i : i + 1],
                cars.power_kw[i],
                bend=cars.bend[i],
                efficiency=cars.efficiency[i],
            )
            kwh = min(car.meters_kwh(pilot_kw, HOURS)[0], cars.wanted_kwh[i] - metered[i].sum())
            content[i] = min(content[i] + kwh * cars.efficiency[i], cars.capacity_kwh[i])
            metered[i, t] = kwh
    return metered


def currents(cars, site, metered):
    """A by station, (steps, n)."""
    amps = np.zeros((metered.shape[1], len(site.evses)))
    for i, c in enumerate(cars.station):
        amps[:, c] += metered[i] / (0.208 * HOURS)
    return amps


@pytest.mark.parametrize("rows", KINDS_OF_ROWS)
@given(seeds, st.sampled_from(list(KINDS)))
@settings(max_examples=12, deadline=None)
def test_executed_day_is_the_plain_loop(rows, seed, kind) -> None:
    rng = np.random.default_rng(seed)
    site = drawn_site(rng, 5, kind, rows)
    cars, content = drawn_cars(rng, 8, 5)
    plan = rng.uniform(-1.0, 8.0, (8, 11))  # ends before the day does
    worst, filled, metered, logs = execute(cars, content, site, plan)
    expected = loop(cars, content, site, plan)
    np.testing.assert_allclose(logs.metered_kwh, expected, atol=1e-12)
    np.testing.assert_allclose(metered, expected.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(logs.site_kwh, expected.sum(axis=0), atol=1e-12)
    carried = site.feeder.loads(currents(cars, site, expected))
    np.testing.assert_allclose(logs.line_a.T, carried, atol=1e-9)
    assert worst == pytest.approx((carried - site.feeder.limit_a).max(), abs=1e-9)
    # conservation: what meters count times the efficiency is in the batteries
    np.testing.assert_allclose(filled - content, metered * cars.efficiency, atol=1e-12)
    inside = (np.arange(36) >= cars.stay[:, :1]) & (np.arange(36) < cars.stay[:, 1:])
    np.testing.assert_array_equal(logs.pilot_a[~inside], 0.0)
    np.testing.assert_array_equal(logs.content_kwh[~inside], 0.0)
    charged = content[:, None] + np.cumsum(logs.metered_kwh, axis=1) * cars.efficiency[:, None]
    np.testing.assert_allclose(logs.content_kwh[inside], charged[inside], atol=1e-11)


@pytest.mark.parametrize("rows", KINDS_OF_ROWS)
@given(seeds, st.sampled_from(list(KINDS)))
@settings(max_examples=25, deadline=None)
def test_curtailed_day_never_exceeds_the_feeder(rows, seed, kind) -> None:
    rng = np.random.default_rng(seed)
    site = drawn_site(rng, 5, kind, rows)
    cars, content = drawn_cars(rng, 8, 5)
    plan = rng.uniform(3.0, 8.0, (8, 12))
    worst, filled, metered, logs = execute(cars, content, site, plan, curtail=True)
    carried = site.feeder.loads(currents(cars, site, logs.metered_kwh))
    assert worst <= 0.0
    assert np.all(carried <= site.feeder.limit_a * (1.0 + 1e-13))
    np.testing.assert_allclose(filled - content, metered * cars.efficiency, atol=1e-12)
    wide = replace(site, feeder=replace(site.feeder, limit_a=site.feeder.limit_a * 100.0))
    eased, plain = execute(cars, content, wide, plan, curtail=True), execute(cars, content, wide, plan)
    for part, whole in zip(eased, plain, strict=True):
        np.testing.assert_equal(part, whole)  # where nothing is exceeded, bit for bit the same day


def test_curtailment_is_proportional() -> None:
    """Plans of 6 and 3 kW behind 4.5 kW: 3 and 1.5 kW; what is taken falls short of the limit by the margin alone."""
    site = plain_site(2, 4.5)
    cars = Cars(
        np.arange(2, dtype=np.int32),
        np.array([[0, 3], [0, 3]], dtype=np.int32),
        *(np.full(2, v) for v in (np.inf, 60.0, 6.656, 0.8, 1.0)),
    )
    _, _, metered, _ = execute(cars, np.full(2, 20.0), site, np.array([[6.0], [3.0]]), curtail=True)
    np.testing.assert_allclose(metered, [3.0 * 0.25, 1.5 * 0.25], rtol=2e-11)


def test_cars_do_not_notice_how_they_are_grouped() -> None:
    """One by one or together, logs or none: the same bits for each car."""
    rng = np.random.default_rng(8)
    site = drawn_site(rng, 6, "aerovironment", "phasors")
    cars, content = drawn_cars(rng, 20, 6)
    plan = rng.uniform(0.0, 8.0, (20, 12))
    _, filled, metered, logs = execute(cars, content, site, plan)
    for part in (slice(0, 7), slice(7, 20)):
        some = Cars(*(array[part] for array in cars))
        _, alone, counted, written = execute(some, content[part], site, plan[part])
        np.testing.assert_array_equal(alone, filled[part])
        np.testing.assert_array_equal(counted, metered[part])
        np.testing.assert_array_equal(written.metered_kwh, logs.metered_kwh[part])
    bare, left = blank(20, 4, 36, full=False), content.copy()
    execute_day(cars, posts_of(site.evses), wires_of(site.feeder), plan, 3, HOURS, False, left, np.zeros(20), bare)
    np.testing.assert_array_equal(left, filled)
    np.testing.assert_array_equal(bare.line_a, logs.line_a)


def rule(code, cars, content, site, asked, deadline, curtail=False, steps=36):
    content, metered, at = content.copy(), np.zeros_like(content), (posts_of(site.evses), wires_of(site.feeder))
    logs = blank(len(content), len(site.feeder.limit_a), steps)
    worst = baseline_day(cars, *at, code, asked, deadline, HOURS, curtail, content, metered, logs)
    return worst, content, metered, logs


def sorted_step(code, cars, site, lacking, deadline, t, here):
    """Pilots of one step: in order of urgency, the largest current by bisection."""
    most = site.evses.max_a[cars.station]
    laxity = deadline - t - lacking / (0.208 * HOURS * most)
    order = sorted(here, key=lambda i: (laxity if code == LEAST_LAXITY else deadline)[i])
    pilots, amps = np.zeros(len(lacking)), np.zeros(len(site.evses))
    for i in order:
        c, low, high = cars.station[i], 0.0, min(most[i], lacking[i] / (0.208 * HOURS))
        for _ in range(60):
            trial = amps.copy()
            trial[c] += high
            if np.all(site.feeder.violations(trial) <= 1e-9):
                low = high
                break
            middle = 0.5 * (low + high)
            trial[c] = amps[c] + middle
            low, high = (middle, high) if np.all(site.feeder.violations(trial) <= 1e-9) else (low, middle)
        pilots[i] = low
        amps[c] += pilots[i]
    return pilots


@pytest.mark.parametrize("code", [EARLIEST_DEADLINE, LEAST_LAXITY])
@pytest.mark.parametrize("rows", ["one", "linear", "phasors"])
@given(seeds)
@settings(max_examples=4, deadline=None)
def test_sorted_rules_give_each_in_turn_what_the_feeder_carries(code, rows, seed) -> None:
    """Every step's pilots are those of a bisection over the feeder's loads, from the state that the kernel reached."""
    rng = np.random.default_rng(seed)
    site = drawn_site(rng, 5, "continuous", rows)
    cars, content = drawn_cars(rng, 5, 5)
    cars = cars._replace(station=np.arange(5, dtype=np.int32))
    asked, deadline = rng.uniform(1.0, 9.0, 5), cars.stay[:, 1] + rng.uniform(-0.4, 0.4, 5)
    _, _, _, logs = rule(code, cars, content, site, asked, deadline)
    for t in range(36):
        lacking = asked - logs.metered_kwh[:, :t].sum(axis=1)
        here = [i for i in range(5) if cars.stay[i, 0] <= t < cars.stay[i, 1] and lacking[i] > 1e-3]
        pilots = sorted_step(code, cars, site, lacking, deadline, t, here)
        np.testing.assert_allclose(logs.pilot_a[:, t], pilots, atol=1e-5)


@pytest.mark.parametrize("code", [EARLIEST_DEADLINE, LEAST_LAXITY, ROUND_ROBIN])
@given(seeds, st.sampled_from(list(KINDS)), st.sampled_from(KINDS_OF_ROWS))
@settings(max_examples=15, deadline=None)
def test_rules_keep_to_evses_feeder_and_wishes(code, seed, kind, rows) -> None:
    rng = np.random.default_rng(seed)
    site = drawn_site(rng, 6, kind, rows)
    cars, content = drawn_cars(rng, 6, 6)
    cars = cars._replace(station=rng.permutation(6).astype(np.int32))
    asked = rng.uniform(0.0, 9.0, 6)
    worst, filled, metered, logs = rule(code, cars, content, site, asked, cars.stay[:, 1])
    pilots = np.zeros((36, 6))
    pilots[:, cars.station] = logs.pilot_a.T
    assert np.all(site.feeder.violations(pilots) <= 1e-9)
    np.testing.assert_array_equal(pilots, allowed_current(pilots, site.evses))
    assert np.all(metered <= np.minimum(asked, cars.wanted_kwh) + 1e-9)
    np.testing.assert_allclose(filled - content, metered * cars.efficiency, atol=1e-12)
    if rows != "phasors":  # where phasors cancel, a battery that takes less than its pilot can tip the balance
        assert worst <= 1e-9
    assert rule(code, cars, content, site, asked, cars.stay[:, 1], curtail=True)[0] <= 1e-9


def two_cars(asked, last):
    cars = Cars(
        np.arange(2, dtype=np.int32),
        np.array([[0, last[0]], [0, last[1]]], dtype=np.int32),
        *(np.full(2, v) for v in (np.inf, 60.0, 6.656, 1.0, 1.0)),
    )
    return cars, np.zeros(2), np.array(asked), np.array(last)


def test_who_is_served_first() -> None:
    """Behind the power of one: the earlier deadline; the car with less slack; each half; both."""
    site = plain_site(2, 6.656)
    cars, empty, asked, deadline = two_cars([6.0, 2.0], [13, 12])
    step = 6.656 * HOURS
    first = {code: rule(code, cars, empty, site, asked, deadline)[3].metered_kwh[:, 0] for code in range(4)}
    np.testing.assert_allclose(first[EARLIEST_DEADLINE], [0.0, step], atol=1e-12)
    np.testing.assert_allclose(first[LEAST_LAXITY], [step, 0.0], atol=1e-12)
    np.testing.assert_allclose(first[ROUND_ROBIN], [step / 2, step / 2], atol=1e-12)
    np.testing.assert_allclose(first[UNCONTROLLED], [step, step], atol=1e-12)
    assert rule(UNCONTROLLED, cars, empty, site, asked, deadline)[0] == pytest.approx(32.0)


def real_day(kind, opens=0, closes=288):
    """The convention behind the figures: a car stands in every 5-minute step that it touches, but not in one that the
    next car at its station touches too; it wants what it got, which would fill its battery of 60 kWh."""
    sessions, site = read_sessions(DATA / "acn_caltech_2019-10-29.csv"), caltech_site(kind=kind)
    station = np.array([site.evses.ids.index(name) for name in sessions.stations], dtype=np.int32)
    first = np.maximum(np.floor(sessions.arrival_min / 5.0), opens)
    last = np.minimum(np.ceil(sessions.departure_min / 5.0), closes)
    for i, c in enumerate(station):
        later = first[(station == c) & (first > first[i])]
        last[i] = min(last[i], *later) if later.size else last[i]
    order, n = np.lexsort((first, station)), len(station)  # acnportal breaks ties by station
    wanted = sessions.delivered_kwh[order]
    stay = np.stack([first, last], axis=1)[order].astype(np.float64)
    cars = Cars(station[order], stay, wanted, *(np.full(n, v) for v in (60.0, 6.656, 0.8, 1.0)))
    return cars, 60.0 - wanted, site, wanted, stay[:, 1]


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, the real day is not executed")
@pytest.mark.parametrize(
    ("kind", "code", "acnportal_kwh", "within"),
    [
        ("continuous", UNCONTROLLED, 405.3859403198735, 1e-9),
        ("continuous", EARLIEST_DEADLINE, 373.78606205877793, 3e-3),  # its bisection ends at 1e-4 A
        ("continuous", LEAST_LAXITY, 388.68384582395623, 3e-2),
        ("continuous", ROUND_ROBIN, 378.638714474352, 1e-9),
        (None, EARLIEST_DEADLINE, 374.0385084568, 1e-9),
        (None, LEAST_LAXITY, 389.1686808894131, 1e-8),
        (None, ROUND_ROBIN, 383.3047887487613, 1e-9),
    ],
)
def test_real_day_is_acnportal_s(kind, code, acnportal_kwh, within) -> None:
    """acnportal 0.3.3 on the same sessions, measured; with finite levels (None) its bisection leaves no trace."""
    cars, content, site, wanted, deadline = real_day(kind)
    worst, filled, metered, _ = rule(code, cars, content, site, wanted, deadline, steps=288)
    assert metered.sum() == pytest.approx(acnportal_kwh, abs=within)
    np.testing.assert_allclose(filled - content, metered, atol=1e-12)
    assert worst > 40.0 if code == UNCONTROLLED else worst <= 1e-9


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, the real day is not executed")
def test_real_day_without_its_first_and_last_step() -> None:
    """405.3646 kWh, which is also printed for this day, is the same day from step 1 to step 286."""
    cars, content, site, wanted, deadline = real_day("continuous", opens=1, closes=287)
    _, _, metered, _ = rule(UNCONTROLLED, cars, content, site, wanted, deadline, steps=288)
    assert metered.sum() == pytest.approx(405.3646, abs=5e-5)
    assert wanted.sum() == pytest.approx(454.2, abs=5e-2)
