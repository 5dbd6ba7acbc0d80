"""Live solvers for what is left of the local problems: strictly convex quadratic programmes in the own blocks.

A solver that is kept alive starts from its last active set and remembers: the last bits of an answer depend on the
questions before. Programs that ask the same questions in the same order get the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import daqp
import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Said

ACCURACY = 1e-10
"""Of constraints, in the solver's own scale."""
FAR = 1e30
"""What the solver takes for infinity."""


@dataclass(frozen=True, kw_only=True)
class Programmes:
    """min ½ x'Tx + f'x, G_i x ≤ g_i, lower_i ≤ x ≤ upper_i, for N agents in M missions.

    Parameters
    ----------
    me : (N,) the agents' numbers, for messages.
    own : private types, of which limits, most, lower and upper count.
    """

    me: NDArray[np.int32]
    own: Said
    _models: dict[tuple[int, int], daqp.Model] = field(default_factory=dict, repr=False)

    def solve(self, curvature: Array, linear: Array) -> Array:
        """The minimisers (M, N, n) for T (1|M, N, n, n), always the same, and f (M, N, n)."""
        x, models, last = np.empty_like(linear), self._models, len(curvature) - 1
        for m, mission in enumerate(linear):
            for i, f in enumerate(mission):
                model = models.get((m, i))
                if model is not None:
                    model.update(f=f)
                    answer, _, flag, _ = model.solve()
                    if flag == 1:
                        x[m, i] = answer
                        continue
                x[m, i] = self._anew(m, i, curvature[min(m, last), i], f)
        return x

    def solve_one(self, m: int, i: int, curvature: Array, f: Array) -> Array:
        """The minimiser (n,) of one agent for T (n, n) that changes and f (n,)."""
        model = self._models.get((m, i))
        if model is not None and model.update(H=curvature, f=f) >= 0:
            answer, _, flag, _ = model.solve()
            if flag == 1:
                return np.asarray(answer)
        return self._anew(m, i, curvature, f)

    def _anew(self, m: int, i: int, curvature: Array, f: Array) -> Array:
        """A new solver for one agent, which has to find an answer."""
        model = self._models[m, i] = daqp.Model()
        model.settings = {"primal_tol": ACCURACY}
        own = {key: self.own[key][min(m, len(self.own[key]) - 1), i] for key in ("limits", "most", "lower", "upper")}
        limited = own["most"] < np.inf
        rows = np.ascontiguousarray(own["limits"].reshape(-1, f.size)[limited])
        upper = np.clip(np.concatenate([own["upper"], own["most"][limited]]), -FAR, FAR)
        lower = np.clip(np.concatenate([own["lower"], np.full(len(rows), -FAR)]), -FAR, FAR)
        flag, _ = model.setup(curvature, f, rows, upper, lower)
        answer, _, flag, _ = model.solve() if flag >= 0 else (f, None, flag, None)
        if flag != 1:
            raise ArithmeticError(f"agent {self.me[i]}: its local problem has no answer (solver's code {flag})")
        return np.asarray(answer)
