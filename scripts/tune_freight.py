"""Tune the five methods of X, section 6.1 alike: python scripts/tune_freight.py [example-1 example-2 …], JSON lines.

Every method gets the same number of tries on each example: a wide grid about the authors' penalties (25 tries: 25 of
one penalty, 5 × 5 of two), then two finer ones, each about the best so far. What counts is the first round from which
the objective of the suppliers' own blocks and the demand they miss, both relative, stay below 1e-2 for the rest of
2 000 rounds.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm
from robosim.controllers.dc_admm import DcAdmm
from robosim.controllers.dpmm import Dpmm
from robosim.controllers.iplux import Iplux
from robosim.controllers.tracking_admm import TrackingAdmm
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.network.network import Network

Penalties = dict[str, float]
METHODS: dict[str, tuple[Any, dict[str, Penalties]]] = {  # the authors' penalties by example
    "consensus_tracking_admm": (
        ConsensusTrackingAdmm(),
        {"example-1": {"rho": 0.05, "sigma": 0.05}, "example-2": {"rho": 0.05, "sigma": 0.05}},
    ),
    "tracking_admm": (TrackingAdmm(), {"example-1": {"sigma": 0.1}, "example-2": {"sigma": 0.5}}),
    "tracking_admm, own price": (TrackingAdmm(mixed=False), {"example-1": {"sigma": 0.1}, "example-2": {"sigma": 0.5}}),
    "dc_admm": (DcAdmm(), {"example-1": {"sigma": 0.1}, "example-2": {"sigma": 0.1}}),
    "dpmm": (Dpmm(), {"example-1": {"gamma": 0.5, "beta": 0.1}, "example-2": {"gamma": 0.8, "beta": 0.1}}),
    "iplux": (Iplux(), {"example-1": {"alpha": 0.5, "rho": 0.5}, "example-2": {"alpha": 0.5, "rho": 0.5}}),
    "iplux, old copies": (
        Iplux(consistent=False),
        {"example-1": {"alpha": 0.5, "rho": 0.5}, "example-2": {"alpha": 0.5, "rho": 0.5}},
    ),
}
ROUNDS = 2000
BOUNDS = (1e-2, 1e-3, 1e-4)
SPREADS = ({1: 1000.0, 2: 30.0}, {1: 1.8, 2: 5.5}, {1: 1.05, 2: 2.4})
"""How far each grid goes to either side, by the number of penalties: a finer one to the next settings of the last."""


class Game(NamedTuple):
    """Whom a program plays with."""

    problem: Coupled
    network: Network
    best: float
    program: Any


def main(examples: list[str]) -> None:
    """One line for each example and method."""
    for example in examples or ["example-1", "example-2"]:
        instance = paper_instance(example)
        problem, network = coupled(instance), Network(n=instance.N, edges=instance.comm_edges, margin=0.1)
        best = optimum(problem).objective
        for name, (program, published) in METHODS.items():
            game = Game(problem, network, best, program)
            found, tries = tuned(game, published[example])
            line = {"example": example, "method": name, "tries": tries, "published": published[example]}
            line |= {"published_rounds": settled(game, published[example]), "tuned": found}
            print(json.dumps(line | {"tuned_rounds": settled(game, found)}), flush=True)


def tuned(game: Game, start: Penalties) -> tuple[Penalties, int]:
    """The best penalties of all grids, and how many were tried."""
    found, fewest, tries = start, ROUNDS + 1, 0
    for spread in SPREADS:
        for penalties in grid(found, spread[len(start)]):
            tries += 1
            needed = rounds_needed(game, penalties, fewest)
            if needed < fewest:
                found, fewest = penalties, needed
    return found, tries


def grid(centre: Penalties, spread: float) -> Iterator[Penalties]:
    """25 settings from centre/spread to centre·spread, equal in ratio, from the centre outwards, of three digits."""
    steps = np.geomspace(1 / spread, spread, 25 if len(centre) == 1 else 5)
    outwards = sorted(itertools.product(steps, repeat=len(centre)), key=lambda pair: np.abs(np.log(pair)).sum())
    for factors in outwards:
        yield {key: float(f"{x * factor:.3g}") for (key, x), factor in zip(centre.items(), factors, strict=True)}


def rounds_needed(game: Game, penalties: Penalties, fewest: int) -> int:
    """The first round from which both errors stay below 1e-2, or `fewest` as soon as it cannot be below that."""
    needed = 1
    try:
        for k, error in enumerate(errors(game, penalties), start=1):
            if not error < BOUNDS[0]:
                needed = k + 1
                if needed >= fewest:
                    return fewest
    except ArithmeticError:  # it ran away, and a local problem has no answer in numbers
        return fewest
    return needed


def settled(game: Game, penalties: Penalties) -> list[int | None]:
    """The first round from which both errors stay below each bound; null if there is none."""
    error = np.array(list(errors(game, penalties)))
    last = [int(np.flatnonzero(~(error < bound))[-1]) + 2 for bound in BOUNDS]
    return [k if k <= ROUNDS else None for k in last]


def errors(game: Game, penalties: Penalties) -> Iterator[float]:
    """After each round the larger of the two relative errors."""
    problem, network, best, program = game
    N, n = problem.slope.shape
    rules = {"rounds": ROUNDS, "theta": problem.theta, "congestion": problem.congestion, "power": problem.power}
    state, said = program.start(problem.own(), rules | {"b": problem.b, "agents": N} | penalties, network.links)
    for k in range(ROUNDS):
        with np.errstate(all="ignore"):
            state, said = program.step(state, network.deliver(k, None, said, {})[1])
        x: Array = said["y"][0].reshape(N, N, n)[np.arange(N), np.arange(N)]
        missed = float(np.linalg.norm(problem.excess(x)) / np.linalg.norm(problem.b))
        yield max(abs(float(problem.objective(x)) - best) / best, missed)


if __name__ == "__main__":
    main(sys.argv[1:])
