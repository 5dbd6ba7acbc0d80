"""The JSON of a run: one stable shape for every kind of world; keys that a kind does not have are null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import robosim
from robosim.record import Record


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
        "prices": record.price_list(mission),
        "history": {"round": record.kept.tolist(), **record.history(mission)},
    }
