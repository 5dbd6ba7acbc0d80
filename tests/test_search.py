"""Searches find what is known to be there, never more than can be, and what they found plays again."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import robosim
from robosim.agent import Deviation
from robosim.attacks import Effort, OrderBroken, search
from robosim.attacks.saved import world_of
from robosim.attacks.space import space_of
from robosim.attacks.trial import Bench, words_of
from robosim.controllers.selfish.programme import Programme, stacked
from robosim.controllers.selfish.robots import FootDragging, Freeze
from tests.test_incentives import random_world

SHORT = Effort(generations=3, starts=1)


def net_cost(mission, agent, *plans):
    """What each strategy costs its agent in all."""
    return [
        mission.playing((Deviation(strategy=plan, missions=np.array([0]), agents=np.array([agent])),)).whole().net_cost
        for plan in plans
    ]


@pytest.mark.parametrize(
    ("numbers", "same"),
    [
        ({"hold": (0.7,), "gain": (0.3,)}, FootDragging(stride=0.3)),
        ({"switches": (5.0,), "hold": (0.0, 1.0), "gain": (1.0, 0.0), "follow": (0.0,) * 2, "bias": (0.0,) * 2},
         Freeze(after_round=4)),
    ],
)  # fmt: skip
def test_programmes_are_what_strategies_with_names_are(numbers, same) -> None:
    ours, theirs = net_cost(robosim.load("rendezvous").faithful(), 2, Programme(**numbers), same)
    assert ours == pytest.approx(theirs, rel=1e-13)


def test_a_programme_side_by_side_is_the_programme_alone_and_apart_it_moves_others_only() -> None:
    mission = robosim.load("six-bidders", tax="vcg").faithful()
    honest = mission.whole()
    space = space_of(mission, 1, words_of(mission, honest, 4), np.linspace(-1.0, 2.0, 51)[:, None])
    low, high = space.bounds
    x = low + (high - low) * np.random.default_rng(3).random((5, len(low)))
    together = Bench(mission, honest).tries([1], [[space.played(x)]])
    alone = Bench(mission, honest).tries([1], [[space.programme(one) for one in x]])
    assert together.saved == pytest.approx(alone.saved, rel=1e-11, abs=1e-11)
    joined = Bench(mission, honest).tries([1], [[stacked([space.programme(one) for one in x])]])
    assert joined.saved == pytest.approx(alone.saved, rel=1e-11, abs=1e-11)
    beside = Bench(mission, honest).tries([1], [[Programme(apart_gain=0.5), Programme(apart_report_offset=-0.1)]])
    assert beside.saved[:, 1] == pytest.approx(0.0, abs=1e-12)
    assert (np.abs(np.delete(beside.saved, 1, axis=1)).max(axis=1) > 1e-3).all()


@pytest.mark.parametrize("seed", range(4))
def test_on_random_worlds_what_is_searched_is_never_above_exact_and_nearly_what_is_bounded(seed: int) -> None:
    mission = random_world(seed)
    found = search(mission, taxes=["groves"], effort=SHORT, seconds=np.inf)
    sure = robosim.certify(mission)
    reached = np.array([one.gain for one in found.attacks])
    assert len(reached) == mission.network.n
    assert (reached <= sure.exact + 1e-9).all()
    assert all(one.covered for one in found.attacks)  # else nothing would be held against the certificate
    attained = sure.attained if sure.attained is not None else sure.bounded
    assert reached.max() >= 0.9 * attained.max()


def test_without_a_tax_the_search_finds_at_least_what_staying_at_home_gains() -> None:
    mission = robosim.load("rendezvous", set={"robots.count": 5, "mission.rounds": 30})
    stay = robosim.attack(mission, strategies=["stationary"], taxes=["none"]).attacks
    found = search(mission, taxes=["none"], effort=SHORT).attacks
    assert all(mine.gain >= home.gain for mine, home in zip(found, stay, strict=True))


@pytest.mark.parametrize("rounds", [25, 50, 100])
def test_bait_and_switch_is_found_without_its_name(rounds: int) -> None:
    """The positive control: a fifth of a dollar by asking for nothing until the last round."""
    mission = robosim.load("six-bidders", set={"mission.rounds": rounds})
    effort = Effort(generations=6, starts=1, named=False)
    (found,) = search(mission, agents=[0], effort=effort).attacks
    assert found.gain >= 0.2
    assert not found.covered


@pytest.mark.parametrize("optimiser", ["de", "cma-es"])
def test_a_bid_of_a_third_and_better_ones_are_found(optimiser: str) -> None:
    mission = robosim.load("two-bidders", tax="clearing-price", set={"bidders.bid_limits_kw": [0, 1]})
    effort = Effort(generations=4, starts=1, optimiser=optimiser, named=False)
    (found,) = search(mission, agents=[0], effort=effort).attacks
    assert found.gain >= 1 / 12
    (none,) = search(mission, agents=[0], taxes=["vcg"], effort=effort).attacks
    assert none.gain <= 1e-12


def test_what_is_found_is_saved_plays_again_and_is_said_in_json(cli, tmp_path) -> None:
    best = tmp_path / "worlds" / "best.toml"
    code, out, err = cli(
        "attack", "two-bidders", "--search", "--budget", "0.5", "--agent", "1", "--tax", "clearing-price",
        "--save-best", str(best), "--json",
    )  # fmt: skip
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["tried"] >= 256
    assert any("time was up" in line for line in told["left_out"])
    again = robosim.load(best).run()
    assert again.verdict.gains[0].gain == pytest.approx(told["attacks"][0]["gain"], rel=1e-9)
    assert again.strategy(1) == "programme"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--budget", "3"], "add --search"),
        (["--optimiser", "cma-es"], "add --search"),
        (["--search", "--budget", "0"], "--budget: must be a number of seconds above 0, got 0"),
        (["--search", "--budget", "nan"], "--budget: must be a number of seconds above 0, got nan"),
        (["--search", "--optimiser", "hill"], "--optimiser: 'hill' is none of de, cma-es"),
        (["--search", "--strategy", "freeze"], "leave one of the two out"),
        (["--search", "--agent", "9"], "agent: 9 does not exist"),
        (["--strategy", "freeze", "--save-best", "best.json"], "worlds end in .toml"),
    ],
)
def test_what_cannot_be_searched_is_said(cli, words, said) -> None:
    code, out, err = cli("attack", "six-bidders", *words)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert out == ""


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ({"hold": (0.0, 1.0)}, "hold must have 1 numbers, one a phase, got 2"),
        ({"bias": (1.0, 2.0, 3.0), "components": 2}, "bias must have 1 numbers, one a phase, or components a ph"),
        ({"script": (1.0,) * 3, "components": 2}, "script must have 2 numbers a round, got 3 in all"),
        ({"lies": ("slope",)}, "lie_factor must have 1 numbers, one a lie, got 0"),
        ({"lowest": (0.0,)}, "lowest and highest must have as many numbers, got 1, 0"),
    ],
)  # fmt: skip
def test_programmes_refuse_numbers_that_do_not_fit(numbers, said) -> None:
    with pytest.raises(ValueError, match=said):
        Programme(**numbers)


def test_ctrl_c_keeps_what_was_found(monkeypatch) -> None:
    from robosim.attacks import search as package  # the function: its module is asked for by name below

    assert callable(package)
    import sys

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules["robosim.attacks.optimisers"].OPTIMISERS, "de", interrupted)
    found = search(robosim.load("six-bidders"), agents=[0, 1], effort=SHORT)
    assert found.interrupted
    assert [one.agent for one in found.attacks] == [0, 1]


def test_a_broken_order_is_an_exit_code_and_a_world_that_shows_it(cli, monkeypatch, tmp_path) -> None:
    from robosim.attacks import named

    honest = named.certify_record
    monkeypatch.setattr(named, "certify_record", lambda *known: replace(honest(*known), certified=1e-6, exact=None))
    with pytest.raises(OrderBroken, match="found ≤ certified"):
        robosim.attack(robosim.load("rendezvous"), strategies=["freeze"])
    place = tmp_path / "shown.toml"
    code, _, err = cli("attack", "rendezvous", "--strategy", "freeze", "--save-best", str(place))
    assert code == 1
    assert f"please report it with {place}, which shows it" in err
    assert "freeze" in set(robosim.load(place).names().values())


def test_a_search_that_finds_more_than_is_certified_ends_too(monkeypatch) -> None:
    module = sys.modules["robosim.attacks.search"]  # the package names its function alike
    honest = module.certify_record
    monkeypatch.setattr(module, "certify_record", lambda *known: replace(honest(*known), certified=1e-12, exact=None))
    with pytest.raises(OrderBroken, match="found ≤ certified"):
        search(random_world(0), taxes=["groves"], effort=SHORT, seconds=np.inf)


def test_worlds_of_other_rules_and_best_responses_are_said_in_full() -> None:
    from robosim.agent import BestResponse

    text = world_of(robosim.load("rendezvous"), {1: BestResponse()}, "none")
    assert 'tax = "none"' in text
    assert 'strategy = "best-response"' in text


def test_who_answers_a_liar_may_gain_where_nobody_gains_against_the_faithful(cli) -> None:
    """T, Example 1: Groves makes the truth a best answer to the truth, not to lies. Row 17, which nothing certifies."""
    mission = robosim.load(
        "two-bidders", tax="groves", set={"bidders.bid_limits_kw": [-1, 3]}, strategies={1: "proportional:factor=0.3"}
    )
    faithful = search(mission, agents=[0], effort=SHORT).attacks[0]
    assert faithful.gain <= 1e-9
    found = search(mission, effort=SHORT, against_liars=True)
    (answer,) = found.attacks
    assert answer.agent == 0
    assert answer.gain > 1e-3
    assert not answer.covered
    assert "answers to liars" in found.void["groves"]
    code, _, err = cli("attack", "two-bidders", "--search", "--keep-selfish")
    assert code == 2
    assert "nobody deviates (add [[selfish]])" in err
    code, _, err = cli("attack", "two-bidders", "--keep-selfish")
    assert (code, "add --search" in err) == (2, True)


@pytest.mark.deep
@pytest.mark.parametrize("tax", ["groves", "vcg"])
@pytest.mark.parametrize("world", ["six-bidders", "two-bidders", "market", "charging-day-ahead"])
def test_no_search_breaks_the_order_under_prices(world, tax) -> None:
    small = {"station.count": 5, "station.limit_kw": 15.0} if "charging" in world else {}
    agents = None if world == "six-bidders" else [0, 1]
    search(robosim.load(world, set=small), agents=agents, taxes=[tax], effort=Effort(generations=3, starts=1))


@pytest.mark.deep
@pytest.mark.parametrize("world", ["rendezvous", "rendezvous-honest", "erratum", "robotarium", "not-dominant"])
def test_no_search_breaks_the_order_among_robots(world) -> None:
    search(robosim.load(world), taxes=["groves"], effort=Effort(generations=4, starts=1), seconds=10.0)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(3))
def test_twelve_robots_are_searched_to_nine_tenths_of_what_is_bounded_in_a_minute(seed: int) -> None:
    import time

    mission = robosim.load("rendezvous", seed=seed, set={"robots.count": 12, "mission.rounds": 60})
    began = time.process_time()
    found = search(mission, taxes=["groves"])
    assert time.process_time() - began <= 60
    sure = robosim.certify(mission)
    reached = np.array([one.gain for one in found.attacks])
    assert (reached >= 0.9 * sure.bounded).all()
