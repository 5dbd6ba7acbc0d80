"""What stands in a site file, and in [[station.posts]] of a world file: posts, and limits of the wires behind them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict
from pydantic_core import PydanticCustomError

from robosim.files.writing import plain_name
from robosim.scenario.fields import Finite, Positive, Section, not_tiny

MOST_A = 5000.0
"""More than any post for cars and trucks; milliamperes by mistake are caught by it."""
Amperes = Annotated[float, Strict(), Field(gt=0, le=MOST_A, allow_inf_nan=False), AfterValidator(not_tiny)]
Volts = Annotated[float, Strict(), Field(ge=50, le=1500, allow_inf_nan=False)]
Charger = Literal["continuous", "deadband", "aerovironment", "clippercreek"]
"""The names in `robosim.charging.station.posts.KINDS`, which brings NumPy with it."""
Phase = Literal["L1", "L2", "L3", "L1-L2", "L2-L3", "L3-L1"]
Line = Literal["L1", "L2", "L3", "N"]


def plain_text(text: str) -> str:
    """Refuse names that would not be kept, shown and drawn as they are written."""
    if text.strip() and plain_name(text) == text == text.strip():
        return text
    raise PydanticCustomError("plain", "must be 1 to 64 printable characters without blanks around them")


def as_list(value: Any) -> Any:
    """One line may stand without brackets."""
    return [value] if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(plain_text), Field(json_schema_extra={"minLength": 1, "maxLength": 64})]
Lines = Annotated[
    Annotated[tuple[Line, ...], Field(min_length=1)],
    BeforeValidator(as_list, json_schema_input_type=Line | tuple[Line, ...]),
]


class PostTable(Section):
    """One post. Its power is `volts` times amperes; with three phases √3 times that, `volts` between two lines."""

    id: Text = Field(description="its name, as sessions give it", examples=["P1"])
    volts: Volts = Field(
        description="between its two conductors (230), between two lines with phases = 3 (400), or of direct current",
        examples=[230.0],
    )
    max_a: Amperes | None = Field(default=None, description="breaker, A; left out: 32, or its levels'", examples=[32.0])
    current: Literal["AC", "DC"] = Field(default="AC", description="alternating or direct")
    phases: Literal[1, 3] | None = Field(default=None, description="of an AC post; left out: 1", examples=[3])
    phase: Phase | None = Field(
        default=None, description="to which line, or between which two, a single-phase post is wired", examples=["L1"]
    )
    angle_deg: Annotated[Finite, Field(ge=-360, le=360)] | None = Field(
        default=None, description="of its current, in place of phase, for limits with weights", examples=[-120.0]
    )
    kind: Charger | None = Field(
        default=None, description="which currents it can be told; left out: continuous", examples=["deadband"]
    )
    levels_a: Annotated[tuple[Amperes, ...], Field(min_length=1)] | None = Field(
        default=None, description="the currents it can be told beside 0, in place of kind", examples=[[6.0, 16.0, 32.0]]
    )

    @property
    def three(self) -> bool:
        """Fed by all three lines alike, be it through a rectifier."""
        return self.phases == 3 or self.current == "DC"


class LimitTable(Section):
    """One limit: on a sum over posts, on a weighted phasor sum, or on lines of a three-phase feeder."""

    name: Text = Field(description="what it limits", examples=["feeder"])
    limit_a: Positive | None = Field(default=None, description="A", examples=[63.0])
    limit_kw: Positive | None = Field(default=None, description="kW, of the posts' summed power", examples=[60.0])
    posts: Annotated[tuple[Text, ...], Field(min_length=1)] | None = Field(
        default=None, description="whose currents are summed, or hang on the lines; left out: all", examples=[["P1"]]
    )
    weights: Annotated[dict[Text, Finite], Field(min_length=1)] | None = Field(
        default=None,
        description="of each post's current, whose angle is that of its phase, or angle_deg",
        examples=[{"P1": 1.0}],
    )
    line: Lines | None = Field(
        default=None,
        description="which lines are limited, each by limit_a: L1, L2, L3, or the neutral N",
        examples=["L1"],
    )


class SiteSection(Section):
    """[site]: what posts have in common."""

    name: Text | None = Field(default=None, description="left out: that of the file", examples=["depot"])
    line_volts: Volts | None = Field(
        default=None, description="between two lines; needed where a DC post loads a line", examples=[400.0]
    )


class SiteTables(Section):
    """A site file."""

    site: SiteSection = SiteSection()
    posts: tuple[PostTable, ...] = ()
    limits: tuple[LimitTable, ...] = ()
