"""An instance from a file of any format; npz archives are read without pickle, every problem names file and array."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from robosim.errors import BadInput
from robosim.files.arrays import arrays_of, npz
from robosim.files.complaint import complaint, refusal
from robosim.files.content import opened
from robosim.files.store import write_atomically
from robosim.files.writing import shown
from robosim.freight.roads.handwritten import read_handwritten
from robosim.freight.roads.instance import Instance

COPIES = 3
"""Of the arrays while an instance is made: as read, checked, and with the edges that are used."""
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
NAMES = {WRITTEN_AS.get(name, name) for name in NEEDED + WELCOME} | {"c0"}
"""What is read of an archive; other arrays stay packed."""


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
        More than there is room for when unpacked, `robosim.files.content.limit_bytes`.
    """
    file = str(path)
    with opened(path) as archive:
        arrays = arrays_of(archive, file, NAMES, times=COPIES)
    try:
        return Instance.checked(place=f"{file}:1: ", **_content(arrays, file))
    except (ValueError, TypeError, ArithmeticError, AttributeError, IndexError) as error:
        raise refusal(file, f"cannot be read: {error}", "write it with numpy.savez") from None


def _content(arrays: dict[str, Any], file: str) -> dict[str, Any]:
    """Arrays by field of the instance."""
    missing = [WRITTEN_AS.get(name, name) for name in NEEDED if WRITTEN_AS.get(name, name) not in arrays]
    if not {"c0", "congestion"} & set(arrays):
        missing.append("congestion")
    if missing:
        there = f"is missing (arrays: {', '.join(arrays)})"
        raise BadInput("\n".join(complaint(file, 1, name, there) for name in missing))
    fields = {name: WRITTEN_AS.get(name, name) for name in NEEDED + WELCOME}
    content = {name: arrays[written] for name, written in fields.items() if written in arrays}
    if "congestion" not in content:
        content["congestion"] = _constant(arrays["c0"], content["path_incidence"], file)
    return content


def _constant(c0: Any, incidence: Any, file: str) -> Any:
    if np.shape(c0) != ():
        message = f"must be one number, got the shape {np.shape(c0)}"
        raise refusal(file, message, "or congestion, one an edge", column="c0")
    return np.full(np.shape(incidence)[-1:], c0)


def write_archive(path: str | Path, instance: Instance) -> None:
    """Write an npz archive that `read_archive` reads as the same instance."""
    content = {WRITTEN_AS.get(name, name): value for name, value in vars(instance).items() if value is not None}
    write_atomically(Path(path), npz(content))


def read_instance(path: str | Path) -> Instance:
    """The instance of an npz archive (`read_archive`) or of a TOML text (`read_handwritten`).

    Raises
    ------
    BadInput
        Every problem of the file, one a line.
    TooLarge
        A text of more than 1 MB, an archive for which there is no room when unpacked.
    """
    ending = Path(path).suffix.lower()
    if ending == ".npz":
        return read_archive(path)
    if ending == ".toml":
        return read_handwritten(path)
    raise refusal(str(path), f"must end in .npz or .toml, got {shown(ending)}", "rename it if it is one")
