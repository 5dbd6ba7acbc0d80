"""Step size, length of a round and walls: chosen, or checked, so that a faithful body can follow the iterate.

A robot whose neighbours and itself are inside a box of diagonal w moves at most α·deg·w in a round; deg is L_ii, the
number of its neighbours or, where edges have weights, their sum. With α·deg ≤ 1 its waypoint is a mean of positions in
the box, so everybody stays inside the walls whatever one robot does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.errors import TooLarge
from robosim.leader.schedule import Schedule, schedule
from robosim.network.network import Network
from robosim.rendezvous.scenario import RendezvousScenario


class Timing(NamedTuple):
    """What was chosen: α, seconds a round, seconds of the journey (after agreeing), walls (empty: none), α's schedule.

    Where there is a schedule, α is its last step.
    """

    alpha: float
    dt_s: float
    travel_s: float
    lower: Array
    upper: Array
    schedule: Schedule | None = None

    @property
    def announced_alpha(self) -> float | Array:
        """As programs get it: a number, or an array with a step for each round."""
        return self.alpha if self.schedule is None else self.schedule.alpha


def box(value: Sequence[float] | Sequence[Sequence[float]], d: int) -> tuple[Array, Array]:
    """Corners (lower, upper), each (d,), of [lo, hi] for every coordinate or of one pair a coordinate."""
    pairs = np.broadcast_to(np.asarray(value, dtype=np.float64).reshape(-1, 2), (d, 2))
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def most_heard(network: Network) -> float:
    """The largest degree, with weights; where neighbours change, the largest that there may come to be."""
    return float(getattr(network, "most_heard", 0.0) or network.links.weighted_degree.max())


def floor12(x: float) -> float:
    """`x` rounded down to 12 significant digits: what LAPACK computed may enter a trajectory."""
    return _to_12_digits(x, math.floor)


def ceil12(x: float) -> float:
    """`x` rounded up to 12 significant digits."""
    return _to_12_digits(x, math.ceil)


def timing(scenario: RendezvousScenario, network: Network, keeps_reach: bool = False) -> Timing:
    """Resolve `leader.alpha`, `mission.dt_s`, `mission.travel_time_s` and the walls of a rendezvous.

    A program that `keeps_reach` never steps farther than a body gets, whatever α.

    Raises `BadInput` at the key that cannot hold, naming the value that would do.
    """
    lower, upper = walls(scenario)
    if scenario.leader.alpha == "schedule":
        steps = _schedule(scenario, network)
        return Timing(float(steps.alpha[-1]), float(scenario.mission.dt_s), 0.0, lower, upper, steps)
    travels = scenario.mission.travel == "after-agreeing"
    limit = math.inf if scenario.robots.speed_limit_mps is None or travels else scenario.robots.speed_limit_mps
    limit = math.inf if keeps_reach and scenario.mission.dt_s != "auto" else limit
    stride = _stride(scenario, network, lower, upper)
    alpha = _alpha(scenario, network, limit, stride)
    if lower.size:
        _refuse_overshoot(scenario, network, alpha)
    return Timing(alpha, _dt(scenario, limit, stride, alpha), _travel_s(scenario), lower, upper)


def walls(scenario: RendezvousScenario) -> tuple[Array, Array]:
    """Corners of the box that bodies cannot leave, or two empty arrays.

    With a speed limit and no arena the type space is the arena: a robot that could lead its neighbours out of it could
    make them miss their waypoints. Declared noise moves the walls out by as much as a faithful team can drift.
    """
    robots = scenario.robots
    arena = robots.arena_m if robots.arena_m is not None else robots.type_space_m
    if robots.arena_m is None and robots.speed_limit_mps is None:
        return np.empty(0), np.empty(0)
    lower, upper = box(arena, robots.dimension)
    drift = robots.position_noise_m * scenario.mission.rounds
    return lower - drift, upper + drift


def _schedule(scenario: RendezvousScenario, network: Network) -> Schedule:
    """Steps for the box of types; `rules.schedules_know_their_reach` has refused what they cannot be computed from."""
    robots = scenario.robots
    reach_m = float(robots.speed_limit_mps or 0.0) * float(scenario.mission.dt_s)
    space = box(robots.type_space_m, robots.dimension)
    try:
        return schedule(network, floor12(1 / network.lambda_max), reach_m, *space, scenario.mission.rounds)
    except TooLarge as refused:
        raise TooLarge(scenario.complaint("leader.alpha", f'"schedule" {refused}')) from None


def _stride(scenario: RendezvousScenario, network: Network, lower: Array, upper: Array) -> float:
    """The longest faithful step per unit of α, metres."""
    if not lower.size:
        return 0.0
    width = float(np.linalg.norm(upper - lower)) + 2 * scenario.robots.position_noise_m
    return most_heard(network) * width


def _alpha(scenario: RendezvousScenario, network: Network, limit: float, stride: float) -> float:
    asked, top = scenario.leader.alpha, 1 / network.lambda_max
    if scenario.leader.alpha_of_max is not None:
        return floor12(scenario.leader.alpha_of_max * top)
    if asked == "auto":
        dt = scenario.mission.dt_s
        reachable = math.inf if dt == "auto" or not stride else limit * float(dt) / stride
        return floor12(min(top, reachable))
    alpha = float(asked)
    if alpha >= 2 * top:
        raise scenario.error(
            "leader.alpha",
            f"must be < 2/lambda_max = {2 * top:.6g} for this graph, got {alpha:.6g} "
            f'(use "auto" or at most {floor12(top):.6g})',
        )
    return alpha


def _refuse_overshoot(scenario: RendezvousScenario, network: Network, alpha: float) -> None:
    degree = most_heard(network)
    if alpha * degree > 1 + 1e-12:
        raise scenario.error(
            "leader.alpha",
            f"must be <= 1/degree = {1 / degree:.6g} where bodies have a speed limit or "
            f'walls, got {alpha:.6g} (use "auto": robots would step past their neighbours)',
        )


def _dt(scenario: RendezvousScenario, limit: float, stride: float, alpha: float) -> float:
    asked = scenario.mission.dt_s
    need = alpha * stride / limit if math.isfinite(limit) else 0.0
    if asked == "auto":
        return ceil12(need) if need else 1.0
    if need > float(asked) * (1 + 1e-12):
        would = floor12(limit * float(asked) / stride)
        raise scenario.error(
            "mission.dt_s",
            f"faithful robots cannot follow the iterate: a step of {alpha * stride:.6g} m "
            f"takes {need:.6g} s at {limit:.6g} m/s, a round lasts {float(asked):.6g} s "
            f'(use dt_s = {ceil12(need):.6g}, leader.alpha = {would:.6g}, or "auto" for either)',
        )
    return float(asked)


def _travel_s(scenario: RendezvousScenario) -> float:
    asked, limit = scenario.mission.travel_time_s, scenario.robots.speed_limit_mps
    lower, upper = walls(scenario)
    need = 0.0 if limit is None else float(np.linalg.norm(upper - lower)) / limit
    if asked == "auto":
        dt = scenario.mission.dt_s
        return ceil12(need) if need else scenario.mission.rounds * (1.0 if dt == "auto" else float(dt))
    if scenario.mission.travel == "after-agreeing" and need > float(asked) * (1 + 1e-12):
        raise scenario.error(
            "mission.travel_time_s",
            f"faithful robots cannot get there: the longest journey takes "
            f"{need:.6g} s at {limit:.6g} m/s, got {float(asked):.6g} "
            f'(use travel_time_s = {ceil12(need):.6g} or "auto")',
        )
    return float(asked)


def _to_12_digits(x: float, towards: Callable[[float], int]) -> float:
    if x == 0.0 or not math.isfinite(x):
        return x
    unit = 10.0 ** (math.floor(math.log10(abs(x))) - 11)
    near = round(x / unit)
    return float(f"{(near if abs(x / unit - near) < 1e-4 else towards(x / unit)) * unit:.11e}")
