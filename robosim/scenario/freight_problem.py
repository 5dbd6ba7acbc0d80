"""[problem]: a general problem with coupled costs and constraints, written down as lists of numbers (X, (P))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, Strict

from robosim.errors import BadInput
from robosim.scenario.fields import Section
from robosim.scenario.freight_values import Limits, Matrices, Matrix, Numbers, Stack
from robosim.scenario.problem import Problem

if TYPE_CHECKING:
    from robosim.problems.coupled import Coupled

WHOLE = ("H", "power", "sense")
"""Arguments of `Coupled.of` that are no arrays: matrices of H may differ in form."""


class GeneralProblem(Section):
    """[problem]: min Σ ψ_i'x_i + ½ x_i'H_i x_i + Σ_e a_e F_e^(p+1), Σ A_i x_i = b, G_i x_i <= g_i, in a box (X, (P)).

    N agents with n variables each. What all agents have alike may stand there once.
    """

    slope: Matrix = Field(description="ψ: of the cost of each variable, N lists of n", examples=[[[1.0, 2.0]]])
    A: Stack = Field(description="of the coupling: m lists of n, or N of these", examples=[[[1.0, 0.0], [0.0, 1.0]]])
    b: Numbers = Field(description="what Σ A_i x_i must be, m numbers", examples=[[10.0, 20.0]])
    sense: Literal["=", "<="] = Field(default="=", description='or "<=": Σ A_i x_i may be less than b')
    H: Matrices | None = Field(
        default=None,
        description="own quadratic costs ½ x_i'H_i x_i: for each agent n lists of n, or n numbers for a diagonal",
        examples=[[[0.1, 0.1], [0.2, 0.2]]],
    )
    theta: Matrices | None = Field(
        default=None,
        description="Θ: how much each variable loads each edge, E lists of N·n, or N of E lists of n",
        examples=[[[1.0, 0.0, 1.0, 0.0]]],
    )
    congestion: Numbers = Field(default=0.0, description="a: of the edges' costs a F^(power + 1), E numbers")
    power: Annotated[float, Strict(), Field(ge=1, le=100, allow_inf_nan=False)] = Field(
        default=1.0, description="p: 1 is linear congestion, 4 that of BPR"
    )
    part: Matrix | None = Field(
        default=None,
        description="which part of an edge's cost is whose in the algorithm, N lists of E; left out: by use",
        examples=[[[0.5], [0.5]]],
    )
    limits: Matrices | None = Field(
        default=None, description="G: of private limits, r lists of n, or N of these", examples=[[[1.0, 1.0]]]
    )
    most: Limits | None = Field(
        default=None, description="g: what G_i x_i may be at most, N lists of r", examples=[[[10.0], [20.0]]]
    )
    lower: Limits | None = Field(default=None, description="of the variables, N lists of n, or -inf", examples=[0.0])
    upper: Limits | None = Field(default=None, description="of the variables, N lists of n, or inf", examples=[5.0])


def coupled(arrays: Mapping[str, Any]) -> Coupled:
    """The problem that the keys of [problem] describe.

    Raises
    ------
    BadInput
        What `Coupled.of` says about its numbers.
    """
    from robosim.problems.coupled import Coupled
    from robosim.problems.coupled_parts import numbers

    given: dict[str, Any] = {key: value for key, value in arrays.items() if value is not None}
    return Coupled.of(**given | {key: numbers(key, given[key]) for key in given if key not in WHOLE})


def placed(fault: BadInput) -> Problem:
    """A fault of `Coupled.of`, `name: message (fix)`, at the key of [problem] that it names first."""
    name, _, text = str(fault).partition(": ")
    message, _, fix = text.rpartition(" (")
    key = re.match(r"\w*", name)
    return Problem(path=("problem", key[0] if key else ""), message=message, fix=fix.removesuffix(")"))
