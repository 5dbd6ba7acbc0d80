"""What agents of a coupled problem are taken for: types that the selfish pretend, and tolls that everybody meters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.agent import Array, Deviation, Said
from robosim.problems.coupled import Coupled


def pretended(own: Said, deviations: tuple[Deviation, ...], batch: int) -> Said:
    """The types that everybody runs with, (1|batch, agents, components); what nobody lies about stands there once."""
    types = own | {"slope": np.repeat(own["slope"], batch, axis=0)}
    for one in deviations:
        true = one.rows(own)
        for key, x in one.strategy.pretend(true).items():
            if x is not true[key]:
                if types[key] is own[key]:
                    types[key] = np.repeat(own[key], batch, axis=0)
                types[key][one.missions, one.agents] = x
    return types


def presented(problem: Coupled, types: Said, mission: int) -> Coupled:
    """The problem as the agents of one mission present it."""
    of = {key: x[min(mission, len(x) - 1)] for key, x in types.items()}
    return replace(problem, **{key: of[key] for key in ("slope", "most", "lower", "upper")})


def tolls(problem: Coupled, x: Array) -> Array:
    """What congestion charges each unit at decisions x (missions, N, n), Θ_i'(a F^p), as trucks meter it; like x."""
    unit = problem.congestion * problem.flow(x) ** problem.power
    return np.stack([(problem.theta.T @ each).reshape(x.shape[1:]) for each in unit])
