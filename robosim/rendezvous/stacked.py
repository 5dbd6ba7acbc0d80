"""Rendezvous that differ in their starts only, as one mission with a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from robosim.alike import alike
from robosim.provenance import Given
from robosim.rendezvous.mission import Rendezvous


def stacked(missions: Sequence[Rendezvous]) -> Rendezvous | None:
    """All of them side by side, or None where they differ in more: in graphs, say, or in what is drawn every round."""
    first = missions[0]
    if any(one.batch > 1 or one.world.noisy for one in missions):
        return None
    if not all(alike(_bare(first), _bare(one)) for one in missions[1:]):
        return None
    rows = np.arange(len(missions))
    everywhere = tuple(replace(one, missions=rows, agents=np.repeat(one.agents, len(rows))) for one in first.deviations)
    own = {key: np.concatenate([one.own[key] for one in missions]) for key in first.own}
    return replace(first, own=own, batch=len(rows), deviations=everywhere)


def _bare(mission: Rendezvous) -> dict[str, Any]:
    """All but the starts, the seed that they were drawn from, and where it came from."""
    scenario = mission.scenario
    plain = scenario.model_copy(update={"mission": scenario.mission.model_copy(update={"seed": 0})})
    bare = replace(mission, own={}, given=Given(), world=replace(mission.world, seed=0))
    return {**{key: x for key, x in vars(bare).items() if key != "scenario"}, "scenario": plain.model_dump()}
