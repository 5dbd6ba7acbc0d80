"""One mission as a page shows it: plain data, everything computed, nothing drawn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from robosim.files.writing import strict
from robosim.kind import Kind, kind_named
from robosim.record import Record
from robosim.report.again import again
from robosim.report.answer import cards, headline, remarks
from robosim.report.charts import charts
from robosim.report.looks import looks
from robosim.report.prices import prices
from robosim.report.replay import replay
from robosim.report.rows import MOST, table

LARGEST = 1_500_000
"""Characters of a summary that a page carries whole; of a larger one it has fewer agents and rounds, and says so."""
ROUNDS = 500
"""Of a history that is thinned."""


def told(record: Record, *, budget: int) -> dict[str, Any]:
    """Mission 0 of a record; its replay takes about `budget` bytes at most."""
    kind = kind_named(record.noun)
    agent = "agent" if kind is None else kind.agent
    summary = record.summary()
    whole = len(json.dumps(summary)) <= LARGEST
    agents = table(summary["agents"], record.unit, agent)
    return {
        "world": record.world,
        "kind": record.noun,
        "agent": agent,
        "unit": record.unit,
        "about": _about(record, agent),
        "headline": headline(record, agent),
        "cards": cards(record, agent, _agreed_in(kind)),
        "remarks": remarks(record),
        "looks": looks(sorted({"faithful", *record.strategies.values()})),
        "replay": replay(record, kind, budget),
        "charts": charts(record, kind),
        "table": agents,
        "prices": prices(record),
        "again": again(record),
        "summary": summary if whole else _thinned(summary),
        "thinned": not whole,
        "attacks": None,
    }


def _agreed_in(kind: Kind | None) -> str:
    return "" if kind is None else kind.agreed_in


def _about(record: Record, agent: str) -> list[list[str]]:
    count = record.private_cost.shape[1]
    return [
        ["kind of world", record.kind],
        [f"{agent}s", f"{count}, {len([1 for mission, _ in record.strategies if mission == 0]) or 'none'} selfish"],
        ["rounds", str(record.rounds)],
        ["seed", str(record.seed)],
        ["tax", record.tax_rule],
        ["robosim", record.provenance.made_with.get("robosim", "not recorded")],
    ]


def _thinned(summary: dict[str, Any]) -> dict[str, Any]:
    """The summary of many agents or rounds: the first agents, and every so many rounds of the history."""
    history = summary["history"]
    count = len(history["round"])
    kept = np.unique(np.linspace(0, count - 1, ROUNDS).astype(int)).tolist()
    few = {key: [x[i] for i in kept] if isinstance(x, list) and len(x) == count else x for key, x in history.items()}
    found: dict[str, Any] = strict({**summary, "agents": summary["agents"][:MOST], "history": few})
    return found
