"""A world without bodies: words are all that happens, and what was said is what others see."""

from __future__ import annotations

from typing import NamedTuple

from robosim.agent import Said
from robosim.tape import Tape


class BodilessState(NamedTuple):
    """The conversation after round k."""

    k: int
    tape: Tape


class Bodiless:
    """Everybody is heard as they spoke."""

    def start(self, own: Said, said: Said, tape: Tape) -> tuple[BodilessState, Said]:
        """Round 0."""
        return BodilessState(0, tape), said

    def move(self, body: BodilessState, said: Said) -> tuple[BodilessState, Said]:
        """The next round."""
        return BodilessState(body.k + 1, body.tape), said
