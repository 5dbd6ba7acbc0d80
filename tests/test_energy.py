"""Energy metered against the closed forms of the simulators that the presets are named after."""

import numpy as np
import pytest

from robosim.energy import PowerModel, argos_time_motion, quadratic, stage
from robosim.rendezvous.world.arena import Arena
from robosim.tape import Tape


def metered(power: PowerModel, track: np.ndarray, dt_s: float) -> float:
    """Joules of one robot that is driven along `track` (rounds + 1, d)."""
    d = track.shape[1]
    arena = Arena(d=d, dt_s=dt_s, power=power, lower=np.empty(0), upper=np.empty(0))
    tape = Tape(len(track) - 1, None, {"position": (1, 1, d), "energy": (1, 1)})
    body, _ = arena.start({"start": track[None, :1]}, {"z": track[None, :1]}, tape)
    for point in track[1:]:
        body, _ = arena.move(body, {"z": point[None, None]})
    return float(body.energy_j[0, 0])


@pytest.fixture(params=[1, 2, 3])
def track(request) -> np.ndarray:
    return np.cumsum(np.random.default_rng(request.param).normal(size=(9, request.param)), axis=0)


def test_stage_is_one_watt_and_ten_per_kilogram_and_metre_per_second_of_each_axis(track: np.ndarray) -> None:
    dt, mass = 0.4, 2.5
    speeds = np.abs(np.diff(track, axis=0)) / dt
    watts = 1 + 10 * mass * speeds.sum(axis=1)  # Stage, libstage/model_position.cc
    assert metered(stage(mass), track, dt) == pytest.approx((watts * dt).sum())


def test_argos_time_motion_drains_by_step_and_by_metre(track: np.ndarray) -> None:
    dt, per_step, per_metre = 0.1, 0.02, 0.3
    lengths = np.linalg.norm(np.diff(track, axis=0), axis=1)
    drained = (per_step + per_metre * lengths).sum()  # ARGoS, battery_equipped_entity.cpp, time_motion without turning
    assert metered(argos_time_motion(per_step / dt, per_metre), track, dt) == pytest.approx(drained)


def test_quadratic_is_the_integral_of_squared_speed(track: np.ndarray) -> None:
    dt = 0.25
    speeds = np.diff(track, axis=0) / dt
    assert metered(quadratic(), track, dt) == pytest.approx((speeds**2).sum() * dt)


def test_energy_of_one_move_is_the_model_s() -> None:
    power = PowerModel(p0_w=0.5, p1_j_per_m=2.0, p2_js_per_m2=3.0)
    assert metered(power, np.array([[0.0], [1.5]]), 0.2) == pytest.approx(power.energy_j(1.5, 0.2))
    assert power.energy_j(1.5, 0.2) == pytest.approx((0.5 + 2.0 * 7.5 + 3.0 * 7.5**2) * 0.2)
