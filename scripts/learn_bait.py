"""A learner that nobody told about bait-and-switch finds it, and under VCG finds nothing: python scripts/learn_bait.py.

An evolution strategy in numpy, (1 + λ) with the one-fifth rule (Rechenberg, Evolutionsstrategie, 1973): a bidder's
action is tanh(W φ) of what it sees, φ = (1, whether this is the last round, the price). In each generation λ mutations
of the best W so far play an episode each; mutations grow where more than a fifth of them were better, else they shrink.
W = 0 is the faithful bidder.

The gain of a policy is what it saves against the faithful mission, the figure of `robosim attack`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import robosim

Array = NDArray[np.float64]
FEATURES = 3
CHILDREN = 12
SIZE, GROW, SHRINK = 0.4, 1.5, 0.9
"""Of mutations: at first, where more than a fifth of them were better, and where not."""


@dataclass(frozen=True, kw_only=True)
class Learned:
    """The best policy (actions, features) that was met, what it gained, what is certified, and how it came about."""

    policy: Array
    gain: float
    certified: float | None
    history: tuple[float, ...]
    """Best gain after each generation."""
    record: Any
    """Of the mission in which it was played."""


def features(env: Any, seen: Array) -> Array:
    """φ: a constant, whether the next word is the last one, the price (0 before there is one)."""
    return np.array([1.0, seen[env.parts["last"]][0], seen[env.parts["leader.price"]][0]])


def episode(env: Any, policy: Array) -> float:
    """The return of one episode, minus the net cost."""
    seen, _ = env.reset()
    total, over = 0.0, False
    while not over:
        action = np.tanh((policy * features(env, seen)).sum(axis=1))
        seen, reward, over, _, _ = env.step(action)
        total += reward
    return total


def learn(world: str, agent: int, tax: str, generations: int, rounds: int, seed: int = 0) -> Learned:
    """The best policy of so many generations of `CHILDREN` episodes each."""
    keys = {"mission.rounds": rounds}
    env = robosim.env(world, agent=agent, words=["z"], set=keys, tax=tax)
    faithful = robosim.load(world, set=keys, tax=tax).faithful().run()
    honest = -faithful.net_cost[0, agent]
    rng, best, size = np.random.default_rng(seed), np.zeros((*env.action_space.shape, FEATURES)), SIZE
    gain, history = episode(env, best) - honest, []
    for _ in range(generations):
        children = best + size * rng.normal(size=(CHILDREN, *best.shape))
        gains = np.array([episode(env, policy) for policy in children]) - honest
        size *= GROW if (gains > gain).mean() > 0.2 else SHRINK
        if gains.max() > gain:
            best, gain = children[gains.argmax()], float(gains.max())
        history.append(gain)
    episode(env, best)
    certified = faithful.verdict.epsilon.certified
    return Learned(policy=best, gain=gain, certified=certified, history=tuple(history), record=env.record)


def main() -> None:
    """One line a tax rule."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--world", default="six-bidders")
    parser.add_argument("--agent", type=int, default=0)
    parser.add_argument("--tax", nargs="+", default=["clearing-price", "vcg"])
    parser.add_argument("--generations", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for tax in given.tax:
        found = learn(given.world, given.agent, tax, given.generations, given.rounds, given.seed)
        bids = found.record.said["z"][0, :, given.agent, 0]
        certified = "nothing is certified" if found.certified is None else f"certified ε {found.certified:.3g}"
        print(f"{tax:15} best gain {found.gain:.4f} $, {certified}; last two bids {bids[-2]:.2f}, {bids[-1]:.2f} kW")


if __name__ == "__main__":
    main()
