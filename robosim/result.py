"""The JSON of a run: one stable shape for every kind of world; keys that a kind does not have are null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import robosim
from robosim.baselines import MOST, baselines
from robosim.errors import BadInput
from robosim.records.auction_record import AuctionRecord
from robosim.records.record import Record, Verdict


def result(record: Record, mission: int = 0) -> dict[str, Any]:
    """A run as plain numbers in full precision, lists and strings; more keys may come, these stay."""
    verdict = record.verdict
    return {
        "robosim": robosim.__version__,
        "world": record.world,
        "kind": record.kind,
        "seed": record.seed,
        "rounds": record.rounds,
        "interrupted": record.interrupted,
        "agents": record.table(mission),
        "leader": record.leader(mission),
        "social_cost": verdict.social_cost,
        "optimum": verdict.optimum,
        "budget": verdict.budget,
        "individually_rational": verdict.individually_rational,
        "epsilon": asdict(verdict.epsilon),
        "gains": [asdict(gain) for gain in verdict.gains],
        "mechanisms": _mechanisms(verdict),
        "prices": record.price_list(mission),
        "history": {"round": record.kept.tolist(), **record.history(mission)},
        "baselines": _baselines(record),
    }


def _baselines(record: Record) -> list[dict[str, Any]] | None:
    """What rules without prices would have done on the same day, ours first.

    None for worlds without cars, for very many cars, and where the file of the day's sessions is gone.
    """
    if not isinstance(record, AuctionRecord) or record.day is None or len(record.day.stay_min) > MOST:
        return None
    try:
        return [asdict(one) for one in baselines(record)]
    except BadInput:
        return None


def _mechanisms(verdict: Verdict) -> list[dict[str, Any]] | None:
    """Rules of payment side by side, tuples as lists."""
    if verdict.mechanisms is None:
        return None
    rows = [asdict(rule) for rule in verdict.mechanisms]
    return [{key: list(x) if isinstance(x, tuple) else x for key, x in row.items()} for row in rows]
