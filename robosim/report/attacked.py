"""What attacks found, for a page: each attack as a row, the best of each strategy under each rule as a heat map."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from robosim.attacks.named import Attack, Attacks
from robosim.attacks.table import comparison
from robosim.errors import BadInput
from robosim.files.content import document, text_of
from robosim.files.packing import Parts, put_together
from robosim.files.writing import printable, shown
from robosim.record import Record
from robosim.verdict import Epsilon, Loose

MOST = 3_000
"""Rows of a page: those with the largest gains."""
FROM = "name a file that robosim attack WORLD --json > FILE wrote"


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """A row of `robosim attack --json`."""

    agent: int
    strategy: str
    parameters: dict[str, Any]
    tax_rule: str
    net_cost_faithful: Loose
    net_cost: Loose
    gain: Loose
    others_change: Loose
    covered: bool


def attacked(found: Attacks, record: Record) -> dict[str, Any]:
    """Rows, the best first, the heat map, and what was not tried; at most `MOST` rows, `tried` of how many."""
    table = comparison(found, record.world, record.unit)
    best = sorted(found.attacks, key=lambda one: -one.gain)[:MOST]
    cells = [
        [None if (cell := table.cell(name, rule)) is None else asdict(cell) for rule in table.rules]
        for name in table.strategies
    ]
    return {
        "unit": record.unit,
        "tried": len(found.attacks),
        "rows": [{name: getattr(one, name) for name in TOLD} for one in best],
        "strategies": list(table.strategies),
        "rules": list(table.rules),
        "cells": cells,
        "epsilon": {rule: asdict(epsilon) for rule, epsilon in found.epsilon.items()},
        "void": dict(found.void),
        "left_out": list(found.left_out),
    }


TOLD = tuple(one.name for one in fields(_Tried))


def read_attacks(path: Path, record: Record) -> Attacks:
    """What `robosim attack --json` wrote into a file. Raises `BadInput` where it is not that, or of another mission."""
    told = document(text_of(path, large="is this the right file?"), str(path))
    try:
        found = _attacks(told, record)
    except BadInput as problem:
        raise BadInput(printable(f"{path}:1: {problem} ({FROM})")) from None
    return found


def _attacks(told: Any, record: Record) -> Attacks:
    if not isinstance(told, dict) or not isinstance(told.get("attacks"), list):
        raise BadInput('attacks: there is no list "attacks"')
    for key in ("world", "seed"):
        if told.get(key, getattr(record, key)) != getattr(record, key):
            raise BadInput(f"{key}: is {shown(told[key])}, that of the mission {shown(getattr(record, key))}")
    rows = [_attack(row, f"attacks/{i}", record.private_cost.shape[1]) for i, row in enumerate(told["attacks"])]
    rules = _mapping(told, "epsilon")
    epsilon = {rule: put_together(Epsilon, Parts(one, {})) for rule, one in rules.items()}
    unknown = sorted({row.tax_rule for row in rows} - set(epsilon))
    if unknown:
        raise BadInput(f"epsilon: has nothing of the tax rule {shown(unknown[0])}")
    left_out = told.get("left_out", [])
    if not isinstance(left_out, list):
        raise BadInput(f"left_out: must be a list, got {shown(left_out)}")
    void = {rule: str(why) for rule, why in _mapping(told, "void").items()}
    return Attacks(attacks=tuple(rows), epsilon=epsilon, void=void, left_out=tuple(map(str, left_out)))


def _mapping(told: dict[str, Any], key: str) -> dict[str, Any]:
    found = told.get(key, {})
    if not isinstance(found, dict):
        raise BadInput(f"{key}: must be an object, got {shown(found)}")
    return found


def _attack(row: Any, way: str, agents: int) -> Attack:
    if not isinstance(row, dict):
        raise BadInput(f"{way}: must be an object, got {shown(row)}")
    try:
        one: _Tried = put_together(_Tried, Parts({key: row.get(key) for key in TOLD}, {}))
    except BadInput as problem:
        raise BadInput(f"{way}/{problem}") from None
    if not 0 <= one.agent < agents:
        raise BadInput(f"{way}/agent: there is no agent {one.agent}, the mission has {agents}")
    return Attack(**{key: getattr(one, key) for key in TOLD})
