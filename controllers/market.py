"""The leader's half of dual decomposition: it moves the price until the shares add up (T, (3b), Algorithm 1).

Plain gradient is the paper's; with γ ≤ 1/L (`robosim.allocation.Allocation.sure_step`) it converges. Momentum (Nesterov
1983), restarted where the step turns against the gradient (B. O'Donoghue, E. Candès, Found. Comput. Math. 15 (2015)
715-732), needs far fewer rounds. The restart looks at what is asked for, not at the dual values, so a follower
that lies about its term of the dual function moves no price.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Rules, Said
from robosim.kernels.coupling import taken

Project = Callable[[Array, NDArray[np.bool_]], tuple[Array, Array]]
"""From what was said and who is present to feasible shares and the multipliers μ with z_i = clip(ẑ_i - R_i'μ)."""


class Hall(NamedTuple):
    """Everything that the leader keeps between rounds; arrays start with the missions."""

    rules: Rules
    price: Array
    """(M, 1, rows) λ, the last one broadcast."""
    point: Array
    """(M, 1, rows) the last gradient step; with momentum the price runs ahead of it."""
    speed: Array
    """(M, 1, 1) Nesterov's t."""
    dual: Array
    """(M,) q at the price before the last, the newest one that was answered."""
    bound: Array
    """(M,) the largest q so far: no division costs less."""
    proposal: Array | None
    """(M, N, n) what the followers were asked to cost, feasible."""
    gap: Array
    """(M,) cost of the proposal before, minus `bound`; ∞ before it is known."""
    done: NDArray[np.bool_]
    """(M,) whose gap is at most the announced ε: these hold still."""


@dataclass(frozen=True, kw_only=True)
class Market:
    """The leader's half, T, Algorithm 1, lines 6, 13 and 17; missions may be marginal problems P_-j (`present`).

    Rules: price λ⁰ (M, 1, rows), gamma, c (rows,), R (agents, rows, n) or None for the identity, sense "=" or "<=",
    present (M, agents, 1), project, epsilon or None (`robosim.allocation.Allocation.rules` makes them).

    With an ε the leader proposes each round the projection of what was said, hears in the next one what everybody's
    share would cost, and is done when Σ v_i(proposal) - q(λ) ≤ ε. Under a Groves tax this gap bounds what any one
    deviator could gain.
    """

    update: Literal["gradient", "nesterov"] = "gradient"

    def start(self, rules: Rules) -> tuple[Hall, Said]:
        """Line 3: broadcast λ⁰, which depends on nobody."""
        price = np.array(rules["price"])
        missions = len(price)
        hall = Hall(
            rules=rules,
            price=price,
            point=price,
            speed=np.ones((missions, 1, 1)),
            dual=np.full(missions, -np.inf),
            bound=np.full(missions, -np.inf),
            proposal=None,
            gap=np.full(missions, np.inf),
            done=np.zeros(missions, dtype=bool),
        )
        return hall, cast(hall, np.zeros_like(price))

    def step(self, state: Hall, said: Said) -> tuple[Hall, Said]:
        """Line 6: the price moves towards what is asked for in excess, (3b)."""
        rules = state.rules
        over = asked(rules, said["z"]) - rules["c"]
        dual = heard_dual(state, said)
        bound = np.maximum(state.bound, dual)
        new = self._ascend(state._replace(dual=dual, bound=bound), over)
        if rules["epsilon"] is None:
            return new, cast(new, new.price)
        gap = state.gap if state.proposal is None else total(rules, said["cost"]) - bound
        project: Project = rules["project"]
        proposal, correction = project(said["z"], rules["present"])
        done = state.done | (gap <= rules["epsilon"])
        new = held(done, state, new._replace(proposal=proposal, gap=gap, done=done))
        return new, cast(new, correction)

    def decide(self, state: Hall, said: Said) -> Array:
        """Line 17: the nearest feasible shares, (M, agents, n); where the gap closed, the proposal it closed for."""
        project: Project = state.rules["project"]
        nearest = project(said["z"], state.rules["present"])[0]
        return nearest if state.proposal is None else np.where(state.done[:, None, None], state.proposal, nearest)

    def gap(self, state: Hall, reports: Array) -> Array:
        """Σ v̂_i - q(λ), (M,), for reported costs (M, agents) of the decision: how far above the optimum it can be."""
        return total(state.rules, reports[..., None]) - state.bound

    def done(self, state: Hall) -> NDArray[np.bool_]:
        """(M,) whether the duality gap is at most the announced ε; never without one."""
        return state.done

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


def cast(state: Hall, correction: Array) -> Said:
    """What the leader broadcasts: the price, and with an ε the multipliers of its proposal."""
    words = {"price": state.price.copy()}
    return words if state.rules["epsilon"] is None else words | {"correction": correction}


def asked(rules: Rules, z: Array) -> Array:
    """Σ_i R_i z_i over those present, (M, 1, rows)."""
    rows = np.empty((0, 0, 0)) if rules["R"] is None else rules["R"]
    load = np.empty((len(z), len(rules["c"])))
    taken(rows, np.ascontiguousarray(z), np.ascontiguousarray(rules["present"][..., 0]), load)
    return load[:, None]


def total(rules: Rules, words: Array) -> Array:
    """Σ_i over those present of one number each, (M,)."""
    load = np.empty((len(words), 1))
    taken(np.empty((0, 0, 0)), np.ascontiguousarray(words), np.ascontiguousarray(rules["present"][..., 0]), load)
    return load[:, 0]


def heard_dual(state: Hall, said: Said) -> Array:
    """q(λ) of the price that was answered, (M,)."""
    return np.asarray(total(state.rules, said["dual"]) - np.einsum("mor,r->m", state.price, state.rules["c"]))


def floored(rules: Rules, price: Array) -> Array:
    """For ≤ no price is negative."""
    return np.maximum(price, 0.0) if rules["sense"] == "<=" else price


def held(done: NDArray[np.bool_], before: Hall, after: Hall) -> Hall:
    """Missions that were done keep everything; one that gets done now keeps the proposal that it got done for."""
    if not done.any() or before.proposal is None or after.proposal is None:
        return after
    kept: dict[str, Any] = {"proposal": np.where(done[:, None, None], before.proposal, after.proposal)}
    for name in ("price", "point", "speed", "dual", "bound", "gap"):
        old, new = getattr(before, name), getattr(after, name)
        kept[name] = np.where(before.done.reshape((-1,) + (1,) * (old.ndim - 1)), old, new)
    return after._replace(**kept)
