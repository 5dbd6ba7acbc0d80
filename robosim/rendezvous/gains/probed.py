"""What one agent gains against any affine program: exactly, within a distance, over all types; and how, as a script.

Figures of `impulses` and `balls` for bodies without limits. "Exact" is exact arithmetic: long paths and rings ask for
positions 10⁶ diameters away. Within R diameters, ‖u - u_f‖ ≤ R diam √(n+1), the figure is well posed, and R = 1 holds
every script inside the walls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from robosim.agent import Array, Ints
from robosim.errors import BadInput, CheckFailed
from robosim.leader.bound import BOUNDS, diameter
from robosim.network.radio import Radio
from robosim.rendezvous.bounds.affine import AFFINE, Affine, halves, probed
from robosim.rendezvous.bounds.choose import announced
from robosim.rendezvous.bounds.corners import form_at_most
from robosim.rendezvous.bounds.probed import distance
from robosim.rendezvous.gains.balls import gain_within, reach
from robosim.rendezvous.gains.closed import rounds_for
from robosim.rendezvous.gains.impulses import Steered, steered
from robosim.rendezvous.mission import Rendezvous

WITHIN = 1.0
"""R, in diameters of the walls, or of the type space where there are none."""
DIGITS = 1e-15
"""Share of the largest response that rounding may take from any."""
MOST_ROUNDS = 10_000
"""Rounds up to which those that certify an ε are sought."""


class Exact(NamedTuple):
    """Gains of A agents, m², from above, and the deviations behind those within reach, (A, n+1, d) metres."""

    gains: Array
    within: Array
    deviations: Array


def exact(mission: Rendezvous, end: Array, agents: Ints, effort: float = np.inf, within: float = WITHIN) -> Exact:
    """ε_i(n) and ε_i(n; R) of some agents of an affine team that ends at `end`, (N, d) metres.

    Raises `NotAffine`, which says why there are no such figures.
    """
    found = steered(mission, agents, effort)
    theta, beta = mission.own["start"][0], mission.announcement.beta
    d = theta.shape[1]
    parts = [_solved(one, found.mixed, theta, end, beta, within * size_of(mission)) for one in _parts(found, agents)]
    moves = np.concatenate([one.deviations for one in parts]).reshape(len(agents), -1, d)
    return Exact(np.concatenate([p.gains for p in parts]), np.concatenate([p.within for p in parts]), moves)


def size_of(mission: Rendezvous) -> float:
    """diam √(n+1), metres: no script inside the walls is farther than that from the faithful positions."""
    world, rules = mission.world, mission.announcement
    low, high = (world.lower, world.upper) if world.lower.size else (rules.lower, rules.upper)
    return float(np.linalg.norm(high - low) * np.sqrt(mission.rounds + 1))


def _parts(found: Steered, agents: Ints) -> list[Array]:
    """Responses of some agents at a time, as many as memory likes."""
    each = found.responses[0].size
    size = max(1, 20_000_000 // each)
    return [found.responses[k : k + size] for k in range(0, len(agents), size)]


def _solved(responses: Array, mixed: bool, theta: Array, end: Array, beta: float, radius: float) -> Exact:
    n, d = theta.shape
    way, apart, agreement = end - theta, end - end.mean(axis=0), np.full((n, 1), n**-0.5)
    if mixed:
        way, apart, agreement = way.reshape(-1, 1), apart.reshape(-1, 1), np.kron(agreement, np.eye(d))
    team = reach(responses, agreement, way, apart)
    beta = max(beta, float(np.sqrt(team.rest)))
    social = float((way * way).sum())
    free = gain_within(team, beta, np.inf)[0]
    lost = (team.lost + DIGITS * team.sizes[:, 0]) * radius
    near, moves = gain_within(team, beta + lost, radius)
    near = social - np.maximum(np.sqrt(np.maximum(social - near, 0.0)) - lost, 0.0) ** 2
    return Exact(np.maximum(free, near), near, moves)  # what was lost to rounding counts as reached


def everywhere(mission: Rendezvous) -> float | str:
    """sup over the type space of ε(n), m², of an affine program that moves along with its team; else why nobody knows.

    ε(n) ≤ 2βD + sup θᵀRθ, R = (I-M)ᵀ(I-M) - Π.

    If M1 = 1, J(z_f) = ‖(I-M)θ‖² is a quadratic form of where the robots stand to each other, and the certificate takes
    (d-β)₊² ≥ d² - 2βd, d ≤ D, from it. What is left is the form R over a box (`corners.form_at_most`).
    """
    doubt = mission.world.uncertain(mission.rounds)
    if not doubt and isinstance(mission.network, Radio):
        doubt = "what is lost, late or out of range is not known in advance"
    if doubt:
        return f"over all types: {doubt}, measured at these types only"
    last = probed(mission)
    if last is None:
        return "over all types: not affine in the starts, measured at these types only"
    rules, n = mission.announcement, mission.network.n
    middle, half = halves(mission)
    if mission.announcement.rule == "rehearsed" or distance(last) > rules.beta * (1.0 + AFFINE):
        return "over all types: β(n) is not proven for every start in the box, measured at these types only"
    if not moves_along(last, middle, half):
        return "over all types: does not move along with its team (M1 ≠ 1), measured at these types only"
    widest = diameter(n, rules.lower, rules.upper)
    return 2.0 * min(rules.beta, widest) * widest + sum(map(form_at_most, left_over(last, half)))


def moves_along(last: Affine, middle: Array, half: Array) -> bool:
    """Whether a team that starts elsewhere ends as much elsewhere: M1 = 1, and all from one point stay there."""
    n, d = last.still.shape
    slip = AFFINE * float(half.max())
    if np.abs(last.still - middle).max() > slip:
        return False
    if last.mixes:
        moved = last.moved[0].reshape(n, d, n, d).sum(axis=2)
        return bool(np.abs(moved - np.diag(half)).max() <= slip)
    return bool(np.abs(last.moved.sum(axis=2) - half[:, None]).max() <= slip)


def left_over(last: Affine, half: Array) -> list[Array]:
    """R, in units of the half box: one form an axis, or one for all where they mix."""
    n = len(last.still)
    if last.mixes:
        whole, apart = np.diag(np.tile(half, n)), np.kron(np.eye(n) - 1.0 / n, np.diag(half**2))
        return [(whole - last.moved[0]).T @ (whole - last.moved[0]) - apart]
    parts = zip(last.moved, half, strict=True)
    return [(h * np.eye(n) - one).T @ (h * np.eye(n) - one) - h * h * (np.eye(n) - 1.0 / n) for one, h in parts]


def rounds_needed(mission: Rendezvous, epsilon: float) -> int:
    """Rounds whose bound over all types is at most `epsilon`, in the unit of the private cost.

    Each number of rounds is probed afresh, as programs know how many there will be. Raises `BadInput` where nothing is
    known over all types, `CheckFailed` where no number of rounds will do.
    """
    unit, name = mission.problem.unit or 0.0, type(mission.controller).__name__
    now = everywhere(mission)
    if isinstance(now, str):
        raise BadInput(f"--epsilon: {name}: {now} (without --epsilon ε is certified at these types)")
    n, d = mission.network.n, mission.shape[2]
    most = int(min(MOST_ROUNDS, 1 + 1e9 / (n * (n + 4) * d)))
    if mission.announcement.schedule is not None:
        most = mission.rounds  # steps of later rounds were not announced
    found = rounds_for(epsilon, _at(mission, unit), most)
    if found is None:
        raise CheckFailed(f"no number of rounds up to {most} certifies {epsilon:g} over all types for {name}")
    return found


def _at(mission: Rendezvous, unit: float) -> Callable[[int], float]:
    known: dict[int, float] = {}

    def bound(rounds: int) -> float:
        if rounds not in known:
            found = everywhere(lasting(mission, rounds))
            known[rounds] = np.inf if isinstance(found, str) else unit * found
        return known[rounds]

    return bound


def lasting(mission: Rendezvous, rounds: int) -> Rendezvous:
    """The same mission with another number of rounds; a probed bound is probed again."""
    rules = replace(mission.announcement, rounds=rounds)
    longer = replace(mission, rounds=rounds, announcement=rules, rules={**mission.rules, "rounds": rounds})
    if rules.rule in BOUNDS or rules.rule == "announced":
        return longer
    found = announced(longer, "probed")
    return replace(longer, announcement=replace(rules, rule=found.rule, bound=found.bound, note=found.note))
