"""Plain data and protocols: what agents say and hear, and the programs that they may run.

Every array has the axes (missions, agents, components); a population of one agent is the same program with N = 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.errors import BadInput
from robosim.heard import Array as Array
from robosim.heard import Heard as Heard
from robosim.heard import Ints as Ints
from robosim.heard import Links as Links
from robosim.heard import Rules as Rules
from robosim.heard import Said as Said


class Controller(Protocol):
    """The follower's program σ_i (T, Definition of a mechanism and (4b)). Row i may use row i only.

    `serves`, a tuple of "rendezvous", "auction", "charging" and "freight", says in which kinds of world it works; a
    program that does not say so is taken everywhere.

    Everything that a program is given is lent: one that is not robosim's own and writes into it ends with
    `AgentFailure`. It may keep what it was lent. All words that it says are heard, its own and its neighbours', as they
    were after the selfish replaced theirs; worlds read those that they need ("z" where robots drive). What it says and
    reports is checked when it arrives: the same words every round, of float64 and finite.

    Arguments of its class can be set in world files, `[mission.parameters]`. `rules` hold rounds and, by kind of world,

    - rendezvous: what `robosim.rendezvous.build.told` lists: step size, type space, graph, how far a body gets;
    - auction and charging: the price's start and step (`robosim.auction.problem.Allocation.rules`);
    - freight: the penalties of the method, A, b, theta and congestion (`robosim.freight.mission.Freight.announced`).

    One that has `among(state, rows)`, what it keeps in some of the missions, is not played on in those that have agreed
    while others beside them go on (charging that is planned online). Who inherits it and writes `start` or `step` anew
    writes it anew, too, or is played on.

    One that keeps arrays that it says in its state says `keeps_words = True`: the selfish then write into copies.

    In a rendezvous a program may bring a bound of its own, `proven_beta(rules)`, and say that it `keeps_mean` or
    `keeps_reach` (`robosim.rendezvous.bounds.listed`).
    """

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Any, Said]:
        """Round 0: from private types and announced rules to a state and the first words."""
        ...

    def step(self, state: Any, heard: Heard) -> tuple[Any, Said]:
        """Round k: finish round k-1 with what was heard, compute, say k in fresh arrays (the mission owns them)."""
        ...

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """After the last round: `{"cost": v̂}`, (missions, agents, 1); `meter` holds the agent's own readings.

        It may be left out where the leader's own meter knows what a decision costs everybody, as in a rendezvous.
        """
        ...


class Coordinator(Protocol):
    """The leader's half of the algorithm, T (4a): in the controller's file; absent for consensus."""

    def start(self, rules: Rules) -> tuple[Any, Said]:
        """Round 0: the leader's first words, each (missions, 1, components)."""
        ...

    def step(self, state: Any, said: Said) -> tuple[Any, Said]:
        """Round k: from what the followers said to what the leader broadcasts."""
        ...

    def done(self, state: Any) -> NDArray[np.bool_]:
        """Which missions (missions,) need no further round."""
        ...


class World(Protocol):
    """Where words meet matter: bodies drive, meters run, and what others see is what really happened."""

    def start(self, own: Said, said: Said, tape: Any) -> tuple[Any, Said]:
        """Round 0: bodies from private types, and what others see of the first words."""
        ...

    def move(self, body: Any, said: Said) -> tuple[Any, Said]:
        """One round: what the bodies do with what was said, and what others see."""
        ...


class Network(Protocol):
    """Who hears whom, and what reaches whom: per link and round, with memory for what is late or lost."""

    @property
    def n(self) -> int:
        """Number of agents."""
        ...

    @property
    def links(self) -> Links:
        """Who hears whom."""
        ...

    def start(self) -> Any:
        """What the network keeps before round 0: messages under way, its own generator; it goes into the Snapshot."""
        ...

    def deliver(self, k: int, memory: Any, said: Said, cast: Said) -> tuple[Any, Heard]:
        """Round k: from what followers and leader said to what each hears; never changes `memory` in place."""
        ...


class View(NamedTuple):
    """What K deviators see when they speak: only what each of them has and hears. All arrays are read-only.

    Parameters
    ----------
    own : their private types, (K, components).
    heard : their own last words as they really came out, and the leader's, (K, components); None before anybody spoke,
        and in reports.
    faithful : what the faithful program says for them now, (K, components); `cost` (K, 1) when they report.
    rules : what the leader announced.
    near : K times what one of them heard last round, each a population of one as its own program hears it, so that
        `near[k].voices["z"]` are (1, neighbours, components) and `near[k].links.ids` who said them; empty where `heard`
        is None. Neighbourhoods differ in size; each is put together when it is asked for.
    """

    own: Said
    heard: Said | None
    faithful: Said
    rules: Rules
    near: Sequence[Heard] = ()


class Strategy:
    """A deviation. This one changes nothing; each deviation replaces what is said, what is reported, or both.

    `name` is what tables show; by default that of the class, in lower case with dashes.
    """

    name: ClassVar[str] = "strategy"

    def __init_subclass__(cls) -> None:
        if "name" not in vars(cls):
            cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()

    serves: ClassVar[tuple[str, ...]] = ()
    """Nouns of the kinds of world whose agents can play it; () for all of them."""
    stays_out: ClassVar[bool] = False
    """Whether it takes no part in the problems from which others are absent."""
    solved: ClassVar[bool] = False
    """Whether it must be solved in its mission before it can be played."""
    searched: ClassVar[bool] = False
    """Whether it does nothing before somebody has searched for its parameters: "all" leaves it out."""
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Of each parameter that is a number, between what it makes sense to vary it."""
    rows: ClassVar[tuple[int, ...]] = ()
    """What it is an example of, by number in `robosim.attacks.taxonomy`."""

    def prepared(self, mission: Any, agent: int) -> Strategy:
        """What `agent` plays in this mission; strategies that are solved in it return what they found."""
        return self

    def stacked(self, plans: Sequence[Any]) -> Strategy | None:
        """One strategy that plays for several agents what each would play alone; None where there is none."""
        return None

    def picked(self, rows: Any) -> Strategy:
        """The same for some of its agents, (rows,) of those that it is played by; of one that holds a row for each."""
        return self

    def remembered(self, memory: Any, rows: Any) -> Any:
        """What some of its agents remember, (rows,) of those that it is played by. Who remembers something and does not
        say this is played on until all missions beside its own have agreed, too (charging that is planned online).
        """
        return memory

    def apart(self) -> Strategy:
        """What it plays in the problems from which somebody else is absent, where taxes need them: the same."""
        return self

    def during(self, agreement: int | None) -> Strategy:
        """What it plays in one agreement of a mission that has several, by the number of the step before which that is
        made, or in one that is only reckoned with, as if somebody were not there (None): the same."""
        return self

    def pretend(self, own: Said) -> Said:
        """The types (K, components) with which the K deviators run the faithful program, where missions allow that."""
        return own

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        """What the K deviators say in round k instead of `view.faithful`."""
        return memory, view.faithful

    def report(self, view: View, decision: Array, report: Said) -> Said:
        """What they report after the last round instead of `report`."""
        return report


@dataclass(frozen=True, kw_only=True)
class BestResponse(Strategy):
    """The best that one agent can do, knowing everything: solved in its mission, then played as a script.

    `within_limits` keeps to the world's limits, where it has any.
    """

    solved: ClassVar[bool] = True
    rows: ClassVar[tuple[int, ...]] = (6, 25)

    within_limits: bool = True

    def prepared(self, mission: Any, agent: int) -> Strategy:
        """The script. Raises `BadInput` where the others' answers are not known in advance, or nothing is best."""
        solve = mission.kind.best_response
        if solve is None:
            raise BadInput(
                f"best-response: nobody solves it in worlds of kind {mission.kind.noun} (choose another one)"
            )
        found: Strategy = solve(mission, agent, self.within_limits)
        return found


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """A strategy and the K (mission, agent) pairs that play it."""

    strategy: Strategy
    missions: NDArray[np.int64]
    agents: NDArray[np.int64]

    def rows(self, said: Said) -> Said:
        """The deviators' own rows, (K, components); a message said once for all missions is shared."""
        flat: dict[int, NDArray[np.int64]] = {}  # one index is faster than a pair of them
        found = {}
        for key, x in said.items():
            missions, agents, size = x.shape
            if agents not in flat:
                flat[agents] = self.missions * agents + self.agents
            found[key] = x.reshape(-1, size).take(self.agents if missions == 1 else flat[agents], axis=0)
        return found
