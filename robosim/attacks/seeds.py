"""Where a search begins: with everything that has a name, and with best responses where somebody solves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from robosim.agent import Array, Deviation, Strategy
from robosim.attacks.space import Space
from robosim.attacks.trial import Bench, spoken
from robosim.errors import RobosimError
from robosim.kind import nothing
from robosim.lookup.plays import plays
from robosim.mission import Mission

LONGEST = 100_000
"""Numbers of a script that a world file is still to hold."""


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """The words of the best that has a name, (rounds + 1, components), empty where nothing is gained by one."""

    agent: int
    script: Array = field(default_factory=lambda: np.zeros((0, 0)))
    lie: Array = field(default_factory=lambda: np.zeros(0))
    """What is best added to the first type that may be pretended, where somebody knows."""

    def vectors(self, space: Space, mission: Mission[Any]) -> Array:
        """What a search of this space begins with, (K, numbers)."""
        low, high = space.bounds
        found = [space.faithful()]
        if space.words is not None:
            switch = [0.5 + 0.4 * np.arange(len(found[0][: space.parts[0]])), np.ones(space.parts[0])]
            ends = [space.words.lowest, space.words.highest, (space.words.lowest + space.words.highest) / 2]
            own = [x[0, self.agent] for x in mission.own.values() if x.shape[2] == space.each]
            targets = [one for one in [*ends, *own] if np.isfinite(one).all()]
            found += [space.seed(gain=0.0, target=one) for one in targets]
            found += [space.seed(hold=1.0 - one, gain=one) for one in (0.05, 0.3, 0.7)]
            found += [space.seed(hold=[0, 1, 1], gain=[1, 0, 0], switches=switch[0].clip(0, 1))]
            for bait, catch in ((0, 1), (1, 0)):
                target = np.array([ends[bait], ends[bait], (ends[catch] + ends[2]) / 2])
                found += [space.seed(gain=0.0, target=target, switches=switch[1])]
            found += [space.seed(gain=one) for one in (0.5, 0.8, 1.2)]
            if self.script.size:
                found += [space.seed(gain=0.0, follow=1.0)]
        place = sum(space.parts)
        if len(self.lie) and len(self.lie) == space.shifted:
            one = space.faithful()
            one[place + len(space.lies) :] = self.lie / np.abs(space.lies[0][1]).mean()
            found.append(one)
        for number in range(len(space.lies)):
            for factor in (0.7, 0.9, 1.1, 1.3):
                one = space.faithful()
                one[place + number] = factor
                found.append(one)
        return np.clip(np.array(found), low, high)


def seeds(bench: Bench, agent: int) -> Seeds:
    """Try what has a name; the words of what pays best."""
    mission = bench.mission
    if mission.kind.lies:
        return Seeds(agent=agent, lie=_lie(mission, agent))
    tried = _named(mission, agent)
    known = [(one, gain) for one, gain in zip(tried, _gains(bench, agent, tried), strict=True) if gain > 0.0]
    if not known:
        return Seeds(agent=agent)
    best = max(known, key=lambda pair: pair[1])[0]
    alone = Deviation(strategy=best, missions=np.array([0]), agents=np.array([agent]))
    script = spoken(mission.playing((*mission.deviations, alone)), [agent])
    if script is None or script[0].size > LONGEST:
        return Seeds(agent=agent)
    return Seeds(agent=agent, script=script[0])


def _lie(mission: Mission[Any], agent: int) -> Array:
    """What a best response adds to the first type about which agents may lie; nothing where nobody solves it."""
    best, (first, *_) = mission.kind.best_response, mission.kind.lies
    if best is None:
        return np.zeros(0)
    own = {key: x[0, agent : agent + 1] for key, x in mission.own.items()}
    try:
        return np.asarray((best(mission, agent, True).pretend(own)[first] - own[first])[0])
    except RobosimError:
        return np.zeros(0)


def _named(mission: Mission[Any], agent: int) -> list[Strategy]:
    known = mission.strategies
    names = [name for name in known.listed if not (known[name].searched or known[name].solved)]
    found = [play.strategy for play in plays(known, names)]
    solves: Any = mission.kind.solves
    if mission.kind.best_response is None or not (solves is nothing or solves(mission)):
        return found
    try:
        return [*found, mission.kind.best_response(mission, agent, True)]
    except RobosimError:
        return found


def _gains(bench: Bench, agent: int, tried: list[Strategy]) -> Array:
    return np.asarray(bench.tries([agent], [tried]).saved[:, agent])
