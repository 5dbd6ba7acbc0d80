"""Archives of arrays, npz: nothing is unpickled, and sizes are known before anything is unpacked."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Collection, Mapping
from typing import IO, Any

import numpy as np

from robosim.errors import RobosimError
from robosim.files.complaint import refusal
from robosim.files.content import VARIABLE, amount, limit_bytes, too_large

PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""How numpy.savez and savez_compressed write; other ways need memory that the directory does not tell of."""


def npz(arrays: Mapping[str, Any]) -> bytes:
    """The bytes of a compressed archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def arrays_of(
    content: IO[bytes],
    file: str,
    wanted: Collection[str] | None = None,
    fix: str = "write it with numpy.savez",
    others: bool = True,
    times: int = 1,
) -> dict[str, Any]:
    """The arrays of an npz archive by name: all, or those `wanted` that it has. Nothing is unpickled.

    Without `others` an array that is not wanted is refused. There must be room for all of them so many `times`.

    Raises
    ------
    BadInput
        No archive, damaged, an array of Python objects, or one whose header does not fit its bytes.
    TooLarge
        More than `limit_bytes` when unpacked, wanted or not: seen in the directory, before any of it is.
    """
    try:
        with zipfile.ZipFile(content) as archive:
            members = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
            entries = {entry.filename.removesuffix(".npy"): entry for entry in members}
            if len(entries) < len(members):
                raise ValueError("a name stands there twice")
            size, limit = sum(entry.file_size for entry in archive.infolist()), limit_bytes() // times
            if size > limit:
                raise too_large(file, f"{amount(size)} when unpacked", f"at most {amount(limit)}; {VARIABLE} raises it")
            strange = [] if others or wanted is None else [name for name in entries if name not in wanted]
            if strange:
                raise refusal(file, "is no array that belongs here", fix, column=strange[0][:64])
            chosen = [name for name in entries if wanted is None or name in wanted]
            return {name: _array(archive, entries[name], name, file) for name in chosen}
    except RobosimError:
        raise
    except zipfile.BadZipFile:
        raise refusal(file, "not an npz archive, or damaged", fix) from None
    except Exception as error:  # zipfile and zlib have a dozen kinds for a damaged file
        raise refusal(file, f"damaged: {getattr(error, 'strerror', None) or error}", fix) from None


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, file: str) -> Any:
    try:
        if entry.compress_type not in PACKED:
            raise ValueError("compressed otherwise than numpy does")
        with archive.open(entry) as member:
            version = np.lib.format.read_magic(member)
            first = version == (1, 0)
            read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(member)
            if dtype.hasobject or math.prod(shape) * dtype.itemsize != entry.file_size - member.tell():
                raise ValueError("objects, or a header that does not fit")
        with archive.open(entry) as member:
            return np.lib.format.read_array(member, allow_pickle=False)
    except Exception:  # as above
        why = "cannot be read: damaged, or Python objects"
        raise refusal(file, why, "save arrays of numbers", column=name[:64]) from None
