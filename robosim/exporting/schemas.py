"""The messages of Foxglove that exports use, as JSON schemas (docs.foxglove.dev/docs/sdk/schemas), and of numbers.

A field is here as its documentation has it; what robosim never sends (cubes, triangles, models) is a list of objects.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}
YES: Schema = {"type": "boolean"}
UNKNOWN: Schema = {"type": ["number", "null"]}
"""A number, null where nobody knows it."""


def of(title: str, **fields: Schema) -> Schema:
    """An object that has all of these fields."""
    return {"title": title, "type": "object", "properties": fields, "required": list(fields)}


def many(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


ANYTHING = many({"type": "object"})
PART = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
TIME = of("time", sec={"type": "integer", "minimum": 0}, nsec=PART)
DURATION = of("duration", sec=WHOLE, nsec=PART)
VECTOR = of("foxglove.Vector3", x=NUMBER, y=NUMBER, z=NUMBER)
POINT = of("foxglove.Point3", x=NUMBER, y=NUMBER, z=NUMBER)
TURN = of("foxglove.Quaternion", x=NUMBER, y=NUMBER, z=NUMBER, w=NUMBER)
POSE = of("foxglove.Pose", position=VECTOR, orientation=TURN)
COLOUR = of("foxglove.Color", r=NUMBER, g=NUMBER, b=NUMBER, a=NUMBER)
ARROW = of(
    "foxglove.ArrowPrimitive", pose=POSE, shaft_length=NUMBER, shaft_diameter=NUMBER, head_length=NUMBER,
    head_diameter=NUMBER, color=COLOUR,
)  # fmt: skip
SPHERE = of("foxglove.SpherePrimitive", pose=POSE, size=VECTOR, color=COLOUR)
CYLINDER = of("foxglove.CylinderPrimitive", pose=POSE, size=VECTOR, bottom_scale=NUMBER, top_scale=NUMBER, color=COLOUR)
LINE_STRIP, LINE_LOOP, LINE_LIST = 0, 1, 2
LINE = of(
    "foxglove.LinePrimitive", type={"enum": [LINE_STRIP, LINE_LOOP, LINE_LIST]}, pose=POSE, thickness=NUMBER,
    scale_invariant=YES, points=many(POINT), color=COLOUR, colors=many(COLOUR), indices=many(WHOLE),
)  # fmt: skip
WORDS = of(
    "foxglove.TextPrimitive", pose=POSE, billboard=YES, font_size=NUMBER, scale_invariant=YES, color=COLOUR, text=TEXT
)
ENTITY = of(
    "foxglove.SceneEntity", timestamp=TIME, frame_id=TEXT, id=TEXT, lifetime=DURATION, frame_locked=YES,
    metadata=many(of("foxglove.KeyValuePair", key=TEXT, value=TEXT)), arrows=many(ARROW), cubes=ANYTHING,
    spheres=many(SPHERE), cylinders=many(CYLINDER), lines=many(LINE), triangles=ANYTHING, texts=many(WORDS),
    models=ANYTHING,
)  # fmt: skip
MATCHING_ID = 0
DELETION = of("foxglove.SceneEntityDeletion", timestamp=TIME, type={"enum": [MATCHING_ID, 1]}, id=TEXT)
TRANSFORM = of(
    "foxglove.FrameTransform", timestamp=TIME, parent_frame_id=TEXT, child_frame_id=TEXT, translation=VECTOR,
    rotation=TURN,
)  # fmt: skip
INFO, WARNING = 2, 3
SCENE = of("foxglove.SceneUpdate", deletions=many(DELETION), entities=many(ENTITY))
TRANSFORMS = of("foxglove.FrameTransforms", transforms=many(TRANSFORM))
LOG = of(
    "foxglove.Log", timestamp=TIME, level={"enum": [0, 1, INFO, WARNING, 4, 5]}, message=TEXT, name=TEXT, file=TEXT,
    line=WHOLE,
)  # fmt: skip


def like(value: Any) -> Schema:
    """The schema of plain data as JSON knows it, from an example; of a list from its first element.

    >>> like({"round": 3, "bid_kw": [0.5, None]})["properties"]["bid_kw"]
    {'type': 'array', 'items': {'type': ['number', 'null']}}
    """
    if isinstance(value, dict):
        return of("robosim", **{key: like(x) for key, x in value.items()})
    if isinstance(value, list):
        return {"type": "array", "items": like(value[0]) if value else {}}
    if isinstance(value, bool):
        return YES
    return TEXT if isinstance(value, str) else UNKNOWN
