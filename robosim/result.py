"""The JSON of a run: one stable shape for every kind of world; keys that a kind does not have are null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import robosim
from robosim.meeting_record import MeetingRecord


def result(record: MeetingRecord, mission: int = 0) -> dict[str, Any]:
    """A run as plain numbers in full precision, lists and strings; more keys may come, these stay."""
    bill, verdict = record.settlement, record.verdict
    penalised = bool(bill.penalised[mission])
    return {
        "robosim": robosim.__version__,
        "world": record.world,
        "kind": record.kind,
        "seed": record.seed,
        "rounds": record.rounds,
        "interrupted": record.interrupted,
        "agents": record.table(mission),
        "leader": {
            "tax": record.rules.tax,
            "bound": record.rules.rule,
            "alpha": record.rules.alpha,
            "distance": float(bill.distance[mission]),
            "beta": bill.beta,
            "penalised": penalised,
            "penalty": record.rules.penalty if penalised else None,
            "refused": [int(i) for i in bill.refused[mission].nonzero()[0]],
        },
        "social_cost": verdict.social_cost,
        "optimum": verdict.optimum,
        "budget": verdict.budget,
        "individually_rational": verdict.individually_rational,
        "epsilon": asdict(verdict.epsilon),
        "gains": [asdict(gain) for gain in verdict.gains],
        "prices": None,
        "history": {
            "round": record.kept.tolist(),
            "distance": record.distance[mission].tolist(),
            "beta": record.beta.tolist(),
        },
    }
