"""Batteries, charging pads and power: against closed forms, and what leaders make of robots that run empty."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robosim
from robosim.energy import PowerModel, RotaryWing, stage
from robosim.rendezvous.bounds.present import reached
from robosim.rendezvous.world.batteries import Battery, Pads

LINE = {"mission.rounds": 12, "mission.dt_s": 1.0, "robots.count": 4, "robots.dimension": 2}


def run(**keys):
    return robosim.load("rendezvous-honest", set={**LINE, **{k.replace("__", "."): v for k, v in keys.items()}}).run()


def test_power_is_linear_in_what_meters_add_up():
    model = PowerModel(p0_w=1.0, p1_j_per_m=2.0, p2_js_per_m2=3.0, p3_j_per_rad=4.0, p4_js3_per_m2=5.0)
    speed, turn, push, seconds = 0.5, 0.25, 2.0, 8.0
    meters = np.array([speed, speed**2, turn, push**2]) * seconds
    watts = 1.0 + 2.0 * speed + 3.0 * speed**2 + 4.0 * turn + 5.0 * push**2
    assert model.joules(meters, np.array(seconds)) == pytest.approx(watts * seconds, rel=1e-14)
    assert model.most_w(speed, turn, push) == pytest.approx(watts, rel=1e-14)
    assert PowerModel(p0_w=1.0).most_w(np.inf, np.inf, np.inf) == 1.0  # what costs nothing may be unlimited


def test_stage_charges_turns_as_it_charges_metres():
    meters = np.array([3.0, 9.0, 0.5, 0.0])
    assert stage(2.0).joules(meters, np.array(1.0)) == pytest.approx(1.0 + 10 * 2.0 * (3.0 + 0.5))


def test_a_rotary_wing_hovers_flies_slowly_for_less_and_fast_for_more():
    wing = RotaryWing()
    assert wing.watts(0.0) == pytest.approx(79.86 + 88.63)
    v = 7.0
    lift = np.sqrt(np.sqrt(1 + v**4 / (4 * 4.03**4)) - v**2 / (2 * 4.03**2))
    closed = 79.86 * (1 + 3 * v**2 / 120**2) + 88.63 * lift + 0.5 * 0.6 * 1.225 * 0.05 * 0.503 * v**3
    assert wing.watts(v) == pytest.approx(closed, rel=1e-12)
    speeds = np.linspace(0.0, 40.0, 4001)
    assert wing.watts(speeds).min() < wing.watts(0.0) < wing.watts(40.0)
    assert wing.coefficients(2.0)[0] <= 2.0 * wing.watts(speeds).min()
    assert wing.most_w(40.0, 0.0, 0.0) >= wing.watts(speeds).max() * (1 - 1e-12)


@given(st.floats(0.0, 60.0), st.floats(0.01, 0.5), st.floats(0.0, 0.9), st.floats(0.05, 1.0))
def test_what_cells_give_is_what_is_drawn_and_what_warms_the_resistance(watts, ohms, droop, share):
    battery = Battery(capacity_j=100.0, volts=12.0, droop=droop, ohms=ohms)
    charge, seconds = np.array([100.0 * share]), np.array([0.5])
    drained = battery.drained(np.array([watts * 0.5]), seconds, charge)[0]
    volts = 12.0 * (1 - droop * (1 - share))
    if watts > volts**2 / (4 * ohms):
        assert drained == np.inf
    else:
        current = drained / seconds[0] / volts
        assert current * (volts - ohms * current) == pytest.approx(watts, rel=1e-9, abs=1e-12)


def test_without_resistance_the_charge_falls_by_what_is_drawn():
    joules = np.array([[3.0, 4.0]])
    battery = Battery(capacity_j=10.0, droop=0.5)
    np.testing.assert_array_equal(battery.drained(joules, np.ones((1, 2)), np.full((1, 2), 5.0)), joules)


def test_pads_give_to_who_is_near_the_strongest_in_reach():
    pads = Pads(at=np.array([[0.0, 0.0], [1.0, 0.0]]), radius_m=np.array([0.6, 0.6]), power_w=np.array([5.0, 9.0]))
    np.testing.assert_array_equal(pads.power(np.array([[[0.0, 0.1], [0.5, 0.0], [3.0, 0.0]]])), [[5.0, 9.0, 0.0]])
    np.testing.assert_array_equal(pads.nearest(np.array([[[0.9, 0.0]]])), [[[1.0, 0.0]]])


def test_points_with_bodies_drive_like_points_in_one_go():
    plain, embodied = run(), run(energy__battery_j=1e9)
    np.testing.assert_allclose(embodied.positions, plain.positions, atol=1e-12)
    np.testing.assert_allclose(embodied.energy_j, plain.energy_j, rtol=1e-12)
    np.testing.assert_allclose(embodied.settlement.tax, plain.settlement.tax, rtol=1e-12)
    assert embodied.verdict.epsilon.certified == pytest.approx(plain.verdict.epsilon.certified, rel=1e-9)


def test_energy_at_constant_speed_is_the_closed_form_and_the_battery_pays_for_it():
    record = run(energy__battery_j=1e6, energy__power="custom", energy__p0_w=2.0, energy__p1_j_per_m=3.0)
    way = np.linalg.norm(np.diff(record.positions[0], axis=0), axis=-1).sum(axis=0)
    np.testing.assert_allclose(record.energy_j[0, -1], 2.0 * 12 + 3.0 * way, rtol=1e-9)
    np.testing.assert_allclose(1e6 - record.bodies.charge_j[0, -1], record.energy_j[0, -1], rtol=1e-9)


def test_who_runs_empty_is_named_stands_still_and_is_excused():
    record = run(energy__battery_j=40.0)
    log = record.bodies
    empty = np.flatnonzero(log.emptied[0] >= 0)
    assert 0 < empty.size < 4
    assert (log.charge_j >= 0.0).all()
    assert (record.energy_j <= 40.0 + 1e-9).all()
    for robot in empty:
        after = record.positions[0, log.emptied[0, robot] :, robot]
        np.testing.assert_array_equal(after, np.broadcast_to(after[0], after.shape))
    excused = record.settlement.excused[0]
    np.testing.assert_array_equal(np.flatnonzero(excused), empty)
    counted = np.where(excused, 0.0, record.reported_cost[0])
    np.testing.assert_allclose(record.settlement.tax[0], counted.sum() - counted, rtol=1e-12)
    assert not record.settlement.penalised[0]

    assert record.verdict.epsilon.certified is None
    names = ", ".join(map(str, empty))
    assert record.verdict.notes[0].startswith(f"robot {names} did not come: the optimum is what all pay where all")


def test_a_leader_that_charges_empty_robots_bills_them_like_any_other():
    record = run(energy__battery_j=40.0, leader__empty="charged")
    assert record.settlement.excused is None
    assert record.settlement.penalised[0]
    assert record.table(0)[0]["empty_round"] == record.bodies.emptied[0, 0]


def test_pads_give_what_their_meter_says():
    at = robosim.load("rendezvous-honest", set=LINE).own["start"][0]
    keys = {**LINE, "energy.battery_j": 60.0, "energy.power": "custom", "energy.p0_w": 1.0}
    keys |= {
        "robots.starts_m": at.tolist(),
        "pad": [{"at_m": at.mean(axis=0).tolist(), "power_w": 2.0, "radius_m": 1.0}],
    }
    record = robosim.load("rendezvous-honest", set=keys).run()
    log = record.bodies
    assert (log.given_j[0] > 0.0).any()
    np.testing.assert_allclose(log.charge_j[0, -1], 60.0 - record.energy_j[0, -1] + log.given_j[0], rtol=1e-12)


def test_the_bound_of_those_who_are_left_shrinks_as_their_own_graph_lets_it():
    path = robosim.Network.of([(i, i + 1) for i in range(5)])
    alpha, everybody = np.full(8, 1 / path.lambda_max), np.ones(6, dtype=bool)
    left = everybody.copy()
    left[5] = False
    box = np.zeros(2), np.ones(2)
    found = reached(path, alpha, [(0, everybody), (3, left)], box, np.full(8, 0.01))
    shorter = robosim.Network.of([(i, i + 1) for i in range(4)]).connectivity
    want = found[0]
    for k in range(8):  # what is heard in round 3 without robot 5 is answered in round 4
        want = (1 - alpha[k] * (path.connectivity if k < 3 else shorter)) * want + np.sqrt(6) * 0.01
    assert found[-1] == pytest.approx(want, rel=1e-8)
    apart = reached(path, alpha, [(0, everybody), (2, everybody & (np.arange(6) != 2))], box, np.zeros(8))
    assert apart[-1] == apart[2]  # a team that fell apart agrees no further


def test_a_battery_that_cannot_pay_for_a_round_is_spent_and_not_thrown_away() -> None:
    """Points that have time enough for their way would spend as much in a shorter time: they go less far."""
    record = robosim.load("rendezvous", set={"energy.battery_j": 0.5, "leader.bound": 100.0}).run()
    ran_empty = record.bodies.emptied[0] == 1
    assert ran_empty.any()
    assert (record.spent_j[0, ran_empty] <= 0.5).all()
    np.testing.assert_allclose(record.spent_j[0, ran_empty], 0.5, rtol=1e-6)
