"""Values that only stations have: days, where sessions and tariffs come from, costs that may be drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Strict, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from robosim.scenario.drawn import Word, branch_of
from robosim.scenario.fields import Finite, NonNegative, Positive, not_tiny, word_or
from robosim.scenario.wording import NUMBER

DRAWN = "drawn"
ACN = "acn:"
SESSIONS = (DRAWN, f"{ACN}caltech", f"{ACN}jpl")
TARIFFS = ("sce-tou-ev-4",)
"""The names in `robosim.world.station.tariff.TARIFFS`, which brings NumPy with it."""
SESSIONS_FORM = 'must be "drawn", "acn:caltech", "acn:jpl", or a file (with a dot or a slash in its path)'
TARIFF_FORM = 'must be "sce-tou-ev-4", a price in dollars/kWh, or a file (with a dot or a slash in its path)'
PATH = re.compile(r"[./\\]")


def is_path(text: object) -> bool:
    """Words of world files have neither dots nor slashes, names of files one at least.

    >>> is_path("day.csv"), is_path("acn:caltech"), is_path("0.3")
    (True, False, False)
    """
    return isinstance(text, str) and PATH.search(text) is not None and not NUMBER.fullmatch(text)


def word_or_path(words: Sequence[str], form: str, text: str) -> str:
    """Refuse what is neither one of the words nor a path."""
    if text in words or is_path(text):
        return text
    known = {} if NUMBER.fullmatch(text) else {"expected": " ".join(f"'{word}'" for word in words)}
    raise PydanticCustomError("source", form, known or None)


def only_fitted(word: str) -> str:
    """Refuse words other than "fitted"."""
    if word == "fitted":
        return word
    raise PydanticCustomError("fitted", 'must be "fitted" or a number')


def iso_text(value: Any) -> Any:
    """TOML has dates of its own."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def real_day(text: str) -> str:
    """The date as 2019-10-29, however ISO lets it be written."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("day", "must be a date") from None


def _path_or(*words: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": PATH.pattern}]})


IsoDay = Annotated[
    str,
    BeforeValidator(iso_text),
    AfterValidator(real_day),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
SessionSource = Annotated[str, AfterValidator(partial(word_or_path, SESSIONS, SESSIONS_FORM)), _path_or(*SESSIONS)]
TariffSource = Annotated[
    Annotated[str, AfterValidator(partial(word_or_path, TARIFFS, TARIFF_FORM)), _path_or(*TARIFFS), Tag("<word>")]
    | Annotated[Finite, Tag("<number>")],
    word_or("<number>"),
]
FittedOrPositive = Annotated[
    Annotated[str, AfterValidator(only_fitted), WithJsonSchema({"type": "string", "const": "fitted"}), Tag("<word>")]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]
DrawnNonNegatives = Annotated[
    Word
    | Annotated[tuple[NonNegative, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[NonNegative, Tag("<number>")],
    Discriminator(branch_of),
]
Share = Annotated[float, Strict(), Field(gt=0, le=1, allow_inf_nan=False), AfterValidator(not_tiny)]
Amperes = Annotated[float, Strict(), Field(gt=0, le=32, allow_inf_nan=False), AfterValidator(not_tiny)]
Volts = Annotated[float, Strict(), Field(ge=50, le=1500, allow_inf_nan=False)]
Charger = Literal["continuous", "deadband", "aerovironment", "clippercreek"]
"""The names in `robosim.world.station.evse.KINDS`, which brings NumPy with it."""
