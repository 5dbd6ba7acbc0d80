"""What one unit more of a private limit would save: multipliers of G_i x_i ≤ g_i at a decision and a price of b.

At the optimum agent i's block minimises (∇_iF(x) - A_i'λ)'y over its own X_i (X, section 4), a linear programme; its
multipliers are those of the whole. At a decision that is not quite optimal they are those of that programme.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from scipy.optimize import linprog

from robosim.agent import Array
from robosim.freight.coupled.problem import Coupled


def limit_prices(problem: Coupled, x: Array, price: Array) -> Array:
    """μ ≥ 0 of the private limits at a decision x (N, n) and a price λ (m,) of b, (N, r); NaN where there is none.

    0 where an agent has no limit in that row; NaN in all its rows where it would do infinitely much at that price.
    """
    slope = problem.gradient(x) - np.einsum("imn,m->in", problem.A, price)
    found = np.zeros(problem.most.shape)
    for i, cost in enumerate(slope):
        some = np.isfinite(problem.most[i])
        if not some.any():
            continue
        box = np.stack([problem.lower[i], problem.upper[i]], axis=1)
        solved: Any = cast(Any, linprog)(cost, A_ub=problem.limits[i, some], b_ub=problem.most[i, some], bounds=box)
        found[i, some] = np.maximum(-solved.ineqlin.marginals, 0.0) if solved.status == 0 else np.nan
    return found
