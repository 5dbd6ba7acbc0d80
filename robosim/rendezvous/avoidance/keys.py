"""Keys of world files in which robots have a size: `[avoidance]`, `[[obstacle]]`, `[formation]`, `robots.radius_m`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from robosim.scenario.fields import Finite, Point, Positive, Section, Share

Radius = Annotated[
    Annotated[tuple[Positive, ...], Field(min_length=1), Tag("<list>")] | Annotated[Positive, Tag("<number>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list | tuple) else "<number>"),
]
"""One number for all robots, or one for each."""


class Avoidance(Section):
    """[avoidance]: how robots with a size keep apart."""

    mode: Literal["none", "shared", "joint"] = Field(
        default="shared",
        description="none: they pass through each other; shared: each keeps half of each distance; joint: the least "
        "change for the whole team",
    )
    share: Share = Field(default=0.5, description="of h = |d|² - D² that one control step may use up")
    keep_right: bool = Field(default=True, description="whether who is held up turns to the right")


class Obstacle(Section):
    """One `[[obstacle]]` table: something that stands in the way."""

    shape: Literal["disc", "sphere", "box", "polygon"] = Field(description="what it is", examples=["disc"])
    center_m: Point | None = Field(default=None, description="its centre (not of a polygon), m", examples=[[1.0, 2.0]])
    radius_m: Positive | None = Field(default=None, description="of a disc or a sphere, m", examples=[0.5])
    size_m: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)] | None = Field(
        default=None, description="lengths of the sides of a box, m", examples=[[1.0, 0.5]]
    )
    angle_rad: Finite | None = Field(
        default=None, description="by which a box is turned anticlockwise, seen from above, rad"
    )
    corners_m: Annotated[tuple[Point, ...], Field(min_length=3)] | None = Field(
        default=None, description="of a polygon, in order, m", examples=[[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]
    )


class Formation(Section):
    """[formation]: where robots stand around the point on which they agree."""

    shape: Literal["point", "line", "circle", "grid", "given"] = Field(default="point", description="its shape")
    spacing_m: Positive | None = Field(default=None, description="between neighbours, m", examples=[0.5])
    radius_m: Positive | None = Field(default=None, description="of a circle, m", examples=[2.0])
    offsets_m: Annotated[tuple[Point, ...], Field(min_length=1)] | None = Field(
        default=None,
        description='one place a robot for shape = "given", around any point, m',
        examples=[[[0.0, 0.0], [1.0, 0.0]]],
    )
