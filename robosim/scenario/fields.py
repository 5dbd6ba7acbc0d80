"""The kinds of value that stand in world files: exact numbers, names, numbers of many agents, step sizes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Strict,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

NAME_PATTERN = r"^[A-Za-z0-9_.-]{1,64}$"
LARGEST = 1e12
SMALLEST = 1e-12
"""Metres, seconds, joules beyond these are mistakes, and their squares and quotients may leave the range of floats."""
TAGS = frozenset({"<word>", "<number>", "<list>", "<pair>", "<weighted>"})
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
Link = Annotated[
    Annotated[tuple[Id, ...], Field(min_length=2, max_length=2), Tag("<pair>")]
    | Annotated[tuple[Id, Id, Positive], Tag("<weighted>")],
    Discriminator(lambda value: "<weighted>" if isinstance(value, list | tuple) and len(value) > 2 else "<pair>"),
]
"""[i, j], or [i, j, w] with a weight: what has more than two elements was meant as the second."""
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


def branch_of(value: object) -> str:
    """Text is meant as a word, a list as one number for each agent, anything else as one for all."""
    if isinstance(value, str):
        return "<word>"
    return "<list>" if isinstance(value, list | tuple) else "<number>"


def only_random(word: str) -> str:
    """Refuse words other than "random"."""
    if word == "random":
        return word
    raise PydanticCustomError("drawn", 'must be "random", a number, or a list of numbers')


Word = Annotated[str, AfterValidator(only_random), WithJsonSchema({"type": "string", "const": "random"}), Tag("<word>")]
DrawnNumbers = Annotated[
    Word | Annotated[tuple[Finite, ...], Field(min_length=1), Tag("<list>")] | Annotated[Finite, Tag("<number>")],
    Discriminator(branch_of),
]
DrawnPositives = Annotated[
    Word | Annotated[tuple[Positive, ...], Field(min_length=1), Tag("<list>")] | Annotated[Positive, Tag("<number>")],
    Discriminator(branch_of),
]


NUMBER = r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)"


def share_of(known: str, step: object) -> float | None:
    """F of "F/known"; None for anything else.

    >>> share_of("L", "0.5/L")
    0.5
    """
    found = re.fullmatch(f"{NUMBER} ?/ ?{known}", step, re.IGNORECASE) if isinstance(step, str) else None
    return float(found[1]) if found else None


def share_of_max(alpha: object) -> float | None:
    """F of "F/lambda_max", consensus over a graph; None for anything else.

    >>> share_of_max("0.9/lambda_max")
    0.9
    """
    return share_of("lambda_max", alpha)


def share_of_sure(step: object) -> float | None:
    """F of "F/L", a price that climbs a dual function with L-Lipschitz gradient; None for anything else."""
    return share_of("L", step)


def known_form(known: str, word: str, words: tuple[str, ...] = ("auto",)) -> str:
    """Refuse other words than these and shares that the rounds cannot stand: they diverge from 2/known."""
    share = share_of(known, word)
    if word in words or (share is not None and SMALLEST <= share < 2):
        return word
    quoted = ", ".join(f'"{one}"' for one in words)
    raise PydanticCustomError(
        "step", 'must be {words}, a number > 0, or "F/{known}" with 0 < F < 2', {"known": known, "words": quoted}
    )


Alpha = Annotated[
    Annotated[
        str,
        AfterValidator(partial(known_form, "lambda_max", words=("auto", "schedule"))),
        WithJsonSchema({"type": "string"}),
        Tag("<word>"),
    ]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]
PriceStep = Annotated[
    Annotated[str, AfterValidator(partial(known_form, "L")), WithJsonSchema({"type": "string"}), Tag("<word>")]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]

Share = Annotated[float, Strict(), Field(gt=0, le=1, allow_inf_nan=False), AfterValidator(not_tiny)]
PATH = re.compile(r"[./\\]")
A_NUMBER = re.compile(r"[-+]?[0-9][0-9_.]{0,30}(e[-+]?[0-9]+)?", re.IGNORECASE)


def is_path(text: object) -> bool:
    """Words of world files have neither dots nor slashes, names of files one at least.

    >>> is_path("day.csv"), is_path("acn:caltech"), is_path("0.3")
    (True, False, False)
    """
    return isinstance(text, str) and PATH.search(text) is not None and not A_NUMBER.fullmatch(text)


def word_or_path(words: Sequence[str], form: str, text: str) -> str:
    """Refuse what is neither one of the words nor a path."""
    if text in words or is_path(text):
        return text
    known = {} if A_NUMBER.fullmatch(text) else {"expected": " ".join(f"'{word}'" for word in words)}
    raise PydanticCustomError("source", form, known or None)


def path_or(*words: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": PATH.pattern}]})
