"""Folders that are one unit on disk, and files that are written whole or not at all.

A record is written into a folder `.saving-…` inside its own, checked there, and becomes the truth when that folder is
renamed to `.saved`: one step, which happens or does not. Its files are then moved to their places; whoever reads looks
into `.saved` first, so that a save which was killed on the way is whole all the same, and the next one tidies up. This
needs no second name in the parent folder, works where the folder is mounted, a link, or somebody's current one, and
leaves alone what else stands in it, such as pictures.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from robosim.errors import BadInput
from robosim.files.content import bytes_of
from robosim.files.writing import printable
from robosim.stopping import held

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

FILES = ("world.toml", "trajectory.npz", "mission.json")
SUMMARY = FILES[-1]
"""What names the others."""
SAVED, SAVING = ".saved", ".saving-"
SEAL = ("robosim", "world", "kind")
"""Keys of the `mission.json` of every record."""


def save_folder(target: Path, content: Mapping[str, bytes], summary: Mapping[str, Any]) -> Path:
    """Write a record's files, by their names in the folder (made if missing), and `mission.json`.

    `mission.json` is the summary with the sha256 of the other files and of itself, so that damage is seen on loading.
    Raises `BadInput` if the folder cannot be written, or holds a file of such a name and no record; it then holds what
    it held before.
    """
    manifest = {name: sha256(x) for name, x in content.items()}
    whole = {**content, SUMMARY: sealed({**summary, "manifest": manifest})}
    taken = [] if holds_record(target) else [name for name in whole if os.path.exists(target / name)]
    if taken:
        raise BadInput(printable(f"{target}: holds {taken[0]!r} and is no record (choose another folder)"))
    try:
        with held():
            target.mkdir(parents=True, exist_ok=True)
            with _alone(target):
                tidy(target)
                before = _named(target)
                _commit(target, whole)
                with suppress(OSError):  # the record is there, whatever happens to what is left of the old one
                    tidy(target)
                    _remove(target, before - set(whole))
    except OSError as problem:
        message = f"{target}: cannot be written: {problem.strerror or problem} (choose another folder)"
        raise BadInput(printable(message)) from None
    return target


def _commit(target: Path, whole: Mapping[str, bytes]) -> None:
    staged = Path(tempfile.mkdtemp(prefix=SAVING, dir=target))
    try:
        staged.chmod(0o755)
        for name, x in whole.items():
            place = staged / name
            place.parent.mkdir(exist_ok=True)
            _write(place, x)
        for folder in {(staged / name).parent for name in whole}:
            _settle(folder)
        for name, x in whole.items():
            if (staged / name).read_bytes() != x:
                raise OSError(f"{name} came back otherwise than it was written")
        staged.replace(target / SAVED)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    with suppress(OSError):
        _settle(target)


def tidy(target: Path) -> None:
    """Finish a save that was stopped, and remove what is left of those that never came so far."""
    saved = target / SAVED
    for path in sorted(saved.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(saved)
            place.parent.mkdir(exist_ok=True)
            path.replace(place)
    if saved.is_dir():
        for folder in {path.parent for path in saved.rglob("*")} | {saved}:
            _settle(target / folder.relative_to(saved))
        shutil.rmtree(saved)
    for path in target.glob(f"{SAVING}*"):
        shutil.rmtree(path, ignore_errors=True)


def tidied(folder: Path) -> Path:
    """The folder, after a save in it that was stopped is finished, where that can be done."""
    if (folder / SAVED).is_dir():
        with suppress(OSError), _alone(folder):
            tidy(folder)
    return folder


def place_of(folder: Path, name: str) -> Path:
    """Where a file of a record stands: a save that was stopped on the way has it in `.saved` still."""
    waiting = folder / SAVED / name
    return waiting if waiting.exists() else folder / name


def holds_record(folder: Path) -> bool:
    """Whether a folder was written as a record, sound or not."""
    return os.path.exists(place_of(folder, SUMMARY))


def is_record(folder: Path) -> bool:
    """Whether a folder looks like one, at a glance."""
    try:
        summary = json.loads(bytes_of(place_of(folder, SUMMARY)))
    except (BadInput, OSError, ValueError, RecursionError):
        return False
    return isinstance(summary, dict) and all(key in summary for key in SEAL)


def _named(target: Path) -> set[str]:
    """What the record that stands there says of its files."""
    with suppress(BadInput, OSError, ValueError, RecursionError, AttributeError, TypeError):
        return {name for name in json.loads(bytes_of(target / SUMMARY))["manifest"] if inside(name)}
    return set()


def _remove(target: Path, names: set[str]) -> None:
    for name in names:
        (target / name).unlink(missing_ok=True)
    for folder in {Path(name).parent for name in names} - {Path()}:
        with suppress(OSError):  # something else stands in it
            (target / folder).rmdir()


def inside(name: object) -> bool:
    """Whether a name in a manifest is one that a record can have: a file in its folder or one below.

    >>> inside("inputs/day.csv"), inside("../day.csv"), inside("/etc/passwd")
    (True, False, False)
    """
    if not isinstance(name, str) or "\\" in name or "\0" in name:
        return False
    parts = name.split("/")
    return 0 < len(parts) <= 2 and all(part and not part.startswith(".") for part in parts)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """No other process saves into the folder meanwhile, where the file system knows locks."""
    if fcntl is None:
        yield
        return
    handle = os.open(target, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """What was renamed in a folder stays so when the power fails, where the system can promise that."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a temporary file beside `path`, flush it to the disk and rename it: readers see old or new, never half."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        _write(Path(temporary), content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sealed(summary: Mapping[str, Any]) -> bytes:
    """The summary with the sha256 of its canonical form as the last key."""
    return json.dumps({**summary, "sha256": sha256(canonical(summary))}, indent=1, allow_nan=False).encode()


def opened(path: Path, content: bytes) -> dict[str, Any]:
    """A summary whose seal is whole. Raises `BadInput`."""
    try:
        summary: dict[str, Any] = json.loads(content, parse_constant=_no_number)
        seal = summary.pop("sha256")
        whole = seal == sha256(canonical(summary))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise damaged(path, "not the JSON of a robosim record") from None
    if not whole:
        raise damaged(path, "its sha256 does not match its content")
    return summary


def damaged(path: Path, why: str) -> BadInput:
    """The error for a file of a record that is not as it was written."""
    return BadInput(printable(f"{path}:1: damaged: {why} (run the mission again)"))


def _no_number(word: str) -> None:
    raise ValueError(word)


def canonical(summary: Mapping[str, Any]) -> bytes:
    """JSON whose bytes depend on nothing but the values."""
    return json.dumps(summary, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def sha256(content: bytes) -> str:
    """In hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def refuse_foreign(folder: Path) -> None:
    """Raise `BadInput` unless `folder` is missing, empty, or holds a record of robosim's, which may be replaced.

    Also where it cannot be made or written: that is found out before the mission is played.
    """
    try:
        names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as problem:
        raise BadInput(printable(f"--out: {folder}: {problem.strerror} (name a new folder)")) from None
    found = next((name for name in names if name != SAVED and not name.startswith(SAVING)), None)
    if found is not None and not is_record(folder):
        message = f"--out: {folder} is not empty and no record, it holds {found!r} (name a new folder)"
        raise BadInput(printable(message))
    here = next((one for one in (folder, *folder.absolute().parents) if one.exists()), Path("/"))
    if not here.is_dir() or not os.access(here, os.W_OK | os.X_OK):
        raise BadInput(printable(f"--out: {folder}: {here} cannot be written (name another folder)"))
