"""One small mission of every kind, certified, settled, drawn, saved and read back: what `scripts/lowest` runs."""

import numpy as np
import pytest

import robosim

WORLDS = {
    "rendezvous": {"mission.rounds": 30},
    "rendezvous-honest": {"mission.rounds": 30, "robots.private_cost": "energy"},
    "drones": {},
    "market": {"mission.rounds": 30},
    "six-bidders": {},
    "aggregator": {"mission.rounds": 20},
    "charging-day-ahead": {"station.count": 6, "mission.rounds": 200},
    "freight": {"mission.rounds": 300},
}


@pytest.mark.parametrize("world", WORLDS)
def test_a_world_runs_certifies_settles_and_draws(world: str, tmp_path) -> None:
    mission = robosim.load(world, set=WORLDS[world])
    record = mission.run()
    value = record.summary()
    assert np.isfinite(record.settlement.tax).all()
    if value["optimum"] is not None:
        assert value["social_cost"] >= value["optimum"] * (1 - 1e-6)
    assert robosim.certify(mission) is not None
    folder = record.save(tmp_path / "run")
    assert robosim.load_record(folder).summary() == value
    assert all(path.stat().st_size > 1000 for path in robosim.plot(record, out=tmp_path))


@pytest.mark.parametrize("controller", ["tracking_admm", "dc_admm", "dpmm", "iplux"])
def test_every_method_of_suppliers_runs(controller: str) -> None:
    record = robosim.run("freight", set={"mission.controller": controller, "mission.rounds": 20, "leader.tax": "none"})
    assert np.isfinite(record.decision).all()


def test_a_picture_is_drawn_without_a_window(tmp_path) -> None:
    from robosim.view import view

    view(robosim.load("erratum"), screenshot=tmp_path / "a.png", rounds=3)
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
