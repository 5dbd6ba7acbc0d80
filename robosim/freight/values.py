"""Values that only freight worlds have: instances and files, nodes by count or number, arrays of numbers."""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Strict, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from robosim.freight.roads.recipes import RECIPES
from robosim.scenario.fields import LARGEST, PATH, Finite, NonNegative, Whole, is_path, word_or_path

RANDOM = "random"
INSTANCES = (*RECIPES, RANDOM)
INSTANCE_FORM = (
    'must be "example-1" to "example-6", "semi-balanced", "unbalanced", "random", '
    "or a file (with a dot or a slash in its path)"
)
GRAPHS = ("path", "ring", "star", "complete", "grid", "random-tree", "geometric")
"""The names in `robosim.network.graphs.GRAPHS`, which brings NumPy with it."""


def only_path(text: str) -> str:
    """Refuse what cannot be told from a word."""
    if is_path(text):
        return text
    raise PydanticCustomError("file", "must be a file (with a dot or a slash in its path)")


def branch_of(value: object) -> str:
    """A list is one of numbers, whatever stands in it; anything else is meant as one number."""
    return "<list>" if isinstance(value, list | tuple) else "<number>"


def number_or_infinite(value: float) -> float:
    """Refuse what is no number, and what is so large that infinity was meant."""
    if abs(value) <= LARGEST or math.isinf(value):
        return value
    raise PydanticCustomError("limit", "must be a number of at most 1e+12, inf or -inf")


InstanceSource = Annotated[
    str,
    AfterValidator(partial(word_or_path, INSTANCES, INSTANCE_FORM)),
    WithJsonSchema({"anyOf": [{"enum": list(INSTANCES)}, {"type": "string", "pattern": PATH.pattern}]}),
]
FilePath = Annotated[str, AfterValidator(only_path), WithJsonSchema({"type": "string", "pattern": PATH.pattern})]
Node = Annotated[int, Strict(), Field(ge=0)]
Suppliers = Annotated[
    Annotated[tuple[Node, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[Whole, Field(ge=1, le=10**18), Tag("<number>")],
    Discriminator(branch_of),
]
"""How many, or which nodes of a road file."""
Asked = Annotated[
    Annotated[tuple[NonNegative, ...], Field(min_length=1), Tag("<list>")] | Annotated[NonNegative, Tag("<number>")],
    Discriminator(branch_of),
]
"""Of each demander, or one number for all."""

Limit = Annotated[float, Strict(), AfterValidator(number_or_infinite), WithJsonSchema({"type": "number"})]
Vector = Annotated[tuple[Finite, ...], Field(min_length=1)]
Matrix = Annotated[tuple[Vector, ...], Field(min_length=1)]
Numbers = Annotated[Annotated[Vector, Tag("<list>")] | Annotated[Finite, Tag("<number>")], Discriminator(branch_of)]
"""A number or a list of them."""
Power = Annotated[float, Strict(), Field(ge=1, le=100, allow_inf_nan=False)]
Powers = Annotated[
    Annotated[tuple[Power, ...], Field(min_length=1), Tag("<list>")] | Annotated[Power, Tag("<number>")],
    Discriminator(branch_of),
]
"""A power of congestion, or a list of them."""
Rows = Annotated[
    Annotated[tuple[Numbers, ...], Field(min_length=1), Tag("<list>")] | Annotated[Finite, Tag("<number>")],
    Discriminator(branch_of),
]
"""Numbers in at most two dimensions."""
Stack = Annotated[
    Annotated[tuple[Rows, ...], Field(min_length=1), Tag("<list>")] | Annotated[Finite, Tag("<number>")],
    Discriminator(branch_of),
]
"""Numbers in at most three dimensions."""
Matrices = Annotated[tuple[Annotated[tuple[Numbers, ...], Field(min_length=1)], ...], Field(min_length=1)]
"""Numbers in two or three dimensions."""
LimitVector = Annotated[
    Annotated[tuple[Limit, ...], Field(min_length=1), Tag("<list>")] | Annotated[Limit, Tag("<number>")],
    Discriminator(branch_of),
]
Limits = Annotated[
    Annotated[tuple[LimitVector, ...], Field(min_length=1), Tag("<list>")] | Annotated[Limit, Tag("<number>")],
    Discriminator(branch_of),
]
"""Numbers, inf or -inf in at most two dimensions."""
Sense = Literal["=", "<=", ">="]
Senses = Annotated[
    Annotated[tuple[Sense, ...], Field(min_length=1), Tag("<list>")] | Annotated[Sense, Tag("<word>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list | tuple) else "<word>"),
]
"""One for all rows of b, or one for each."""
