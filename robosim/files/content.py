"""What stands in a file, or a `RobosimError`, whatever its bytes are: texts and JSON; `arrays` reads archives.

Only regular files are read, as pipes and devices may never end; how large a content is is known from the file system
and the directories of archives before any of it is unpacked, and one limit holds for all: `limit_bytes`.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import os
import re
import stat
import zlib
from pathlib import Path
from typing import IO, Any

from robosim.errors import BadInput, TooLarge
from robosim.files.complaint import Place, complaint, line, refusal
from robosim.files.writing import shown

LARGEST = 100 * 10**6
"""Bytes of a text; a year at a large site takes 2 MB as a table and 15 MB as JSON."""
GZIP = b"\x1f\x8b"
VARIABLE = "ROBOSIM_MEMORY_GB"
UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
GIGABYTE = 10**9
NOWHERE = "check the path; a path in an option is relative to this folder"


def limit_bytes() -> int:
    """Half of the machine's memory, or the environment variable ROBOSIM_MEMORY_GB.

    Raises
    ------
    BadInput
        The variable is no positive number.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    try:
        gigabytes = float(given)
    except ValueError:
        gigabytes = math.nan
    if not 0 < gigabytes < math.inf:
        message = f"must be a number of gigabytes > 0, got {shown(given)} (for example {VARIABLE}=4)"
        raise BadInput(line(Place(True, "environment", 1), (VARIABLE,), message))
    return int(gigabytes * GIGABYTE)


def amount(size: int) -> str:
    """Bytes in the largest unit that leaves a whole number.

    >>> amount(1_400_000_000_000)
    '1.4 TB'
    """
    power = min((len(str(size)) - 1) // 3, len(UNITS) - 1)
    return f"{size / 1000**power:.4g} {UNITS[power]}"


def opened(path: str | Path, missing: str = NOWHERE, folder: str = "name the file in it") -> IO[bytes]:
    """A regular file, to be read. Raises `BadInput` with what to do about what is `missing`, or a `folder`."""
    file = str(path)
    try:
        kind = os.stat(path).st_mode  # before it is opened: that alone would wait for the other end of a pipe
        if not stat.S_ISREG(kind):
            raise IsADirectoryError if stat.S_ISDIR(kind) else OSError(0, "is no regular file")
        return Path(path).open("rb")
    except FileNotFoundError:
        raise refusal(file, "no such file", missing) from None
    except IsADirectoryError:
        raise refusal(file, "is a folder", folder) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise refusal(file, f"cannot be read: {reason}", "check the path and its permissions") from None


def bytes_of(
    path: str | Path,
    most: int | None = None,
    large: str = "is this the right file?",
    missing: str = NOWHERE,
    folder: str = "name the file in it",
) -> bytes:
    """The bytes of a regular file, at most `most` of them and never more than memory has room for.

    Raises
    ------
    BadInput
        No such file, a folder, a pipe, a device.
    TooLarge
        It is larger; `large` says what to do about it.
    """
    with opened(path, missing, folder) as file:
        limit = limit_bytes() if most is None else min(most, limit_bytes())
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        content = file.read(limit + 1) if size <= limit else b""
    if max(size, len(content)) > limit:
        raise too_large(str(path), f"more than {amount(limit)}", large)
    return content


def too_large(file: str, message: str, fix: str) -> TooLarge:
    """The error for what a limit refuses."""
    return TooLarge(complaint(file, 1, "file", f"{message} ({fix})"))


def text_of(
    path: str | Path,
    most: int | None = None,
    large: str = "cut out the days that you need",
    missing: str = NOWHERE,
    folder: str = "name the file in it",
) -> str:
    """The whole text, plain or compressed by gzip, UTF-8 with or without a byte order mark.

    Raises
    ------
    BadInput
        No such file, a folder, a pipe, broken compression, not UTF-8.
    TooLarge
        More than `most` bytes, 100 MB where nothing is said.
    """
    file, most = str(path), LARGEST if most is None else most
    content = bytes_of(path, most, large, missing, folder)
    if content.startswith(GZIP):
        content = _decompressed(content, file, min(most, limit_bytes()), large)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise refusal(file, f"not UTF-8: byte 0x{content[error.start]:02x}", "save the file as UTF-8", number) from None


def _decompressed(content: bytes, file: str, most: int, large: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            found = packed.read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise refusal(file, "broken gzip compression", "compress or copy the file again") from None
    if len(found) > most:
        raise too_large(file, f"more than {amount(most)}", large)
    return found


CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<word>NaN|-?Infinity)')
"""What Python reads beside JSON, outside of texts in quotes."""


def document(text: str, file: str, infinite: bool = False) -> Any:
    """The values of a JSON text; `infinite`: also Infinity and NaN, which Python writes where JSON has no word.

    Raises
    ------
    BadInput
        The text is empty or not JSON; NaN and Infinity are none, unless asked for.
    """
    if not text.strip():
        raise refusal(file, "is empty", "check that it was downloaded whole")
    try:
        return json.loads(text, parse_constant=float if infinite else _no_number)
    except json.JSONDecodeError as error:
        message = f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
        raise refusal(file, message, "the file must be JSON", error.lineno, "json") from None
    except _Constant as error:
        found = next((one for one in CONSTANT.finditer(text) if one["word"]), None)
        number = text.count("\n", 0, found.start()) + 1 if found else 1
        raise refusal(file, f"{error} is no number of JSON", "write null", number, "json") from None
    except (RecursionError, ValueError):  # ValueError: Python converts no integer of more than 4300 digits
        raise refusal(file, "brackets nested too deeply or a number too long", "is this the right file?") from None


class _Constant(Exception):
    """NaN or Infinity was met."""


def _no_number(word: str) -> None:
    raise _Constant(word)
