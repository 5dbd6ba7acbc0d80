"""Numbers of many agents as they stand in a world file: one for all, one for each, or "random"."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from robosim.scenario.fields import Finite, Positive


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
