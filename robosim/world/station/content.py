"""The text of a data file, plain or compressed by gzip, or a `RobosimError`, whatever its bytes are."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from robosim.errors import TooLarge
from robosim.world.station.complaints import complaint, refusal

LARGEST = 100 * 10**6
"""Bytes; a year at a large site takes 2 MB as a table and 15 MB as JSON."""
GZIP = b"\x1f\x8b"


def text_of(path: str | Path) -> str:
    """The whole text, UTF-8 with or without a byte order mark.

    Raises
    ------
    BadInput
        No such file, a folder, broken compression, not UTF-8.
    TooLarge
        More than 100 MB.
    """
    file = str(path)
    content = _small(_content(Path(path), file), file)
    if content.startswith(GZIP):
        content = _small(_decompressed(content, file), file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(file, f"not UTF-8: byte 0x{content[error.start]:02x}", "save the file as UTF-8", line) from None


def _small(content: bytes, file: str) -> bytes:
    if len(content) > LARGEST:
        raise TooLarge(complaint(file, 1, "file", "more than 100 MB (cut out the days that you need)"))
    return content


def _content(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise refusal(file, "no such file", "check the path; a path in an option is relative to this folder") from None
    except IsADirectoryError:
        raise refusal(file, "is a folder", "name the file in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise refusal(file, f"cannot be read: {reason}", "check the path and its permissions") from None


def _decompressed(content: bytes, file: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as opened:
            return opened.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error):
        raise refusal(file, "broken gzip compression", "compress or copy the file again") from None
