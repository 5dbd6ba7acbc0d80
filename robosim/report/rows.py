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
FIRST = ("id", "name", "label", "strategy", *COSTS)
ENDINGS = {"_j": "J", "_kwh": "kWh", "_kw": "kW", "_min": "min", "_m": "m", "_s": "s"}


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
    return {key: x for key, x in {**told, **row}.items() if isinstance(x, str | int | float)}


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
    """
    if key in COSTS or key == "payment":
        return {"title": COSTS.get(key, key), "unit": unit}
    if key == "id":
        return {"title": agent, "unit": ""}
    ending = next((one for one in ENDINGS if key.endswith(one)), "")
    return {"title": key.removesuffix(ending).replace("_", " "), "unit": ENDINGS.get(ending, "")}
