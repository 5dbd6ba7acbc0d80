"""World file → mission: who has which computers, what the plant can do, and how the leader bills."""

from __future__ import annotations

import numpy as np

from cooling.mission import Cooling
from cooling.problem import CoolingProblem
from cooling.scenario import RANGES, CoolingScenario
from cooling.thermostat import Plant
from cooling.world import Building
from robosim.agent import Controller, Said
from robosim.errors import BadInput
from robosim.lookup import programs, taxes
from robosim.network.network import Hub


def build_cooling(scenario: CoolingScenario, controller: Controller | None, network: object = None) -> Cooling:
    """The mission that a scenario describes, with everybody faithful. Raises `BadInput` for a network."""
    if network is not None:
        raise BadInput(f"network: halls hear the leader only, {scenario.name} takes no graph (leave it out)")
    programs.refuse_stranger(scenario, controller)
    known = problem(scenario)
    return Cooling(
        scenario=scenario,
        own=types(scenario),
        controller=controller or programs.made(programs.controller_class(scenario), scenario),
        coordinator=Plant(),
        network=Hub(n=scenario.halls.count),
        world=Building(problem=known),
        problem=known,
        rules={"rounds": scenario.mission.rounds, "problem": known},
        rounds=scenario.mission.rounds,
        tax=taxes.tax_rule(scenario),
    )


def problem(scenario: CoolingScenario) -> CoolingProblem:
    """What everybody knows."""
    halls = scenario.halls
    heat, wish, discomfort = halls.heat_range_kw[1], halls.wish_range_c[0], halls.discomfort_range[1]
    worst = {"heat_kw": heat, "wish_c": wish, "discomfort": discomfort}
    arrays = {key: np.full((1, 1, 1), x) for key, x in worst.items()}
    return CoolingProblem(**scenario.plant.model_dump(), worst=arrays)


def types(scenario: CoolingScenario) -> Said:
    """Private types, each (1, halls, 1): as listed, or uniform in their ranges, in the order of `RANGES`."""
    rng, halls, found = np.random.default_rng(scenario.mission.seed), scenario.halls, {}
    for key, name in RANGES.items():
        given, (low, high) = getattr(halls, key), getattr(halls, name)
        drawn = rng.uniform(low, high, halls.count)  # also where it is not used: the others' bits stay
        found[key] = np.empty((1, halls.count, 1))
        found[key][0, :, 0] = drawn if given == "random" else given
    return found
