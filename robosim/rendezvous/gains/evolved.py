"""The best script that is found for one agent whatever robots pay for and whatever the rule: by its own bill, replayed.

Energy along a path bends at every stop, and a rule of one's own may do anything: no formula is used. Differential
evolution (R. Storn, K. Price, J. Global Optimization 11 (1997) 341-359; scipy) drags the agent's feet on its faithful
path and moves a few knots of the script, a population of missions side by side; each is billed as the leader would,
penalties included. What is found is earned; that nothing better exists is not claimed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import Bounds, differential_evolution

from robosim import rows
from robosim.agent import Array, Deviation
from robosim.controllers.selfish.robots import Script
from robosim.rendezvous.mission import Rendezvous

KNOTS = 7
"""Of a script, close to each other where it begins; what is added to the dragged path lies on lines between them."""
POPULATION, GENERATIONS = 6, 60
"""Missions a generation for each number that is sought, and generations at most."""


def work(mission: Rendezvous) -> float:
    """Robots × missions × rounds that it takes for everybody."""
    n, rounds, sought = mission.network.n, mission.rounds, 1 + KNOTS * mission.shape[2]
    return float(n) * GENERATIONS * POPULATION * sought * n * rounds


class Family(NamedTuple):
    """Scripts around the faithful one, `usual` (n+1, d) metres, by numbers (1 + KNOTS·d,): drag, moves of the knots."""

    usual: Array
    hats: Array
    size: float
    """What a move of 1 is, metres."""

    def scripts(self, chosen: Array) -> Array:
        """(population, n+1, d) metres from (population, 1 + KNOTS·d)."""
        moved = self.size * chosen[:, 1:].reshape(len(chosen), len(self.hats), -1)
        return np.asarray(self.dragged(chosen[:, 0]) + np.einsum("kr,pkd->prd", self.hats, moved))

    def dragged(self, share: Array) -> Array:
        """Paths that go only 1 - share of the way to the next faithful position each round."""
        found = np.repeat(self.usual[None], len(share), axis=0)
        for k in range(1, len(self.usual)):
            found[:, k] = found[:, k - 1] + (1.0 - share[:, None]) * (self.usual[k] - found[:, k - 1])
        return found


def best_positions(mission: Rendezvous, agent: int) -> Array:
    """The script of `agent`, (n+1, d) metres, that costs it least of all that were tried; at worst the faithful one."""
    mission = mission.faithful()
    usual = mission.run(every=1).said["z"][0, :, agent]
    rules = mission.announcement
    family = Family(usual, _hats(len(usual)), float(np.linalg.norm(rules.upper - rules.lower)))
    first = _first(len(family.hats) * usual.shape[1])
    bills: Any = lambda chosen: billed(mission, agent, family.scripts(chosen.T))  # noqa: E731
    found = differential_evolution(
        bills,
        Bounds(np.append(0.0, np.full(first.shape[1] - 1, -1.0)), np.ones(first.shape[1])),
        init=first,
        maxiter=GENERATIONS,
        tol=1e-9,
        rng=np.random.default_rng(agent),
        polish=False,
        vectorized=True,
        updating="deferred",
    )
    better = family.scripts(found.x[None])
    return better[0] if float(found.fun) < billed(mission, agent, usual[None])[0] else usual


def billed(mission: Rendezvous, agent: int, plans: Array) -> Array:
    """What each script costs the agent in all, in the unit of the private cost, (scripts,)."""
    alone = Deviation(
        strategy=Script(positions=plans), missions=np.arange(len(plans)), agents=np.full(len(plans), agent)
    )
    team = mission.playing((alone,), batch=len(plans))
    return np.asarray(rows.settled(team, rows.ended(team)).net_cost[:, agent])


def _hats(rounds: int) -> Array:
    """One on a knot, zero on the others, (up to KNOTS, rounds)."""
    knots = np.unique(np.append(0, np.geomspace(1, max(rounds - 1, 1), KNOTS - 1).round()))
    return np.array([np.interp(np.arange(rounds), knots, one) for one in np.eye(len(knots))])


def _first(moves: int) -> Array:
    """The faithful script, some that only drag their feet, and others near, (population, 1 + moves)."""
    rng = np.random.default_rng(moves)
    drag = np.concatenate([[0.0], np.linspace(0.0, 0.95, 15), rng.uniform(0.0, 0.9, POPULATION * (1 + moves) - 16)])
    near = 10.0 ** rng.uniform(-5.0, -0.3, (len(drag), 1)) * rng.normal(size=(len(drag), moves))
    near[:16] = 0.0
    return np.column_stack([drag, np.clip(near, -1.0, 1.0)])
