"""Instances as npz archives: read without pickle, every problem as one line that names the file and the array."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from robosim.errors import BadInput, TooLarge
from robosim.world.roads.instance import Instance

LARGEST = 10**9
"""Bytes of all arrays together; example 3 of the paper takes 0.1 MB."""
DAMAGED = (
    *(ValueError, TypeError, KeyError, ArithmeticError, SyntaxError, EOFError, OSError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)
"""What the standard readers raise at the bytes of a damaged archive."""
WRITTEN_AS = {
    "private_cost": "c",
    "positions": "point_pos",
    "roads": "road_edges_undirected",
    "edge_from_to": "used_edge_from_to",
}
"""Fields of an instance that have another name in the archive; the others have their own."""
NEEDED = ("private_cost", "path_incidence", "demand", "stock", "capacity", "comm_edges")
WELCOME = (
    "congestion",
    "power",
    "positions",
    "roads",
    "edge_from_to",
    "edge_length",
    "suppliers",
    "demanders",
    "goods",
)


def read_archive(path: str | Path) -> Instance:
    """The instance of an npz archive.

    It needs the arrays c (N, E), path_incidence (N, M, I, E), demand (M, K), stock (N, K), capacity (N, M), comm_edges
    (L, 2) and either congestion (E,) or c0, the same for all edges. It may have power, point_pos,
    road_edges_undirected, used_edge_from_to, edge_length and the names suppliers, demanders, goods.

    Raises
    ------
    BadInput
        No such file, not an archive, damaged; an array is missing, holds objects or wrong values.
    TooLarge
        More than 1 GB when unpacked.
    """
    file = str(path)
    refuse_large(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return Instance.checked(place=f"{file}: ", **_content(archive, file))
    except (*DAMAGED, AttributeError) as error:
        raise BadInput(f"{file}: file: {_reason(error)} (write it with numpy.savez)") from None


def refuse_large(path: str | Path) -> None:
    """Raise for what is no zip archive, or would take too much memory."""
    try:
        with zipfile.ZipFile(path) as opened:
            size = sum(entry.file_size for entry in opened.infolist())
    except FileNotFoundError:
        raise BadInput(f"{path}: file: no such file (check the path)") from None
    except IsADirectoryError:
        raise BadInput(f"{path}: file: is a folder (name the file in it)") from None
    except DAMAGED as error:
        raise BadInput(f"{path}: file: {_reason(error)} (write it with numpy.savez)") from None
    if size > LARGEST:
        raise TooLarge(f"{path}: file: {size / 1e9:.3g} GB when unpacked (at most {LARGEST / 1e9:g} GB)")


def _reason(error: Exception) -> str:
    if isinstance(error, zipfile.BadZipFile):
        return "not an npz archive, or damaged"
    return getattr(error, "strerror", None) or "cannot be read"


def _content(archive: NpzFile, file: str) -> dict[str, Any]:
    """Arrays by field of the instance."""
    missing = [WRITTEN_AS.get(name, name) for name in NEEDED if WRITTEN_AS.get(name, name) not in archive.files]
    if not {"c0", "congestion"} & set(archive.files):
        missing.append("congestion")
    if missing:
        raise BadInput(
            "\n".join(f"{file}: {name}: is missing (arrays: {', '.join(archive.files)})" for name in missing)
        )
    content = {
        name: _array(archive, WRITTEN_AS.get(name, name), file)
        for name in NEEDED + WELCOME
        if WRITTEN_AS.get(name, name) in archive.files
    }
    if "congestion" not in content:
        content["congestion"] = _constant(_array(archive, "c0", file), content["path_incidence"], file)
    return content


def _array(archive: NpzFile, name: str, file: str) -> Any:
    try:
        return archive[name]
    except DAMAGED:
        raise BadInput(f"{file}: {name}: cannot be read: damaged, or Python objects (save arrays of numbers)") from None


def _constant(c0: Any, incidence: Any, file: str) -> Any:
    if np.shape(c0) != ():
        raise BadInput(f"{file}: c0: must be one number, got the shape {np.shape(c0)} (or congestion, one an edge)")
    return np.full(np.shape(incidence)[-1:], c0)


def write_archive(path: str | Path, instance: Instance) -> None:
    """Write an npz archive that `read_archive` reads as the same instance."""
    content = {WRITTEN_AS.get(name, name): value for name, value in vars(instance).items() if value is not None}
    with Path(path).open("wb") as opened:
        np.savez_compressed(opened, allow_pickle=False, **content)
