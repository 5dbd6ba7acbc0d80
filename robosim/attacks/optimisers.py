"""Who searches a box for the largest gain, a population at a time: differential evolution, CMA-ES.

R. Storn, K. Price, J. Global Optimization 11 (1997) 341-359 (scipy); N. Hansen, The CMA Evolution Strategy
(arXiv 1604.00772; package cma, extra `attack`). Neither proves that there is nothing better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput

Gains = Callable[[Array], Array]
"""From vectors (K, numbers) to gains (K,), -∞ where there is none."""
Optimiser = Callable[[Gains, Array, tuple[Array, Array], int, np.random.Generator], None]
"""Search with a first population (K, numbers) in a box for so many generations; `Gains` remembers what is best."""
SMALL = 1e300
"""What counts as a loss of everything: differential evolution takes no infinite numbers."""


def differential(
    gains: Gains, first: Array, box: tuple[Array, Array], generations: int, rng: np.random.Generator
) -> None:
    """Differential evolution from a first population, `generations` of them, the first among them."""
    from scipy.optimize import Bounds, differential_evolution

    low, high = box
    free = high > low  # scipy would divide by their width

    def costs(free_part: Array) -> Array:
        x = np.repeat(low[None], free_part.shape[1], axis=0)
        x[:, free] = free_part.T
        return -np.maximum(gains(x), -SMALL)

    search: Any = differential_evolution
    search(
        costs,
        Bounds(low[free], high[free]),
        init=first[:, free],
        maxiter=generations - 1,
        tol=0.0,
        mutation=(0.4, 0.9),
        recombination=0.8,
        rng=rng,
        polish=False,
        vectorized=True,
        updating="deferred",
    )


def cma_es(gains: Gains, first: Array, box: tuple[Array, Array], generations: int, rng: np.random.Generator) -> None:
    """CMA-ES from the best of a first population, in a box of width 1."""
    try:
        import cma
    except ImportError:
        raise BadInput(
            "--optimiser: cma-es needs the package cma (pip install 'faithful-robosim[attack]', or use de)"
        ) from None
    low, high = box
    free = high > low
    wide = (high - low)[free]
    worth = gains(first)
    best = first[int(np.argmax(worth))]
    options = {
        "bounds": [0.0, 1.0],
        "popsize": len(first),
        "seed": int(rng.integers(1, 2**31)),
        "maxiter": max(1, generations - 1),
        "verbose": -9,
        "tolfun": 0.0,
        "tolx": 0.0,
        "tolfunhist": 0.0,
        "tolflatfitness": 10**9,
    }
    search = cma.CMAEvolutionStrategy(((best - low)[free] / wide).clip(0.0, 1.0), 0.15, options)
    for _ in range(generations - 1):
        asked = np.array(search.ask())
        x = np.repeat(low[None], len(asked), axis=0)
        x[:, free] = low[free] + wide * asked.clip(0.0, 1.0)
        search.tell(list(asked), (-np.maximum(gains(x), -SMALL)).tolist())
        if search.stop():
            return


OPTIMISERS: Mapping[str, Optimiser] = {"de": differential, "cma-es": cma_es}


def optimiser(name: str) -> Optimiser:
    """The one of this name. Raises `BadInput` for another."""
    if name not in OPTIMISERS:
        raise BadInput(f"--optimiser: {name!r} is none of {', '.join(OPTIMISERS)} (use one of these)")
    return OPTIMISERS[name]
