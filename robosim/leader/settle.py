"""The settlement, one for all worlds: bound, penalty, refused reports, taxes (T, Definition 1; Algorithm 2, lines 9 to
16).

A report that is unusable fines its sender and nobody else: the others are taxed with it moved into the announced range.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.packing import Axes
from robosim.leader.tax_rule import Case, TaxRule

ROUNDING = 1e-12
"""A report may leave its range by this share of the range's end: true reports are never refused for rounding."""
TOLERANCE = 1e-9
"""Who is worse off than outside by no more than this share of the social cost is not worse off."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """The bill of M missions.

    Parameters
    ----------
    tax : (M, N); negative where an agent is paid.
    refused : (M, N) whose report, or something else that it sent, was unusable.
    penalised : (M,) where the whole team ended outside the announced bound.
    penalty : (M, N) what who is penalised or refused pays.
    distance, beta : (M,) how far the teams ended from agreement and how far they may; NaN where nothing bounds that.
    excused : (M, N) who is left out of the others' taxes and of the team's penalty; None where nobody is.
    """

    tax: Annotated[Array, Axes("M N")]
    refused: Annotated[Mask, Axes("M N")]
    penalised: Annotated[Mask, Axes("M")]
    penalty: Annotated[Array, Axes("M N", finite=False)]
    distance: Annotated[Array, Axes("M", finite=False)]
    beta: Annotated[Array, Axes("M", finite=False)]
    excused: Annotated[Mask, Axes("M N")] | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the leader holds the outcome of M missions against.

    Parameters
    ----------
    lowest, highest : the smallest and largest private cost that a report may claim, (M, N) or what spreads to it.
    penalty : what who is penalised or refused pays, at least, in the same form.
    distance : (M,) how far from agreement the teams ended, and
    beta : (M,) how far they may; None where every decision is feasible.
    excused : (M, N) whose reports no tax counts, and who is not fined with the team; None where nobody is.
    """

    lowest: Array
    highest: Array
    penalty: Array
    distance: Array | None = None
    beta: Array | None = None
    excused: Mask | None = None


def usable(reports: Array, lowest: Array, highest: Array) -> tuple[Array, Mask]:
    """Reports of any shape inside their range, and which had to be moved there or were no numbers."""
    low = lowest - ROUNDING * np.abs(lowest)
    high = highest + ROUNDING * np.abs(highest)
    refused = ~((reports >= low) & (reports <= high))
    inside = np.clip(np.where(np.isnan(reports), lowest, reports), lowest, high)
    return np.asarray(inside), np.asarray(refused)


def settle(rule: TaxRule, case: Case, terms: Terms, faulty: Mask) -> Settlement:
    """Bill missions whose agents reported `case.reported` (M, N), as it came; `faulty` ones sent something unusable.

    Who is penalised or refused pays the penalty or its tax, whichever is more. A rule that does not enforce collects
    nothing but its taxes.
    """
    shape = case.reported.shape
    reported, outside_range = usable(case.reported, terms.lowest, terms.highest)
    refused = outside_range | faulty
    unbounded = terms.distance is None or terms.beta is None
    distance = np.full(shape[0], np.nan) if terms.distance is None else terms.distance
    beta = np.full(shape[0], np.nan) if terms.beta is None else np.broadcast_to(terms.beta, shape[:1]).copy()
    outside = np.zeros(shape[0], dtype=bool) if unbounded else ~(distance <= beta)
    excused = np.zeros(shape, dtype=bool) if terms.excused is None else terms.excused
    counted = replace(case, reported=np.where(excused, 0.0, reported))
    tax, penalty = rule.taxes(counted), np.array(np.broadcast_to(terms.penalty, shape))
    if rule.enforces:
        tax = np.where((outside[:, None] & ~excused) | refused, np.maximum(penalty, tax), tax)
    else:
        outside = np.zeros_like(outside)
    return Settlement(
        tax=tax,
        refused=refused,
        penalised=outside,
        penalty=penalty,
        distance=distance,
        beta=beta,
        excused=excused if excused.any() else None,
    )


def individually_rational(net_cost: Array, outside: Array, cost: Array, tax: Array) -> bool:
    """Whether nobody would rather have stayed away: net_cost ≤ outside for every agent, up to rounding.

    Parameters
    ----------
    net_cost, outside : (N,) what agents ended with, and what staying away costs them.
    cost, tax : (N,) what went into it: both may come from optima as large as the social cost, and so does rounding.
    """
    size = np.abs(cost).sum() + max(np.abs(tax).max(initial=0.0), np.abs(outside).max(initial=0.0))
    return bool((net_cost <= outside + TOLERANCE * size).all())
