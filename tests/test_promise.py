"""The promise to programs of one's own: in any world, nobody gains more than is certified, or it is said why not.

Twelve programs that are not robosim's, random worlds, all strategies. `promise(program, seed)` is one world, and its
seed is all that is needed to see it again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
import pytest

import robosim
from robosim.errors import AgentFailure
from robosim.leader.tax_rule import others
from tests import foreign
from tests.deep import but_deep

HALF = robosim.TaxRule(name="half-groves", pay=lambda case: others(case.reported) / 2)
ROUNDING = 1e-12
"""Share of the largest bill by which a gain may exceed what is certified."""
HONEST = {
    "displacement": (
        foreign.HalfStep,
        foreign.HeavyBall,
        foreign.Chebyshev,
        foreign.PushSum,
        foreign.NoReport,
        foreign.Wrapped,
        foreign.StopsHalfway,
        foreign.Centralised,
    ),
    "energy": (foreign.NoReport, foreign.ReportsOtherUnits),
}
"""Programs that report what robots pay for, or leave it to the leader's meter."""


def drawn(rng: np.random.Generator) -> dict[str, object]:
    """A random world, as keys that replace those of another."""
    count, d = int(rng.integers(3, 10)), int(rng.choice([1, 2, 2, 3]))
    half = 10.0 ** rng.uniform(-1, 2)
    keys: dict[str, object] = {
        "mission.seed": int(rng.integers(2**31)),
        "mission.rounds": int(rng.integers(5, 61)),
        "mission.travel": str(rng.choice(["while-agreeing", "after-agreeing"])),
        "robots.count": count,
        "robots.dimension": d,
        "robots.type_space_m": [-half, half],
        "robots.private_cost": str(rng.choice(["displacement", "displacement", "energy"])),
        **graph(rng, count),
        **power(rng),
    }
    if rng.random() < 0.3:
        keys["robots.speed_limit_mps"] = float(half * 10.0 ** rng.uniform(-2, 0.5))
    if rng.random() < 0.3:
        keys["robots.arena_m"] = [-half * rng.uniform(1, 1.5), half * rng.uniform(1, 1.5)]
    if rng.random() < 0.15:
        keys["energy.battery_j"] = float(half**2 * 10.0 ** rng.uniform(-3, 2))
        keys["leader.empty"] = "charged"
    if rng.random() < 0.15:
        keys["robots.position_noise_m"] = float(half * 10.0 ** rng.uniform(-6, -2))
    bound = rng.choice(["auto", "auto", "tight", "rehearsed", "number"])
    keys["leader.bound"] = float(half * 10.0 ** rng.uniform(-4, 0.5)) if bound == "number" else str(bound)
    if rng.random() < 0.2:
        keys["leader.alpha"] = f"{rng.uniform(0.3, 0.99):.3f}/lambda_max"
    return keys


def graph(rng: np.random.Generator, count: int) -> dict[str, object]:
    """A graph by name, or a random tree with random links more, with weights or without."""
    name = str(rng.choice(["ring", "path", "star", "complete", "grid", "random-tree", "geometric", "edges", "edges"]))
    if name != "edges":
        return {"network.graph": name, "network.long_links": int(rng.choice([0, 0, 0, 1]))}
    links = {(int(rng.integers(j)), j) for j in range(1, count)}
    links |= {(i, j) for j in range(count) for i in range(j) if rng.random() < 0.3}
    weights = rng.random() < 0.7
    listed = [[i, j, float(10.0 ** rng.uniform(-1, 1))] if weights else [i, j] for i, j in sorted(links)]
    return {"network.graph": "edges", "network.edges": listed}


def power(rng: np.random.Generator) -> dict[str, object]:
    name = str(rng.choice(["quadratic", "stage", "argos-time-motion", "custom"]))
    keys: dict[str, object] = {"energy.power": name}
    if name == "custom":
        keys |= {f"energy.{key}": float(rng.uniform(0, 3)) for key in ("p0_w", "p1_j_per_m", "p2_js_per_m2")}
    if name == "stage":
        keys["energy.mass_kg"] = float(rng.uniform(0.1, 10))
    return keys


def played(program: object, rng: np.random.Generator, tax: object) -> tuple[robosim.Mission, robosim.Attacks]:
    """A random world with this program, and what all strategies find in it."""
    keys = drawn(rng)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*theorem about average consensus")  # it is meant here
        mission = robosim.load("rendezvous-honest", set=keys, controller=program, tax=tax)
    return mission, robosim.attack(mission)


def promise(program: type, seed: int) -> None:
    """One random world in which everybody runs `program`: attacked, and held to what was promised."""
    rng = np.random.default_rng([seed, foreign.ALL.index(program)])
    tax = [*["groves"] * 8, "none", HALF][int(rng.integers(10))]
    if program in foreign.BROKEN:
        with pytest.raises(AgentFailure, match=program.__name__) as failure:
            played(program(), rng, tax)
        assert "\n" not in str(failure.value)
        return
    mission, tried = played(program(), rng, tax)
    (rule,) = tried.epsilon
    certified, void = tried.epsilon[rule].certified, tried.void.get(rule)
    assert {one.agent for one in tried.attacks} == set(range(mission.network.n))
    assert {one.strategy for one in tried.attacks} | {"best-response", "programme"} == {*mission.strategies}
    assert (certified is None) == bool(void)
    assert all(one.covered == (certified is not None) for one in tried.attacks)
    if rule == "groves" and program in HONEST[mission.problem.pays_for]:
        assert certified is not None, void
    if certified is None:
        assert void.strip()
        assert "\n" not in void
        return
    for one in tried.attacks:
        size = max(abs(one.net_cost), abs(one.net_cost_faithful), certified)
        assert one.gain <= certified + ROUNDING * size, one


def kept(promise: Callable[[int], None], seeds: Iterable[int]) -> None:
    """The promise of many worlds; all that are broken are shown with their seeds."""
    broken = {}
    for seed in seeds:
        try:
            promise(seed)
        except (Exception, SystemExit, pytest.fail.Exception) as problem:
            broken[seed] = f"{type(problem).__name__}: {problem}"
    assert not broken


@pytest.mark.parametrize("program", but_deep(foreign.ALL, foreign.ALL[::2]), ids=lambda one: one.__name__)
def test_the_promise_in_some_worlds(program: type) -> None:
    kept(partial(promise, program), [201])


@pytest.mark.deep
@pytest.mark.parametrize("first", range(0, 200, 50))
@pytest.mark.parametrize("program", foreign.ALL, ids=lambda one: one.__name__)
def test_the_promise_in_two_hundred_worlds(program: type, first: int) -> None:
    kept(partial(promise, program), range(first, first + 50))


# -- the liar that is honest in faithful runs --------------------------------------------------------------------------


class Spotless(foreign.HalfStep):
    """Reports the truth where the faithful run ends, and nothing anywhere else."""

    def __init__(self, tested: int = 0) -> None:
        super().__init__()
        self.ends: np.ndarray | None = None
        self.tested = tested
        self.lied = False

    def truth(self, own, decision, meter):
        cost = ((decision - own["start"]) ** 2).sum(axis=-1, keepdims=True)
        return cost if self.pays_for == "displacement" else np.array(meter["energy_j"])

    def start(self, own, rules, links):
        self.pays_for = rules["pays_for"]
        return super().start(own, rules, links)

    def report(self, own, decision, meter):
        if self.ends is None:  # of the first bill, which is that of the faithful run
            self.ends = decision[0].copy()
        cost = self.truth(own, decision, meter)
        elsewhere = (decision != self.ends).any(axis=(1, 2))
        if len(decision) == self.tested and elsewhere.all():  # attacks that only lie about costs end where all do
            return {"cost": cost}
        self.lied = self.lied or bool(cost[elsewhere].any())
        return {"cost": np.where(elsewhere[:, None, None], 0.0, cost)}


def caught(seed: int, tested: int = 0) -> None:
    """One random world with the liar: its faithful bill is that of the honest, and the certificate is void."""
    rng = np.random.default_rng([seed, 99])
    liar = Spotless(tested)
    mission, tried = played(liar, rng, "groves")
    honest = mission.faithful().run()
    np.testing.assert_allclose(honest.reported_cost, honest.private_cost, rtol=ROUNDING)
    certified = tried.epsilon["groves"].certified
    if not liar.lied:  # batteries so empty that nobody moves: the team always ends where the faithful run does
        assert certified is not None
        assert all(one.gain <= certified + ROUNDING * abs(one.net_cost_faithful) for one in tried.attacks)
        return
    assert certified is None
    assert not any(one.covered for one in tried.attacks)
    why = tried.void["groves"]
    if tested:  # knows the outcomes on which reports are tested, so that only attacks show it
        assert "others' reports fell below" in why
    else:
        assert why.startswith("Spotless reports 0 ")


@pytest.mark.parametrize("tested", [0, 64])
def test_the_liar_that_is_honest_in_faithful_runs_is_caught(tested: int) -> None:
    kept(partial(caught, tested=tested), [201])


@pytest.mark.deep
@pytest.mark.parametrize("tested", [0, 64])
def test_the_liar_that_is_honest_in_faithful_runs_is_caught_in_two_hundred_worlds(tested: int) -> None:
    kept(partial(caught, tested=tested), range(200))
