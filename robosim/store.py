"""Records on disk: a folder of `world.toml`, `trajectory.npz` and `mission.json`, each written whole or not at all.

`mission.json` is written last and holds the sha256 of the others and of itself, so that damage is seen on loading.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from robosim.errors import BadInput
from robosim.packing import Parts, put_together, take_apart
from robosim.records.record import Epsilon, Gain, Mechanism, Record, Verdict
from robosim.result import result

SCHEMA = 1
FILES = ("world.toml", "trajectory.npz", "mission.json")


def save_record(record: Record, folder: str | Path) -> Path:
    """Write a record into `folder` (made if missing); files that are there are replaced one by one.

    Raises `BadInput` if the folder cannot be written.
    """
    target = Path(folder)
    parts = take_apart(record)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **parts.arrays)
    world, trajectory = record.world_toml.encode(), buffer.getvalue()
    try:
        target.mkdir(parents=True, exist_ok=True)
        write_atomically(target / "world.toml", world)
        write_atomically(target / "trajectory.npz", trajectory)
        write_atomically(target / "mission.json", _sealed(_summary(record, parts.plain, world, trajectory)))
    except OSError as problem:
        raise BadInput(f"{target}: cannot be written: {problem.strerror} (choose another folder)") from None
    return target


def load_record(folder: str | Path) -> Record:
    """Read a record back, bit for bit.

    Raises `BadInput` naming the file that is missing, damaged or of a later version.
    """
    source = Path(folder)
    parts = {name: _read(source / name) for name in FILES}
    summary = _opened(source / "mission.json", parts["mission.json"])
    for name in FILES[:2]:
        if summary["manifest"][name] != _sha256(parts[name]):
            raise BadInput(
                f"{source / name}:1: damaged: its sha256 is not the one in mission.json (run the mission again)"
            )
    with np.load(io.BytesIO(parts["trajectory.npz"]), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    verdict = _verdict(summary)
    return put_together(
        Parts(summary["mission"], arrays), world_toml=parts["world.toml"].decode(), judge=lambda _: verdict
    )


def write_atomically(path: Path, content: bytes) -> None:
    """Write a temporary file beside `path`, flush it to the disk and rename it: readers see old or new, never half."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _summary(record: Record, plain: dict[str, Any], world: bytes, trajectory: bytes) -> dict[str, Any]:
    manifest = {"world.toml": _sha256(world), "trajectory.npz": _sha256(trajectory)}
    return {**result(record), "schema": SCHEMA, "mission": plain, "manifest": manifest}


def _sealed(summary: dict[str, Any]) -> bytes:
    """The summary with the sha256 of its canonical form as the last key."""
    return json.dumps({**summary, "sha256": _sha256(_canonical(summary))}, indent=1).encode()


def _opened(path: Path, content: bytes) -> dict[str, Any]:
    try:
        summary: dict[str, Any] = json.loads(content)
        seal = summary.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise BadInput(f"{path}:1: damaged: not the JSON of a robosim record (run the mission again)") from None
    if seal != _sha256(_canonical(summary)):
        raise BadInput(f"{path}:1: damaged: its sha256 does not match its content (run the mission again)")
    if summary.get("schema") != SCHEMA:
        raise BadInput(
            f"{path}:1: schema: version {summary.get('schema')!r} is not {SCHEMA} (use the robosim that wrote it: "
            f"{summary.get('robosim')})"
        )
    return summary


def _verdict(summary: dict[str, Any]) -> Verdict:
    rules = summary.get("mechanisms")
    return Verdict(
        social_cost=summary["social_cost"],
        optimum=summary["optimum"],
        budget=summary["budget"],
        individually_rational=summary["individually_rational"],
        epsilon=Epsilon(**summary["epsilon"]),
        gains=tuple(Gain(**gain) for gain in summary["gains"]),
        mechanisms=None if rules is None else tuple(_mechanism(rule) for rule in rules),
    )


def _mechanism(rule: dict[str, Any]) -> Mechanism:
    found: dict[str, Any] = {key: tuple(x) if isinstance(x, list) else x for key, x in rule.items()}
    return Mechanism(**found)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise BadInput(
            f"{path}:1: cannot be read: {problem.strerror} (a record is a folder that robosim run --out wrote)"
        ) from None


def _canonical(summary: dict[str, Any]) -> bytes:
    return json.dumps(summary, sort_keys=True, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
