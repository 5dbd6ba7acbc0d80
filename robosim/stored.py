"""Records read back from their folders, checked like any input: types, shapes, ranges, what can be made again."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from robosim import __version__
from robosim.errors import BadInput, RobosimError
from robosim.files.arrays import arrays_of
from robosim.files.content import bytes_of
from robosim.files.packing import Parts, put_together, wanted
from robosim.files.store import FILES, SUMMARY, damaged, inside, opened, place_of, sha256, tidied
from robosim.files.writing import printable, shown
from robosim.kind import Kind, kind_named, kinds
from robosim.provenance import Input, Provenance, placed
from robosim.record import SCHEMA, Record
from robosim.verdict import Verdict

LOG = logging.getLogger(__name__)
FROM = "a record is a folder that robosim run --out wrote"
SAME = 1e-9
"""What is computed again may differ by this share of the largest number beside it."""
OTHER_VERSION = "%s: was written by robosim %s, this is %s: figures that are computed again may differ"


def load_record(folder: str | Path) -> Record:
    """Read a record back, bit for bit.

    A file that the mission was made from and that is another one now is told of in a line of the log, and so is another
    version of robosim.

    Raises
    ------
    BadInput
        Names the file that is missing, damaged or of another schema, the field that is not as it must be or contradicts
        another one, or the kind of world that is not installed.
    TooLarge
        Its arrays take more than `robosim.files.content.limit_bytes`.
    """
    source = tidied(Path(folder))
    place = source / SUMMARY
    content, summary = _content(source, place)
    schema = summary.get("schema")
    if schema != SCHEMA or isinstance(schema, bool):
        raise _wrong(
            place, f"schema: version {shown(schema)} is not {SCHEMA}", f"use the robosim that wrote it: {_by(summary)}"
        )
    kind = _kind(place, summary)
    try:
        record = _record(source, kind, content, summary)
        for fault in record.faults():
            raise BadInput(fault)
        _hold_against(summary, record.summary(), same_version=summary.get("robosim") == __version__)
    except BadInput as problem:
        raise _wrong(place, f"mission.{problem}", "run the mission again") from None
    except RobosimError:
        raise
    except Exception as problem:  # whoever seals a record by hand can think of more than is checked above
        raise _wrong(place, f"mission: {type(problem).__name__}: {problem}", "run the mission again") from None
    if summary.get("robosim") != __version__:
        LOG.warning(OTHER_VERSION, printable(str(source)), _by(summary), __version__)
    for one in record.provenance.inputs:
        _tell_of(source, one)
    return record


def _wrong(place: Path, message: str, fix: str) -> BadInput:
    return BadInput(printable(f"{place}:1: {message} ({fix})"))


def _by(summary: Mapping[str, Any]) -> str:
    return printable(f"{summary.get('robosim')!s:.20}")


def _content(source: Path, place: Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files that the manifest names, whole, and the summary."""
    summary = opened(place, _part(source, SUMMARY))
    manifest = summary.get("manifest")
    if not isinstance(manifest, dict) or not set(FILES[:2]) <= set(manifest) or not all(map(inside, manifest)):
        raise damaged(place, "its manifest does not name the files of a record")
    content = {name: _part(source, name) for name in manifest}
    for name, x in content.items():
        if manifest[name] != sha256(x):
            raise damaged(source / name, "its sha256 is not the one in mission.json")
    return content, summary


def _part(source: Path, name: str) -> bytes:
    try:
        return bytes_of(place_of(source, name))
    except BadInput as problem:
        reason = str(problem).partition(": file: ")[2].removeprefix("cannot be read: ").partition(" (")[0]
        raise _wrong(source / name, f"cannot be read: {reason}", FROM) from None


def _kind(place: Path, summary: Mapping[str, Any]) -> Kind:
    noun = summary.get("noun")
    kind = kind_named(noun) if isinstance(noun, str) else None
    if kind is None:
        there = ", ".join(kinds())
        raise _wrong(
            place, f"noun: no kind of world {shown(noun)} is installed, there are {there}", "install its package"
        )
    return kind


def _record(source: Path, kind: Kind, content: Mapping[str, bytes], summary: Mapping[str, Any]) -> Record:
    told = {one.name: summary.get(one.name) for one in fields(Provenance)}
    provenance: Provenance = put_together(Provenance, Parts(told, {}))
    copies = {one.copy: content.get(one.copy) for one in provenance.inputs if one.copy is not None}
    if set(copies) != set(content) - set(FILES):
        raise BadInput("inputs: are not the copies that the manifest names")
    plain = summary.get("mission")
    archive = str(source / FILES[1])
    arrays = arrays_of(io.BytesIO(content[FILES[1]]), archive, wanted(plain), "run the mission again", others=False)
    world = content[FILES[0]].decode("utf-8")
    found: Record = put_together(
        kind.record(),
        Parts(plain, arrays),  # type: ignore[arg-type]
        world_toml=placed(world, {key: str((source / copy).absolute()) for key, copy in provenance.copied().items()}),
        judged=put_together(Verdict, Parts(summary.get("verdict"), {})),  # type: ignore[arg-type]
        provenance=provenance,
        copies=copies,
    )
    return found


def _hold_against(told: Mapping[str, Any], again: Mapping[str, Any], same_version: bool) -> None:
    """Raise `BadInput` where the summary does not follow from the arrays; another version may say more, or less."""
    for key, value in again.items():
        if key == "robosim" or (not same_version and key not in told):
            continue
        if not _alike(told.get(key), value, same_version):
            raise BadInput(f"{key}: does not follow from the rest of the record")


def _alike(a: Any, b: Any, same_version: bool) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        keys = set(a) | set(b) if same_version else set(a) & set(b)
        return all(key in a and key in b and _alike(a[key], b[key], same_version) for key in keys)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return False
        numbers = all(type(x) in (int, float) for x in (*a, *b))
        return _close(a, b) if numbers else all(_alike(x, y, same_version) for x, y in zip(a, b, strict=True))
    if type(a) in (int, float) and type(b) in (int, float):
        return _close([a], [b])
    return bool(a == b and type(a) is type(b))


def _close(a: list[Any], b: list[Any]) -> bool:
    x, y = np.array(a, dtype=np.float64), np.array(b, dtype=np.float64)
    return bool((np.abs(x - y) <= SAME * np.abs(y).max(initial=0.0) + np.finfo(np.float64).tiny).all())


def _tell_of(source: Path, one: Input) -> None:
    """A line about a file that is not what it was when the mission was made."""
    path = Path(one.path)
    if not path.exists():
        return
    try:
        changed = path.stat().st_size != one.size or sha256(bytes_of(path)) != one.sha256
    except (OSError, RobosimError):
        changed = True
    if changed:
        kept = f"the record keeps it as {source / one.copy}" if one.copy else "the record keeps no copy of it"
        LOG.warning("%s", printable(f"{one.path}: {one.key} has changed since the mission was run; {kept}"))
