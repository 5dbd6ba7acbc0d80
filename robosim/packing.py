"""Records taken apart into plain values and arrays, and put together again; one pair of functions a kind of record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from robosim.leader.bill import Bill
from robosim.leader.bound import Bound
from robosim.leader.settle import Announcement, Settlement
from robosim.records.auction_record import AuctionRecord
from robosim.records.day_log import DayLog
from robosim.records.haulage_record import HaulageRecord, RoadLog
from robosim.records.meeting_record import MeetingRecord
from robosim.records.record import Record

Plain = dict[str, Any]
Arrays = dict[str, Any]

SHARED_PLAIN = ("world", "kind", "seed", "planned_rounds", "interrupted")
SHARED_ARRAYS = ("kept", "decision", "private_cost", "reported_cost")
MEETING_PLAIN = ("travel", "dt_s", "pays_for")
MEETING_ARRAYS = ("edges", "start", "positions", "energy_j", "spent_j")
HAULAGE_PLAIN = ("tax_rule", "method", "penalties")
HAULAGE_ARRAYS = ("residuals", "objective", "price", "without", "injected", "flow")
NAMES = ("suppliers", "demanders", "goods")


class Parts(NamedTuple):
    """What JSON can say of a record, and its arrays."""

    plain: Plain
    arrays: Arrays


def take_apart(record: Record) -> Parts:
    """Everything in a record but its world and its verdict."""
    own = PACKERS[type(record).__name__][0](record)
    plain: Plain = {
        **{name: getattr(record, name) for name in SHARED_PLAIN},
        "record": type(record).__name__,
        "strategies": [[m, i, name] for (m, i), name in sorted(record.strategies.items())],
        **own.plain,
    }
    arrays: Arrays = {
        **{name: getattr(record, name) for name in SHARED_ARRAYS},
        **{f"settlement_{name}": x for name, x in vars(record.settlement).items()},
        **own.arrays,
    }
    return Parts(plain, arrays)


def put_together(parts: Parts, **others: Any) -> Record:
    """The record again; `others` are its world and its judge."""
    plain, arrays = parts
    shared = {name: plain[name] for name in SHARED_PLAIN} | {name: arrays[name] for name in SHARED_ARRAYS}
    strategies = {(m, i): name for m, i, name in plain["strategies"]}
    return PACKERS[plain["record"]][1](parts, shared | {"strategies": strategies} | others)


def _meeting_parts(record: MeetingRecord) -> Parts:
    rules = asdict(record.rules)
    rules.update(lower=record.rules.lower.tolist(), upper=record.rules.upper.tolist())
    arrays: Arrays = {name: getattr(record, name) for name in MEETING_ARRAYS}
    if record.said["z"] is not record.positions:
        arrays["said_z"] = record.said["z"]
    return Parts({name: getattr(record, name) for name in MEETING_PLAIN} | {"announcement": rules}, arrays)


def _meeting(parts: Parts, shared: Plain) -> Record:
    rules = dict(parts.plain["announcement"])
    rules.update(
        bound=Bound(**rules["bound"]),
        lower=np.array(rules["lower"]),
        upper=np.array(rules["upper"]),
        cost_range=tuple(rules["cost_range"]),
    )
    bill = _bill(parts.arrays)
    bill["beta"] = float(bill["beta"])
    return MeetingRecord(
        **shared,
        **{name: parts.plain[name] for name in MEETING_PLAIN},
        **{name: parts.arrays[name] for name in MEETING_ARRAYS},
        rules=Announcement(**rules),
        said={"z": parts.arrays["said_z" if "said_z" in parts.arrays else "positions"]},
        settlement=Settlement(**bill),
    )


def _auction_parts(record: AuctionRecord) -> Parts:
    arrays: Arrays = {f"type_{name}": x for name, x in record.types.items()}
    arrays |= {"said_z": record.said["z"], "prices": record.prices, "gap": record.gap}
    plain: Plain = {"tax_rule": record.tax_rule}
    if record.day is not None:
        plain["day"] = {name: x for name, x in vars(record.day).items() if isinstance(x, float)}
        arrays |= {f"day_{name}": x for name, x in vars(record.day).items() if not isinstance(x, float)}
    return Parts(plain, arrays)


def _auction(parts: Parts, shared: Plain) -> Record:
    types = {name.removeprefix("type_"): x for name, x in parts.arrays.items() if name.startswith("type_")}
    return AuctionRecord(
        **shared,
        tax_rule=parts.plain["tax_rule"],
        said={"z": parts.arrays["said_z"]},
        prices=parts.arrays["prices"],
        gap=parts.arrays["gap"],
        types=types,
        day=_day(parts),
        settlement=Bill(**_bill(parts.arrays)),
    )


def _day(parts: Parts) -> DayLog | None:
    if "day" not in parts.plain:
        return None
    logs = {name.removeprefix("day_"): x for name, x in parts.arrays.items() if name.startswith("day_")}
    return DayLog(**parts.plain["day"], **logs)


def _haulage_parts(record: HaulageRecord) -> Parts:
    plain: Plain = {name: getattr(record, name) for name in HAULAGE_PLAIN}
    arrays: Arrays = {name: getattr(record, name) for name in HAULAGE_ARRAYS}
    arrays |= {"said_x": record.said["x"], "gap": np.float64(record.gap)}
    if record.roads is not None:
        plain["roads"] = {name: list(x) for name, x in vars(record.roads).items() if name in NAMES}
        arrays |= {f"roads_{name}": x for name, x in vars(record.roads).items() if name not in NAMES}
    return Parts(plain, arrays)


def _haulage(parts: Parts, shared: Plain) -> Record:
    return HaulageRecord(
        **shared,
        **{name: parts.plain[name] for name in HAULAGE_PLAIN},
        **{name: parts.arrays[name] for name in HAULAGE_ARRAYS},
        said={"x": parts.arrays["said_x"]},
        gap=float(parts.arrays["gap"]),
        roads=_roads(parts),
        settlement=Bill(**_bill(parts.arrays)),
    )


def _roads(parts: Parts) -> RoadLog | None:
    if "roads" not in parts.plain:
        return None
    names: Plain = {name: tuple(x) for name, x in parts.plain["roads"].items()}
    maps: Arrays = {name.removeprefix("roads_"): x for name, x in parts.arrays.items() if name.startswith("roads_")}
    return RoadLog(**names, **maps)


def _bill(arrays: Arrays) -> Arrays:
    return {name.removeprefix("settlement_"): x for name, x in arrays.items() if name.startswith("settlement_")}


PACKERS: dict[str, tuple[Callable[[Any], Parts], Callable[[Parts, Plain], Record]]] = {
    "MeetingRecord": (_meeting_parts, _meeting),
    "AuctionRecord": (_auction_parts, _auction),
    "HaulageRecord": (_haulage_parts, _haulage),
}
