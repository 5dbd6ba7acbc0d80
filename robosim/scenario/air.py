"""What becomes of messages on the air, as world files say it: lost, in bursts, late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Discriminator, Field, Strict, Tag

from robosim.files.complaint import Problem
from robosim.files.writing import shown
from robosim.scenario.checking import Values
from robosim.scenario.fields import Section, Share, Whole

Lost = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
Rounds = Annotated[Whole, Field(ge=0, le=1000)]
Delay = Annotated[
    Annotated[Rounds, Tag("<number>")]
    | Annotated[Annotated[tuple[Rounds, ...], Field(min_length=2, max_length=2)], Tag("<list>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list | tuple) else "<number>"),
]


class BurstSection(Section):
    """burst of [network.radio]: links that are bad for a while."""

    p_bad: Share = Field(description="how likely a good link turns bad in a round", examples=[0.05])
    p_recover: Share = Field(description="how likely a bad link turns good in a round", examples=[0.25])
    loss_bad: Lost = Field(default=1.0, description="share of messages that a bad link loses")


class AirSection(Section):
    """What becomes of messages, on each link and in each direction by itself."""

    loss: Lost = Field(default=0.0, description="share of messages that is lost")
    burst: BurstSection | None = Field(
        default=None,
        description="losses that come in bursts (Gilbert-Elliott)",
        examples=[{"p_bad": 0.05, "p_recover": 0.25, "loss_bad": 0.9}],
    )
    delay_rounds: Delay = Field(
        default=0, description="rounds that a message takes, or [lo, hi] between which it is drawn", examples=[[0, 2]]
    )

    @property
    def delay(self) -> tuple[int, int]:
        """Least and most rounds."""
        given = self.delay_rounds
        return (given[0], given[1]) if isinstance(given, tuple) else (given, given)

    @property
    def is_perfect(self) -> bool:
        """Whether everything arrives at once, as it was said."""
        return self == type(self)()


def delays_have_room(world: Values) -> Iterator[Problem]:
    """lo ≤ hi."""
    radio, path = world["network.radio"], ("network", "radio", "delay_rounds")
    delay = radio.get("delay_rounds", 0) if isinstance(radio, dict) and world.sound(path) else 0
    if isinstance(delay, list | tuple) and delay[0] > delay[1]:
        yield Problem(path=path, message=f"needs lo <= hi, got {shown(list(delay))}", fix="for example [0, 2]")
