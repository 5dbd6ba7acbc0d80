"""Kinds of value that only worlds of a station have: days, time zones, names of columns, files of series."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from robosim.charging.days import ALL, days_of
from robosim.scenario.fields import PATH, NonNegative, Positive, Word, branch_of, word_or, word_or_path

LONGEST_COLUMN = 200


def iso_text(value: Any) -> Any:
    """TOML has dates of its own."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def real_day(text: str) -> str:
    """The date as 2019-10-29, however ISO lets it be written."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("day", "must be a date") from None


def real_days(text: str) -> str:
    """The same for days in a row, which may be all."""
    try:
        return text if text == ALL else str(days_of(text))
    except ValueError:
        raise PydanticCustomError("days", 'must be a date, two as "2019-10-28..2019-10-30", or "all"') from None


def real_column(text: str) -> str:
    """A name that a column can have."""
    if text.strip() and len(text) <= LONGEST_COLUMN:
        return text.strip()
    raise PydanticCustomError("column", "must be the name of a column")


def real_zone(text: str) -> str:
    """A name of the IANA database."""
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise PydanticCustomError("zone", "must be a time zone, such as Europe/Berlin") from None
    return text


ISO_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
Zone = Annotated[str, AfterValidator(real_zone)]
IsoDay = Annotated[
    str,
    BeforeValidator(iso_text),
    AfterValidator(real_day),
    WithJsonSchema({"type": "string", "pattern": f"^{ISO_DAY}$"}),
]
IsoDays = Annotated[
    str,
    BeforeValidator(iso_text),
    AfterValidator(real_days),
    WithJsonSchema({"type": "string", "pattern": rf"^({ISO_DAY}(\.\.{ISO_DAY})?|all)$"}),
]
ColumnName = Annotated[str, AfterValidator(real_column)]
ColumnNames = dict[
    str,
    Annotated[
        Annotated[ColumnName, Tag("<word>")]
        | Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=4), Tag("<list>")],
        Discriminator(lambda value: "<list>" if isinstance(value, list | tuple) else "<word>"),
    ],
]
"""Which names robosim has for columns is a matter of `rules`."""


def only_fitted(word: str) -> str:
    """Refuse words other than "fitted"."""
    if word == "fitted":
        return word
    raise PydanticCustomError("fitted", 'must be "fitted" or a number')


def only_tariff(word: str) -> str:
    """Refuse words other than "tariff"."""
    if word == "tariff":
        return word
    raise PydanticCustomError("of_tariff", 'must be "tariff" or a number')


SERIES_FORM = "must be a CSV file (with a dot or a slash in its path)"
SeriesFile = Annotated[
    str,
    AfterValidator(partial(word_or_path, (), SERIES_FORM)),
    WithJsonSchema({"type": "string", "pattern": PATH.pattern}),
]
TariffOrNonNegative = Annotated[
    Annotated[str, AfterValidator(only_tariff), WithJsonSchema({"type": "string", "const": "tariff"}), Tag("<word>")]
    | Annotated[NonNegative, Tag("<number>")],
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
