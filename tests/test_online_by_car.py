"""What each car could gain, with all that was metered before it came as it was: states, bounds, and what lies earn."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.attacks import attack
from robosim.charging.online.arrivals import joining, least_by_car, rest
from robosim.charging.online.certificate import clairvoyant
from robosim.charging.optimum import solved

ONLINE = {"mission.planning": "online", "mission.rounds": 25, "station.unmet": "allowed"}
CROWD = ONLINE | {"station.count": 6, "station.limit_kw": 8.0}
KINDS = {
    "plain": {},
    "series": {"station.replan_min": 15},
    "aggregator": {"station.loss_dollars_per_kw2h": 0.01, "station.demand_dollars_per_kw": 0.3},
    "wires": {"station.site": "caltech", "station.limit_kw": 10.0},
}


@pytest.fixture(scope="module", params=KINDS)
def played(request, tmp_path_factory):
    keys = dict(KINDS[request.param])
    if request.param == "series":
        path = tmp_path_factory.mktemp("series") / "load.csv"
        path.write_text(
            "time,kW\n" + "".join(f"{h:02d}:{m:02d},{(3 * h + m) % 7}\n" for h in range(24) for m in (0, 20, 40))
        )
        keys["station.load"] = str(path)
    mission = robosim.load("charging", set=CROWD | keys)
    return mission, mission.faithful().whole()


def test_from_the_first_step_on_it_is_the_whole_day(played) -> None:
    mission, record = played
    start = rest(mission.day, record.day.metered_kwh, 0)
    assert start.spent == 0.0
    assert clairvoyant(start.day) == pytest.approx(mission.least, abs=1e-9)


def test_what_is_spent_and_what_is_left_is_the_cost_of_the_day(played) -> None:
    """At any step: the plan that the meters show from there on is one of the rest, and costs what was not yet spent."""
    mission, record = played
    day, meters = mission.day, record.day.metered_kwh
    ratio = day.station.ratio
    cost = record.private_cost[0].sum() + record.leader_cost[0]
    for step in (97, 110, 124, 150, 201, 287):
        left = rest(day, meters, step)
        later = np.where(np.arange(meters.shape[1]) < step, 0.0, meters)[day.station.cars.stay[:, 1] > step]
        x = later.reshape(len(later), -1, ratio).sum(axis=2)[:, step // ratio :] / day.problem.hours
        assert (x <= left.day.most_kw + 1e-9).all()
        load = left.day.load(x[None], np.ones((1, len(x), 1), dtype=bool))
        own = left.supply.cost(load)[0]
        assert left.spent + left.day.metered_costs(x[None]).sum() + own == pytest.approx(cost, rel=1e-9)
        rows = load.reshape(left.day.reached.shape[1], -1)[: len(left.day.rows_kw)]
        assert (rows <= left.day.given_kw + 1e-6).all()
        if mission.day.spare is None:
            of_a_period = left.day.given_kw[:, 0] / left.day.rows_kw
            np.testing.assert_allclose(of_a_period, {0: 1.0, 1: 2 / 3, 2: 1 / 3}[step % 3])


def test_bounds_rise_with_arrivals_and_stay_below_the_optimum_of_the_rest(played) -> None:
    mission, record = played
    least = least_by_car(mission.day, record.day.metered_kwh, mission.every, mission.foreseen_price)
    order = np.argsort(mission.day.station.cars.stay[:, 0])
    assert (np.diff(least[order]) >= 0).all()
    assert least[order[0]] >= mission.least - 1e-9
    cost = record.private_cost[0].sum() + record.leader_cost[0]
    assert (least <= cost + 1e-9).all()
    assert least[order[-1]] > mission.least + 0.3 * (cost - mission.least)
    if not mission.day.problem.aggregated:
        for car, step in enumerate(joining(mission.day, mission.every).tolist()):
            left = rest(mission.day, record.day.metered_kwh, step)
            assert least[car] <= left.spent + solved(left.day).cost + 1e-7


def test_no_lie_of_a_car_gains_more_than_its_own_bound() -> None:
    mission = robosim.load("charging", set=CROWD | {"mission.rounds": 12, "station.count": 4})
    found = robosim.certify(mission)
    assert found.bounded.shape == (4,)
    assert (found.bounded <= found.certified).all()
    assert found.bounded.min() < 0.9 * found.certified
    lies = attack(mission, strategies=["over-ask", "early-departure:hours=2", "early-leave"]).attacks
    assert max(one.gain for one in lies) > 0
    for one in lies:
        assert one.gain <= found.bounded[one.agent] + 1e-9


def test_a_run_lists_it_in_its_table_and_its_json(capsys) -> None:
    from robosim.cli.tables import show_run

    mission = robosim.load("charging", set=CROWD | {"station.count": 3})
    record = mission.run()
    each = robosim.certify(mission).bounded
    assert [row["bounded"] for row in record.summary()["agents"]] == pytest.approx(each.tolist())
    assert record.summary()["epsilon"]["bounded"] == pytest.approx(each.max())
    show_run(record, mission)
    assert "could gain" in capsys.readouterr().out
    untaxed = mission.billed("none").run()
    assert [row["bounded"] for row in untaxed.summary()["agents"]] == [None] * 3
    assert list(replace(untaxed, judged=replace(record.verdict, bounded=(1.0,))).faults())
