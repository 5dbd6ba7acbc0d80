"""What the judge says of a mission: efficiency, budget, ε, who gained, and other rules side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from robosim.files.packing import Axes
from robosim.premise import Premise

Loose = Annotated[float, Axes(finite=False)]
"""A figure that may be infinite, or none, where a mission went astray."""
GIVEN_UP = "given up (interrupted)"
"""Why a figure is not known that somebody did not want to wait for."""


@dataclass(frozen=True, kw_only=True)
class Epsilon:
    """How much one selfish agent could gain: exact without limits, exact within the world's, and certified.

    bounded ≤ exact ≤ certified; None where a figure does not exist or would take too long.
    """

    certified: float | None
    exact: float | None
    bounded: float | None


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What one selfish agent of the mission gained against the same mission with only it made faithful."""

    agent: int
    strategy: str
    gain: Loose
    others_change: Loose
    covered: bool


@dataclass(frozen=True, kw_only=True)
class Mechanism:
    """Who is paid what under one rule, `solved` by the agents ("distributed") or by one mind ("central").

    One payment and one profit (payment - true cost) an agent, None where the rule cannot be applied, as `void` says.
    `efficiency` is 1 for a socially efficient decision; `individually_rational` whether every payment covers the cost;
    `ic_gap` bounds what any lie could gain, None where nothing does; `difference` is the largest one between what
    somebody is paid distributed and central.
    """

    rule: str
    solved: str
    payment: tuple[Loose, ...] | None = None
    profit: tuple[Loose, ...] | None = None
    total: Loose | None = None
    efficiency: Loose | None = None
    individually_rational: bool | None = None
    ic_gap: Loose | None = None
    difference: Loose | None = None
    void: str | None = None
    interval: tuple[tuple[Loose, Loose], ...] | None = None
    """Of each agent what the exact payment certainly is at least and at most, and what it is paid lies between, too."""
    uncertain: str | None = None
    """Why there is none."""
    absence_gaps: tuple[Loose, ...] | None = None
    """By how much what the others cost without each agent can be above what is possible."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The judge's view of mission 0: costs in the unit of the private cost, ε of the all-faithful mission.

    What could not be found out is None, and `unknown` says why, a line each.
    """

    social_cost: float
    optimum: float | None
    budget: float
    individually_rational: bool | None
    epsilon: Epsilon
    bounded: tuple[float, ...] | None = None
    """How much each agent could gain at most, where that is known one by one; the largest is `epsilon.bounded`."""
    gains: tuple[Gain, ...] = ()
    mechanisms: tuple[Mechanism, ...] | None = None
    """Rules of payment side by side, for kinds of world that have some to compare."""
    baselines: tuple[dict[str, Loose | str | None], ...] | None = None
    """What rules without a mechanism would have done in the same world, ours first, where a kind has some."""
    premises: tuple[Premise, ...] = ()
    """What ε rests on, where a kind of world says so."""
    notes: tuple[str, ...] = ()
    """What should be known beside ε."""
    unknown: tuple[str, ...] = ()
