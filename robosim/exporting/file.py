"""Messages → the bytes of an MCAP file: JSON with its schemas, the same bytes for the same messages."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robosim.exporting.messages import Message

LIBRARY = "robosim"


def written(messages: Iterable[Message]) -> bytes:
    """The file."""
    from mcap.writer import Writer

    buffer = io.BytesIO()
    writer: Any = Writer(buffer)
    writer.start(library=LIBRARY)
    channels: dict[str, int] = {}
    schemas: dict[str, int] = {}
    for number, one in enumerate(messages):
        if one.name not in schemas:
            schemas[one.name] = writer.register_schema(one.name, "jsonschema", _json(one.schema))
        if one.topic not in channels:
            channels[one.topic] = writer.register_channel(one.topic, "json", schemas[one.name])
        writer.add_message(channels[one.topic], one.ns, _json(one.says), one.ns, sequence=number)
    writer.finish()
    return buffer.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()
