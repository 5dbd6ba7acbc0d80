"""Market power: what bidding against the clearing price gains, and what VCG taxes are of it, as a market grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robosim.attacks import attack
from robosim.errors import BadInput
from robosim.missions.auction import Auction
from robosim.missions.mission import Mission


@dataclass(frozen=True, kw_only=True)
class Power:
    """One size of market: agent 0's best gain at the clearing price, dollars, and by which strategy.

    `gain_share` is the gain as a share of its faithful net cost; `tax_share` the VCG taxes of all as a share of what
    they pay at the clearing price (1 where nobody has market power).
    """

    agents: int
    gain: float
    strategy: str
    gain_share: float
    tax_share: float


def power(mission: Mission[Any]) -> Power:
    """The market power in one auction (T, section II and Proposition 4). Raises `BadInput` for another mission."""
    mission = auction(mission)
    found = attack(mission, agents=[0], taxes=["clearing-price"]).attacks
    best = max(found, key=lambda one: one.gain)
    honest = mission.faithful().billed("vcg").run(every=mission.rounds)
    paid = mission.allocation.payments(honest.prices[:, -1:], honest.decision).sum()
    return Power(
        agents=mission.allocation.agents,
        gain=best.gain,
        strategy=best.strategy,
        gain_share=best.gain / abs(best.net_cost_faithful),
        tax_share=float(honest.settlement.tax[0].sum() / paid),
    )


def auction(mission: Mission[Any]) -> Auction:
    """The mission, which must be an auction. Raises `BadInput` for another one."""
    if not isinstance(mission, Auction):
        raise BadInput(f"{mission.scenario.name}: compare needs bidders and a price (use a world such as market)")
    return mission


def sweep(text: str, points: int = 10) -> list[int]:
    """The sizes of `N=2..1000`, evenly on a logarithmic scale, or those of `N=2,5,10`.

    >>> sweep("N=2..1000", 4)
    [2, 16, 126, 1000]
    >>> sweep("N=3,5")
    [3, 5]
    """
    name, _, values = text.partition("=")
    try:
        if ".." in values:
            low, high = (int(part) for part in values.split(".."))
            sizes: list[int] = np.unique(np.rint(np.geomspace(low, high, points)).astype(int)).tolist()
        else:
            sizes = [int(part) for part in values.split(",")]
    except ValueError:
        sizes = []
    if name != "N" or not sizes or min(sizes) < 2:
        raise BadInput(f"--sweep: {text!r} is no row of market sizes (for example N=2..1000, or N=2,10,100)")
    return sizes
