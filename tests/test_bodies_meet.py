"""Bodies meet where points would, within what is announced, and are not fined for having a body."""

from importlib import resources

import numpy as np
import pytest

import robosim

RING = (
    resources.files("robosim.worlds")
    .joinpath("robotarium-points.toml")
    .read_text()
    .replace("speed_limit_mps = 0.2\n", "")
)
BODIES = {
    "gritsbot": {"mission.dt_s": 0.99, "robots.control_dt_s": 0.033},
    "car": {"mission.dt_s": 1.0, "robots.control_dt_s": 0.05},
}


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    path = tmp_path_factory.mktemp("bodies") / "ring.toml"
    path.write_text(RING)
    return path


def built(ring, body, **keys):
    return robosim.load(ring, set={"mission.rounds": 150, "robots.body": body, **BODIES[body], **keys})


@pytest.mark.parametrize("body", BODIES)
def test_bodies_meet_at_the_mean_of_the_starts_and_nobody_is_fined(ring, body):
    mission = built(ring, body)
    rules = mission.announcement
    starts = np.random.default_rng(7).uniform(rules.lower, rules.upper, (20, 10, 2))
    starts[0] = np.where((np.arange(10) < 5)[:, None], rules.lower, rules.upper)  # the worst corner
    record = mission.starts({"start": starts}).run()
    assert not record.settlement.penalised.any()
    assert (record.settlement.distance <= rules.beta).all()
    drift = rules.bound.noise * rules.rounds / np.sqrt(10) if hasattr(rules.bound, "noise") else 0.0
    off = np.linalg.norm(record.decision.mean(axis=1) - starts.mean(axis=1), axis=-1)
    assert (off <= drift + 1e-9).all()
