"""An attack as a world file that plays it again, to be kept, sent, and looked at with every other command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from robosim import provenance
from robosim.agent import Deviation, Strategy
from robosim.attacks.named import Attack
from robosim.build import load
from robosim.errors import BadInput, CheckFailed
from robosim.files.store import write_atomically
from robosim.mission import Mission

SAME = 1e-9
"""Share of the figures by which what is played again may differ: missions side by side round otherwise."""


def world_of(mission: Mission[Any], plans: Mapping[int, Strategy], tax: str) -> str:
    """The world in which these agents play these strategies under this rule, files by their whole paths.

    Raises `BadInput` for what a world file has no words for.
    """
    rule = mission.tax if tax == mission.tax.name else tax
    alone = tuple(
        Deviation(strategy=plan, missions=np.array([0]), agents=np.array([agent])) for agent, plan in plans.items()
    )
    told = provenance.described(mission.faithful().billed(rule).playing(alone))
    lost = told["provenance"].not_reproducible
    if lost:
        raise BadInput(f"--save-best: {lost[0]} (a world file has no words for it)")
    files = {one.key: one.path for one in mission.given.files if "." in one.key and one.key != provenance.PROGRAM}
    return provenance.placed(told["world_toml"], files)


def save(mission: Mission[Any], found: Attack, path: Path) -> Path:
    """Write the world of one attack, and see that it plays it again.

    Raises `BadInput` for a place that cannot be written, `CheckFailed` where the file does not play what was found.
    """
    assert found.plays is not None
    return write(mission, {found.agent: found.plays}, found.tax_rule, path, {found.agent: found.net_cost})


def write(
    mission: Mission[Any], plans: Mapping[int, Strategy], tax: str, path: Path, net_cost: Mapping[int, float]
) -> Path:
    """The same for several agents, whose net costs are to come out again."""
    if path.suffix != ".toml":
        raise BadInput(f"{path}: worlds end in .toml (write --save-best best.toml)")
    text = world_of(mission, plans, tax)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as problem:
        raise BadInput(f"{path}: cannot be written: {problem.strerror} (choose another place)") from None
    again = load(path).whole().net_cost[0]
    for agent, cost in net_cost.items():
        if abs(again[agent] - cost) > SAME * (abs(cost) + float(np.abs(again).max())):
            raise CheckFailed(f"{path}: agent {agent} pays {again[agent]:.9g} there, {cost:.9g} was found")
    return path


def best_of(found: tuple[Attack, ...]) -> Attack | None:
    """Who gained most; None where nobody gained anything."""
    best = max(found, key=lambda one: one.gain, default=None)
    return best if best is not None and best.gain > 0.0 else None
