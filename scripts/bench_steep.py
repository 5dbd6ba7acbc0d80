"""Rounds to 1e-6 where one road is much steeper than the others, or one supplier much dearer: over all of them.

As multiples of the rounds where nothing was changed, on X's instances, on drawn roads with BPR, and on Sioux Falls.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from robosim.build import load
from robosim.freight.coupled.problem import Coupled
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.network.network import Network

LINEAR = ("example-1", "semi-balanced", "unbalanced", "example-5")
SEEDS = range(6)
SIOUX_FALLS = Path(__file__).parents[1] / ".." / "shared" / "data" / "roads" / "SiouxFalls_net.tntp"
AT_MOST, CUT = 3, 6
"""Times the rounds of the unchanged problem: what is promised, and where a run is cut."""
PLAIN = 3_000


def main() -> None:
    """One line each."""
    for name in LINEAR:
        instance = paper_instance(name)
        line(name, coupled(instance), Network(n=instance.N, edges=instance.comm_edges))
    drawn: dict[str, Any] = {"freight.instance": "random", "freight.congestion": "bpr", "leader.tax": "none"}
    for seed in SEEDS:
        mission = load("freight", seed=seed, set=drawn)
        line(f"drawn, BPR, seed {seed}", mission.problem, mission.network)
    if SIOUX_FALLS.is_file():
        mission = load("freight", set={"freight.roads": str(SIOUX_FALLS), "leader.tax": "none"})
        line("Sioux Falls, BPR", mission.problem, mission.network)


def line(name: str, problem: Coupled, network: Network) -> None:
    """The worst over all roads, 100 and 1e5 times as steep, and over all suppliers, 1e6 times as dear."""
    plain = rounds(problem, network, PLAIN)
    kinds = (steeper(problem, 100.0), steeper(problem, 1e5), dearer(problem, 1e6))
    worst = [max(rounds(one, network, CUT * plain) for one in kind) / plain for kind in kinds]
    said = ", ".join(
        f"{what} {x:.2f}" for what, x in zip(("road x100", "road x1e5", "supplier x1e6"), worst, strict=True)
    )
    roads = np.count_nonzero(problem.congestion)
    print(f"{name}, {roads} roads: {plain} rounds to 1e-6, worst multiples {said} (at most {AT_MOST})", flush=True)


def steeper(problem: Coupled, times: float) -> Iterator[Coupled]:
    """Each road once."""
    for edge in np.flatnonzero(problem.congestion):
        congestion = problem.congestion.copy()
        congestion[edge] *= times
        yield replace(problem, congestion=congestion)


def dearer(problem: Coupled, times: float) -> Iterator[Coupled]:
    """Each supplier once."""
    for agent in range(problem.agents):
        slope = problem.slope.copy()
        slope[agent] *= times
        yield replace(problem, slope=slope)


def rounds(problem: Coupled, network: Network, most: int) -> int:
    """Until demand, copies and movement are below 1e-6."""
    keys = {"leader.tax": "none", "mission.rounds": most, "leader.tolerance": 1e-6}
    return load(problem, network=network, set=keys).played().k


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
