"""Step sizes as they stand in world files: a number, "auto" or a share of a known one, as in "0.9/lambda_max"."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from robosim.scenario.fields import SMALLEST, Positive, word_or

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


def known_form(known: str, word: str) -> str:
    """Refuse words other than "auto" and shares that the rounds cannot stand: they diverge from 2/known."""
    share = share_of(known, word)
    if word == "auto" or (share is not None and SMALLEST <= share < 2):
        return word
    raise PydanticCustomError("step", 'must be "auto", a number > 0, or "F/{known}" with 0 < F < 2', {"known": known})


Alpha = Annotated[
    Annotated[str, AfterValidator(partial(known_form, "lambda_max")), WithJsonSchema({"type": "string"}), Tag("<word>")]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]
PriceStep = Annotated[
    Annotated[str, AfterValidator(partial(known_form, "L")), WithJsonSchema({"type": "string"}), Tag("<word>")]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]
