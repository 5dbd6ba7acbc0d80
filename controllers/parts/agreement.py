"""Agreement between copies as one more coupled constraint, for methods that know coupled constraints only.

    min Σ_i f_i(y_i)  s.t.  Σ_i Φ_i y_i = Σ_i D_i,  x_i ∈ X_i,   Φ_i y_i = [A_i x_i; H_i y_i],  D_i = [b/N; 0]

where y_i is agent i's copy of everybody's decision, x_i its own block of it and H_i = Lap[:, i] ⊗ I: Σ_i H_i y_i = 0
says (Lap ⊗ I) y = 0, that all copies agree. This is how X, section 6.1 runs the methods that it compares with. H_i is
never built:

    H_i y_i  has deg_i + 1 blocks that are not zero: deg_i y_i in block i, -y_i in those of i's neighbours;
    H_i'μ    = deg_i μ_(i) - Σ_{j ∈ N_i} μ_(j);      H_i'H_i = (deg_i² + deg_i) I.

A multiplier has m + N·N·n components, the m rows of Σ A_i x_i = b first. What neighbours hear of each other fills all
its blocks within as many rounds as the network is wide, so all are said. The slack that X's authors give three of the
four methods is left out: an equality pins it to zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Links, Rules, Said
from robosim.controllers.parts.local_problem import LocalProblem
from robosim.kernels.mixing import mix
from robosim.kernels.own_rows import OwnRows


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Φ_i, D_i and the local step that all these methods share, for the N agents of this population.

    Attributes
    ----------
    problem : min f_i(y) + (c_i/2)‖Φ_i y‖² + (κ/2)‖y‖² + linear terms over copies whose own block is in X_i.
    rows : A_i.
    share : (m,) b over the number of agents.
    copies : the number of agents, of this population or not.
    links : who hears whom; its `ids` name the neighbours.
    hearer : (links,) which row of this population hears each link.
    """

    problem: LocalProblem
    rows: OwnRows
    share: Array
    copies: int
    links: Links
    hearer: NDArray[np.intp]

    @classmethod
    def of(
        cls, own: Said, rules: Rules, links: Links, *, c: Any, proximity: float = 0.0, with_cost: bool = True
    ) -> Agreement:
        """Eliminate the copies, once.

        Parameters
        ----------
        own : the private types of these agents, as of `Coupled.own`.
        rules : theta, congestion, power, b, agents, as announced.
        c : (N,), or one for all, ≥ 0; together with κ = `proximity` > 0.
        with_cost : whether f_i is part of the local problem.
        """
        agents, n = own["slope"].shape[1:]
        c = np.full(agents, c, dtype=np.float64)
        tau = c * (links.degree**2 + links.degree) + proximity
        return cls(
            problem=LocalProblem.of(own, rules, tau, c, with_cost=with_cost),
            rows=OwnRows.of(own["rows"].reshape(-1, agents, len(rules["b"]), n)),
            share=rules["b"] / rules["agents"],
            copies=rules["agents"],
            links=links,
            hearer=np.repeat(np.arange(agents), np.diff(links.indptr)),
        )

    def start(self, own: Said) -> Said:
        """Copies `y` (M, N, copies·n) and `multiplier` (M, N, m + copies·copies·n) of zeros."""
        missions, agents, n = own["slope"].shape
        size = self.copies * n
        price = np.zeros((missions, agents, len(self.share) + self.copies * size))
        return {"y": np.zeros((missions, agents, size)), "multiplier": price}

    def answer(self, price: Array, towards: Array | None = None) -> Array:
        """argmin f_i(y) + g_i'Φ_i y + (c_i/2)‖Φ_i y‖² + (κ/2)‖y‖² - h_i'y for g = `price` and h = `towards` (0)."""
        coupled, agreed = self.pull(price)
        return self.problem.solve(-agreed if towards is None else towards - agreed, coupled)

    def load(self, y: Array) -> Array:
        """Φ_i y_i, (M, N, m + copies·copies·n), of copies (M, N, copies·n)."""
        m, (missions, agents, size) = len(self.share), y.shape
        load = np.zeros((missions, agents, m + self.copies * size))
        load[..., :m] = self.rows.times(self.problem.own_block(y))
        blocks = self._blocks(load)
        blocks[:, np.arange(agents), self.problem.me] = self.links.degree[:, None] * y
        blocks[:, self.hearer, self.links.ids] = -y[:, self.hearer]
        return load

    def pull(self, price: Array) -> tuple[Array, Array]:
        """Φ_i'g_i in two parts: A_i'g for the own block (M, N, n), H_i'g for all blocks (M, N, copies·n)."""
        blocks, agents = self._blocks(price), np.arange(price.shape[1])
        near = blocks[:, self.hearer, self.links.ids]
        each, ones = np.arange(near.shape[1], dtype=np.int32), np.ones(near.shape[1])
        mine = self.links.degree[:, None] * blocks[:, agents, self.problem.me]
        around = mix(self.links.indptr, each, ones, near, np.empty_like(mine))
        return self.rows.transposed(np.ascontiguousarray(price[..., : len(self.share)])), mine - around

    def less_share(self, price: Array, times: float = 1.0) -> Array:
        """Take `times` D_i away from multipliers or loads, in place."""
        price[..., : len(self.share)] -= times * self.share
        return price

    def _blocks(self, price: Array) -> Array:
        """The part of multipliers that prices agreement, a view (M, N, copies, copies·n)."""
        return price[..., len(self.share) :].reshape(*price.shape[:2], self.copies, -1)
