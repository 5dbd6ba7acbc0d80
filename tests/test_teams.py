"""Teams of bodies that rehearse side by side are those that would have rehearsed alone."""

from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.network.radio import Radio
from robosim.rendezvous.bounds.affine import apart
from robosim.rendezvous.bounds.rehearsed import rehearsed
from robosim.rendezvous.bounds.teams import crowd
from robosim.rendezvous.starts import random_starts

CIRCLE = {"robots.count": 4, "mission.rounds": 8, "formation.radius_m": 0.4, "mission.controller": "hold-last"}
CIRCLE |= {"leader.alpha": "auto", "leader.bound": 1.0}


def team(**keys):
    return apart(robosim.load("robotarium", set={**CIRCLE, **keys}))


def starts(mission, count):
    rng = np.random.default_rng(2)
    return np.stack([random_starts(mission.scenario, rng) for _ in range(count)]) - mission.world.places


def distances(mission):
    found = [mission.apart(mission.start())]
    mission.played(watch=lambda one: found.append(mission.apart(one)))
    return np.stack(found, axis=1)


@pytest.mark.parametrize("keys", [{}, {"event": [{"robot": 1, "off": 2, "on": 5}, {"robot": 3, "off": 6}]}])
def test_over_a_radio_without_loss_or_errors_teams_are_where_each_would_be_alone(keys) -> None:
    mission = team(**keys)
    radio = mission.network if isinstance(mission.network, Radio) else Radio(graph=mission.network)
    mission, drawn = replace(mission, network=radio), starts(mission, 5)
    side_by_side = distances(crowd(mission, radio, drawn, 7))
    alone = np.concatenate([distances(mission.starts({"start": one[None]})) for one in drawn])
    np.testing.assert_array_equal(side_by_side, alone)
    assert side_by_side.shape == (5, 9)


def test_each_team_has_losses_and_errors_of_its_own() -> None:
    lossy = team(**{"network.radio": {"loss": 0.3}})
    same = np.repeat(starts(lossy, 1), 6, axis=0)
    found = distances(crowd(lossy, lossy.network, same, 7))
    assert len(np.unique(found[:, -1])) == 6
    noisy = team(**{"robots.position_noise_m": 0.002, "robots.sensing_noise_m": 0.002})
    found = distances(crowd(noisy, Radio(graph=noisy.network), same, 7))
    assert len(np.unique(found[:, -1])) == 6


def test_a_bound_of_bodies_over_a_bad_radio_is_rehearsed_side_by_side() -> None:
    keys = {"network.radio": {"loss": 0.2}, "robots.position_noise_m": 0.001, "leader.bound": "rehearsed"}
    found = rehearsed(team(**keys))
    assert found.bound.reached.shape == (9,)
    assert "margin" in found.note
