"""The file of a study: SQLite, one transaction for each finished batch; who is killed loses what was not finished.

The plan stands in the file, so that a study goes on only as it was begun. Write-ahead logging lets others read while a
study runs; a lock beside the file keeps a second one from running the same batches.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from robosim.errors import BadInput
from robosim.files.store import canonical, sha256
from robosim.study.job import Job, Outcome
from robosim.study.plan import Plan, changes, stored
from robosim.study.quantities import Figure

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

FORMAT = 1
SEAL = 0x726F6273
"""What SQLite calls the application of a file: "robs"."""
TABLES = """
CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE made_with (id INTEGER PRIMARY KEY, told TEXT NOT NULL UNIQUE);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY, world TEXT NOT NULL, keys TEXT NOT NULL, seed INTEGER NOT NULL, unit TEXT NOT NULL,
    failed TEXT, exit_code INTEGER NOT NULL, cpu_s REAL NOT NULL, made_with INTEGER NOT NULL REFERENCES made_with
);
CREATE TABLE figures (
    number INTEGER NOT NULL REFERENCES batches, tax TEXT NOT NULL, strategy TEXT NOT NULL, quantity TEXT NOT NULL,
    value REAL, why TEXT, PRIMARY KEY (number, tax, strategy, quantity)
) WITHOUT ROWID;
"""
OTHERWISE = "name another file with --out"


class Batch(NamedTuple):
    """A finished batch as it stands in the file."""

    number: int
    world: str
    keys: dict[str, Any]
    seed: int
    unit: str
    failed: str | None
    exit_code: int
    cpu_s: float
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that a study has found so far.

    `plan` is what `stored` kept; `made_with` are the versions and machines that had a part in it.
    """

    plan: dict[str, Any]
    batches: tuple[Batch, ...]
    made_with: tuple[dict[str, str], ...]

    @property
    def digest(self) -> str:
        """The sha256 of everything but times and machines: equal for equal tables."""
        told = [[one.number, one.world, one.keys, one.seed, one.failed, list(map(list, one.figures))]
                for one in self.batches]  # fmt: skip
        return sha256(canonical({"batches": told}))


class Book:
    """A study's file, open to be gone on with; `writing` opens one."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self.path = path

    def finished(self) -> set[int]:
        """Numbers of the batches that are done."""
        return {number for (number,) in self._database.execute("SELECT number FROM batches")}

    def failures(self) -> list[tuple[int, str]]:
        """Batches that failed, and why."""
        return list(self._database.execute("SELECT number, failed FROM batches WHERE failed IS NOT NULL"))

    def forget_failures(self) -> None:
        """Batches that failed are to be played again."""
        with self._whole():
            self._database.execute("DELETE FROM batches WHERE failed IS NOT NULL")

    def keep(self, job: Job, outcome: Outcome) -> None:
        """One batch, whole or not at all; one that is there already stays as it is."""
        with self._whole():
            told = json.dumps(outcome.made_with, sort_keys=True)
            self._database.execute("INSERT OR IGNORE INTO made_with (told) VALUES (?)", (told,))
            ((made,),) = self._database.execute("SELECT id FROM made_with WHERE told = ?", (told,))
            keys = json.dumps(job.keys)
            row = (job.number, job.world["name"], keys, job.seed, outcome.unit, outcome.failed, outcome.exit_code)
            done = self._database.execute(
                "INSERT OR IGNORE INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, outcome.cpu_s, made)
            )
            if done.rowcount:
                rows = [(job.number, *one) for one in outcome.figures]
                self._database.executemany("INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


@contextmanager
def writing(path: Path, plan: Plan) -> Iterator[Book]:
    """A new file, or one of the same study to go on with.

    Raises `BadInput` for a file that is none, is being written by another process, was begun otherwise (each change by
    the line that says it), or cannot be written.
    """
    with _alone(path), _open(path) as database:
        _ready(database, path, plan)
        yield Book(database, path)


def _ready(database: sqlite3.Connection, path: Path, plan: Plan) -> None:
    """The tables and the plan, in one transaction; or the same plan as there is."""
    told = stored(plan)
    if not _is_empty(database):
        _refuse_foreign(database, path)
        before = json.loads(_value(database, "plan"))
        changed = changes(before, plan)
        if changed:
            fix = f"(put it back, or begin anew: {OTHERWISE}; {path} holds another study)"
            raise BadInput("\n".join(f"{one} {fix}" for one in changed))
        database.execute("UPDATE study SET value = ? WHERE key = 'plan'", (json.dumps(told),))
        return
    database.execute("PRAGMA journal_mode = WAL")
    keys = {"format": FORMAT, "plan": told}
    database.execute("BEGIN IMMEDIATE")
    for statement in TABLES.split(";\n"):
        database.execute(statement)
    database.executemany("INSERT INTO study VALUES (?, ?)", [(key, json.dumps(x)) for key, x in keys.items()])
    database.execute(f"PRAGMA application_id = {SEAL}")
    database.execute("COMMIT")


def results(path: Path) -> Results:
    """What a file holds, also while a study runs. Raises `BadInput` for a file that is no study."""
    if not path.is_file():
        raise BadInput(f"{path}:1: file: no such file (name one that `robosim study run` wrote)")
    with _open(path) as database:
        _refuse_foreign(database, path)
        database.execute("BEGIN")  # one moment of a study that goes on
        figures: dict[int, list[Figure]] = {}
        for number, *figure in database.execute("SELECT * FROM figures ORDER BY number, tax, strategy, quantity"):
            figures.setdefault(number, []).append(Figure(*figure))
        columns = "number, world, keys, seed, unit, failed, exit_code, cpu_s"
        rows = database.execute(f"SELECT {columns} FROM batches ORDER BY number")
        batches = tuple(
            Batch(number, world, json.loads(keys), seed, unit, failed, code, cpu_s, tuple(figures.get(number, ())))
            for number, world, keys, seed, unit, failed, code, cpu_s in rows
        )
        made = tuple(json.loads(told) for (told,) in database.execute("SELECT told FROM made_with ORDER BY id"))
        return Results(plan=json.loads(_value(database, "plan")), batches=batches, made_with=made)


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose transactions are on the disk when they end; SQLite's own words become a line."""
    database = None
    try:
        database = sqlite3.connect(path, isolation_level=None, timeout=60.0)
        database.execute("PRAGMA synchronous = FULL")
        yield database
    except sqlite3.Error as problem:
        raise BadInput(
            f"{path}:1: file: {problem} (is it the file of a study, and is there room? {OTHERWISE})"
        ) from None
    finally:
        if database is not None:
            database.close()


def _is_empty(database: sqlite3.Connection) -> bool:
    return not list(database.execute("SELECT 1 FROM sqlite_master LIMIT 1"))


def _refuse_foreign(database: sqlite3.Connection, path: Path) -> None:
    ((seal,),) = database.execute("PRAGMA application_id")
    if seal != SEAL:
        raise BadInput(f"{path}:1: file: holds no study ({OTHERWISE})")
    version = json.loads(_value(database, "format"))
    if version != FORMAT:
        raise BadInput(f"{path}:1: format: is {version}, this robosim knows {FORMAT} (use the robosim that wrote it)")


def _value(database: sqlite3.Connection, key: str) -> str:
    ((value,),) = database.execute("SELECT value FROM study WHERE key = ?", (key,))
    return str(value)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other process runs the same study, where the file system knows locks; who is killed leaves none."""
    if fcntl is None:
        yield
        return
    beside = path.with_name(f".{path.name}.lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as problem:
        raise BadInput(f"{path}:1: file: cannot be written: {problem.strerror} ({OTHERWISE})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise BadInput(f"{path}:1: file: another process runs this study (wait for it, or {OTHERWISE})") from None
    except OSError:
        pass  # a file system without locks
    try:
        yield
    finally:
        with suppress(OSError):
            beside.unlink()
        os.close(handle)
