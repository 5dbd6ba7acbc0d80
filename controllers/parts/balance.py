"""The announced rule by which the weights of demand and of steep edges follow what makes no headway.

What is announced about steep edges is a guess: nobody knows beforehand which demand stocks and capacities make use
them, how much it sends over them, or who in the end sends it. So the leader, who hears everything, looks every `EVERY`
rounds at each row of b and at each steep edge, for the sums of these rounds of

    rows    |Σ A_i x_i - b|_r, what lacks              and  max_i |A_i (x_i - x_i before)|_r, what moves,
    edges   max_ij |Θ_j (y_ij - x_j)|_e, how far copies are apart  and  max_j |Θ_j (x_j - x_j before)|_e.

The two of a pair have one unit. Where the first is more than `RATIO` times the second and no longer falls by itself,
prices climb too slowly: the weight is `STEP` times what it was. Where the second is more than `RATIO` times the first
and does not fall either, everybody has agreed and is held back: the weight is a `STEP`-th. (Residual balancing, B. He,
H. Yang, S. Wang, J. Optim. Theory Appl. 106 (2000) 337-356, for each row and edge alone, and with both residuals in the
unit of what is sought.) Weights stay between those that are announced. After round `LAST` they stay as they are, so
that in the end this is Algorithm 1 in one metric, and converges as that does.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array, Rules
from robosim.kernels.own_rows import OwnRows

EVERY, LAST = 10, 10_000
RATIO, STEP = 10.0, 4.0
EASE = 0.25
"""Of what it weighs where nothing is steep a row keeps at least this share."""
STALLED = 0.8
"""What does not fall below this share of the rounds before does not fall by itself."""
NEGLIGIBLE = 1e-7
"""What is below this share of the largest |b|, or below a tenth of the tolerance, is not looked at."""
WEIGHTS = "weights"
"""The leader's word: factors of the rows' and of the steep edges' weights, (M, 1, m + S)."""


class Balance(NamedTuple):
    """What the leader knows of m rows and S steep edges."""

    rows: OwnRows
    flows: OwnRows
    """Θ_j of all suppliers on the steep edges."""
    b: Array
    span: Array
    """(2, m + S) the least and the largest factor."""
    floor: float
    """Below which sums are not looked at."""
    k: int
    factor: Array
    """(M, m + S)."""
    sums: Array
    """(2, M, m + S) of this time's rounds: what lacks or is apart, and what moves."""
    before: Array
    """The same of the time before."""

    @classmethod
    def of(cls, rules: Rules) -> Self | None:
        """None where no weights are announced that could change."""
        span = rules.get("balance")
        if span is None:
            return None
        missions, b = rules["missions"], rules["b"]
        tolerance = NEGLIGIBLE if rules["tolerance"] is None else min(NEGLIGIBLE, 0.1 * rules["tolerance"])
        shape = 2, missions, span.shape[1]
        return cls(
            rows=OwnRows.of(rules["A"][None]), flows=steep_flows(rules), b=b, span=span,
            floor=EVERY * tolerance * (float(np.abs(b).max()) or 1.0), k=0, factor=np.ones(shape[1:]),
            sums=np.zeros(shape), before=np.full(shape, np.inf),
        )  # fmt: skip

    def after(self, y: Array, x: Array, old: Array) -> Self:
        """After one more round: copies y (M, N, N·n), own blocks x (M, N, n) and those of the round before."""
        now = self._replace(k=self.k + 1, sums=self.sums + self._residuals(y, x, x - old))
        if now.k % EVERY or now.k > LAST:
            return now
        far, moves = now.sums
        stalled = now.sums > STALLED * self.before
        slow = (far > RATIO * moves) & stalled[0] & (far > self.floor)
        held = (moves > RATIO * far) & stalled[1] & (moves * np.maximum(now.factor, 1.0) > self.floor)
        factor = now.factor * np.where(slow, STEP, np.where(held, 1.0 / STEP, 1.0))
        return now._replace(factor=np.clip(factor, *self.span), sums=np.zeros_like(now.sums), before=now.sums)

    def _residuals(self, y: Array, x: Array, moved: Array) -> Array:
        """(2, M, m + S) of one round."""
        missions, agents, n = x.shape
        lack = np.abs(self.rows.times(x).sum(axis=1) - self.b)
        copies = self.flows.times(y.reshape(-1, agents, n)).reshape(missions, agents, agents, -1)
        apart = np.abs(copies - self.flows.times(x)[:, None]).max(axis=(1, 2))
        moves = [np.abs(each.times(moved)).max(axis=1) for each in (self.rows, self.flows)]
        return np.stack([np.concatenate([lack, apart], axis=1), np.concatenate(moves, axis=1)])


def steep_flows(rules: Rules) -> OwnRows:
    """Θ_j of all N suppliers on the S steep edges, as rows of each supplier."""
    theta, agents = csr_array(rules["theta"])[np.flatnonzero(rules["steep"])].toarray(), rules["agents"]
    each = theta.reshape(len(theta), agents, theta.shape[1] // agents).transpose(1, 0, 2)
    return OwnRows.of(np.ascontiguousarray(each)[None])
