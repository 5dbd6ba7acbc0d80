"""Best responses within limits, for one resource and one number each: exact, though the net cost is not convex.

While the price step is not too large, λ^{n-1} rises with every bid (falls, where r_i < 0), so what bids within limits
reach is an interval, and each of its points is reached by one constant bid: bait. Then the agent switches to its last
bid u. Decision and price are piecewise affine in (λ^{n-1}, u): in each cell of the rectangle who is at which limit does
not change, the net cost is quadratic there, and the least of it lies inside, on an edge or in a corner.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.auction.steering import AuctionTerms
from robosim.leader.tax_rule import WORTH, TaxRule

CELLS = 20_000
"""With more of them nobody waits for the answer."""
EDGE = 1e-12
"""Cells are told apart down to this share of the rectangle."""


class SingleResource(NamedTuple):
    """One bidder's choice: the price (low, high) that all others answer last, and its last bid (low, high)."""

    terms: AuctionTerms
    agent: int
    tax: TaxRule
    price: tuple[float, float]
    bid: tuple[float, float]

    @classmethod
    def of(cls, terms: AuctionTerms, agent: int, tax: TaxRule) -> SingleResource | None:
        """None where there are several resources or numbers, no limits to the bids, or too large a step."""
        p = terms.problem
        if p.q.shape[1] > 1 or len(p.c) > 1 or not np.isfinite([p.lower[agent, 0], p.upper[agent, 0]]).all():
            return None
        others = np.arange(p.agents) != agent
        r = p.R[:, 0, 0]
        if float(terms.gamma[0]) * (r[others] ** 2 / p.q[others, 0]).sum() > 1.0:
            return None
        bid = float(p.lower[agent, 0]), float(p.upper[agent, 0])
        ends = sorted(baited(terms, agent, one) for one in bid)
        return cls(terms, agent, tax, (ends[0], ends[1]), bid)

    def at(self, s: float, t: float) -> tuple[float, float]:
        """Price and bid at a point of the unit square."""
        return self.price[0] + s * (self.price[1] - self.price[0]), self.bid[0] + t * (self.bid[1] - self.bid[0])

    def in_square(self, lines: Array) -> Array:
        """Affine functions of (1, λ, u), (…, 3), as functions of (1, s, t)."""
        (a, b), (c, d) = self.price, self.bid
        first = lines[..., 0] + a * lines[..., 1] + c * lines[..., 2]
        return np.stack([first, (b - a) * lines[..., 1], (d - c) * lines[..., 2]], axis=-1)


def baited(terms: AuctionTerms, agent: int, bid: float) -> float:
    """λ^{n-1} after the same bid in every round."""
    price = terms.start
    for _ in range(terms.rounds - 1):
        said = terms.answers(price)
        said[agent] = bid
        price = terms.moved(price, said)
    return float(price[0])


def bait(single: SingleResource, target: float) -> float:
    """The constant bid that makes λ^{n-1} the target, by bisection."""
    low, high = single.bid
    rising = bool(single.terms.problem.R[single.agent, 0, 0] > 0)
    if target in single.price:
        return high if (target == single.price[1]) == rising else low
    while low < (middle := 0.5 * (low + high)) < high:
        below = (baited(single.terms, single.agent, middle) < target) == rising
        low, high = (middle, high) if below else (low, middle)
    return high


def best_within_limits(single: SingleResource) -> Array | None:
    """The bids (n + 1,): bait, then switch; None where there are too many cells or nobody has a choice."""
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    todo, best = [square], (np.inf, np.zeros(2))
    for _ in range(CELLS):
        if not todo:
            break
        cell = todo.pop()
        found = piece(single, *single.at(*cell.mean(axis=0)))
        if found is None:
            return None
        cost, borders = found
        for border in borders:
            if (heights(border, cell) < -EDGE).any():
                todo.append(cut(cell, -border))
                cell = cut(cell, border)
        if len(cell):
            best = min(best, least(cost, cell), key=lambda one: one[0])
    price, last = single.at(*best[1])
    bids = np.full(single.terms.rounds + 1, bait(single, price))
    bids[-1] = last
    if todo:
        warnings.warn(
            f"agent {single.agent}: no exact figure within limits, its choice falls into more than {CELLS} cells",
            stacklevel=2,
        )
        return None
    return bids


def piece(single: SingleResource, price: float, bid: float) -> tuple[Array, Array] | None:
    """Around a point: the net cost as a quadratic form in (1, s, t), and lines (…, 3) ≥ 0 around where it holds."""
    p, agent = single.terms.problem, single.agent
    q, f, r = p.q[:, 0], p.f[:, 0], p.R[:, 0, 0]
    said, borders = clipped(np.stack([-f / q, -r / q, 0 * r], axis=1), p.lower[:, 0], p.upper[:, 0], price, bid)
    said[agent], borders[agent] = [0.0, 0.0, 1.0], np.nan
    over = r @ said
    over[0] -= p.c[0]
    there = np.array([1.0, price, bid])
    edges = [borders.reshape(-1, 3)]
    shares, short = said, bool(p.sense == "<=" and over @ there <= 0)
    if p.sense == "<=":
        edges.append(-over[None] if short else over[None])
    if not short:
        everybody = np.ones((1, p.agents, 1), dtype=bool)
        mu = p.project((said @ there)[None, :, None], everybody)[1][0, 0, 0]
        want = said @ there - r * mu
        free = (p.lower[:, 0] < want) & (want < p.upper[:, 0])
        if not (r[free] != 0).any():
            return None
        ends = np.where(want >= p.upper[:, 0], p.upper[:, 0], p.lower[:, 0])
        level = (r[free] @ said[free] + np.array([r[~free] @ ends[~free] - p.c[0], 0.0, 0.0])) / (r[free] @ r[free])
        shares, around = clipped(said - r[:, None] * level, p.lower[:, 0], p.upper[:, 0], price, bid)
        edges.append(around.reshape(-1, 3))
    paid = single.terms.gamma[0] * over + np.array([0.0, 1.0, 0.0])
    if p.sense == "<=":
        edges.append(paid[None] if paid @ there > 0 else -paid[None])
        paid = paid if paid @ there > 0 else np.zeros(3)
    return form(single, shares, paid), bordering(single, np.vstack(edges))


def clipped(lines: Array, lower: Array, upper: Array, price: float, bid: float) -> tuple[Array, Array]:
    """Affine functions (N, 3) between limits, and two lines for each, (N, 2, 3), around where that is so; NaN: none."""
    at = lines @ np.array([1.0, price, bid])
    low, high = at <= lower, at >= upper
    above, below = lines.copy(), -lines
    above[:, 0] -= lower
    below[:, 0] += upper
    above[low] *= -1
    below[high] *= -1
    above[high | (lower == upper)] = np.nan
    below[low | (lower == upper)] = np.nan
    ends = np.zeros_like(lines)
    ends[:, 0] = np.where(low, lower, upper)
    return np.where((low | high)[:, None], ends, lines), np.stack([above, below], axis=1)


def form(single: SingleResource, shares: Array, paid: Array) -> Array:
    """The net cost as a quadratic form (3, 3) in (1, s, t)."""
    p, agent = single.terms.problem, single.agent
    z = single.in_square(shares)
    whom = slice(None) if single.tax.groves else slice(agent, agent + 1)
    cost = np.einsum("i,iv,iw->vw", 0.5 * p.q[whom, 0], z[whom], z[whom])
    cost[0] += p.f[whom, 0] @ z[whom]
    if WORTH in single.tax.needs:
        cost += np.outer(single.in_square(paid), p.R[agent, 0, 0] * z[agent])
    return np.asarray(0.5 * (cost + cost.T))


def bordering(single: SingleResource, lines: Array) -> Array:
    """Lines in (1, s, t) with slopes of length 1; those that are never met are left out."""
    square = single.in_square(lines[np.isfinite(lines).all(axis=1)])
    slope = np.hypot(square[:, 1], square[:, 2])
    met = slope > EDGE * np.abs(square[:, 0])
    return np.asarray(square[met] / slope[met, None])


def heights(line: Array, cell: Array) -> Array:
    """An affine function (3,) at corners (corners, 2)."""
    return np.asarray(line[0] + cell @ line[1:])


def cut(cell: Array, line: Array) -> Array:
    """The part of a convex polygon (corners, 2) where line ≥ 0."""
    high, corners = heights(line, cell), []
    for k, (here, a) in enumerate(zip(cell, high, strict=True)):
        b = high[k - 1]
        if (a < 0) != (b < 0):
            corners.append(here + (cell[k - 1] - here) * (a / (a - b)))
        if a >= 0:
            corners.append(here)
    return np.array(corners).reshape(-1, 2)


def least(cost: Array, cell: Array) -> tuple[float, Array]:
    """The least of a quadratic form in (1, s, t) over a convex polygon, and where it is."""
    H, g = 2 * cost[1:, 1:], 2 * cost[0, 1:]
    way = np.roll(cell, -1, axis=0) - cell
    bend = np.einsum("kv,vw,kw->k", way, H, way)
    pull = np.einsum("kv,kv->k", way, g + cell @ H)
    along = np.clip(np.divide(-pull, bend, out=np.zeros_like(bend), where=bend > 0), 0.0, 1.0)
    places = [*cell, *(cell + along[:, None] * way)]
    if H[0, 0] > 0 and H[0, 0] * H[1, 1] - H[0, 1] ** 2 > EDGE * H[0, 0] * H[1, 1]:  # else a border has the least
        inside = np.linalg.solve(H, -g)
        turn = way[:, 0] * (inside - cell)[:, 1] - way[:, 1] * (inside - cell)[:, 0]
        if (turn >= 0).all():
            places.append(inside)
    values = [float(cost[0, 0] + g @ y + 0.5 * y @ H @ y) for y in places]
    return min(values), places[int(np.argmin(values))]
