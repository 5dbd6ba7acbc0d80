"""The step that all methods for coupled problems share: an agent's own block is constrained, its copies are free.

    min over y, own block x ∈ X_i, of  f_i(y) + (τ_i/2)‖y‖² - h'y + (c_i/2)‖A_i x‖² + q'x

with f_i(y) = ψ_i'x + Σ_e s_ie a_e |F_e|^{p+1}, F = Θ y, X_i = {G_i x ≤ g_i, lower_i ≤ x ≤ upper_i}. The copies are
eliminated in edge space (`robosim.kernels.edge_space`); what is left is a quadratic programme in x alone (X, supplement
C, Algorithm 2). Where p is not 1, `robosim.controllers.parts.bent` repeats this with new weights until nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.controllers.parts.bent import BentAgents
from robosim.controllers.parts.local_solvers import Programmes
from robosim.kernels.congestion import bends
from robosim.kernels.edge_space import eliminate, fold, unfold
from robosim.kernels.paths import Paths, paths


@dataclass(frozen=True, kw_only=True)
class LocalProblem:
    """The local problems of N agents in M missions, with their copies eliminated.

    Attributes
    ----------
    paths : the columns of Θ.
    me : (N,) the agents' numbers.
    tau : (N,).
    slope : (1|M, N, n), 0 where f_i is left out.
    count, minded : (N,), (N, e) the edges that each agent minds.
    core : (1|M, N, e, e).
    curvature : (1|M, N, n, n) of the programmes in x.
    programmes : their solvers.
    bent : the agents where p is not 1 everywhere, else None. Then core and curvature leave congestion out.
    """

    paths: Paths
    me: NDArray[np.int32]
    tau: Array
    slope: Array
    count: NDArray[np.int32]
    minded: NDArray[np.int32]
    core: Array
    curvature: Array
    programmes: Programmes
    bent: BentAgents | None

    @classmethod
    def of(
        cls,
        own: Said,
        rules: Rules,
        tau: Array,
        c: Array,
        with_cost: bool = True,
        before: LocalProblem | None = None,
    ) -> LocalProblem:
        """Eliminate the copies, once.

        Parameters
        ----------
        own : the private types of these agents, as of `Coupled.own`.
        rules : theta, congestion, power, as announced.
        tau : (N,) > 0.
        c : (N,) ≥ 0.
        with_cost : whether f_i is part of the problem.
        before : the same agents' problem with other weights, on the same edges: it knows where answers were.
        """
        load = own["part"] * rules["congestion"] if with_cost else np.zeros_like(own["part"])
        bent = with_cost and bends(rules["power"])
        weight = np.zeros_like(load) if bent else 2.0 * load
        me, n = own["id"][0, :, 0].astype(np.int32), own["slope"].shape[2]
        of = paths(rules["theta"]) if before is None else before.paths
        minded, count = _minded(load)
        core = np.zeros((_sets(own), len(me), minded.shape[1], minded.shape[1]))
        curvature = np.empty((*core.shape[:2], n, n))
        square = np.empty_like(curvature)
        for s, i in np.ndindex(core.shape[:2]):
            e, near = count[i], minded[i, : count[i]]
            square[s, i] = c[i] * _square(own["rows"][s, i].reshape(-1, n))
            if not bent:
                part = min(s, len(weight) - 1), i
                found = eliminate(*of, n, int(me[i]), float(tau[i]), weight[part][near], near)
                core[s, i, :e, :e], curvature[s, i] = found[0], found[1] + square[s, i]
        tau, programmes = np.asarray(tau, dtype=np.float64), Programmes(me=me, own=own)
        agents = BentAgents(
            theta=rules["theta"], me=me, count=count, minded=minded, tau=tau, load=load,
            power=np.broadcast_to(rules["power"], load.shape[-1:]), square=square, programmes=programmes,
        )  # fmt: skip
        if before is not None and before.bent is not None:
            agents = agents.resuming(before.bent)
        slope = own["slope"] if with_cost else np.zeros_like(own["slope"])
        return cls(
            paths=of, me=me, tau=tau, slope=slope, count=count, minded=minded,
            core=core, curvature=curvature, programmes=programmes, bent=agents if bent else None,
        )  # fmt: skip

    def solve(self, h: Array, q: Array) -> Array:
        """The minimisers y (M, N, N·n) for h (M, N, N·n) and q (M, N, n).

        Raises `ArithmeticError` naming the agent where the solver finds no answer.
        """
        linear, y = self.slope + q, np.empty(h.shape)
        if self.bent is not None:
            for m, i in np.ndindex(h.shape[:2]):
                y[m, i] = self.bent.solve(m, i, h[m, i], linear[m, i])
            return y
        pressure = np.empty((*linear.shape[:2], self.minded.shape[1]))
        shape = (*self.paths, self.me, self.count, self.minded, self.core)
        fold(*shape, h, linear, pressure)
        unfold(*shape, h, self.tau, pressure, self.programmes.solve(self.curvature, linear), y)
        return y

    def own_block(self, y: Array) -> Array:
        """The agents' own blocks x (M, N, n) of their copies y (M, N, N·n)."""
        n = self.slope.shape[2]
        return y[:, np.arange(self.me.size)[:, None], (self.me * n)[:, None] + np.arange(n)]


def borne(own: Said, decision: Array, meter: Said) -> Said:
    """What agents themselves bear at the decision, ψ_i'x_i + Σ_e (Θ_i x_i)_e a_e F_e^p (X, (B.2)), as `cost`.

    Parameters
    ----------
    own : private types, of which ψ counts.
    decision : (M, N, n).
    meter : `toll` (M, N, n), Θ_i'(a F^p): what congestion charged for each unit, as the agent's own meter says.
    """
    return {"cost": np.einsum("mic,mic->mi", own["slope"] + meter["toll"], decision)[..., None]}


def _minded(load: Array) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The edges that each agent minds in any mission, (N, e), padded, and how many these are, (N,)."""
    minds = np.asarray((load > 0.0).any(axis=0))
    count = minds.sum(axis=1)
    minded = np.zeros((len(minds), count.max(initial=0)), dtype=np.int32)
    for i, row in enumerate(minds):
        minded[i, : count[i]] = np.flatnonzero(row)
    return minded, count.astype(np.int32)


def _sets(own: Said) -> int:
    """1 where all missions have the same matrices, else their number."""
    matrices = [own[key] for key in ("part", "rows", "limits")]
    return 1 if all((each == each[:1]).all() for each in matrices) else max(map(len, matrices))


def _square(rows: Array) -> Array:
    """A'A, without a library whose sums depend on threads."""
    return np.asarray(np.einsum("rc,rd->cd", rows, rows))
