"""ε over types that are drawn: the largest of so many worlds, and how sure that is."""

import json

import pytest

import robosim
from robosim.attacks.sample import sample


def test_a_sample_is_the_certificates_of_the_worlds_of_its_seeds(cli) -> None:
    code, out, err = cli("certify", "rendezvous", "--types", "4", "--seed", "3")
    assert (code, err) == (0, "")
    assert "at most 52.7 % of the worlds" in out  # 1 - 0.05^(1/4)
    found = json.loads(cli("certify", "rendezvous", "--types", "4", "--seed", "3", "--json")[1])
    alone = [robosim.certify(robosim.load("rendezvous", seed=seed), seconds=0.0).certified for seed in range(3, 7)]
    assert found["epsilon"] == alone
    assert found["largest"] == max(alone)
    assert found["seed"] == 3 + alone.index(max(alone))
    assert len(set(alone)) == 4


@pytest.mark.parametrize(
    ("world", "keys"),
    [
        ("charging-day-ahead", {"mission.rounds": 10, "station.count": 4, "leader.tax": "vcg"}),
        ("six-bidders", {"mission.rounds": 4, "leader.tax": "groves"}),
    ],
)
def test_auctions_and_stations_that_draw_their_types_have_one(world, keys) -> None:
    found = sample(lambda seed: robosim.load(world, seed=seed, set=keys), 1, worlds=3)
    assert found.largest == max(found.epsilon)
    alone = [robosim.certify(robosim.load(world, seed=seed, set=keys), seconds=0.0).certified for seed in (1, 2, 3)]
    assert list(found.epsilon) == alone


def test_worlds_that_draw_nothing_or_have_no_certificate_are_said(cli) -> None:
    code, _, err = cli("certify", "two-bidders", "--types", "59")
    assert code == 2
    assert "do not depend on its seed" in err
    code, out, _ = cli("certify", "rendezvous", "--types", "3", "--set", "leader.tax=none")
    assert code == 0
    assert "3 of 3 have no certificate" in out
    assert cli("certify", "rendezvous", "--types", "0")[0] == 2
    assert cli("certify", "rendezvous", "--types", "5", "--rounds", "5")[0] == 2
