"""[network.radio] and [[event]]: what is lost, late or rounded on the air, and who is off when."""

from __future__ import annotations

from pydantic import Field

from robosim.scenario.air import AirSection
from robosim.scenario.fields import Id, NonNegative, Section


class RadioSection(AirSection):
    """[network.radio]: what becomes of messages, on each link and in each direction by itself."""

    quantum_m: NonNegative = Field(default=0.0, description="neighbours hear multiples of it, m")


class EventTable(Section):
    """One `[[event]]` table: a robot that fails, and perhaps comes back."""

    robot: Id = Field(description="the robot that is off", examples=[3])
    off: Id = Field(description="the first round in which it neither drives nor talks", examples=[20])
    on: Id | None = Field(default=None, description="the round in which it is back; never if left out", examples=[45])
