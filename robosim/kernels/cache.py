"""Where numba keeps compiled kernels: beside their files, else in the user's cache, else in a temporary folder.

Where package and HOME are read-only numba itself finds no place, and refuses to compile. Compiled kernels are code: a
temporary folder is used again only if it is this user's and nobody else can write into it.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import tempfile
from pathlib import Path

from robosim.errors import BadInput

VARIABLE = "NUMBA_CACHE_DIR"
LOG = logging.getLogger(__name__)


def find_place() -> None:
    """Name a temporary folder where numba would find none, before any kernel is declared.

    Raises `BadInput` where not even that can be written.
    """
    if any(map(_writable, _usual_places())):
        return
    try:
        place = _temporary()
    except OSError:
        raise BadInput(f"{VARIABLE}: compiled kernels can be kept nowhere (set it to a folder to write to)") from None
    LOG.warning("compiled kernels are kept in %s: package and HOME cannot be written (set %s)", place, VARIABLE)
    os.environ[VARIABLE] = place
    if "numba" in sys.modules:  # somebody imported it before and it has read the variable
        sys.modules["numba"].config.CACHE_DIR = place


def _usual_places() -> list[Path]:
    """Where numba looks, in its order."""
    given = os.environ.get(VARIABLE)
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if sys.platform == "darwin":
        caches = os.path.expanduser("~/Library/Caches")
    elif sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA", caches)
    return [*([Path(given)] if given else []), Path(__file__).parent / "__pycache__", Path(caches) / "numba"]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _temporary() -> str:
    if not hasattr(os, "getuid"):
        return tempfile.mkdtemp(prefix="robosim-kernels-")
    place = Path(tempfile.gettempdir()) / f"robosim-kernels-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return str(place) if mine and _writable(place) else tempfile.mkdtemp(prefix="robosim-kernels-")
