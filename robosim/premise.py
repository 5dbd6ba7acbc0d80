"""What a certificate rests on: each premise in words, how it is known, and whether it holds on this record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Premise:
    """One thing that must be true for ε to hold.

    Parameters
    ----------
    text : what must be true.
    how : "read" off the mission, "tested" on outcomes other than its own, or "declared": nobody can check it here.
    ok : whether it holds, as far as anybody knows.
    detail : how many outcomes were tested, or what was found where it does not hold.
    """

    text: str
    how: str
    ok: bool = True
    detail: str = ""

    def __str__(self) -> str:
        """As people read it below a figure."""
        return f"{self.text} ({self.how}{f': {self.detail}' if self.detail else ''})"


def broken(premises: Iterable[Premise]) -> str | None:
    """Why there is no certificate, in words: the first premise that does not hold; None where all do.

    >>> broken([Premise(text="the tax is a Groves rule", how="read", ok=False, detail="nobody is taxed")])
    'nobody is taxed'
    """
    return next((one.detail or f"not so: {one.text}" for one in premises if not one.ok), None)


def unread(premises: Iterable[Premise]) -> list[str]:
    """What is not simply read off the mission, as it is printed below a figure."""
    return [str(one) for one in premises if one.how != "read"]
