"""How robots move, and what that does to the bound: step sizes, rounds and bodies that fit each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.files.writing import shown
from robosim.leader import bound
from robosim.network.network import Network
from robosim.rendezvous.bounds.tracked import Tolerance, tolerance
from robosim.rendezvous.embody import arena, body_of, hearsay, reach_of
from robosim.rendezvous.frame import Frame
from robosim.rendezvous.reach import Reach
from robosim.rendezvous.scenario import RendezvousScenario
from robosim.rendezvous.timing import Timing, ceil12, timing
from robosim.rendezvous.world.arena import Arena
from robosim.rendezvous.world.embodied import Embodied

SHARES = (1.0, 0.9, 0.75, 0.5, 0.25, 0.1)
"""Of its reach, what bodies are asked for, one after the other: what they missed before needs room too."""


class Moving:
    """Timing and arena of a world, and the tolerance of bodies that miss their waypoints (None: they do not).

    Raises `BadInput` where bodies cannot track what faithful robots are told, naming what would do.
    """

    def __init__(self, scenario: RendezvousScenario, network: Network, within: Frame, keeps_reach: bool) -> None:
        self.scenario, self.network, self.within, self.keeps_reach = scenario, network, within, keeps_reach
        self.body = body_of(scenario)
        self.chosen, self.world = self._with(reach_of(scenario, self.body))
        self.tolerance: Tolerance | None = None
        if self.misses:
            self._make_room()

    @property
    def misses(self) -> bool:
        """Whether faithful bodies are off their waypoints by an amount that a tolerance bounds."""
        world = self.world
        if not isinstance(world, Embodied) or world.yields:
            return False
        return bool(world.tracking.gains or world.tracking.floor_m or self.errors_m)

    @property
    def hearsay(self) -> list[str]:
        """On whose word it rests how well bodies track that are not robosim's own."""
        world = self.world
        control = world.driving.dt_s if isinstance(world, Embodied) else world.dt_s
        return hearsay(self.scenario, self.body, world.dt_s, control)

    @property
    def errors_m(self) -> float:
        """Landing errors and errors of what is seen, a round."""
        return self.scenario.robots.position_noise_m + self.scenario.robots.sensing_noise_m

    def _with(self, reach: Reach) -> tuple[Timing, Arena]:
        chosen = timing(self.scenario, self.network, self.within, reach, self.keeps_reach)
        return chosen, arena(self.scenario, chosen, self.within, self.body, reach)

    def _make_room(self) -> None:
        """Ask bodies for less and less of their reach, until what they missed before has room."""
        reach = reach_of(self.scenario, self.body)
        for share in SHARES:
            self.chosen, self.world = self._with(replace(reach, share=share))
            assert isinstance(self.world, Embodied)
            found = self._tolerance(self.world, share)
            if found.longest_m <= self.world.tracking.reach_m:
                self.tolerance = found
                return
        raise self._refusal(found, self.world, reach)

    def _tolerance(self, world: Embodied, share: float) -> Tolerance:
        alpha, reached = self.exact()
        stride = float(self.network.links.weighted_degree.max()) * float(
            np.linalg.norm(self.within.upper - self.within.lower)
        )
        longest = np.minimum(alpha * stride, share * world.tracking.reach_m)
        return tolerance(self.network, alpha, longest, reached, world.tracking, self.errors_m)

    def exact(self) -> tuple[Array, Array]:
        """Step sizes (n,) and the distances to agreement (n+1,) of bodies that miss nothing."""
        rounds, steps = self.scenario.mission.rounds, self.chosen.schedule
        if steps is not None:
            return steps.alpha, steps.reached
        alpha, box = self.chosen.alpha, (self.within.lower, self.within.upper)
        exact = bound.announce("tight", self.network, alpha, *box)
        return np.full(rounds, alpha), exact.beta(np.arange(rounds + 1.0)) - exact.floor

    def _refusal(self, found: Tolerance, world: Arena, reach: Reach) -> BadInput:
        need = reach.needs(found.longest_m)
        longer = f"use mission.dt_s = {ceil12(need):.6g}, " if np.isfinite(need) else "use "
        return self.scenario.error(
            "robots.body",
            f"{shown(self.scenario.robots.body)} cannot track what faithful robots are told: up to "
            f"{found.longest_m:.3g} m in a round of {world.dt_s:.4g} s, it gets {world.stride_m:.3g} m "
            f'({longer}leader.alpha = "schedule", or a smaller type space)',
        )
