"""Step size, length of a round and walls: chosen, or checked, so that a faithful body can follow the iterate.

A robot whose neighbours and itself are inside a box of diagonal w moves at most α·deg·w in a round; deg is L_ii, the
number of its neighbours or, where edges have weights, their sum. With α·deg ≤ 1 its waypoint is a mean of positions in
the box, so everybody stays inside the walls whatever one robot does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput, TooLarge
from robosim.files.writing import shown
from robosim.leader.schedule import Schedule, schedule
from robosim.network.network import Network
from robosim.rendezvous.frame import Frame
from robosim.rendezvous.reach import Reach
from robosim.rendezvous.scenario import RendezvousScenario


class Timing(NamedTuple):
    """What was chosen: α, seconds a round, seconds of the journey (after agreeing), α's schedule.

    Where there is a schedule, α is its last step.
    """

    alpha: float
    dt_s: float
    travel_s: float
    schedule: Schedule | None = None

    @property
    def announced_alpha(self) -> float | Array:
        """As programs get it: a number, or an array with a step for each round."""
        return self.alpha if self.schedule is None else self.schedule.alpha


def most_heard(network: Network) -> float:
    """The largest degree, with weights; where neighbours change, the largest that there may come to be."""
    return float(getattr(network, "most_heard", 0.0) or network.links.weighted_degree.max())


def floor12(x: float) -> float:
    """`x` rounded down to 12 significant digits: what LAPACK computed may enter a trajectory."""
    return _to_12_digits(x, math.floor)


def ceil12(x: float) -> float:
    """`x` rounded up to 12 significant digits."""
    return _to_12_digits(x, math.ceil)


def timing(
    scenario: RendezvousScenario, network: Network, within: Frame, reach: Reach, keeps_reach: bool = False
) -> Timing:
    """Resolve `leader.alpha`, `mission.dt_s` and `mission.travel_time_s` of a rendezvous.

    A program that `keeps_reach` never steps farther than a body gets, whatever α.

    Raises `BadInput` at the key that cannot hold, naming the value that would do.
    """
    if scenario.leader.alpha == "schedule":
        steps = _schedule(scenario, network, within, reach)
        return Timing(float(steps.alpha[-1]), float(scenario.mission.dt_s), 0.0, steps)
    travels = scenario.mission.travel == "after-agreeing"
    free = travels or (keeps_reach and scenario.mission.dt_s != "auto")
    limit = Reach() if free else reach
    stride = _stride(scenario, network, within)
    alpha = _alpha(scenario, network, limit, stride)
    if within.walls.size:
        _refuse_overshoot(scenario, network, alpha)
    return Timing(alpha, _dt(scenario, limit, stride, alpha), _travel_s(scenario, within))


def _schedule(scenario: RendezvousScenario, network: Network, within: Frame, reach: Reach) -> Schedule:
    """Steps for the box of types; `rules.schedules_know_their_reach` has refused what they cannot be computed from."""
    reach_m = reach.within(float(scenario.mission.dt_s))
    if reach_m <= 0.0:
        raise _too_short(scenario, reach)
    top, space = floor12(1 / network.lambda_max), (within.lower, within.upper)
    try:
        return schedule(network, top, reach_m, *space, scenario.mission.rounds)
    except TooLarge as refused:
        raise TooLarge(scenario.complaint("leader.alpha", f'"schedule" {refused}')) from None


def _too_short(scenario: RendezvousScenario, reach: Reach) -> BadInput:
    """No waypoint is tracked within a round: which length would do for a centimetre."""
    need = reach.needs(0.01)
    would = f"use dt_s = {ceil12(need):.6g}, which tracks steps of 1 cm" if math.isfinite(need) else "no round is"
    return scenario.error(
        "mission.dt_s",
        f"a round of {float(scenario.mission.dt_s):.6g} s is too short for {shown(scenario.robots.body)} to get "
        f"anywhere from every heading ({would})",
    )


def _stride(scenario: RendezvousScenario, network: Network, within: Frame) -> float:
    """The longest faithful step per unit of α, metres."""
    lower, upper = within.inside
    if not lower.size:
        return 0.0
    width = float(np.linalg.norm(upper - lower)) + 2 * scenario.robots.position_noise_m
    return most_heard(network) * width


def _alpha(scenario: RendezvousScenario, network: Network, limit: Reach, stride: float) -> float:
    asked, top = scenario.leader.alpha, 1 / network.lambda_max
    if scenario.leader.alpha_of_max is not None:
        return floor12(scenario.leader.alpha_of_max * top)
    if asked == "auto":
        dt = scenario.mission.dt_s
        reachable = math.inf if dt == "auto" or not stride else limit.within(float(dt)) / stride
        if reachable <= 0.0:
            raise _too_short(scenario, limit)
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


def _dt(scenario: RendezvousScenario, limit: Reach, stride: float, alpha: float) -> float:
    asked = scenario.mission.dt_s
    need = limit.needs(alpha * stride) if limit.bounded else 0.0
    if asked == "auto":
        return ceil12(need) if need else 1.0
    if need > float(asked) * (1 + 1e-12):
        would = floor12(limit.within(float(asked)) / stride)
        raise scenario.error(
            "mission.dt_s",
            f"faithful robots cannot follow the iterate: a step of {alpha * stride:.6g} m "
            f"takes {need:.6g} s{_at(limit)}, a round lasts {float(asked):.6g} s "
            f'(use dt_s = {ceil12(need):.6g}, leader.alpha = {would:.6g}, or "auto" for either)',
        )
    return float(asked)


def _at(limit: Reach) -> str:
    return f" at {limit.speed_mps:.6g} m/s" if limit.body is None else ", from the worst heading"


def _travel_s(scenario: RendezvousScenario, within: Frame) -> float:
    asked, limit = scenario.mission.travel_time_s, scenario.robots.speed_limit_mps
    lower, upper = within.inside
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
