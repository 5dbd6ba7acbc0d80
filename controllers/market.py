"""The leader's half of dual decomposition: it moves the price until the shares add up (T, (3b), Algorithm 1).

Plain gradient is the paper's; with γ ≤ 1/L (`robosim.allocation.Allocation.sure_step`) it converges. Momentum (Nesterov
1983), restarted where the step turns against the gradient (B. O'Donoghue, E. Candès, Found. Comput. Math. 15 (2015)
715-732), needs far fewer rounds. The restart looks at what is asked for, not at the dual values, so a follower
that lies about its term of the dual function moves no price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.kernels.coupling import taken

PROMISING = 1.0
"""A gap is worth asking for when prices are off by at most this many times ε."""
SELDOM = 25
"""Rounds after which the leader asks in any case."""
Mask = NDArray[np.bool_]
Project = Callable[[Array, Mask], tuple[Array, Array]]
"""From what was said and who is present to feasible shares and the multipliers μ with z_i = clip(ẑ_i - R_i'μ)."""
Load = Callable[[Array, Mask], Array]
"""From what was said and who is present to Σ_i R_i z_i, (M, 1, rows)."""


class Supply(Protocol):
    """What there is to share, and what it costs the leader to provide it."""

    def answer(self, price: Array) -> tuple[Array, Array]:
        """For λ (M, 1, rows): what the leader would provide, (M|1, 1, rows), and min_y G(y) - λ'y, (M,)."""
        ...

    def cost(self, load: Array) -> Array:
        """G of what is taken, (M, 1, rows): (M,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Given:
    """There is `c` (rows,), and it costs nothing: T, (2)."""

    c: Array

    def answer(self, price: Array) -> tuple[Array, Array]:
        """c, and -λ'c."""
        return self.c[None, None], -np.einsum("mor,r->m", price, self.c)

    def cost(self, load: Array) -> Array:
        """Nothing."""
        return np.zeros(len(load))


class Hall(NamedTuple):
    """Everything that the leader keeps between rounds; arrays start with the missions."""

    k: int
    rules: Rules
    price: Array
    """(M, 1, rows) λ, the last one broadcast."""
    point: Array
    """(M, 1, rows) the last gradient step; with momentum the price runs ahead of it."""
    speed: Array
    """(M, 1, 1) Nesterov's t."""
    bound: Array
    """(M,) the largest q so far: no division costs less."""
    proposal: Array | None
    """(M, N, n) what the followers were asked to cost, feasible."""
    waiting: Mask
    """(M,) where the proposal is new and everybody will say what it would cost."""
    gap: Array
    """(M,) cost of the proposal before, minus `bound`; ∞ before it is known."""
    done: Mask
    """(M,) whose gap is at most the announced ε: these hold still."""


@dataclass(frozen=True, kw_only=True)
class Market:
    """The leader's half, T, Algorithm 1, lines 6, 13 and 17; missions may be marginal problems P_-j (`present`).

    Rules: price λ⁰ (M, 1, rows), gamma (a number, or one a row and mission), supply, load, sense "=" or "<=",
    present (M, agents, 1), project, epsilon or None (`robosim.allocation.Allocation.rules` makes them).

    With an ε the leader proposes the projection of what was said, hears in the next round what everybody's share would
    cost, and is done when Σ v_i(proposal) - q(λ) ≤ ε. Under a Groves tax this gap bounds what any one deviator could
    gain. To ask costs everybody a round's work, so it asks when prices promise a gap near ε, and else rarely.
    What happens in one mission is nothing to the others.
    """

    update: Literal["gradient", "nesterov"] = "gradient"

    def start(self, rules: Rules) -> tuple[Hall, Said]:
        """Line 3: broadcast λ⁰, which depends on nobody."""
        price = np.array(rules["price"])
        missions = len(price)
        hall = Hall(
            k=0,
            rules=rules,
            price=price,
            point=price,
            speed=np.ones((missions, 1, 1)),
            bound=np.full(missions, -np.inf),
            proposal=None,
            waiting=np.zeros(missions, dtype=bool),
            gap=np.full(missions, np.inf),
            done=np.zeros(missions, dtype=bool),
        )
        return hall, cast(hall, None)

    def step(self, state: Hall, said: Said) -> tuple[Hall, Said]:
        """Line 6: the price moves towards what is asked for in excess, (3b)."""
        rules = state.rules
        provided, worth = rules["supply"].answer(state.price)
        over = rules["load"](said["z"], rules["present"]) - provided
        bound = np.maximum(state.bound, total(rules, said["dual"]) + worth)
        new = self._ascend(state._replace(k=state.k + 1, bound=bound), over)
        if rules["epsilon"] is None:
            return new, cast(new, None)
        off = np.einsum("mor,mor->m", np.abs(state.price), np.abs(over))
        return self._judged(state, new, said, off)

    def decide(self, state: Hall, said: Said) -> Array:
        """Line 17: the nearest feasible shares, (M, agents, n); where the gap closed, the proposal it closed for."""
        if state.proposal is not None and state.done.all():
            return state.proposal
        nearest = state.rules["project"](said["z"], state.rules["present"])[0]
        return nearest if state.proposal is None else np.where(state.done[:, None, None], state.proposal, nearest)

    def gap(self, state: Hall, reports: Array, decision: Array) -> Array:
        """Σ v̂_i + G - q(λ), (M,), for reported costs (M, agents) of the decision: how far above the optimum at most."""
        return whole_cost(state.rules, reports[..., None], decision) - state.bound

    def done(self, state: Hall) -> Mask:
        """(M,) whether the duality gap is at most the announced ε; never without one."""
        return state.done

    def _judged(self, state: Hall, new: Hall, said: Said, off: Array) -> tuple[Hall, Said]:
        """What the last proposals would cost, where that was asked; new proposals where it is time.

        `off` (M,), Σ|λ|·|Rẑ - c|, is what the missing complementarity is worth: of the order of the next gap.
        """
        rules, gap = state.rules, state.gap
        if state.waiting.any() and state.proposal is not None:
            gap = np.where(state.waiting, whole_cost(rules, said["cost"], state.proposal) - new.bound, gap)
        done = state.done | (gap <= rules["epsilon"])
        ask = ~done & ((off <= PROMISING * rules["epsilon"]) | (new.k % SELDOM == 0))
        new = held(state.done, state, new._replace(gap=gap, done=done, waiting=ask))
        if not ask.any():
            return new, cast(new, None)
        proposal, correction = np.zeros_like(said["z"]), np.full_like(new.price, np.nan)
        if state.proposal is not None:
            proposal[~ask] = state.proposal[~ask]
        here = rules["present"] if len(rules["present"]) == 1 else rules["present"][ask]
        proposal[ask], correction[ask] = rules["project"](said["z"][ask], here)
        new = new._replace(proposal=proposal)
        return new, cast(new, correction)

    def _ascend(self, state: Hall, over: Array) -> Hall:
        rules = state.rules
        point = floored(rules, state.price + rules["gamma"] * over)
        if self.update == "gradient":
            return state._replace(price=point, point=point)
        way = point - state.point
        onward = np.einsum("mor,mor->m", over, way)[:, None, None] >= 0
        speed = np.where(onward, state.speed, 1.0)
        faster = 0.5 * (1 + np.sqrt(1 + 4 * speed**2))
        price = floored(rules, point + np.where(onward, (speed - 1) / faster, 0.0) * way)
        return state._replace(price=price, point=point, speed=faster)


def cast(state: Hall, correction: Array | None) -> Said:
    """What the leader broadcasts: the price, and with an ε the multipliers of its proposals (NaN: there is no new one),
    and which missions are open: 1, or 0 once the gap has closed and nobody needs to answer any more."""
    words = {"price": state.price.copy()}
    if state.rules["epsilon"] is None:
        return words
    still = np.where(state.done, 0.0, 1.0)[:, None, None]
    return words | {
        "correction": np.full_like(state.price, np.nan) if correction is None else correction,
        "open": still,
    }


def asked(rows: Array, z: Array, present: Mask) -> Array:
    """Σ_i R_i z_i over those present, (M, 1, rows); rows (agents, rows, n), or (0, 0, 0) for the identity."""
    load = np.empty((len(z), rows.shape[1] if len(rows) else z.shape[2]))
    taken(rows, np.ascontiguousarray(z), np.ascontiguousarray(present[..., 0]), load)
    return load[:, None]


def total(rules: Rules, words: Array) -> Array:
    """Σ_i over those present of one number each, (M,)."""
    return np.asarray(asked(np.empty((0, 0, 0)), words, rules["present"])[:, 0, 0])


def whole_cost(rules: Rules, costs: Array, shares: Array) -> Array:
    """What shares cost everybody and the leader, (M,), from their costs (M, agents, 1)."""
    return np.asarray(total(rules, costs) + rules["supply"].cost(rules["load"](shares, rules["present"])))


def floored(rules: Rules, price: Array) -> Array:
    """For ≤ no price is negative."""
    return np.maximum(price, 0.0) if rules["sense"] == "<=" else price


def held(done: Mask, before: Hall, after: Hall) -> Hall:
    """Missions that were done keep everything."""
    if not done.any():
        return after
    kept: dict[str, Any] = {}
    for name in ("price", "point", "speed", "bound", "gap"):
        old, new = getattr(before, name), getattr(after, name)
        kept[name] = np.where(done.reshape((-1,) + (1,) * (old.ndim - 1)), old, new)
    return after._replace(**kept)
