"""The table of agents: which columns there are, their titles and units, and the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST = 2_000
"""Rows of a page; of more agents it has the selfish and the first others, and says so."""
COSTS = {
    "private_cost": "private cost",
    "reported_cost": "reported cost",
    "tax": "tax",
    "net_cost": "net cost",
    "bounded": "could gain",
}
"""Columns in the unit of the mission's costs."""
PAYMENTS = {"payment": "payment", "payment_error": "off by at most"}
NEVER = -1
"""The round in which a battery ran empty that did not."""
FIRST = ("id", "name", "label", "strategy", *COSTS, *PAYMENTS)
ENDINGS = {
    "_dollars_per_kw2h": "$/kW²h",
    "_dollars_per_kwh": "$/kWh",
    "_j": "J",
    "_kwh": "kWh",
    "_kw": "kW",
    "_min": "min",
    "_m": "m",
    "_s": "s",
}
"""Units as keys name them, the longest first."""


def table(rows: Sequence[Mapping[str, Any]], unit: str, agent: str) -> dict[str, Any]:
    """Columns and rows of scalars, `id` first; columns in which nothing stands are left out."""
    shown = _few([_flat(row) for row in rows])
    keys = dict.fromkeys([*FIRST, *(key for row in shown for key in row)])
    if "energy_kwh" in keys:  # said twice, and this is the unit of that world
        del keys["energy_j"]
    some = [key for key in keys if any(row.get(key) is not None for row in shown)]
    return {
        "columns": [{"key": key, **_title(key, unit, agent)} for key in some],
        "rows": [[row.get(key) for key in some] for row in shown],
        "agents": len(rows),
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The scalars of a row, those of its type among them."""
    kind = row.get("type")
    told = kind if isinstance(kind, Mapping) else {}
    both = {**told, **row, **_within(row)}
    flat = {key: x for key, x in both.items() if isinstance(x, str | int | float)}
    if flat.get("empty_round") == NEVER:
        del flat["empty_round"]
    return flat


def _within(row: Mapping[str, Any]) -> dict[str, float]:
    """How far a payment is from what it should be, at most, where that is certified."""
    interval = row.get("payment_interval")
    return {} if interval is None else {"payment_error": max(abs(end - row["payment"]) for end in interval)}


def _few(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(rows) <= MOST:
        return rows
    selfish = [row for row in rows if row.get("strategy") != "faithful"][: MOST // 2]
    kept = {row["id"] for row in selfish}
    others = [row for row in rows if row["id"] not in kept][: MOST - len(selfish)]
    return sorted([*selfish, *others], key=lambda row: int(row["id"]))


def _title(key: str, unit: str, agent: str) -> dict[str, str]:
    """
    >>> _title("energy_j", "$", "robot")
    {'title': 'energy', 'unit': 'J'}
    >>> _title("wear_dollars_per_kw2h", "$", "EV")
    {'title': 'wear', 'unit': '$/kW²h'}
    """
    if key in COSTS or key in PAYMENTS:
        return {"title": {**COSTS, **PAYMENTS}[key], "unit": unit}
    if key == "id":
        return {"title": agent, "unit": ""}
    ending = next((one for one in ENDINGS if key.endswith(one)), "")
    return {"title": key.removesuffix(ending).replace("_", " "), "unit": ENDINGS.get(ending, "")}
