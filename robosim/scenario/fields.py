"""The kinds of value that stand in world files: exact numbers (no text, no true or false), names, words or numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Strict, Tag
from pydantic_core import PydanticCustomError

NAME_PATTERN = r"^[A-Za-z0-9_.-]{1,64}$"
LARGEST = 1e12
SMALLEST = 1e-12
"""Metres, seconds, joules beyond these are mistakes, and their squares and quotients may leave the range of floats."""
TAGS = frozenset({"<word>", "<number>", "<list>"})
"""Which branch of a union was tried; these stand in pydantic's error locations and in no world file."""


class Section(BaseModel):
    """A table of a world file: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def section_type(model: type[BaseModel], section: str) -> type[BaseModel]:
    """The model of a section, or of one table of a section that is a list of tables."""
    annotation: Any = model.model_fields[section].annotation
    inner: type[BaseModel] = next(iter(get_args(annotation)), annotation)
    return inner


def not_tiny(value: float) -> float:
    """Refuse positive numbers that only a slip can have made."""
    if value < SMALLEST:
        raise PydanticCustomError("tiny", "must be >= {least}", {"least": SMALLEST})
    return value


def as_point(value: Any) -> Any:
    """In one dimension a plain number stands for a point."""
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


def word_or(tag: str) -> Discriminator:
    """Text is meant for the branch of words, anything else for the branch `tag`."""
    return Discriminator(lambda value: "<word>" if isinstance(value, str) else tag)


def box_branch_of(value: object) -> str:
    """A list that holds a list was meant as one interval for each dimension."""
    inner = value if isinstance(value, list | tuple) else []
    return "<list>" if any(isinstance(part, list | tuple) for part in inner) else "<number>"


Finite = Annotated[float, Strict(), Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
NonNegative = Annotated[float, Strict(), Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Positive = Annotated[float, Strict(), Field(gt=0, le=LARGEST, allow_inf_nan=False), AfterValidator(not_tiny)]
Whole = Annotated[int, Strict()]
Id = Annotated[int, Strict(), Field(ge=0)]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Point = Annotated[
    Annotated[tuple[Finite, ...], Field(min_length=1, max_length=3)],
    BeforeValidator(as_point, json_schema_input_type=float | tuple[float, ...]),
]
Interval = Annotated[tuple[Finite, ...], Field(min_length=2, max_length=2)]
Box = Annotated[
    Annotated[Interval, Tag("<number>")]
    | Annotated[tuple[Interval, ...], Field(min_length=1, max_length=3), Tag("<list>")],
    Discriminator(box_branch_of),
]
"""[lo, hi] for every coordinate, or one [lo, hi] for each dimension."""
AutoOrPositive = Annotated[
    Annotated[Literal["auto"], Tag("<word>")] | Annotated[Positive, Tag("<number>")], word_or("<number>")
]
