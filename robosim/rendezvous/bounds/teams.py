"""Teams of bodies that rehearse side by side, each with losses and errors of its own: to the radio one crowd.

A radio loses the same messages in all missions of a batch, and an arena has the same errors in all of them. So that
rehearsals differ in both, teams are one mission of T·n robots to programs and radio, which keeps teams apart, and T
missions of n robots to the arena, whose bodies keep clear of their own team only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from robosim.agent import Array, Said
from robosim.network.radio import Radio
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.world.arena import Meter, in_ball
from robosim.rendezvous.world.embodied import SENSES, Embodied, Embodiment
from robosim.tape import Tape


@dataclass(frozen=True, kw_only=True)
class Teams(Embodied):
    """The arena of `teams` teams: words are (1, teams · n, components), bodies (teams, n, d)."""

    teams: int

    def start(self, own: Said, said: Said, tape: Tape) -> tuple[Embodiment, Said]:  # type: ignore[override]
        """As in an arena of one team; nothing is kept."""
        agents = len(self.places)
        kept = Tape(tape.rounds, None, self.shapes(self.teams, agents))
        body, seen = super().start(self._parted(own), self._parted(said), kept)
        return body, self._joined(seen)

    def move(self, body: Embodiment, said: Said) -> tuple[Embodiment, Said]:  # type: ignore[override]
        """One round of each team."""
        body, seen = super().move(body, self._parted(said))
        return body, self._joined(seen)

    def execute(self, body: Embodiment, said: Said) -> Meter:  # type: ignore[override]
        """What the leader's meter shows of each team, (teams, n, …)."""
        return super().execute(body, self._parted(said))

    def _landing_errors(self, k: int, position: Array) -> Array:
        return self._errors(self.noise_m, position, k)

    def _sensed(self, k: int, z: Array) -> Array:
        return z if self.sensing_m == 0.0 else z + self._errors(self.sensing_m, z, k, SENSES)

    def _errors(self, radius_m: float, like: Array, *stream: int) -> Array:
        rng = np.random.default_rng([self.seed, *stream])
        return in_ball(rng, radius_m, (like.shape[0] * like.shape[1], like.shape[2])).reshape(like.shape)

    def _parted(self, words: Said) -> Said:
        return {key: x.reshape(self.teams, -1, x.shape[2]) for key, x in words.items()}

    def _joined(self, words: Said) -> Said:
        return {key: x.reshape(1, -1, x.shape[2]) for key, x in words.items()}


def crowd(mission: Rendezvous, radio: Radio, starts: Array, seed: int) -> Rendezvous:
    """One mission in which teams start at `starts`, (teams, n, d) m, over a radio that keeps them apart."""
    teams, n, d = starts.shape
    assert isinstance(mission.world, Embodied)
    kept = {one.name: getattr(mission.world, one.name) for one in fields(mission.world)}
    return replace(
        mission,
        world=Teams(**{**kept, "seed": seed}, teams=teams),
        network=replace(radio.side_by_side(teams), seed=seed),
        own=mission.own | {"start": starts.reshape(1, teams * n, d)},
    )
