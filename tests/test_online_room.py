"""What cars know of their batteries, and the room that agreements leave for those who may yet come."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.charging.baselines import mpc, ours
from robosim.charging.online.residual import residual
from tests.test_online import ONLINE, station, together

__all__ = ["station"]
NEARLY_FULL = "2019-10-29 08:00,2019-10-29 11:00,14\n2019-10-29 08:00,2019-10-29 14:00,24\n"
CROWD = "2019-10-29 08:00,2019-10-29 16:00,20\n" + 3 * "2019-10-29 12:00,2019-10-29 16:00,26\n"
ROOM = {"station.room_dollars_per_kwh_h": 0.02}


def test_what_a_battery_cannot_take_the_others_have(station) -> None:
    """One of two cars wants 14 kWh in 3 hours and is in its taper soon: the feeder is full all the same."""
    keys = {"target_soc": 0.99, "limit_kw": 6.0, "wear_dollars_per_kw2h": 0.02, "unmet": "allowed", "tariff": 0.2}
    mission = station(NEARLY_FULL, **{f"station__{key}": x for key, x in keys.items()} | {"leader__tax": "none"})
    day = mission.run().day
    assert 14.0 - day.metered_kwh[0].sum() > 0.5
    np.testing.assert_allclose(day.metered_kwh[:, 96:131].sum(axis=0), 6.0 / 12, rtol=0.02)


def test_a_car_alone_is_the_slower_the_further_ahead_the_more_room_it_leaves(station) -> None:
    """min Σ_t ½ (a + q_t) x_t², Σ x = E, a at 15 minutes, q_t = room · hours ahead · ¼ / limit: x_t ∝ 1 / (a + q_t)."""
    rows = "2019-10-29 08:00,2019-10-29 12:00,8\n"
    mission = station(
        rows, station__tariff=0.2, leader__tax="none", **{key.replace(".", "__"): x for key, x in ROOM.items()}
    )
    first = mission.run().day.metered_kwh[0, 96] * 12
    slow = 0.01 * 0.25 + 0.02 * (np.arange(16) + 0.5) * 0.25 * 0.25 / 60.0
    assert first == pytest.approx(8.0 / 0.25 / slow[0] / (1.0 / slow).sum(), rel=1e-4)
    assert first > 1.05 * 8.0 / 4.0


def test_room_for_a_crowd_is_worth_it_and_one_mind_leaves_the_same(station) -> None:
    """Who is there early has charged before the crowd comes: cheaper for all; piqp solves the same as prices find."""
    keys = {"station__limit_kw": 12.0, "station__unmet": "allowed", "station__tariff": 0.2, "leader__tax": "none"}
    without, with_ = (station(CROWD, **keys, station__room_dollars_per_kwh_h=room) for room in (0.0, 0.05))
    costs = [ours(one.day, one.run().day).social_cost for one in (without, with_)]
    assert costs[1] < costs[0] - 0.5
    for one, cost in zip((without, with_), costs, strict=True):
        assert mpc(one.day, one.every).social_cost == pytest.approx(cost, rel=1e-4)


def test_nobody_pays_for_room_and_what_is_certified_is_what_was_executed(station) -> None:
    """Costs are those of the meter; tax and bound know nothing of it; prices are those of the feeder's own row."""
    keys = {"mission__rounds": 20, "station__replan_min": 15, "station__room_dollars_per_kwh_h": 0.05}
    mission = station(CROWD, station__limit_kw=12.0, station__unmet="allowed", **keys)
    record = mission.run()
    assert record.leader_cost[0] == 0.0
    assert record.prices.shape[-1] == mission.allocation.periods
    cost = mission.allocation.metered_costs(record.day.metered_kw)[0].sum()
    assert record.verdict.epsilon.certified == pytest.approx(cost - mission.least, abs=1e-9)
    found = robosim.attack(mission, agents=[0], strategies=["early-departure:hours=2"])
    assert found.attacks[0].gain <= found.epsilon["vcg"].certified


@pytest.mark.parametrize("loss", [0.0, 1e-3])
def test_the_further_ahead_and_the_fuller_the_more_a_plan_costs(loss: float) -> None:
    """Of a full feeder a kWh two hours ahead counts 0.04 $, beside the losses that are paid for; now nearly nothing."""
    keys = {"station.count": 5, "station.loss_dollars_per_kw2h": loss, "leader.tax": "none"}
    mission = robosim.load("charging", set=ONLINE | keys | ROOM)
    live = mission.start().body.live
    left = residual(mission.station, live, mission.every)
    assert left is not None
    bend = np.broadcast_to(left.day.loss, left.day.periods)
    middle = 0.25 * (np.arange(left.day.periods) + left.period + 0.5) - live.step / 12
    late = middle > 0.25
    np.testing.assert_allclose((bend * 60.0 / 0.25 - loss * 60.0)[late], 0.02 * middle[late], rtol=1e-12)
    assert left.price.shape[-1] == 2 * left.day.periods
    assert not residual(replace(mission.station, room=0.0), live, mission.every).day.loss - loss * 0.25


def test_a_dynamic_pivot_is_what_presence_cost_and_not_what_might_have_come() -> None:
    """It telescopes while a car lacks something: Σ_j≠i cost_j less the optimum without i, which leaves no room."""
    same = {"station.count": 3, "station.limit_kw": 9.0, "station.battery": "linear", "leader.epsilon_share": 1e-9}
    mission = together(robosim.load("charging", set=ONLINE | {"mission.rounds": 1000} | same | ROOM))
    record = mission.billed("dynamic-pivot").run()
    others = record.private_cost[0, :2].sum()  # the third is the last to have its wish
    alone = mission.allocation.without(2).optimum()[2]
    assert record.settlement.tax[0, 2] == pytest.approx(others - alone, abs=1e-6)
    assert others - alone > 0.01


def test_with_a_three_phase_site_the_whole_is_what_fills() -> None:
    """54 posts that take the same fill a row at 112.32 kW; more than 150 they never carry."""
    keys = {"station.site": "caltech", "station.limit_kw": 150.0, "station.count": 5}
    day = robosim.load("charging", set=ONLINE | ROOM | keys).day
    assert day.carries_kw == pytest.approx(112.32)
    assert robosim.load("charging", set=ONLINE | {"station.count": 5}).day.carries_kw == pytest.approx(60.0)
