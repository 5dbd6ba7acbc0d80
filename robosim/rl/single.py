"""A mission with one free agent as Gymnasium's `Env`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Box

from robosim.agent import Array, Strategy
from robosim.build import Options
from robosim.record import Record
from robosim.rl.episode import Episode
from robosim.rl.seen import FAR


class AgentEnv(gymnasium.Env):  # type: ignore[misc]
    """Made by `robosim.env`; actions, observations and rewards are those of `robosim.parallel_env`."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(self, world: object, agent: int, words: Sequence[str] | None, options: Options) -> None:
        self.agent, self.episode = agent, Episode(world, [agent], words, options)
        self.observation_space = Box(-FAR, FAR, (self.episode.sight.size,), np.float64)
        self.action_space = Box(-1.0, 1.0, (self.episode.told[agent].size,), np.float64)

    @property
    def parts(self) -> dict[str, slice]:
        """Which numbers of an observation are what (`robosim.rl.seen.Sight`)."""
        return dict(self.episode.sight.parts)

    def played(self) -> Strategy:
        """What the free agent did so far, to be played again: `robosim.load(world, strategies={id: …})`."""
        return self.episode.played(self.agent)

    @property
    def record(self) -> Record | None:
        """Of the mission, once it is over."""
        return self.episode.record

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Before anybody spoke; `seed` draws the world anew, without one it stays as it is. There are no options."""
        super().reset(seed=seed)
        self.episode.reset(seed)
        return self.episode.observation(self.agent), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One round. In the last one `info` has what the agent bore."""
        episode = self.episode
        episode.step({self.agent: action})
        reward = float(episode.rewards[self.agent])
        return (
            episode.observation(self.agent),
            reward,
            episode.record is not None,
            False,
            dict(episode.bill(self.agent)),
        )
