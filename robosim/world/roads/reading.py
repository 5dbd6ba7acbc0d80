"""An instance from a file, whatever its format."""

from __future__ import annotations

from pathlib import Path

from robosim.errors import BadInput
from robosim.world.roads.archive import read_archive
from robosim.world.roads.handwritten import read_handwritten
from robosim.world.roads.instance import Instance
from robosim.world.station.complaints import shown


def read_instance(path: str | Path) -> Instance:
    """The instance of an npz archive (`read_archive`) or of a TOML text (`read_handwritten`).

    Raises
    ------
    BadInput
        Every problem of the file, one a line.
    TooLarge
        A text of more than 1 MB, an archive of more than 1 GB when unpacked.
    """
    ending = Path(path).suffix.lower()
    if ending == ".npz":
        return read_archive(path)
    if ending == ".toml":
        return read_handwritten(path)
    raise BadInput(f"{path}: file: must end in .npz or .toml, got {shown(ending)} (rename it if it is one)")
