"""A mission as PettingZoo's `ParallelEnv`: all free agents speak at once, as in any round."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Box
from pettingzoo import ParallelEnv

from robosim.agent import Array, Strategy
from robosim.build import Options
from robosim.record import Record
from robosim.rl.episode import Episode
from robosim.rl.seen import FAR, Sight


class MissionEnv(ParallelEnv):  # type: ignore[misc]
    """Made by `robosim.parallel_env`. The same seed and actions give the same bits over whole episodes.

    An episode has `rounds + 1` steps at most, as the first words are chosen too. Rewards sum to minus the net cost.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "robosim", "render_modes": [], "is_parallelizable": True}
    render_mode = None

    def __init__(self, world: object, free: Sequence[int] | str, words: Sequence[str] | None, options: Options) -> None:
        self.episode = Episode(world, free, words, options)
        self._ids = {f"{self.episode.noun}_{i}": i for i in self.episode.free}
        self.possible_agents = list(self._ids)
        self.agents: list[str] = []
        self.observation_spaces = {name: observations(self.episode.sight) for name in self._ids}
        self.action_spaces = {name: actions(self.episode.told[i].size) for name, i in self._ids.items()}

    @property
    def parts(self) -> dict[str, slice]:
        """Which numbers of an observation are what (`robosim.rl.seen.Sight`)."""
        return dict(self.episode.sight.parts)

    def played(self, agent: str) -> Strategy:
        """What a free agent did so far, to be played again: `robosim.load(world, strategies={id: …})`."""
        return self.episode.played(self._ids[agent])

    @property
    def record(self) -> Record | None:
        """Of the mission, once it is over."""
        return self.episode.record

    def observation_space(self, agent: str) -> Box:
        """The same object in every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Box:
        """The same object in every call."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Array], dict[str, dict[str, Any]]]:
        """Before anybody spoke; `seed` draws the world anew, without one it stays as it is. There are no options."""
        self.episode.reset(seed)
        self.agents = list(self.possible_agents)
        return self._seen(), {name: {} for name in self.agents}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, Array], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """One round. In the last one `infos` has what each agent bore."""
        names, episode = self.agents, self.episode
        episode.step({self._ids[name]: actions[name] for name in names if name in actions})
        over = episode.record is not None
        rewards = {name: float(episode.rewards[self._ids[name]]) for name in names}
        bills: dict[str, dict[str, Any]] = {name: dict(episode.bill(self._ids[name])) for name in names}
        answer = self._seen(), rewards, dict.fromkeys(names, over), dict.fromkeys(names, False), bills
        if over:
            self.agents = []
        return answer

    def _seen(self) -> dict[str, Array]:
        return {name: self.episode.observation(self._ids[name]) for name in self.agents}


def observations(sight: Sight) -> Box:
    """All that an agent may see, in float64."""
    return Box(-FAR, FAR, (sight.size,), np.float64)


def actions(size: int) -> Box:
    """How far to move each number of its words, and its report."""
    return Box(-1.0, 1.0, (size,), np.float64)
