"""Local problems whose congestion bends, agent by agent: compiled Newton steps, and careful ones where those are lost.

What an agent knows of its last problem is kept: where the answer was, and the matrices of its programme, which hold as
long as congestion bends there as it did (`robosim.kernels.bent_steps`). In the end a round asks one programme an agent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from robosim.agent import Array
from robosim.controllers.parts.local_solvers import BentProblem, Programmes
from robosim.kernels import Unsettled
from robosim.kernels.bent_steps import FLAT, LOST, SETTLED, Alike, Memory, Roads, answered, asked, loads
from robosim.kernels.paths import paths

step_asked: Any = asked
step_answered: Any = answered
"""As type checkers take them: what is kept of an agent is handed on as it is."""
TURNS = 60
"""Steps before careful ones are taken; two or three are usual."""
FLAT_TURNS = 4
"""So many in a row that promise nothing end where rounding leaves them."""
Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class BentAgents:
    """N agents in M missions.

    Parameters
    ----------
    theta : (E, N·n).
    me : (N,) the agents' numbers; count, minded : (N,), (N, e) the edges that each minds.
    tau : (N,).
    load : (1|M, N, E) s_ie a_e; power : (E,).
    square : (1|M, N, n, n) c A'A.
    """

    theta: csr_array
    me: NDArray[np.int32]
    count: NDArray[np.int32]
    minded: NDArray[np.int32]
    tau: Array
    load: Array
    power: Array
    square: Array
    programmes: Programmes
    _alike: dict[int, Alike] = field(default_factory=dict, repr=False)
    _roads: dict[Place, Roads] = field(default_factory=dict, repr=False)
    _began: dict[Place, tuple[Array, Array]] = field(default_factory=dict, repr=False)
    _memory: dict[Place, Memory] = field(default_factory=dict, repr=False)
    _given: dict[Place, Any] = field(default_factory=dict, repr=False)

    def solve(self, m: int, i: int, h: Array, linear: Array) -> Array:
        """The minimiser (N·n,) of agent i in mission m for h (N·n,) and linear (n,).

        Raises `ArithmeticError` naming the agent where its limits contradict each other.
        """
        if (m, i) not in self._memory:
            self._remember(m, i, linear.size)
        memory = self._memory[m, i]
        given: Any = (*self._given[m, i], h, linear)
        again = (m, i) not in self.programmes
        flat = 0
        for _ in range(TURNS):
            anew = step_asked(*given, *memory, again)
            try:
                x = self.programmes.solve_one(m, i, memory.curvature, memory.ask, anew)
            except Unsettled:
                break
            said = step_answered(*given, *memory, x)
            flat = flat + 1 if said == FLAT else 0
            if said == SETTLED or flat > FLAT_TURNS:
                return memory.y
            if said == LOST:
                break
            again = False
        return self._careful(m, i, h, linear, memory)

    def resuming(self, before: BentAgents) -> BentAgents:
        """Beginning where the same agents are who had other weights, and with the roads that they know."""
        self._alike.update(before._alike)
        self._began.update({place: (one.y.copy(), one.at.copy()) for place, one in before._memory.items()})
        return self

    def _remember(self, m: int, i: int, n: int) -> None:
        """What stays as it is in all rounds, and a memory of nothing, or of where steps began."""
        roads = self._roads_of(m, i)
        self._memory[m, i] = memory = Memory.of(roads, n)
        if (m, i) in self._began:
            memory.y[:], memory.at[:] = self._began[m, i]
        square = self.square[min(m, len(self.square) - 1), i]
        self._given[m, i] = (*roads.paths, *roads[1:], n, int(self.me[i]), float(self.tau[i]), square)

    def _careful(self, m: int, i: int, h: Array, linear: Array, memory: Memory) -> Array:
        """The same by steps whose fall is seen in the cost itself, damped where they have to be."""
        began = memory.y if np.isfinite(memory.y).all() and memory.y.any() else None
        memory.y[:] = self.careful(m, i).solve(h, linear, began)
        roads = self._roads_of(m, i).paths
        loads(*roads[1:], memory.y, np.arange(roads.edges), memory.at)
        memory.weight[:] = np.nan
        return memory.y

    def careful(self, m: int, i: int) -> BentProblem:
        """The problem of one agent, for steps in plain NumPy."""
        minded = self.minded[i, : self.count[i]]
        return BentProblem(
            paths=paths(self.theta), place=(m, i), me=int(self.me[i]), tau=float(self.tau[i]),
            square=self.square[min(m, len(self.square) - 1), i], minded=minded,
            load=self.load[min(m, len(self.load) - 1), i, minded], power=self.power[minded],
            programmes=self.programmes,
        )  # fmt: skip

    def _roads_of(self, m: int, i: int) -> Roads:
        """The roads of one agent; they are the same in all missions where loads are."""
        place = (min(m, len(self.load) - 1), i)
        if place not in self._roads:
            minded = self.minded[i, : self.count[i]]
            if i not in self._alike:
                self._alike[i] = Alike.of(self.theta, minded, self.power[minded])
            self._roads[place] = self._alike[i].roads(self.load[place][minded])
        return self._roads[place]
