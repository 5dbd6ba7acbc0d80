"""What the keys of a charging world must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import SMALLEST
from robosim.scenario.selfish import SELFISH_RULES

DRAWN = {"curvature": "curvature_range", "wanted_kw": "wanted_range_kw"}
"""Keys of [bidders] that may be "random", and where the range stands that they are drawn from."""
LISTS = ("bidders.curvature", "bidders.wanted_kw", "market.weights")
"""What may be listed with one number for each bidder."""


def completed(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in count where costs are listed."""
    bidders = values.setdefault("bidders", {})
    if isinstance(bidders, dict):
        listed = [bidders[key] for key in DRAWN if isinstance(bidders.get(key), list) and bidders[key]]
        if listed:
            bidders.setdefault("count", len(listed[0]))
    return values


def lists_name_every_bidder(world: Values) -> Iterator[Problem]:
    """As many numbers in each list as bidders."""
    count = world["bidders.count"]
    for key in LISTS:
        section, name = key.split(".")
        listed = world[key] if world.sound((section, name)) else None
        if isinstance(listed, list) and len(listed) != count:
            yield Problem(
                path=(section, name),
                message=f"has {len(listed)} numbers, there are {shown(count)} bidders",
                fix="give one number for each bidder, or leave bidders.count to the list",
            )


def ranges_have_room(world: Values) -> Iterator[Problem]:
    """lo < hi."""
    for key in (*DRAWN.values(), "bid_limits_kw"):
        given = world.given(f"bidders.{key}")
        if given and not _wide(world[f"bidders.{key}"]):
            bounds = shown(world[f"bidders.{key}"])
            yield Problem(path=("bidders", key), message=f"needs lo < hi, got {bounds}", fix="for example [0.5, 2.0]")


def _wide(bounds: Sequence[float]) -> bool:
    return bounds[1] - bounds[0] >= SMALLEST


def ranges_are_used(world: Values) -> Iterator[Problem]:
    """Only what is drawn has a range."""
    for key, bounds in DRAWN.items():
        if world.given(f"bidders.{bounds}") and world.sound(("bidders", key)) and world[f"bidders.{key}"] != "random":
            yield Problem(
                path=("bidders", bounds),
                message=f'is used only with {key} = "random", got {shown(world[f"bidders.{key}"])}',
                fix=f"set that, or remove {bounds}",
            )


def capacity_is_given_once(world: Values) -> Iterator[Problem]:
    """Either kilowatts or a share of what is wanted."""
    kilowatts, share = world["market.capacity_kw"] is not None, world["market.capacity_share"] is not None
    if kilowatts and share:
        path = ("market", "capacity_share")
        yield Problem(path=path, message="stands beside capacity_kw", fix="remove one of them")
    if not kilowatts and not share:
        yield Problem(
            path=("market",),
            message="has neither capacity_kw nor capacity_share",
            fix="write capacity_kw = 1.0, or capacity_share = 0.6",
        )


def somebody_takes(world: Values) -> Iterator[Problem]:
    """Weights that are all 0 leave nothing to share."""
    weights = world["market.weights"]
    if weights is not None and not any(weights):
        yield Problem(
            path=("market", "weights"), message="are all 0: nobody takes anything", fix="leave them out for all 1"
        )


def limits_leave_a_division(world: Values) -> Iterator[Problem]:
    """Bids within the public limits can add up to the capacity; judged where it stands in the file as a number."""
    limits, capacity, weights = (world[key] for key in ("bidders.bid_limits_kw", "market.capacity_kw", LISTS[2]))
    count = world["bidders.count"]
    if limits is None or capacity is None or not _wide(limits) or (weights is not None and len(weights) != count):
        return
    least, most = _reach(limits, [1.0] if weights is None else weights, count if weights is None else 1)
    if capacity < least or (capacity > most and world["market.sense"] == "equal"):
        yield Problem(
            path=("market", "capacity_kw"),
            message=f"is {shown(capacity)}, bids within bidders.bid_limits_kw add up to {least:g} to {most:g}",
            fix="change the capacity, or widen the limits",
        )


def _reach(limits: Sequence[float], weights: Sequence[float], times: int) -> tuple[float, float]:
    """The least and the most that weighted bids add up to."""
    ends = [sorted((weight * limits[0], weight * limits[1])) for weight in weights]
    return times * sum(low for low, _ in ends), times * sum(high for _, high in ends)


def bidders_have_no_meter(world: Values) -> Iterator[Problem]:
    """Bills by meter need something that is metered."""
    if world["leader.bills"] == "meter":
        yield Problem(
            path=("leader", "bills"),
            message='is "meter", and bidders have none: each takes exactly what was decided',
            fix='write bills = "decision"',
        )


RULES: tuple[Check, ...] = (
    lists_name_every_bidder,
    ranges_have_room,
    ranges_are_used,
    capacity_is_given_once,
    somebody_takes,
    limits_leave_a_division,
    bidders_have_no_meter,
    *SELFISH_RULES,
)
