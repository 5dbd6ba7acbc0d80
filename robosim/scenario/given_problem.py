"""A problem that was made in Python, as the text of a world: [problem] with every number written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robosim.scenario.origin import Origin
from robosim.scenario.writing import written

if TYPE_CHECKING:
    from robosim.problems.coupled import Coupled

NAME = "problem"
PLAIN = ("slope", "A", "b", "lower", "upper")
EDGES = ("congestion", "power", "part")


def world_of(problem: Coupled) -> Origin:
    """A world whose problem has the same numbers, bit for bit, and whose other sections are as by default.

    Variables of slack and edges of quadratic costs stand there as what they are.
    """
    numbers: dict[str, Any] = {name: getattr(problem, name).tolist() for name in PLAIN}
    if problem.most.size:
        numbers |= {"limits": problem.limits.tolist(), "most": problem.most.tolist()}
    if problem.congestion.size:
        numbers |= {name: getattr(problem, name) for name in EDGES}
        numbers |= {"theta": problem.theta.toarray().tolist()}
    plain = {name: x if isinstance(x, float | list) else x.tolist() for name, x in numbers.items()}
    return Origin(file=NAME, name=NAME, text=written({"mission": {"kind": "freight"}, "problem": plain}))
