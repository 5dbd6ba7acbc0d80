"""Bounds that are listed round by round: a schedule's, and those that programs bring with their own proof.

A program's method `proven_beta(rules)` returns how far from agreement a faithful team can be after k rounds, from any
types in the box, for k = 0..n: (rounds + 1,) metres, or None where it proves nothing for these rules. It is announced
on its author's word where `leader.bound = "tight"`. `keeps_mean = True` says that the team's mean stays where it is:
only then ‖z^n - θ‖ ≤ d + β, from which ε over all types follows, 4βD.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from robosim import program
from robosim.agent import Controller, Rules
from robosim.controllers.consensus import Consensus
from robosim.errors import CheckFailed, TooLarge
from robosim.leader.bound import BOUNDS, Bound, Listed
from robosim.leader.schedule import MOST_ROUNDS, rounding_floor, schedule
from robosim.network.radio import Radio
from robosim.rendezvous.scenario import RendezvousScenario
from robosim.rendezvous.timing import Timing, floor12

if TYPE_CHECKING:
    from robosim.rendezvous.mission import Rendezvous

FARTHER = 8
"""How many times more rounds are listed when those that were do not suffice."""
FARTHEST = 10**6
"""Rounds up to which a list is made longer."""


def listed(
    scenario: RendezvousScenario, rule: str, controller: Controller, chosen: Timing, rules: Rules
) -> tuple[Listed | None, str]:
    """The listed bound of a mission under a rule, and whose program brought it; (None, "") where none applies.

    Raises `BadInput` at the key because of which what should be announced is not proven.
    """
    floor = rounding_floor(rules["agents"], rules["lower"], rules["upper"])
    name = type(controller).__name__
    if type(controller) is Consensus and rule in BOUNDS:
        return (None if chosen.schedule is None else Listed(reached=chosen.schedule.reached, floor=floor)), ""
    brings = hasattr(controller, "proven_beta")
    if brings and rule.startswith("paper"):
        raise scenario.error("leader.bound", f'is for consensus, {name} brings a bound of its own (use "tight")')
    if rule != "tight":
        return None, ""
    if brings and scenario.mission.rounds > MOST_ROUNDS:
        raise scenario.error("mission.rounds", f"{name} lists its bound, for at most {MOST_ROUNDS} rounds (use fewer)")
    own = program.proven_beta(controller, rules)
    if own is None and (brings or chosen.schedule is not None):
        raise scenario.error("leader.alpha", f'{name} brings no bound for it (use "auto", or the program consensus)')
    if own is None:
        return None, ""
    if scenario.robots.position_noise_m > 0:
        raise scenario.error("robots.position_noise_m", f"the bound that {name} proves has no room for it (remove it)")
    return Listed(reached=own, floor=floor), name


def keeps_mean(mission: Rendezvous) -> bool:
    """Whether ε over all types follows from the bound: for a program that brings its own, only if it says so."""
    return not mission.announcement.proven_by or bool(getattr(mission.controller, "keeps_mean", False))


def horizons(mission: Rendezvous, epsilon: float) -> Iterator[tuple[int, Bound | Listed]]:
    """The most rounds for which a bound is known, and the bound; a list is made longer each time.

    Longer missions follow the same schedule: α_k does not depend on n. Raises `CheckFailed` where the longest list that
    can be made does not end at rounding and `epsilon` may lie beyond.
    """
    announced = mission.announcement.bound
    if isinstance(announced, Bound):
        yield 10**9, announced
        return
    rounds = mission.rounds
    yield rounds, announced
    bound: Listed | None = announced
    while bound is not None and bound.reached[-1] > bound.floor:
        before, rounds = rounds, FARTHER * rounds
        bound = None if rounds > FARTHEST else _longer(mission, rounds, announced.floor)
        if bound is None:
            raise CheckFailed(
                f"--epsilon: {epsilon:g} is not certified within {before} rounds, and for more β is not listed "
                "(allow more, or longer rounds)"
            )
        yield rounds, bound


def _longer(mission: Rendezvous, rounds: int, floor: float) -> Listed | None:
    """The bound of a mission of `rounds` rounds; None where there is none, or it would take too long."""
    rules, network = {**mission.rules, "rounds": rounds}, mission.network
    if mission.announcement.schedule is None or isinstance(network, Radio):
        own = program.proven_beta(mission.controller, rules)
        return None if own is None else Listed(reached=own, floor=floor)
    space = rules["lower"], rules["upper"]
    try:
        steps = schedule(network, floor12(1 / network.lambda_max), rules["reach_m"], *space, rounds)
    except TooLarge:
        return None
    if mission.announcement.proven_by:
        own = program.proven_beta(mission.controller, {**rules, "alpha": steps.alpha})
        return None if own is None else Listed(reached=own, floor=floor)
    return Listed(reached=steps.reached, floor=floor)
