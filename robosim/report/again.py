"""What plays a mission again: its world file, the files that it names, the command, and what it was made with."""

from __future__ import annotations

import base64
from typing import Any

from robosim.provenance import Input, placed
from robosim.record import Record

EMBEDDED = 300_000
"""Bytes of files that a page carries; of more it has the sha256 only."""


def again(record: Record) -> dict[str, Any]:
    """Everything as plain data; `files` have their content in base64 where the page carries it."""
    origin = record.provenance
    carried = sum(map(len, record.copies.values())) <= EMBEDDED
    return {
        "command": "robosim run world.toml --out again",
        "world_toml": placed(record.world_toml, origin.copied()),
        "files": [_file(record, one, carried) for one in origin.inputs],
        "not_reproducible": list(origin.not_reproducible),
        "made_with": dict(origin.made_with),
    }


def _file(record: Record, one: Input, carried: bool) -> dict[str, Any]:
    content = record.copies.get(one.copy or "") if carried else None
    told = {"key": one.key, "name": one.copy or one.path, "sha256": one.sha256, "size": one.size}
    return told | {"content": None if content is None else base64.b64encode(content).decode()}
