"""What no pilot can give is known at load: levels, wires and stays in closed form, and what is said and refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.charging.notes import beyond_pilots
from robosim.charging.station.execution import equipment
from robosim.charging.station.feeder import Feeder
from robosim.charging.station.pilots import carried_alone, givable
from robosim.charging.station.posts import allowed_current, evses
from robosim.charging.station.site import Site
from robosim.charging.tables import findings, row_lines
from robosim.errors import BadInput

ONLINE = {"mission.planning": "online", "mission.rounds": 60, "station.unmet": "allowed", "leader.tax": "none"}
HOUR = "2019-10-29 08:00,2019-10-29 09:00,10\n"
MORNING = "2019-10-29 08:02,2019-10-29 11:59,3\n"


@pytest.fixture
def station(tmp_path: Path):
    def load(rows: str, **keys: object):
        (tmp_path / "sessions.csv").write_text("arrival,departure,requested_kwh\n" + rows)
        given = {key.replace("__", "."): value for key, value in keys.items()}
        return robosim.load("charging", set=ONLINE | {"station.sessions": str(tmp_path / "sessions.csv")} | given)

    return load


def can(mission):
    return givable(mission.day.station, mission.day.problem.stay, mission.day.relaxed.limit_kw)


@pytest.mark.parametrize(
    ("charger", "limit_kw", "amps"),
    [("continuous", 5.0, 5000 / 208), ("deadband", 5.0, 5000 / 208), ("aerovironment", 5.0, 24.0),
     ("clippercreek", 4.9, 16.0), ("clippercreek", 60.0, 32.0)],
)  # fmt: skip
def test_an_hour_gives_the_highest_level_below_the_wires(station, charger: str, limit_kw: float, amps: float) -> None:
    found = can(station(HOUR, station__charger=charger, station__limit_kw=limit_kw))
    assert found.kwh == pytest.approx([amps * 0.208])
    assert found.highest_a == pytest.approx([amps])


def test_a_car_s_own_power_and_whole_periods_where_it_is_planned_by_them(station) -> None:
    """A car of 3 kW has 3.95 h of it; planned before the day, the periods from 8:15 to 11:45: 3.5 h."""
    keys = {"station__charger": "clippercreek", "station__battery_kw": 3.0, "leader__tax": "none"}
    assert can(station(MORNING, **keys)).kwh == pytest.approx([3.0 * 237 / 60])
    assert can(station(MORNING, mission__planning="day-ahead", **keys)).kwh == pytest.approx([3.0 * 3.5])


def test_a_part_of_a_step_may_have_more_than_the_mean_of_the_step(station) -> None:
    """Behind 1.5 kW no 8 A fit, but for three minutes of five: rows carry means of steps."""
    found = can(
        station("2019-10-29 08:02,2019-10-29 09:00,3\n", station__charger="clippercreek", station__limit_kw=1.5)
    )
    assert found.highest_a == [8.0]
    assert found.kwh == pytest.approx([8 * 0.208 * 3 / 60])


def test_the_kernel_is_the_sum_over_steps(station) -> None:
    """Against arrays: the highest allowed current of each step, the limit changing from step to step."""
    mission = station(HOUR + MORNING, station__charger="aerovironment")
    rng = np.random.default_rng(1)
    base, problem = mission.day.station, mission.day.problem
    limit = rng.uniform(0.0, 40.0, (1, base.steps))
    found = givable(replace(base, wires=base.wires._replace(limit_a=limit)), problem.stay, problem.limit_kw)
    t, stay = np.arange(base.steps), base.cars.stay
    part = np.clip(np.minimum(stay[:, 1:], t + 1) - np.maximum(stay[:, :1], t), 0.0, None)
    asked = np.where(part > 0, np.minimum(limit, 1e9) / np.where(part > 0, part, 1.0), 0.0)
    amps = allowed_current(asked.T, evses(["a", "b"], "aerovironment")).T
    np.testing.assert_allclose(found.kwh, (np.minimum(amps * 0.208, 6.656) * part).sum(axis=1) / 12, rtol=1e-12)
    np.testing.assert_array_equal(found.highest_a, amps.max(axis=1))
    np.testing.assert_array_equal(found.alone_a, np.minimum(np.where(part > 0, limit, 0.0).max(axis=1), 32.0))


def test_a_row_that_others_can_relieve_forbids_nothing() -> None:
    """10 A on a line bind; a neutral of 4 A does not, as three phases may balance, but among two of them at 60°."""
    site = Site(
        name="three",
        evses=evses(["a", "b", "c"], "continuous"),
        feeder=Feeder(
            matrix=np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 2.0, 2.0]]),
            limit_a=np.array([10.0, 4.0, 18.0]),
            phase_rad=np.radians([[0.0, 0.0, 0.0], [0.0, -120.0, 120.0], [0.0, 30.0, -30.0]]),
            names=("L1", "N", "part"),
        ),
    )
    np.testing.assert_allclose(carried_alone(*equipment(site))[:, 0], [10.0, 9.0, 9.0])


def test_nobody_gets_more_than_is_said(station) -> None:
    rows = "".join(f"2019-10-29 0{8 + k // 3}:0{k},2019-10-29 10:0{k},9\n" for k in range(6))
    for charger in ("clippercreek", "deadband"):
        mission = station(rows, station__charger=charger, station__limit_kw=8.0)
        got = mission.run().day.metered_kwh.sum(axis=1)
        assert (got <= can(mission).kwh + 1e-9).all()
    alone = station(HOUR, station__charger="clippercreek", station__limit_kw=5.0, station__battery="linear")
    assert alone.run().day.metered_kwh.sum() == pytest.approx(can(alone).kwh[0])


def test_a_battery_behind_losses_draws_more_than_it_takes_and_bounds_know_it(station) -> None:
    """A battery of 3 kW draws 3.75 kW at 80 %, of 16 A all: 3.328 kW, above what is planned for it."""
    keys = {"station__charger": "clippercreek", "station__battery_kw": 3.0, "station__efficiency": 0.8}
    mission = station(HOUR, **keys, station__battery="linear", leader__tax="groves")
    record = mission.run()
    assert record.day.metered_kwh.max() == pytest.approx(3.328 / 12)
    assert can(mission).kwh == pytest.approx([3.75])
    assert record.day.metered_kwh.sum() <= 3.75
    assert mission.least <= record.private_cost.sum()
    assert record.verdict.epsilon.certified is not None


def test_it_is_said_who_will_lack_what_and_which_pilots_there_are_not(station) -> None:
    mission = station(HOUR + MORNING, station__charger="clippercreek", station__limit_kw=5.0)
    short, lowest = beyond_pilots(mission.day)
    assert short.startswith("1 of 2 EVs ask for 5.008 kWh more than any pilot gives in their stay: ")
    assert short.endswith("EV 0 asks 10 kWh, its post can give 4.992 kWh: 5.008 kWh will be unmet")
    assert lowest.startswith("between 0 and 8 A there is no pilot at 2 posts: ")
    assert "less than 1.664 kW, nothing flows" in lowest
    assert short in mission.run().summary()["notes"]


def test_of_smooth_posts_that_give_enough_nothing_is_said(station) -> None:
    assert beyond_pilots(station(MORNING).day) == []


def test_who_can_be_told_no_pilot_is_named_and_where_that_is_everybody_it_is_refused(station) -> None:
    """5.77 A are 1.2 kW: too little for 6 A, and enough for a smooth post."""
    with pytest.raises(
        BadInput, match=r"station\.limit_kw: no car can charge: .*5\.769 A \(1\.2 kW\).*6 A \(1\.248 kW\)"
    ):
        station(HOUR, station__charger="deadband", station__limit_kw=1.2)
    mixed = station(HOUR + MORNING, station__posts=[
        {"id": "A", "volts": 208.0, "kind": "deadband"}, {"id": "B", "volts": 208.0}], station__limit_kw=1.2,
    )  # fmt: skip
    silent = beyond_pilots(mixed.day)[0]
    assert silent.startswith("1 of 2 EVs can be given nothing: EV 0, as wires carry 5.769 A at most to post A, whose")
    record = mixed.run()
    assert record.day.metered_kwh[0].sum() == 0.0
    assert record.day.metered_kwh[1].sum() == pytest.approx(3.0)


def test_a_feeder_that_leaves_nothing_is_not_the_pilots_fault(station, tmp_path: Path) -> None:
    (tmp_path / "load.csv").write_text("time,kW\n00:00,60\n12:00,60\n")
    mission = station(HOUR, station__charger="deadband", station__load=str(tmp_path / "load.csv"))
    assert beyond_pilots(mission.day)[0].endswith("its post can give 0 kWh: 10 kWh will be unmet")


def test_a_run_says_what_each_line_carried_at_most(station, tmp_path: Path) -> None:
    """Two posts at L1 and L2 of 10 A each, one of them alone in use: 10 A, 0 A, and the neutral with what L1 has."""
    (tmp_path / "three.toml").write_text(
        '[[posts]]\nid = "A"\nvolts = 230.0\nphase = "L1"\n[[posts]]\nid = "B"\nvolts = 230.0\nphase = "L2"\n'
        '[[limits]]\nname = "feeder"\nline = ["L1", "L2", "N"]\nlimit_a = 10.0\n'
    )
    (tmp_path / "day.csv").write_text("arrival,departure,requested_kwh,station_id\n" + HOUR.strip() + ",A\n")
    (tmp_path / "world.toml").write_text(
        '[mission]\nkind = "charging"\nplanning = "online"\nrounds = 100\ncontroller = "dual_decomposition"\n'
        '[station]\nsessions = "day.csv"\nsite = "three.toml"\nunmet = "allowed"\nbattery = "linear"\n'
        '[leader]\ntax = "none"\n'
    )
    mission = robosim.load(tmp_path / "world.toml")
    record = mission.run()
    (line,) = row_lines(record.day, mission.day.row_names)
    most = record.day.line_a.max(axis=1)
    assert most[0] == pytest.approx(10.0, rel=0.02)
    assert line.startswith(
        f"most that the feeder's rows carried: feeder L1 {most[0]:.4g} of 10 A ({10 * most[0]:.0f} %)"
    )
    assert "feeder L2 0 of 10 A (0 %)" in line
    assert line in findings(record, mission)
    plain = station(HOUR)
    assert row_lines(plain.run().day, plain.day.row_names) == []
