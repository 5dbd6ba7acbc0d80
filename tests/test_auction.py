"""Division by prices in whole missions: the numbers that T prints, marginal problems, certificates, records."""

import numpy as np
import pytest

import robosim
from robosim.auction.market_power import best_constant_bid, central_vcg, power
from robosim.auction.problem import Allocation
from robosim.controllers.selfish.bidders import BIDDING, BaitAndSwitch, ConstantBid
from robosim.errors import BadInput


def gain(world: str, agent: int, strategy, tax: str, **keys: object) -> tuple[float, float]:
    """Net cost of an agent that is faithful, and that plays the strategy."""
    options = {"leader.tax": tax, **keys}
    honest = robosim.run(world, set=options, strategies={})
    selfish = robosim.run(world, set=options, strategies={agent: strategy})
    return float(honest.net_cost[0, agent]), float(selfish.net_cost[0, agent])


@pytest.mark.parametrize("bidder", [0, 1])
def test_section_ii_the_clearing_price_is_gamed_and_vcg_is_not(bidder: int) -> None:
    """T, section II: 3/4 against 2/3 under the clearing price; under VCG 1/2 against 5/9."""
    assert gain("two-bidders", bidder, ConstantBid(), "clearing-price") == pytest.approx((3 / 4, 2 / 3), abs=1e-9)
    assert gain("two-bidders", bidder, ConstantBid(), "vcg") == pytest.approx((1 / 2, 5 / 9), abs=1e-9)


def test_section_ii_the_optimum_and_its_price() -> None:
    record = robosim.run("two-bidders")
    np.testing.assert_allclose(record.decision[0, :, 0], [1 / 2, 1 / 2], atol=1e-12)
    assert record.prices[0, -1, 0] == pytest.approx(1.0)
    assert record.summary()["prices"] == pytest.approx([1.0])


def test_example_1_faithful_play_is_nash_and_not_dominant() -> None:
    """T, Example 1: against a second agent that pretends (z-3)², the first pays 1 if faithful and 0.5 as z²."""
    from robosim.controllers.selfish.bidders import CostMisreport

    def first(pretends: dict) -> float:
        record = robosim.run("not-dominant", strategies=pretends)
        return float(record.net_cost[0, 0])

    liar = {1: CostMisreport(shift=1.0)}
    assert first(liar) == pytest.approx(1.0, abs=1e-9)
    assert first(liar | {0: CostMisreport(shift=-1.0)}) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("rounds", [25, 50, 100])
def test_bait_and_switch_gains_at_the_clearing_price_however_long_the_auction(rounds: int) -> None:
    faithful, selfish = gain("six-bidders", 0, BaitAndSwitch(), "clearing-price", **{"mission.rounds": rounds})
    assert faithful - selfish == pytest.approx(0.2407, abs=1e-4)
    faithful, selfish = gain("six-bidders", 0, BaitAndSwitch(), "vcg", **{"mission.rounds": rounds})
    assert faithful - selfish < 0


@pytest.mark.parametrize("seed", range(10))
def test_vcg_taxes_are_those_of_n_plus_one_central_optima(seed: int) -> None:
    mission = robosim.load("market", seed=seed, set={"bidders.count": 8, "leader.tax": "vcg", "mission.rounds": 400})
    record = mission.run()
    central = central_vcg(mission.allocation)
    np.testing.assert_allclose(record.settlement.tax[0], central, atol=1e-6 * np.abs(central).max())
    assert (record.settlement.tax[0] <= record.prices[0, -1, 0] * record.decision[0, :, 0] + 1e-9).all()


@pytest.mark.parametrize("tax", ["vcg", "groves"])
@pytest.mark.parametrize("rounds", [3, 10, 40])
def test_no_bidding_strategy_gains_more_than_the_duality_gap(tax: str, rounds: int) -> None:
    mission = robosim.load("six-bidders", set={"leader.tax": tax, "mission.rounds": rounds})
    found = robosim.attack(mission)
    epsilon = found.epsilon[tax].certified
    assert len(found.attacks) == (len(BIDDING) - 1) * 6  # best responses by name only
    assert epsilon >= mission.run().verdict.social_cost - mission.optimum() - 1e-9
    assert max(one.gain for one in found.attacks) <= epsilon + 1e-9
    assert all(one.covered for one in found.attacks)


@pytest.mark.parametrize("tax", ["clearing-price", "vcg"])
def test_no_bid_beats_the_best_response_and_it_earns_what_is_certified_as_exact(tax: str) -> None:
    """found ≤ bounded; the best response, played, gains just the bounded figure, under each rule its own."""
    mission = robosim.load("six-bidders", set={"mission.rounds": 20})
    found = robosim.attack(mission, strategies=["best-response", *list(BIDDING)[:-1]], taxes=[tax], seconds=60)
    best = max(one.gain for one in found.attacks if one.strategy == "best-response")
    assert max(one.gain for one in found.attacks) <= best + 1e-9
    assert best == pytest.approx(found.epsilon[tax].bounded, abs=1e-9)


def test_an_announced_epsilon_ends_the_auction_when_the_gap_certifies_it() -> None:
    record = robosim.run("market", set={"leader.tax": "vcg", "leader.epsilon": 1e-6, "mission.rounds": 10_000})
    assert record.rounds < 1000
    assert not record.interrupted
    assert record.gap[0] <= 1e-6
    assert record.verdict.social_cost - record.verdict.optimum <= 1e-6


def test_a_record_of_an_auction_comes_back_bit_for_bit(tmp_path) -> None:
    record = robosim.run("two-bidders", strategies={0: ConstantBid()})
    back = robosim.load_record(record.save(tmp_path / "run"))
    assert back.summary() == record.summary()
    np.testing.assert_array_equal(back.said["z"], record.said["z"])
    np.testing.assert_array_equal(back.prices, record.prices)
    assert back.strategies == {(0, 0): "constant-bid"}


def test_an_auction_does_not_know_how_many_rounds_it_needs() -> None:
    mission = robosim.load("two-bidders")
    with pytest.raises(BadInput, match=r"announce leader\.epsilon = 0\.001"):
        mission.kind.rounds_needed(mission, 1e-3)


def test_who_pays_more_than_staying_away_would_cost_is_found() -> None:
    assert robosim.run("two-bidders").summary()["individually_rational"] is True
    assert (
        robosim.run(
            "two-bidders", set={"leader.tax": "groves", "bidders.wanted_kw": [1.0, 9.0]}
        ).verdict.individually_rational
        is False
    )


@pytest.mark.deep
def test_market_power_vanishes_and_taxes_approach_the_price_as_the_market_grows() -> None:
    small, large = (power(robosim.load("market", set={"bidders.count": n})) for n in (2, 200))
    assert small.gain_share > 0.1
    assert large.gain_share < 0.001
    assert small.tax_share < 0.5
    assert 0.99 < large.tax_share < 1


@pytest.mark.parametrize("count", [16, 63])
def test_no_best_gain_is_a_loss(count: int) -> None:
    """To be faithful is a strategy too; where every fixed one loses, the best constant bid still gains a little."""
    found = power(robosim.load("market", set={"bidders.count": count}))
    assert found.gain > 0
    assert found.strategy.startswith("constant-bid")


def test_the_best_gain_within_limits_is_exact() -> None:
    """What `certify` says that agent 0 could gain by bids within its limits."""
    mission = robosim.load("six-bidders")
    found = power(mission)
    assert found.strategy == "best-response"
    assert found.gain == pytest.approx(robosim.certify(mission).bounded[0], rel=1e-9)


def test_the_best_constant_bid_costs_least_at_the_price_of_the_others() -> None:
    """1/3 for two of a kind (T, section II); else no bid of a grid is better at the others' own clearing price."""
    assert best_constant_bid(robosim.load("two-bidders").allocation, 0) == pytest.approx(1 / 3, abs=1e-6)
    problem = Allocation.of(
        [[1.0], [3.0], [0.5]], [[-2.0], [1.0], [-0.3]], np.array([[[2.0]], [[-1.0]], [[0.7]]]), [1.3]
    )

    def net(bid: float) -> float:
        rest = problem.without(0, bid)
        return float(problem.costs(np.array([[bid], [0.0], [0.0]]))[0] + rest.optimum()[1][0] * 2.0 * bid)

    best = best_constant_bid(problem, 0)
    assert net(best) <= min(net(best + step) for step in (-0.5, -0.01, 0.01, 0.5))
    assert best_constant_bid(robosim.load("six-bidders").allocation, 0) is None


@pytest.mark.parametrize("text", ["N=1..5", "M=2..5", "N=a..b", "N=", "2..5"])
def test_sweeps_that_are_none_are_refused(text: str) -> None:
    from robosim.cli.compare import sizes_of

    with pytest.raises(BadInput, match=r"--sweep: .* is no row of market sizes"):
        sizes_of(text)


@pytest.mark.parametrize("world", ["erratum", "charging-day-ahead", "freight"])
def test_market_power_is_a_matter_of_auctions(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    from robosim.__main__ import main

    assert main(["compare", world]) == 2
    assert capsys.readouterr().err.startswith(f"{world}: compare needs bidders")
