"""The step size α of consensus as it stands in a world file: a number, "auto" or a share of 1/λmax."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from robosim.scenario.fields import SMALLEST, Positive, word_or

SHARE = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?) ?/ ?lambda_max", re.IGNORECASE)


def share_of_max(alpha: object) -> float | None:
    """F of "F/lambda_max"; None for anything else.

    >>> share_of_max("0.9/lambda_max")
    0.9
    """
    found = SHARE.fullmatch(alpha) if isinstance(alpha, str) else None
    return float(found[1]) if found else None


def known_form(word: str) -> str:
    """Refuse words other than "auto" and shares that consensus cannot stand: it diverges from α = 2/λmax."""
    share = share_of_max(word)
    if word == "auto" or (share is not None and SMALLEST <= share < 2):
        return word
    raise PydanticCustomError("alpha", 'must be "auto", a number > 0, or "F/lambda_max" with 0 < F < 2')


Alpha = Annotated[
    Annotated[str, AfterValidator(known_form), WithJsonSchema({"type": "string"}), Tag("<word>")]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]
