"""What a study knows of a mission: each quantity's name, what it means, its unit, and whether it is a yes or no."""

from __future__ import annotations

from typing import NamedTuple

from robosim.errors import BadInput
from robosim.files.writing import quoted, suggestion


class Figure(NamedTuple):
    """One number of one mission under one tax rule; None where nobody knows it, with `why` where that is known.

    `strategy` is "" for the mission as its world describes it, `BEST` for the attack that earned most.
    """

    tax: str
    strategy: str
    quantity: str
    value: float | None
    why: str | None = None


class Quantity(NamedTuple):
    """What a quantity is: `unit` is "cost" for that of the world's private costs; a `share` is 0 or 1 each time."""

    label: str
    unit: str = "cost"
    share: bool = False
    tried: bool = False
    """Whether it is a quantity of attacks, and not of the mission."""


BEST = "best tried"
"""The attack of a mission that earned its agent most, of all strategies and agents that were tried."""
QUANTITIES = {
    "social_cost": Quantity("social cost"),
    "optimum": Quantity("least social cost"),
    "gap": Quantity("social cost above the least"),
    "gap_share": Quantity("social cost above the least, as a share of it", "1"),
    "distance": Quantity("how far the end is from what was to be agreed", ""),
    "beta": Quantity("how far it may be, as announced", ""),
    "penalised": Quantity("share of missions that are penalised", "1", share=True),
    "budget": Quantity("sum of all taxes"),
    "individually_rational": Quantity("share of missions in which nobody would have stayed away", "1", share=True),
    "epsilon_certified": Quantity("what a selfish agent could gain, certified"),
    "epsilon_exact": Quantity("what a selfish agent could gain, exactly"),
    "epsilon_bounded": Quantity("what a selfish agent could gain within the world's limits"),
    "rounds": Quantity("rounds that were played", "rounds"),
    "world_gain": Quantity("most that a selfish agent of the world gained"),
    "world_others_change": Quantity("what all others paid more for it"),
    "gain": Quantity("most that an agent gained by the attack", tried=True),
    "others_change": Quantity("what all others paid more for it", tried=True),
    "gained": Quantity("share of missions in which the attack paid somebody", "1", share=True, tried=True),
    "agents_tried": Quantity("agents that tried the attack", "agents", tried=True),
    "agents_gained": Quantity("agents whom the attack paid", "agents", tried=True),
    "agent": Quantity("who gained most", "id", tried=True),
    "covered": Quantity("share of missions whose certificate speaks of the attack", "1", share=True, tried=True),
}


def quantity(name: str) -> Quantity:
    """What a name stands for; rules that a kind of world puts beside its mission stand as `rule/quantity`."""
    rule, slash, what = name.partition("/")
    return QUANTITIES.get(name) or (Quantity(f"{what} under {rule}", "") if slash else Quantity(name, ""))


def refuse_unknown(name: str) -> None:
    """Raise `BadInput` for a name that is no quantity."""
    if name not in QUANTITIES and "/" not in name:
        fix = suggestion(name, QUANTITIES, f"use one of {', '.join(QUANTITIES)}")
        raise BadInput(f"there is no quantity {quoted(name)} ({fix})")
