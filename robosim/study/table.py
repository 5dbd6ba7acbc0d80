"""Means over seeds (and keys that are draws), with intervals, their method and n; what is unknown is counted and said.

Means have Student's interval, m ± t_{n-1} s/√n, which supposes that seeds are independent draws and the mean is about
normal. Shares have Wilson's score interval (E. B. Wilson, J. Amer. Statist. Assoc. 22, 1927), right near 0 and 1, too.
The largest of n draws is no bound: it is said which share of worlds may exceed it, with the same confidence
(1 - (1-c)^(1/n): n = 59 for 5 % at 95 %).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.special import ndtri, stdtrit

from robosim.study.book import Batch, Results
from robosim.study.quantities import BEST, Figure, quantity

STUDENT, WILSON = "Student t", "Wilson"
ONE = "one value has no spread"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean, or a share, over `n` seeds; `low` and `high` are None where there is no interval, with `why`.

    `unknown` seeds have no value, for the reasons in `why`; `exceeded` is the share of worlds that may have more than
    `largest`.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str | None = None
    unknown: int = 0
    why: str | None = None
    largest: float | None = None
    exceeded: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A quantity of one cell: a world with its swept keys, under a tax rule, for an attack ("" is the world's own)."""

    world: str
    keys: dict[str, Any]
    tax: str
    strategy: str
    quantity: str
    unit: str
    estimate: Estimate


def student(values: Sequence[float], confidence: float) -> tuple[float, float | None, float | None]:
    """Mean, low and high.

    >>> [round(x, 4) for x in student([1.0, 2.0, 3.0], 0.95)]
    [2.0, -0.4841, 4.4841]
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return mean, None, None
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (n - 1))
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * spread / math.sqrt(n)
    return mean, mean - half, mean + half


def wilson(yes: int, n: int, confidence: float) -> tuple[float, float, float]:
    """Share, low and high.

    >>> [round(x, 4) for x in wilson(0, 10, 0.95)]
    [0.0, 0.0, 0.2775]
    """
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    share = yes / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return share, 0.0 if yes == 0 else middle - half, 1.0 if yes == n else middle + half


def estimate(figures: Sequence[Figure], confidence: float) -> Estimate:
    """What the figures of one quantity come to, in the order of their batches."""
    values = [one.value for one in figures if one.value is not None]
    reasons = dict.fromkeys(one.why for one in figures if one.value is None and one.why)
    unknown, why = len(figures) - len(values), "; ".join(reasons) or None
    if not values:
        return Estimate(mean=None, unknown=unknown, why=why)
    n, share = len(values), quantity(figures[0].quantity).share
    if share:
        mean, low, high = wilson(round(sum(values)), n, confidence)
        return Estimate(mean=mean, low=low, high=high, n=n, method=WILSON, unknown=unknown, why=why)
    found = student(values, confidence)
    return Estimate(
        mean=found[0],
        low=found[1],
        high=found[2],
        n=n,
        method=STUDENT if n > 1 else None,
        unknown=unknown,
        why=why or (None if n > 1 else ONE),
        largest=max(values),
        exceeded=-math.expm1(math.log1p(-confidence) / n),
    )


def swept(results: Results) -> list[str]:
    """The keys that tell cells apart: all that are swept but those whose values are draws, as seeds are."""
    return [key for key in results.plan["fixed"]["sweep"] if key not in over(results)]


def over(results: Results) -> list[str]:
    """The keys whose values are draws."""
    return list(results.plan["loose"]["over"])


def rows(results: Results, confidence: float | None = None) -> list[Row]:
    """Every quantity of every cell, in the order of the batches and taxes. Batches that failed have no part in it."""
    level = results.plan["loose"]["confidence"] if confidence is None else confidence
    cells: dict[tuple[str, str, str, str, str], list[Figure]] = {}
    first: dict[tuple[str, str, str, str, str], Batch] = {}
    for batch, name in _cells(results):
        for one in batch.figures:
            place = (batch.world, name, one.tax, one.strategy, one.quantity)
            cells.setdefault(place, []).append(one)
            first.setdefault(place, batch)
    keys, taxes = swept(results), results.plan["fixed"].get("study.taxes", [])

    def order(place: tuple[str, str, str, str, str]) -> tuple[Any, ...]:
        _, _, tax, strategy, _ = place
        return first[place].number, taxes.index(tax) if tax in taxes else 0, strategy == BEST, place

    return [
        Row(
            world=place[0],
            keys={key: first[place].keys[key] for key in keys},
            tax=place[2],
            strategy=place[3],
            quantity=place[4],
            unit=unit_of(place[4], first[place].unit),
            estimate=estimate(cells[place], level),
        )
        for place in sorted(cells, key=order)
    ]


def _cells(results: Results) -> Iterator[tuple[Batch, str]]:
    keys = swept(results)
    for batch in results.batches:
        yield batch, json.dumps([batch.keys[key] for key in keys])


def unit_of(name: str, cost: str) -> str:
    """The unit of a quantity where costs have this one."""
    unit = quantity(name).unit
    return cost if unit == "cost" else unit
