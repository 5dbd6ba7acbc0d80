"""World file → arena: points that are driven in one go, or bodies in control steps with all that they carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from robosim import energy
from robosim.agent import Array
from robosim.files.writing import shown
from robosim.network.radio import Radio
from robosim.rendezvous.avoidance.guard import Guard
from robosim.rendezvous.avoidance.keys import Avoidance
from robosim.rendezvous.avoidance.things import outline, things
from robosim.rendezvous.bodies.body import Body
from robosim.rendezvous.bodies.catalogue import body_of as body_named
from robosim.rendezvous.bodies.rehearsal import tracked
from robosim.rendezvous.bodies.said import each, point_speed_mps, radius_m, stopping
from robosim.rendezvous.bodies.team import Team
from robosim.rendezvous.formation import complaint
from robosim.rendezvous.frame import Frame
from robosim.rendezvous.radio import presence_of
from robosim.rendezvous.reach import STEPS, Reach
from robosim.rendezvous.scenario import RendezvousScenario
from robosim.rendezvous.timing import Timing
from robosim.rendezvous.world.arena import Arena
from robosim.rendezvous.world.batteries import Battery, Pads
from robosim.rendezvous.world.driving import Driving
from robosim.rendezvous.world.embodied import Embodied
from robosim.rendezvous.world.travel import TravelArena

NOISE, HEADINGS = 3, 4
"""Streams of the world's seed, beside those of starts and graph (`build`)."""


def is_embodied(scenario: RendezvousScenario) -> bool:
    """Whether anything in it needs control steps: else robots are points, which are driven in one go."""
    wanted = scenario.energy
    return bool(
        scenario.robots.body not in POINTS
        or scenario.robots.sensing_noise_m
        or scenario.pad
        or (scenario.event and power_of(scenario).coefficients(1.0)[0])  # who is off draws nothing
        or scenario.formation.shape != "point"
        or guards(scenario)
        or wanted.power == "rotary-wing"
        or (wanted.battery_j is not None and scenario.mission.travel == "while-agreeing")
    )


POINTS = ("point", "single-integrator")


def body_of(scenario: RendezvousScenario) -> Body | None:
    """The body that [robots] names; None for points without anything that needs control steps."""
    if not is_embodied(scenario):
        return None
    named = scenario.robots.body
    if isinstance(named, str):
        return _moving(scenario, _named(scenario, named))
    kinds = sorted(set(named))
    team = Team(bodies=tuple(_named(scenario, name) for name in kinds), index=tuple(map(kinds.index, named)))
    return _moving(scenario, team)


def _named(scenario: RendezvousScenario, name: str) -> Body:
    given = dict(scenario.robots.bodies.get(name, {}))
    if name in POINTS and scenario.robots.speed_limit_mps is not None:
        given.setdefault("speed_limit_mps", scenario.robots.speed_limit_mps)
    return body_named(scenario, name, given)


def _moving(scenario: RendezvousScenario, body: Body) -> Body:
    """The body, where it can move in a space of the world's dimension; raises `BadInput` where it cannot."""
    d = scenario.robots.dimension
    if d not in body.dimensions:
        fit = " or ".join(map(str, body.dimensions))
        raise scenario.error("robots.dimension", f"is {d}, {shown(scenario.robots.body)} moves in {fit} (use that)")
    return body


def hearsay(scenario: RendezvousScenario, body: Body | None, round_s: float, dt_s: float) -> list[str]:
    """Of bodies that are not robosim's own: on whose word it rests how well they track, a line a body."""
    kinds = {type(one): one for one in (getattr(body, "bodies", (body,)) if body is not None else ())}
    own = [one for kind, one in kinds.items() if not kind.__module__.startswith("robosim.")]
    return [tracked(one, round_s, dt_s, scenario.robots.dimension).how for one in own]


def guards(scenario: RendezvousScenario) -> bool:
    """Whether robots keep apart: where the world says so or, if it says nothing, where there are obstacles."""
    wanted = scenario.avoidance
    return bool(scenario.obstacle) if wanted is None else wanted.mode != "none"


def radii(scenario: RendezvousScenario) -> Array:
    """Of the disc or ball of each robot with what it may stray from its steered point, (agents,) m."""
    body, count = body_of(scenario), scenario.robots.count
    given = scenario.robots.radius_m
    size = each(body, count, radius_m) if given is None and body is not None else np.asarray(given or 0.0)
    return np.broadcast_to(np.asarray(size, dtype=np.float64), (count,)).copy()


def guard_of(scenario: RendezvousScenario, driving: Driving, walls: Array, places: Array) -> Guard | None:
    """What keeps robots apart. Raises `BadInput` where they have no size, or no room in their formation."""
    if not guards(scenario):
        return None
    size, count, wanted = radii(scenario), scenario.robots.count, scenario.avoidance or Avoidance()
    if not (size > 0.0).all():
        raise scenario.error("robots.radius_m", "is needed by robots that keep apart (for example radius_m = 0.1)")
    tube = each(driving.body, count, lambda one: one.tube_m(driving.dt_s))
    crowded = complaint(places, size, tube)
    if crowded is not None:
        raise scenario.error("formation.shape", f"{crowded} (move places apart, or make robots smaller)")
    mode: Any = wanted.mode
    return Guard(
        radius_m=size,
        tube_m=tube,
        speed_mps=driving.speeds_mps,
        things=things(scenario.obstacle, scenario.robots.dimension),
        walls=walls if scenario.robots.arena_m is not None else np.empty((2, 0)),
        share=wanted.share,
        mode=mode,
        keep_right=wanted.keep_right,
    )


def names_of(scenario: RendezvousScenario) -> tuple[str, ...]:
    """What each robot's body is called."""
    named = scenario.robots.body
    return (named,) * scenario.robots.count if isinstance(named, str) else named


def reach_of(scenario: RendezvousScenario, body: Body | None) -> Reach:
    """How far robots get in a round."""
    asked = scenario.robots.control_dt_s
    control = None if asked == "auto" else float(asked)
    limit = scenario.robots.speed_limit_mps
    if scenario.robots.body in POINTS:
        return Reach(speed_mps=_or_inf(limit), control_s=control, steps=STEPS if guards(scenario) else 1)
    return Reach(body=body, d=scenario.robots.dimension, control_s=control)


def arena(scenario: RendezvousScenario, chosen: Timing, within: Frame, body: Body | None, reach: Reach) -> Arena:
    """The arena of a world: of points where `body` is None."""
    travels = scenario.mission.travel == "after-agreeing"
    lower, upper = within.inside
    presence = presence_of(scenario, scenario.robots.count)
    common: dict[str, Any] = {
        "d": scenario.robots.dimension,
        "dt_s": chosen.travel_s if travels else chosen.dt_s,
        "power": power_of(scenario),
        "lower": lower,
        "upper": upper,
        "noise_m": scenario.robots.position_noise_m,
        "seed": _seed(scenario, NOISE),
        "off": None if presence is None else presence.off,
    }
    if body is None:
        return (TravelArena if travels else Arena)(
            **common,
            speed_limit_mps=_or_inf(scenario.robots.speed_limit_mps),
            battery_j=_or_inf(scenario.energy.battery_j),
        )
    control_s, steps = reach.control(chosen.dt_s)
    driving = Driving(
        body=body,
        dt_s=control_s,
        steps=steps,
        power=common["power"],
        speeds_mps=each(body, scenario.robots.count, lambda one: point_speed_mps(one, control_s)),
        stops=stopping(body, scenario.robots.count),
        battery=_battery(scenario),
        pads=_pads(scenario),
    )
    driving = replace(driving, guard=guard_of(scenario, driving, within.walls, within.places))
    return Embodied(
        **common,
        names=names_of(scenario),
        driving=driving,
        tracking=reach.tracking(chosen.dt_s),
        places=within.places,
        headings_rad=np.random.default_rng(_seed(scenario, HEADINGS)).uniform(-np.pi, np.pi, scenario.robots.count),
        walls=within.walls,
        sensing_m=scenario.robots.sensing_noise_m,
        yields=_yields(driving),
        outlines=tuple(map(outline, scenario.obstacle)) if scenario.robots.dimension == 2 else (),
    )


def whispering(world: Arena, network: Any) -> Arena:
    """The arena, telling a radio who is empty or off."""
    if isinstance(world, Embodied) and isinstance(network, Radio) and network.falls_silent:
        return replace(world, whispers=True)
    return world


def power_of(scenario: RendezvousScenario) -> energy.Power:
    """The power model that [energy] names."""
    wanted = scenario.energy
    if wanted.power == "custom":
        keys = ("p0_w", "p1_j_per_m", "p2_js_per_m2", "p3_j_per_rad", "p4_js3_per_m2")
        return energy.PowerModel(**{key: getattr(wanted, key) for key in keys})
    named: dict[str, Callable[[], energy.Power]] = {
        "stage": lambda: energy.stage(wanted.mass_kg),
        "argos-time-motion": energy.argos_time_motion,
        "rotary-wing": energy.RotaryWing,
        "quadratic": energy.quadratic,
    }
    return named[wanted.power]()


def _battery(scenario: RendezvousScenario) -> Battery | None:
    wanted = scenario.energy
    if wanted.battery_j is None:
        return None
    return Battery(
        capacity_j=wanted.battery_j, volts=wanted.battery_volts, droop=wanted.battery_droop, ohms=wanted.battery_ohms
    )


def _pads(scenario: RendezvousScenario) -> Pads | None:
    if not scenario.pad:
        return None
    return Pads(
        at=np.array([pad.at_m for pad in scenario.pad]),
        radius_m=np.array([pad.radius_m for pad in scenario.pad]),
        power_w=np.array([pad.power_w for pad in scenario.pad]),
        below=scenario.energy.recharge_below,
        until=scenario.energy.recharge_until,
    )


def _yields(driving: Driving) -> str:
    """Why faithful bodies may be elsewhere than they were sent, beyond any tolerance."""
    if driving.guard is not None:
        return "robots give way to each other"
    if driving.pads is not None and driving.pads.below > 0.0:
        return "robots leave for charging pads"
    return ""


def _seed(scenario: RendezvousScenario, stream: int) -> int:
    return int(np.random.SeedSequence([scenario.mission.seed, stream]).generate_state(1, np.uint64)[0])


def _or_inf(value: float | None) -> float:
    return np.inf if value is None else float(value)
