"""The faithful program and the leader's half: halls answer a price, the leader halves the interval that it lies in.

A hall says what it asks for at the last price, and its term of the dual function. The leader knows a price at which
too much is asked for and one at which there is enough; it tries the one between them, and grants a mean of the answers
to both that is exactly what there is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cooling.problem import CoolingProblem, discomfort
from robosim.agent import Array, Heard, Links, Rules, Said


def words(own: Said, price: Array, rules: Rules) -> Said:
    """What a hall of a type says to a price, each (…, 1): its z, and min_z v_i(z) + λz."""
    problem: CoolingProblem = rules["problem"]
    z = problem.answer(own, price)
    return {"z": z, "dual": problem.cost(own, z) + price * z}


class Thermostat:
    """Asks for the cooling power that suits it at the last price."""

    serves = ("cooling",)

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Any, Said]:
        """Round 0: the first price is 0."""
        return (own, rules), words(own, np.zeros((1, 1, 1)), rules)

    def step(self, state: Any, heard: Heard) -> tuple[Any, Said]:
        """The answer to the last price."""
        own, rules = state
        return state, words(own, heard.leader["price"], rules)

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the temperatures that it measured cost it."""
        return {"cost": discomfort(own, meter["temperature_c"], meter["dt_h"])}


class Tried(NamedTuple):
    """A price (M, 1, 1), and what was asked for at it, (M, N, 1)."""

    price: Array
    asked: Array

    def unless(self, mask: Array, other: Tried) -> Tried:
        """The other where the mask (M, 1, 1) holds."""
        return Tried(np.where(mask, other.price, self.price), np.where(mask, other.asked, self.asked))


class PlantState(NamedTuple):
    """What the leader keeps between rounds."""

    rules: Rules
    price: Array
    """(M, 1, 1) the last one broadcast."""
    low: Tried
    """At which too much is asked for."""
    high: Tried
    """At which there is enough; at first the ceiling, at which nobody asks for anything."""
    bound: Array
    """(M,) the largest value of the dual function so far: no division costs less."""


class Plant:
    """The leader's half. Rules: problem, present (M, N, 1), who takes part in which mission or problem without one."""

    def start(self, rules: Rules) -> tuple[PlantState, Said]:
        """The first price is 0, which depends on nobody."""
        missions = len(rules["present"])
        nothing, zero = np.zeros(rules["present"].shape), np.zeros((missions, 1, 1))
        high = Tried(zero + rules["problem"].ceiling, nothing)
        return PlantState(rules, zero, Tried(zero, nothing), high, np.full(missions, -np.inf)), {"price": zero.copy()}

    def step(self, state: PlantState, said: Said) -> tuple[PlantState, Said]:
        """Halve the interval; what is no number, less than nothing or more than all counts as the nearest that is."""
        rules, capacity_kw = state.rules, state.rules["problem"].capacity_kw
        now = Tried(state.price, np.clip(np.nan_to_num(said["z"]), 0.0, capacity_kw) * rules["present"])
        over = now.asked.sum(axis=1, keepdims=True) > capacity_kw
        low, high = state.low.unless(over, now), now.unless(over, state.high)
        dual = (said["dual"] * rules["present"]).sum(axis=(1, 2)) - state.price[:, 0, 0] * capacity_kw
        price = (low.price + high.price) / 2
        return PlantState(rules, price, low, high, np.fmax(state.bound, dual)), {"price": price.copy()}

    def done(self, state: PlantState) -> NDArray[np.bool_]:
        """All rounds are played."""
        return np.zeros(len(state.price), dtype=bool)

    def decide(self, state: PlantState) -> Array:
        """θ·(asked for at the lower price) + (1 - θ)·(asked for at the higher one), (M, N, 1): P in all, or less."""
        much, little = (one.asked.sum(axis=1, keepdims=True) for one in (state.low, state.high))
        short = much > state.rules["problem"].capacity_kw
        share = (state.rules["problem"].capacity_kw - little) / np.where(short, much - little, 1.0)
        theta = np.where(short, share, 0.0)
        return np.asarray(theta * state.low.asked + (1 - theta) * state.high.asked)
