"""Where the files are that a freight world names, and where road files are to be had that are not there."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import Literal

from robosim.scenario.freight import Freight
from robosim.scenario.freight_sources import NET
from robosim.scenario.origin import Origin
from robosim.scenario.station_values import is_path

FileKey = Literal["instance", "roads", "trips", "nodes", "problem"]
FILES: tuple[FileKey, ...] = ("instance", "roads", "trips", "nodes", "problem")
"""Keys of [freight] that may name one."""
BESIDE: dict[FileKey, str] = {"trips": "_trips", "nodes": "_node"}
"""How the files that go with a road file are called, in place of its `_net`."""
SOURCE = "github.com/bstabler/TransportationNetworks"


def file_of(freight: Freight, origin: Origin, key: FileKey) -> Path | None:
    """Where the file is that `freight.key` names, None where it names none; there may be no such file."""
    given = getattr(freight, key)
    if key in BESIDE and given is None and freight.roads is not None:
        return _beside(Path(file_of(freight, origin, "roads") or ""), key)
    if not is_path(given):
        return None
    by_option = origin.place(("freight", key)).is_option
    return Path(given) if by_option or origin.path is None else origin.path.parent / given


def _beside(roads: Path, key: FileKey) -> Path | None:
    """The file that goes with a road file; coordinates that are not there are left out."""
    if not roads.stem.endswith(NET):
        return None
    path = roads.with_name(f"{roads.stem.removesuffix(NET)}{BESIDE[key]}{roads.suffix}")
    return path if key != "nodes" or os.path.exists(path) else None


def advice(key: FileKey, path: PurePath) -> str:
    """What to do about a file that is not there."""
    if key in ("instance", "problem"):
        return "a path in a world file is relative to it, one in an option to the current folder"
    return f"get it from {SOURCE}, folder {path.stem.split('_')[0]}, or name it by --set freight.{key}=FILE"
