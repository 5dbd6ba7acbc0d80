"""Missions as environments for learning agents: PettingZoo's `ParallelEnv`, Gymnasium's `Env` (extra `rl`).

    env = robosim.parallel_env("six-bidders", free=[0, 2])
    env = robosim.env("six-bidders", agent=0, words=["z"])

Free agents do what the learner tells them, all others run their faithful program or what the world has them play.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, Unpack

from robosim.build import Options
from robosim.errors import BadInput

if TYPE_CHECKING:
    from robosim.rl.parallel import MissionEnv
    from robosim.rl.single import AgentEnv


def parallel_env(
    world: object,
    *,
    free: Sequence[int] | Literal["all"] = "all",
    words: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> MissionEnv:
    """A mission as a PettingZoo `ParallelEnv`.

    Parameters
    ----------
    world : path, name of a bundled world, or a problem given in Python, as for `robosim.load`.
    free : ids of the agents that the learner moves; they are called after what they are, `"robot_3"`.
    words : of all that a program says, which words the learner may change (all); the others stay faithful.
    options : as for `robosim.load`: seed, set, controller, strategies, network, tax.

    Raises `BadInput` without the extra `rl`, and for agents or words that do not exist.
    """
    _needs("pettingzoo", "gymnasium")
    from robosim.rl.parallel import MissionEnv

    return MissionEnv(world, free, words, options)


def env(world: object, *, agent: int, words: Sequence[str] | None = None, **options: Unpack[Options]) -> AgentEnv:
    """The same mission as a Gymnasium `Env` of one free agent. Raises what `parallel_env` raises."""
    _needs("gymnasium")
    from robosim.rl.single import AgentEnv

    return AgentEnv(world, agent, words, options)


def _needs(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise BadInput(f"{missing[0]} is not installed (pip install 'faithful-robosim[rl]')")
