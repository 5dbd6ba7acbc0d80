"""Charging worlds: what is accepted, the exact words of errors, and how they are written, estimated and described."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robosim.auction.scenario import AuctionScenario
from robosim.controllers.selfish.bidders import BIDDING
from robosim.errors import BadInput, TooLarge
from robosim.scenario.fields import share_of_sure
from robosim.scenario.loading import json_schema, load_scenario
from robosim.scenario.reading import bundled_worlds
from robosim.scenario.world_file import estimate_bytes

SMALLEST = '[mission]\nkind = "charging"\n[bidders]\ncount = 3\n[market]\ncapacity_kw = 1\n'
World = Callable[[str], Path]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Writes w.toml into an empty current directory, so that messages begin with w.toml."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        Path("w.toml").write_text(text)
        return Path("w.toml")

    return write


def load(name: str | Path, *options: str) -> AuctionScenario:
    scenario = load_scenario(name, overrides=options)
    assert isinstance(scenario, AuctionScenario)
    return scenario


def errors(name: str | Path, *options: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_scenario(name, overrides=options)
    return str(caught.value).split("\n")


# -- what is accepted ------------------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_documentation(world: World) -> None:
    found = load(world(SMALLEST))
    assert (found.mission.rounds, found.mission.seed, found.mission.controller) == (60, 0, "dual_decomposition")
    assert (found.bidders.count, found.bidders.curvature, found.bidders.wanted_kw) == (3, "random", "random")
    assert (found.bidders.curvature_range, found.bidders.wanted_range_kw) == ((0.5, 2.0), (0.5, 1.5))
    assert found.bidders.bid_limits_kw is None
    assert (found.market.capacity_kw, found.market.capacity_share, found.market.weights) == (1.0, None, None)
    assert (found.market.sense, found.market.start_price, found.market.step) == ("equal", 0.0, "auto")
    assert (found.market.update, found.market.step_of_sure) == ("gradient", None)
    assert (found.leader.tax, found.leader.epsilon, found.leader.bills) == ("vcg", None, "decision")
    assert (found.record.every, found.selfish, found.name) == (1, (), "w")


def test_section_II_of_the_paper() -> None:
    """T, section II: v_i = (z_i - 1)², z_1 + z_2 = 1."""
    found = load("two-bidders")
    assert (found.bidders.count, found.bidders.curvature, found.bidders.wanted_kw) == (2, 1.0, 1.0)
    assert (found.market.capacity_kw, found.market.step, found.market.start_price) == (1.0, 0.5, 0.0)
    assert (found.mission.rounds, found.leader.tax) == (80, "vcg")


def test_example_1_of_the_paper() -> None:
    """T, Example 1: (z_1 - 1)² + (z_2 - 2)² subject to z_1 = z_2, number of bidders from the list."""
    found = load("not-dominant")
    assert (found.bidders.count, found.bidders.wanted_kw) == (2, (1.0, 2.0))
    assert (found.market.weights, found.market.capacity_kw, found.leader.tax) == ((1.0, -1.0), 0.0, "groves")


def test_drawn_worlds() -> None:
    six, many = load("six-bidders"), load("market")
    assert (six.bidders.count, six.bidders.bid_limits_kw, six.mission.rounds) == (6, (-1.0, 3.0), 50)
    assert (six.market.step_of_sure, six.market.capacity_share, six.leader.tax) == (0.5, 0.6, "clearing-price")
    assert (many.bidders.count, many.market.capacity_share, many.mission.rounds) == (20, 0.6, 200)


@pytest.mark.parametrize("bidders", [1, 2, 1000])
def test_the_market_can_be_varied(bidders: int) -> None:
    assert load("market", f"bidders.count={bidders}").bidders.count == bidders


def test_either_list_counts(world: World) -> None:
    bare = SMALLEST.replace("count = 3\n", "")
    assert load(world(bare), "bidders.curvature=[1, 2]").bidders.count == 2
    both = load(
        world(bare), "bidders.curvature=[1, 2, 3]", "bidders.wanted_kw=[0, -1, 2.5]", "market.weights=[0, 1, 0]"
    )
    assert (both.bidders.count, both.bidders.wanted_kw) == (3, (0.0, -1.0, 2.5))


def test_selfish_tables_keep_agents_strategy_and_parameters(world: World) -> None:
    tables = (
        '[[selfish]]\nagents = [0, 2]\nstrategy = "constant-bid"\nbid = 1\n[[selfish]]\nagent = 1\nstrategy = "shift"'
    )
    one, two = load(world(SMALLEST + tables)).selfish
    assert (one.agents, one.strategy, one.parameters(BIDDING["constant-bid"])) == ((0, 2), "constant-bid", {"bid": 1.0})
    assert (two.agents, two.parameters(BIDDING["shift"])) == ((1,), {})


def test_a_file_that_names_no_kind_is_read_as_the_nearest(world: World) -> None:
    assert errors(world(SMALLEST.replace('kind = "charging"\n', "")), "market.sense=less") == [
        'w.toml:1: mission.kind: is missing (for example kind = "charging")',
        '--set:1: market.sense: must be "equal" or "at-most", got "less" (for example sense = "equal")',
    ]


@pytest.mark.parametrize(
    ("step", "share"), [("0.5/L", 0.5), ("1e-1 / L", 0.1), ("auto", None), ("0.5/lambda_max", None), (0.5, None)]
)
def test_shares_of_the_sure_step(step: object, share: float | None) -> None:
    assert share_of_sure(step) == share


# -- the words of errors ---------------------------------------------------------------------------------------------

ROOM = "add up to -3 to 6 (change the capacity, or widen the limits)"
ONE_EACH = "give one number for each bidder, or leave bidders.count to the list"
DRAWN_FORM = 'must be "random", a number, or a list of numbers'
STEP_FORM = 'must be "auto", a number > 0, or "F/L" with 0 < F < 2'


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("bidders.count=0", "bidders.count: must be >= 1, got 0 (for example count = 6)"),
        ("bidders=3", "bidders: must be a table, got 3 (write [bidders] on a line and its keys on the lines below)"),
        ("market=3", "market: must be a table, got 3 (write [market] on a line and its keys on the lines below)"),
        ("bidders.curvature=0", 'bidders.curvature: must be > 0, got 0 (for example curvature = "random")'),
        ("bidders.curvature=[1, 0, 1]", 'bidders.curvature.1: must be > 0, got 0 (for example curvature = "random")'),
        (
            "bidders.curvature=[]",
            'bidders.curvature: must have 1 or more elements, got [] (for example curvature = "random")',
        ),
        ("bidders.curvature=true", 'bidders.curvature: must be a number, got true (for example curvature = "random")'),
        ("bidders.curvature=some", f'bidders.curvature: {DRAWN_FORM}, got "some" (for example curvature = "random")'),
        ("bidders.wanted_kw='2'", f'bidders.wanted_kw: {DRAWN_FORM}, got "2" (write the number without quotes)'),
        ("bidders.wanted_kw=[1, 2]", f"bidders.wanted_kw: has 2 numbers, there are 3 bidders ({ONE_EACH})"),
        ("bidders.curvature=[1]", f"bidders.curvature: has 1 numbers, there are 3 bidders ({ONE_EACH})"),
        ("market.weights=[1, 2]", f"market.weights: has 2 numbers, there are 3 bidders ({ONE_EACH})"),
        ("market.weights=[0, 0, 0]", "market.weights: are all 0: nobody takes anything (leave them out for all 1)"),
        (
            "bidders.curvature_range=[0, 1]",
            "bidders.curvature_range.0: must be > 0, got 0 (for example curvature_range = [0.5, 2.0])",
        ),
        (
            "bidders.curvature_range=[2, 1]",
            "bidders.curvature_range: needs lo < hi, got [2, 1] (for example [0.5, 2.0])",
        ),
        (
            "bidders.bid_limits_kw=[1, 1]",
            "bidders.bid_limits_kw: needs lo < hi, got [1, 1] (for example [0.5, 2.0])",
        ),
        (
            "market.capacity_share=1",
            "market.capacity_share: stands beside capacity_kw (remove one of them)",
        ),
        (
            "market={}",
            "market: has neither capacity_kw nor capacity_share (write capacity_kw = 1.0, or capacity_share = 0.6)",
        ),
        ("market.step=2/L", f'market.step: {STEP_FORM}, got "2/L" (for example step = "auto")'),
        ("market.step=0/L", f'market.step: {STEP_FORM}, got "0/L" (for example step = "auto")'),
        (
            "market.step=1/lambda_max",
            f'market.step: {STEP_FORM}, got "1/lambda_max" (for example step = "auto")',
        ),
        ("leader.epsilon=0", "leader.epsilon: must be > 0, got 0 (for example epsilon = 1e-06)"),
        (
            "leader.bills=meter",
            'leader.bills: is "meter", and bidders have none: each takes exactly what was decided '
            '(write bills = "decision")',
        ),
        (
            "leader.tax=grove",
            'leader.tax: must be "vcg", "clearing-price", "groves" or "none", got "grove" (did you mean "groves"?)',
        ),
        (
            "selfish=[{strategy='freeze'}]",
            "selfish.0: has neither agent nor agents (write agent = 3, or agents = [3, 4])",
        ),
        (
            "selfish=[{robot=0, agent=1, strategy='freeze'}]",
            "selfish.0.robot: freeze has no such parameter (it takes after_round)",
        ),
        (
            "selfish=[{agent=3, strategy='freeze'}]",
            "selfish.0.agent: agent 3 does not exist (agents are 0..2)",
        ),
        (
            "selfish=[{agents=[1, 1], strategy='freeze'}]",
            "selfish.0.agents: agent 1 has a strategy already (give each agent one)",
        ),
        (
            "selfish=[{agent=1, strategy='stationary'}]",
            'selfish.0.strategy: "stationary" is not known (known: constant-bid, bait-and-switch, cost-misreport, '
            "capacity-withholding, shift, proportional, freeze, free-riding, best-response, programme; "
            "one of your own stands in controllers/stationary.py)",
        ),
        (
            "robots.count=3",
            "robots: unknown section (known: mission, bidders, market, leader, record, selfish)",
        ),
        ("leader.capacity_kw=3", "leader.capacity_kw: unknown key (it belongs below [market])"),
    ],
)
def test_words_of_errors(world: World, option: str, message: str) -> None:
    assert errors(world(SMALLEST), option) == [f"--set:1: {message}"]


def test_lists_that_disagree_with_each_other(world: World) -> None:
    text = SMALLEST.replace("count = 3", "curvature = [1, 1]\nwanted_kw = [1, 1, 1]")
    assert errors(world(text)) == [f"w.toml:5: bidders.wanted_kw: has 3 numbers, there are 2 bidders ({ONE_EACH})"]


def test_ranges_of_what_is_not_drawn(world: World) -> None:
    text = SMALLEST.replace("count = 3", "count = 3\nwanted_kw = 1\nwanted_range_kw = [0, 1]")
    assert errors(world(text)) == [
        'w.toml:6: bidders.wanted_range_kw: is used only with wanted_kw = "random", got 1 '
        "(set that, or remove wanted_range_kw)"
    ]


def test_a_world_without_its_sections(world: World) -> None:
    assert errors(world('[mission]\nkind = "charging"\n')) == [
        "w.toml:1: bidders.count: is missing (for example count = 6)",
        "w.toml:1: market: is missing (write [market] on a line and its keys on the lines below)",
    ]


@pytest.mark.parametrize(
    ("options", "within"),
    [
        (["market.capacity_kw=6"], True),
        (["market.capacity_kw=7"], False),
        (["market.capacity_kw=7", "market.sense='at-most'"], True),
        (["market.capacity_kw=-4", "market.sense='at-most'"], False),
        (["market.capacity_kw=-4", "market.weights=[-2, 0.0, 0]"], True),
        (["market.capacity_kw=3", "market.weights=[-2, 0.0, 0]"], False),
    ],
)
def test_bids_within_their_limits_can_share_the_capacity(world: World, options: list[str], within: bool) -> None:
    """Σ w_i z_i over lo ≤ z_i ≤ hi takes every value between Σ min(w_i lo, w_i hi) and Σ max(w_i lo, w_i hi)."""
    name = world(SMALLEST + "[record]\nevery = 1\n")
    limits = "bidders.bid_limits_kw=[-1, 2]"
    if within:
        assert load(name, limits, *options).bidders.bid_limits_kw == (-1.0, 2.0)
    else:
        (line,) = errors(name, limits, *options)
        assert " bids within bidders.bid_limits_kw add up to " in line


def test_words_of_a_capacity_out_of_reach(world: World) -> None:
    name = world(SMALLEST.replace("capacity_kw = 1", "capacity_kw = 7"))
    said = f"w.toml:6: market.capacity_kw: is 7, bids within bidders.bid_limits_kw {ROOM}"
    assert errors(name, "bidders.bid_limits_kw=[-1, 2]") == [said]


# -- written, estimated, described -----------------------------------------------------------------------------------

NUMBERS = st.floats(-1e12, 1e12)
POSITIVES = st.floats(1e-12, 1e12)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Sections of a valid world, each key there or not."""
    n = draw(st.integers(1, 5))

    def drawn(number: st.SearchStrategy[float], key: str, bounds: str) -> dict[str, Any]:
        value = draw(st.one_of(st.just("random"), number, st.lists(number, min_size=n, max_size=n)))
        return {key: value} | ({bounds: [0.25, 9]} if value == "random" and draw(st.booleans()) else {})

    bidders = drawn(POSITIVES, "curvature", "curvature_range") | drawn(NUMBERS, "wanted_kw", "wanted_range_kw")
    capacity = draw(st.sampled_from([{"capacity_kw": -2.5}, {"capacity_share": 0.25}]))
    weights = draw(st.sampled_from([{}, {"weights": [1, *[-0.5] * (n - 1)]}]))
    step = draw(st.one_of(st.sampled_from(["auto", "0.5/L", "1.9e0 / L"]), POSITIVES))
    entry = draw(st.sampled_from([{"agent": 0}, {"agents": [0]}]))
    return {
        "bidders": {"count": n, **bidders},
        "market": {**capacity, **weights, "step": step, "update": "nesterov", "sense": "at-most"},
        "leader": draw(st.sampled_from([{}, {"epsilon": 1e-6, "tax": "none"}])),
        "selfish": draw(st.sampled_from([[], [{**entry, "strategy": "shift", "amount": 2}]])),
    }


FILES = count()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_a_written_scenario_loads_to_an_equal_one(tmp_path: Path, sections: dict[str, Any]) -> None:
    scenario = load_scenario("market", overrides=sections)
    file = tmp_path / f"w{next(FILES)}.toml"
    file.write_text(scenario.to_toml())
    again = load_scenario(file)
    assert again == scenario
    assert again.to_toml() == scenario.to_toml()
    for entry, was in zip(again.selfish, scenario.selfish, strict=True):
        assert entry.parameters(BIDDING[entry.strategy]) == was.parameters(BIDDING[was.strategy])


def estimate(*options: str) -> int:
    return estimate_bytes(load("market", *options))


def test_estimates_grow_with_rounds_and_with_the_square_of_bidders_under_vcg() -> None:
    bids = 3 * 8 * 20 * 1000  # share, dual value and cost of twenty bidders
    assert estimate("mission.rounds=2000") - estimate("mission.rounds=1000") == bids
    assert estimate("mission.rounds=2000", "record.every=2") == estimate("mission.rounds=1000")
    vcg = [estimate("leader.tax=vcg", f"bidders.count={n}") - estimate(f"bidders.count={n}") for n in (10, 100, 1000)]
    assert [size / (n * (n + 1)) for size, n in zip(vcg, (10, 100, 1000), strict=True)] == [vcg[0] / 110] * 3


@pytest.mark.parametrize(
    ("options", "begin"),
    [
        (["bidders.count=1000000000"], "--set:1: bidders.count: 1000000000 bidders x 200 rounds need about "),
        (["mission.rounds=1000000000"], "--set:1: mission.rounds: 20 bidders x 1000000000 rounds need about 480 GB"),
        (
            ["bidders.count=1000000", "leader.tax=vcg"],
            "--set:1: bidders.count: 1000000 marginal problems of 1000000 bidders need about ",
        ),
        (["bidders.count=1000000000000000000"], "--set:1: bidders.count: "),
    ],
)
def test_absurd_sizes_are_refused(monkeypatch: pytest.MonkeyPatch, options: list[str], begin: str) -> None:
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "11.7")
    with pytest.raises(TooLarge) as caught:
        load_scenario("market", overrides=options)
    assert str(caught.value).startswith(begin)


def test_the_schema_offers_each_kind_its_own_strategies() -> None:
    tables = json_schema()["$defs"]
    robots, bidders = (tables[name]["properties"] for name in ("SelfishRobot", "SelfishBidder"))
    assert "stationary" in robots["strategy"]["enum"]
    assert "constant-bid" in bidders["strategy"]["enum"]
    assert ("robot" in robots, "agent" in bidders, "robot" in bidders) == (True, True, False)


def test_charging_worlds_are_bundled() -> None:
    assert {"charging", "market", "not-dominant", "six-bidders", "two-bidders"} <= bundled_worlds().keys()
