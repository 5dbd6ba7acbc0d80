"""Search: the program of one agent that earns it most while all others are faithful, whatever program they run.

For each agent and tax rule: everything that has a name is tried first, best responses among it where somebody solves
them; what pays best becomes the script from which populations of programmes are searched (`space`), at least 256
missions at a time, by one optimiser (`optimisers`), several starts. What is found is a lower bound: it was played and
billed. Nothing says that there is nothing better; that is what exact figures and certificates are for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robosim.agent import Array, Strategy
from robosim.attacks.named import Attack, Attacks, Tax, checked, held_against
from robosim.attacks.optimisers import optimiser
from robosim.attacks.seeds import Seeds, seeds
from robosim.attacks.space import FEW, Space, space_of
from robosim.attacks.trial import Bench, words_of
from robosim.certificate import QUICK, Certificate, certify_record
from robosim.controllers.selfish.programme import Programme
from robosim.errors import BadInput
from robosim.lookup.plays import parameters
from robosim.mission import Mission
from robosim.record import Record

POPULATION = 256
GENERATIONS, STARTS = 12, 2
LIARS = "others deviate too: no certificate covers answers to liars"


class Over(Exception):
    """The time is up."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long to search: generations a start, starts a case, or until `budget_s` seconds are over.

    `named` says whether what has a name is tried first.
    """

    optimiser: str = "de"
    population: int = POPULATION
    generations: int = GENERATIONS
    starts: int = STARTS
    budget_s: float | None = None
    seed: int = 0
    named: bool = True


@dataclass
class Clock:
    """What is left of the time, and who wants to know how far it is."""

    effort: Effort
    total: int
    progress: Callable[[int, int], None] | None = None
    began: float = field(default_factory=time.perf_counter)
    done: int = 0

    def tick(self, count: int) -> None:
        """So many missions more were played. Raises `Over`."""
        self.done += count
        budget, used = self.effort.budget_s, time.perf_counter() - self.began
        if self.progress:
            told = (min(self.done, self.total), self.total) if budget is None else (int(min(used, budget)), int(budget))
            self.progress(*told)
        if budget is not None and used >= budget:
            raise Over


@dataclass
class Case:
    """One agent under one tax rule: its box, the best of what was tried so far."""

    agent: int
    bench: Bench
    space: Space
    first: Array
    gain: float = 0.0
    others: float = 0.0
    net_cost: float = np.nan
    best: Programme | None = None
    lied: bool = False

    def gains(self, clock: Clock) -> Callable[[Array], Array]:
        """What vectors gain; remembers the best. Raises `Over`."""

        def of(x: Array) -> Array:
            plans = self.plans(x)
            outcome = self.bench.tries([self.agent], [plans])
            gain = outcome.saved[:, self.agent]
            self.keep(x, outcome.saved, outcome.net_cost)
            self.lied |= bool(outcome.understated.any())
            clock.tick(len(x))
            return np.asarray(gain)

        return of

    def plans(self, x: Array) -> list[Strategy]:
        """Vectors as strategies: all in one where the mission keeps rows together."""
        together = self.space.played(x) if self.bench.mission.stacks else None
        return [together] if together is not None else [self.space.programme(one) for one in x]

    def keep(self, x: Array, saved: Array, net_cost: Array) -> None:
        """Remember the best of some trials."""
        row = int(np.argmax(saved[:, self.agent]))
        if self.best is None or saved[row, self.agent] > self.gain:
            self.gain = float(saved[row, self.agent])
            self.others = float(saved[row, self.agent] - saved[row].sum())
            self.net_cost = float(net_cost[row, self.agent])
            self.best = self.space.programme(x[row])


def search(
    mission: Mission[Any],
    *,
    agents: Sequence[int] | None = None,
    taxes: Sequence[Tax] | None = None,
    effort: Effort | None = None,
    against_liars: bool = False,
    progress: Callable[[int, int], None] | None = None,
    seconds: float = QUICK,
) -> Attacks:
    """Search the best program of each agent under each tax rule; the mission's own deviations are left out.

    `against_liars` leaves them in: gains are then against the mission as it stands, of those who are faithful in it,
    and no certificate speaks of them.

    Ctrl-C, and `effort.budget_s`, end it with what was found. Raises `BadInput` for unknown names.
    """
    effort = effort or Effort()
    run = optimiser(effort.optimiser)
    who, _, bills, _ = checked(mission, agents, [], taxes)
    if against_liars:
        bills = {rule: bill.playing(mission.deviations) for rule, bill in bills.items()}
        who = _faithful(mission, who)
    honest = {rule: bill.whole() for rule, bill in bills.items()}
    clock = Clock(effort, len(who) * len(bills) * effort.starts * effort.generations * effort.population, progress)
    cases: list[Case] = []
    interrupted = cut = False
    try:
        for rule, bill in bills.items():
            bench = Bench(bill, honest[rule])
            for agent in who:
                cases.append(case_of(bench, agent, effort, clock))
        for start in starts(effort):
            for number, case in enumerate(cases):
                rng = np.random.default_rng((effort.seed, start, number))
                first = population(case, effort.population, rng)
                run(case.gains(clock), first, case.space.bounds, effort.generations, rng)
    except Over:
        cut = True
    except KeyboardInterrupt:
        interrupted = True
    certificates = {rule: _certified(bills[rule], honest[rule], seconds, against_liars) for rule in bills}
    lied = {case.bench.mission.tax.name for case in cases if case.lied}
    found = [found_of(case) for case in cases if case.best is not None]
    failed = sum({id(case.bench): case.bench.failed for case in cases}.values())
    return held_against(
        found,
        certificates,
        lied,
        mission,
        interrupted=interrupted,
        left_out=tuple(_said(cut, failed, cases)),
        tried=clock.done,
        seconds=time.perf_counter() - clock.began,
    )


def _faithful(mission: Mission[Any], who: list[int]) -> list[int]:
    """Who of these is faithful in the mission. Raises `BadInput` where nobody lies, or everybody."""
    liars = {int(agent) for one in mission.deviations for agent in one.agents}
    left = [agent for agent in who if agent not in liars]
    if not liars or not left:
        raise BadInput(f"{mission.scenario.name}: {'nobody' if not liars else 'everybody'} deviates (add [[selfish]])")
    return left


def _certified(bill: Mission[Any], honest: Record, seconds: float, against_liars: bool) -> Certificate:
    if against_liars:
        return Certificate(rounds=honest.rounds, void=LIARS)
    return certify_record(bill, honest, seconds)


def starts(effort: Effort) -> Iterator[int]:
    """So many starts, or as many as there is time for."""
    start = 0
    while effort.budget_s is not None or start < effort.starts:
        yield start
        start += 1


def case_of(bench: Bench, agent: int, effort: Effort, clock: Clock) -> Case:
    """A case before its search: what is known to pay is tried."""
    mission = bench.mission
    known = seeds(bench, agent) if effort.named else Seeds(agent=agent)
    space = space_of(mission, agent, words_of(mission, bench.honest, FEW), known.script)
    case = Case(agent=agent, bench=bench, space=space, first=known.vectors(space, mission))
    outcome = bench.tries([agent], [case.plans(case.first)])
    case.keep(case.first, outcome.saved, outcome.net_cost)
    clock.tick(0)
    return case


def population(case: Case, size: int, rng: np.random.Generator) -> Array:
    """A first population: what is known to pay, others near it, and the rest anywhere in the box."""
    low, high = case.space.bounds
    wide, known = high - low, case.first
    near = known[rng.integers(len(known), size=size // 2)]
    near = near + 10.0 ** rng.uniform(-4.0, -0.5, (len(near), 1)) * wide * rng.normal(size=near.shape)
    near = np.where(rng.random(near.shape) < 0.3, near, known[rng.integers(len(known), size=len(near))])
    anywhere = low + wide * rng.random((max(0, size - len(known) - len(near)), len(low)))
    return np.asarray(np.concatenate([known, near, anywhere])[: max(size, len(known))].clip(low, high))


def found_of(case: Case) -> Attack:
    """The best of a case as one row of the table."""
    assert case.best is not None
    honest = float(case.bench.honest.net_cost[0, case.agent])
    return Attack(
        agent=case.agent,
        strategy=case.best.name,
        parameters=parameters(case.best),
        tax_rule=case.bench.mission.tax.name,
        net_cost_faithful=honest,
        net_cost=case.net_cost,
        gain=case.gain,
        others_change=case.others,
        covered=case.bench.mission.kind.covers(case.bench.mission, case.best),
        plays=case.best,
    )


def _said(cut: bool, failed: int, cases: list[Case]) -> Iterator[str]:
    if cut:
        yield "the search ended when its time was up: more may be found"
    if failed:
        why = next(fault for case in cases for fault in case.bench.faults)
        yield f"{failed} of the missions that were tried could not be settled, and count as losses: {why}"
