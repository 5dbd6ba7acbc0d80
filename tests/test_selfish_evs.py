"""Selfish EVs: what each says, that nobody gains more than the certificate under VCG, and that the price is gamed."""

import importlib.util
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import robosim
from robosim.agent import Deviation, Strategy
from robosim.controllers.selfish.evs import (
    EV_DEVIATIONS,
    AsInData,
    BaitAndSwitch,
    CapacityWithholding,
    ConstantBid,
    CostMisreport,
    EarlyDeparture,
    FreezeBid,
    OverAsk,
    Proportional,
    Shift,
)
from robosim.controllers.selfish.pretenders import Pretender
from robosim.controllers.selfish.visits import VISITS
from robosim.errors import BadInput

ROOT = Path(__file__).parents[1]
DATA = ROOT / ".." / "shared" / "data" / "ev"
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, real days are not tested")
SMALL = {"station.count": 8, "station.limit_kw": 5.0, "station.unmet": "allowed", "mission.rounds": 200}
SEED = 3
PLACES = {
    "plain": {},
    "caltech": {"station.site": "caltech", "mission.rounds": 60},
    "aggregated": {"station.loss_dollars_per_kw2h": 0.001, "station.demand_dollars_per_kw": 0.5, "mission.rounds": 60},
}
PLAYED = EV_DEVIATIONS | VISITS
EV = 1
"""Who deviates: not all that it wants can be had."""


def world(tax: str = "groves", **options: object):
    return robosim.load("charging-day-ahead", seed=SEED, set=SMALL | {"leader.tax": tax} | options)


def everybody_but(mission, strategy: Strategy, agents=(EV,)):
    """The mission, and beside it one mission for each of `agents` in which it alone plays."""
    rows = np.arange(1, len(agents) + 1)
    return mission.playing((Deviation(strategy=strategy, missions=rows, agents=np.array(agents)),), batch=len(rows) + 1)


def words(mission, rounds: int) -> np.ndarray:
    """What everybody asks for in every round, (rounds + 1, missions, agents, T)."""
    snapshot = mission.start()
    said = [snapshot.heard.own["z"]]
    for _ in range(rounds):
        snapshot = mission.advance(snapshot)
        said.append(snapshot.heard.own["z"])
    return np.stack(said)


# -- what they say -----------------------------------------------------------------------------------------------------


def day_of(mission, **types: np.ndarray):
    """The same mission with an EV that truly is of another type."""
    day = mission.allocation
    other = replace(day, **{name: changed(getattr(day, name), value) for name, value in types.items()})
    return replace(mission, allocation=other, own=other.own())


def changed(x: np.ndarray, value) -> np.ndarray:
    y = x.copy()
    y[EV] = value
    return y


def pretences(day) -> list[tuple[Pretender, dict]]:
    """Every pretender, with the type that it pretends to be of."""
    first, stop = day.stay[EV]
    waited = np.maximum(np.arange(day.periods) - first, 0) * day.hours
    return [
        (OverAsk(), {"energy": 1.92 * day.energy[EV]}),
        (EarlyDeparture(hours=2.0), {"stay": [first, max(stop - 8, first + 1)]}),
        (CostMisreport(unmet=0.1), {"unmet": 0.1 * day.unmet[EV]}),
        (CostMisreport(unmet=1.0, wear=3.0), {"curvature": 3.0 * day.curvature[EV]}),
        (
            CostMisreport(unmet=1.0, waiting_dollars_per_kwh_h=0.1),
            {"energy_cost": day.energy_cost[EV] + 0.1 * waited * day.hours},
        ),
        (CapacityWithholding(share=0.25), {"limit_kw": 0.25 * day.limit_kw[EV]}),
        (AsInData(), {"energy": day.told[EV, 0], "stay": day.told[EV, 1:].astype(int)}),
    ]


@pytest.mark.parametrize("place", PLACES)
def test_to_pretend_is_to_be_of_another_type(place: str) -> None:
    """(3a) of the false type, round by round: the same words and prices as with an EV that truly is like that."""
    mission = world(**PLACES[place] | {"station.wants": "delivered", "mission.rounds": 30})
    gamma = mission.announced["gamma"]  # announced as a number, it does not follow registrations
    mission = replace(mission, rules=mission.rules | {"epsilon": None, "gamma": gamma})
    honest = words(mission, 30)[:, 0, EV]
    for strategy, types in pretences(mission.allocation):
        lying = words(everybody_but(mission, strategy), 30)[:, 1]
        being = words(day_of(mission, **types), 30)[:, 0]
        np.testing.assert_allclose(lying, being, atol=0.0 if place == "plain" else 1e-9, err_msg=strategy.name)
        assert (lying[:, EV] != honest).any(), strategy


def test_a_constant_bid_is_the_energy_spread_over_the_stay() -> None:
    mission = world()
    z, day = words(everybody_but(mission, ConstantBid()), 3)[:, 1, EV], mission.allocation
    first, stop = day.stay[EV]
    assert z[0].sum() == pytest.approx(min(day.energy[EV], day.limit_kw[EV] * (stop - first)))
    assert (z == z[0]).all()
    assert (z[0, first:stop] == z[0, first]).all()
    assert not z[0, :first].any()
    assert not z[0, stop:].any()
    two = words(everybody_but(mission, ConstantBid(power_kw=2.0)), 0)[0, 1, EV]
    np.testing.assert_array_equal(two, np.where(z[0] > 0, 2.0, 0.0))


def test_bait_is_out_until_the_last_round_and_then_more_than_all_is_wanted() -> None:
    mission = world(**{"mission.rounds": 40})
    z = words(everybody_but(mission, BaitAndSwitch()), 40)[:, 1, EV]
    assert not z[:40].any()
    assert z[40].sum() > mission.allocation.energy[EV]


def test_shifted_scaled_and_frozen_answers() -> None:
    """At λ⁰ all answer the same price; later, freeze repeats its words, whatever the price."""
    mission = world(**{"mission.rounds": 20})
    honest = words(mission, 0)[0, 0, EV]
    first, stop = mission.allocation.stay[EV]
    later = words(everybody_but(mission, Shift(hours=1.0)), 0)[0, 1, EV]
    np.testing.assert_array_equal(later[first + 4 : stop], honest[first : stop - 4])
    assert not later[: first + 4].any()
    assert not later[stop:].any()
    sooner = words(everybody_but(mission, Shift(hours=-1.0)), 0)[0, 1, EV]
    np.testing.assert_array_equal(sooner[first : stop - 4], honest[first + 4 : stop])
    np.testing.assert_array_equal(words(everybody_but(mission, Proportional()), 0)[0, 1, EV], 0.8 * honest)
    frozen = words(everybody_but(mission, FreezeBid(after_round=3)), 20)[:, 1, EV]
    assert (frozen[4:] == frozen[3]).all()
    assert (frozen[3] != frozen[2]).any()


@pytest.mark.parametrize("place", PLACES)
def test_several_of_a_kind_say_what_each_says_alone(place: str) -> None:
    mission = world(**PLACES[place])
    for name, kind in PLAYED.items():
        together = words(everybody_but(mission, kind(), agents=(0, EV, 3)), 12)
        for row, agent in enumerate((0, EV, 3), 1):
            alone = words(everybody_but(mission, kind(), agents=(agent,)), 12)
            np.testing.assert_array_equal(together[:, row], alone[:, 1], err_msg=name)
        assert (together[:, 0] == words(mission, 12)[:, 0]).all()


def test_every_name_in_the_table_is_that_of_its_class() -> None:
    assert {name: kind.name for name, kind in PLAYED.items()} == {name: name for name in PLAYED}


def test_a_world_file_names_them_with_their_parameters() -> None:
    entry = [{"agent": EV, "strategy": "over-ask", "factor": 3.0}, {"agents": [4, 5], "strategy": "freeze"}]
    record = world(selfish=entry).run()
    assert record.strategies == {(0, EV): "over-ask", (0, 4): "freeze", (0, 5): "freeze"}
    assert [gain.agent for gain in record.verdict.gains] == [EV, 4, 5]


@pytest.mark.parametrize(
    ("entry", "match"),
    [
        ({"strategy": "over-ask", "factor": -1.0}, "factor must be at least 0, got -1.0"),
        ({"strategy": "cost-misreport", "wear": 0.0}, "wear must be at least 0.001, got 0.0"),
        ({"strategy": "bait-and-switch", "bite": 1.0}, "bait-and-switch has no such parameter"),
        ({"strategy": "as-in-data", "factor": 1.0}, "it takes no parameters"),
        ({"strategy": "constant-bid", "power_kw": -1.0}, "power_kw must be at least 0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(entry: dict, match: str) -> None:
    with pytest.raises(BadInput, match=match):
        world(selfish=[{"agent": 0} | entry])


# -- what it pays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("battery", ["linear", "two-stage"])
def test_nobody_gains_more_than_certified_under_vcg(place: str, battery: str) -> None:
    """T, Proposition 1 with a dual bound; where batteries take less, a car's own shortfall comes on top, no more."""
    mission = world(**PLACES[place] | {"station.battery": battery})
    honest = mission.run()
    found = robosim.attack(mission)
    assert len(found.attacks) == len(PLAYED) * 8
    assert all(one.covered for one in found.attacks)
    own = honest.gap[0] + np.maximum(honest.day.shortfall[0], 0.0)
    assert found.epsilon["groves"].certified == own.max()
    for one in found.attacks:
        assert one.gain <= own[one.agent] + 1e-10, one


def test_the_part_of_the_tax_that_is_announced_before_is_the_same_whatever_one_says() -> None:
    """What is gained under VCG is gained under Groves, as P_-i never hears of i."""
    options = {"mission.rounds": 60, "station.count": 6}
    gains = [robosim.attack(world(tax, **options)).attacks for tax in ("vcg", "groves")]
    vcg, groves = ([one.gain for one in found] for found in gains)
    np.testing.assert_allclose(vcg, groves, atol=1e-10)


@pytest.mark.parametrize("rounds", [60, 200])
def test_bait_and_switch_gains_at_the_clearing_price_however_long_the_mission_may_last(rounds: int) -> None:
    """It also keeps the leader from ending the mission, and loses under VCG."""
    options = {"mission.rounds": rounds}
    mission = world("clearing-price", **options)
    selfish = everybody_but(mission, BaitAndSwitch()).run()
    assert selfish.rounds == rounds
    assert selfish.net_cost[0, EV] - selfish.net_cost[1, EV] > 0.1
    honest, lying = (world("groves", **options).playing(selfish_ones).run() for selfish_ones in ((), alone()))
    assert lying.net_cost[0, EV] - honest.net_cost[0, EV] > 0.1


def alone() -> tuple[Deviation, ...]:
    return (Deviation(strategy=BaitAndSwitch(), missions=np.array([0]), agents=np.array([EV])),)


class Liar(Strategy):
    """Says false words of every kind: what it asks for, its term of the dual function, what a proposal costs it."""

    def __init__(self, seed: int, size: float, dual: float, cost: float) -> None:
        self.seed, self.size, self.dual, self.cost = seed, size, dual, cost

    def say(self, k, memory, view):
        rng = np.random.default_rng([self.seed, k])
        said = {"z": view.faithful["z"] + self.size * rng.normal(size=view.faithful["z"].shape)}
        said["dual"] = view.faithful["dual"] + self.dual
        if "cost" in view.faithful:
            said["cost"] = view.faithful["cost"] + self.cost
        return memory, said


lies = st.sampled_from([0.0, 1e-7, -1e-7, 1.0, -1.0, 1e4, -1e4])
HONEST = {}


@given(st.integers(0, 999), st.sampled_from([0.0, 1e-4, 0.1, 5.0]), lies, lies)
@settings(max_examples=25, deadline=None)
def test_no_lie_in_any_word_gains_more_than_certified(seed: int, size: float, dual: float, cost: float) -> None:
    """A mission may end for a wrong reason; what one deviator pays is still the cost of a feasible plan plus k_i.

    As long as it tells the truth of its costs, a mission that ends early has what it announced.
    """
    options = {"station.battery": "linear"}
    mission = world(**options)
    if not HONEST:
        HONEST["run"] = mission.run()
    honest = HONEST["run"]
    plan = Deviation(strategy=Liar(seed, size, dual, cost), missions=np.array([0]), agents=np.array([EV]))
    record = mission.playing((plan,)).run()
    assert honest.net_cost[0, EV] - record.net_cost[0, EV] <= honest.gap[0] + 1e-10
    feasible = record.decision[0].sum(axis=0) <= 5.0 + 1e-9
    assert feasible.all()
    early = record.rounds < 200
    if early and dual == 0.0 and cost == 0.0:
        assert record.private_cost[0].sum() - mission.optimum() <= mission.rules["epsilon"] + 1e-10


def test_a_lie_about_costs_ends_a_mission_early_and_does_not_pay() -> None:
    """The test above does meet missions that ended for the wrong reason."""
    mission = world(**{"station.battery": "linear"})
    honest = mission.run()
    plan = Deviation(strategy=Liar(0, 0.0, 0.0, -1e4), missions=np.array([0]), agents=np.array([EV]))
    record = mission.playing((plan,)).run()
    assert record.rounds < honest.rounds
    assert record.private_cost[0].sum() - mission.optimum() > 1e3 * honest.gap[0]
    assert honest.net_cost[0, EV] - record.net_cost[0, EV] <= honest.gap[0]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("said", [1e12, -1e12, 1e300, -1e300, np.nan, np.inf])
def test_words_beyond_all_measure_harm_nobody_but_who_says_them(place: str, said: float) -> None:
    """Prices and decisions stay finite and feasible, the gap is a number, and it does not pay."""
    mission = world(**PLACES[place] | {"mission.rounds": 40})

    class Shout(Strategy):
        def say(self, k, memory, view):
            return memory, view.faithful | {"z": np.full_like(view.faithful["z"], said)}

    record = everybody_but(mission, Shout()).run()
    assert np.isfinite(record.decision).all()
    assert np.isfinite(record.settlement.tax).all()
    assert not np.isnan(record.gap).any()
    assert (record.day.excess_a <= 1e-9).all()
    assert record.net_cost[0, EV] - record.net_cost[1, EV] <= record.gap[0] + record.day.shortfall[0, EV] + 1e-9
    assert record.settlement.refused[1].nonzero()[0].tolist() == ([] if np.isfinite(said) else [EV])


# -- sampled days ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> ModuleType:
    """The script that makes the table."""
    path = ROOT / "scripts" / "study_selfish_evs.py"
    spec = importlib.util.spec_from_file_location("study_selfish_evs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def holds(tried) -> None:
    """No gain above what is certified, but for rounding."""
    for one in tried:
        assert one.vcg <= one.own_epsilon + 1e-10, one
        assert one.own_epsilon <= one.epsilon, one


@REAL
@pytest.mark.parametrize("number", [0, 2, 7])
def test_on_sampled_days_vcg_is_not_gamed_and_the_clearing_price_is(study: ModuleType, number: int) -> None:
    variants = {name: [{}] for name in EV_DEVIATIONS}
    tried = study.study(number, variants, rounds=400)
    holds(tried)
    assert [one.strategy for one in tried] == list(EV_DEVIATIONS)
    assert next(one for one in tried if one.strategy == "bait-and-switch").clearing > 5e-3
    assert study.table(tried).count("\n") == 1 + len(EV_DEVIATIONS)


@REAL
@pytest.mark.deep
def test_on_59_sampled_days_vcg_is_not_gamed_and_the_clearing_price_is(study: ModuleType) -> None:
    tried = [one for number in range(59) for one in study.study(number)]
    print(study.table(tried))
    holds(tried)
    baited = [one for one in tried if one.strategy == "bait-and-switch"]
    best = [max(one.clearing for one in baited if one.number == number) for number in range(59)]
    assert sum(gain > 1e-3 for gain in best) >= 40
    assert np.mean([one.clearing for one in baited if one.parameters == asdict(BaitAndSwitch())]) > 0.1
