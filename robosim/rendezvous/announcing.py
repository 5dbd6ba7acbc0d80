"""What the leader announces before round 0: step sizes, type space, bound, penalty, the range of reports."""

from __future__ import annotations

import numpy as np

from robosim.errors import BadInput
from robosim.leader import bound
from robosim.leader.bound import Bound, Listed
from robosim.leader.schedule import rounding_floor
from robosim.network.network import Network
from robosim.rendezvous.moving import Moving
from robosim.rendezvous.problem import Announcement, RendezvousProblem
from robosim.rendezvous.scenario import RendezvousScenario


def announcement(
    scenario: RendezvousScenario,
    network: Network,
    moving: Moving,
    costs: RendezvousProblem,
    rule: str,
    brought: tuple[Listed | None, str],
) -> Announcement:
    """The rules of a mission; under rules that are no formula, its bound is still to be found (`bounds.choose`)."""
    rounds, chosen = scenario.mission.rounds, moving.chosen
    lower, upper = moving.within.lower, moving.within.upper
    name = rule if rule in bound.BOUNDS else "tight"  # of the others the mission itself must be asked
    envelope, note = _envelope(scenario, network, moving, name, brought[0])
    drift = scenario.robots.position_noise_m * (rounds + 1)
    widest = float(np.linalg.norm(upper - lower))
    claims = costs.cost_range((lower, upper), drift, moving.world.most_energy_j(rounds, widest))
    return Announcement(
        alpha=chosen.alpha,
        rounds=rounds,
        lower=lower,
        upper=upper,
        rule=name,
        bound=envelope,
        penalty=network.n * claims[1] - claims[0],
        cost_range=claims,
        schedule=None if chosen.schedule is None else chosen.schedule.alpha,
        proven_by=brought[1],
        note=note,
        tolerance_m=0.0 if not note or moving.tolerance is None else float(moving.tolerance.apart_m[-1]),
    )


def _envelope(
    scenario: RendezvousScenario, network: Network, moving: Moving, name: str, brought: Listed | None
) -> tuple[Bound | Listed, str]:
    """The bound, and in words what bodies that miss their waypoints add to it."""
    corners = moving.within.lower, moving.within.upper
    try:
        exact = brought or bound.announce(name, network, moving.chosen.alpha, *corners, moving.errors_m)
    except BadInput as refused:
        raise scenario.error("leader.bound", str(refused)) from None
    found, rounds = moving.tolerance, scenario.mission.rounds
    words = "".join(f"; on whose word it tracks so: {one}" for one in moving.hearsay)
    if found is None or name != "tight":
        return exact, words.removeprefix("; ")
    reached = moving.exact()[1]
    listed = Listed(
        reached=reached + found.apart_m,
        floor=rounding_floor(network.n, *corners),
        noise=float(np.sqrt(network.n)) * found.drift_m / rounds,
    )
    return listed, (
        f"bodies miss their waypoints by at most {found.miss_m.max():.3g} m, {found.miss_m[-1]:.3g} m at the end: "
        f"β(n) is wider by {found.apart_m[-1]:.3g} m{words}"
    )
