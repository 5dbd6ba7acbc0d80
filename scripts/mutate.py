"""Mutation tests: each small mistake of tests/mutants.toml, made in a copy of the tree, must be noticed by its tests.

A mutant names a file, a text that stands in it exactly once, the text that replaces it, and the tests that must fail
then. It is killed (a test fails, or does not end), SURVIVED, or STALE: its text is not there exactly once. The copy
without any mistake has to pass all of these tests first.

Numba's cache lies beside the kernels and goes by the time of a kernel's own file, not by those of the kernels that it
calls: where kernels are changed all are compiled anew, into a cache that is thrown away. Bytecode is not written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LIST = Path("tests") / "mutants.toml"
LONGEST_S = 300.0
"""A mutant whose tests take longer does not end."""
LEFT_OUT = (".git", ".venv", ".*_cache", ".hypothesis", "*.pyc", "*.egg-info", "build", "dist")
MAPPED = ("controllers", "worlds")
"""Folders that belong into the package: what the copy does not have there an editable install finds in the tree."""
ORIGINS = """
import sys
import robosim.controllers.parts, robosim.controllers.selfish, robosim.kind, robosim.worlds
robosim.kind.kinds()
print(*(module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "robosim"), sep="\\n")
"""
"""Prints where the package, its mapped folders, and the kinds of world that entry points name are imported from."""


class Mutant(NamedTuple):
    """A mistake in a `file` of the tree, and the `tests` (files, or files::names) that are to notice it."""

    name: str
    file: str
    old: str
    new: str
    tests: list[str]


class Fate(NamedTuple):
    """killed, SURVIVED or STALE, how many seconds that took, and which test noticed the mistake."""

    what: str
    seconds: float = 0.0
    by: str = ""


def main() -> int:
    """Every mutant's fate and the score; 0 if all are killed, else 1."""
    parser = argparse.ArgumentParser(description="Does a test notice each small mistake of tests/mutants.toml?")
    parser.add_argument("--only", default="", metavar="PATTERN", help="those whose name or file contains this")
    parser.add_argument("--list", action="store_true", help="show them and run nothing")
    options = parser.parse_args()
    listed = [Mutant(**entry) for entry in tomllib.loads((ROOT / LIST).read_text(encoding="utf-8"))["mutant"]]
    mutants = [one for one in listed if options.only in one.name or options.only in one.file]
    if options.list or not mutants:
        print("\n".join(f"{one.file}: {one.name}" for one in mutants) or f"no mutant is called {options.only!r}")
        return int(not mutants)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copied(Path(folder) / "tree")
        refuse_failing(tree, sorted({test for one in mutants for test in one.tests}))
        fates = [reported(one, fate(tree, one)) for one in mutants]
    killed, stale = (sum(one.what == what for one in fates) for what in ("killed", "STALE"))
    print(f"{killed} of {len(fates)} killed ({killed / len(fates):.1%}), {stale} stale")
    return int(killed < len(fates))


def copied(tree: Path) -> Path:
    """A copy of the tree that is imported in place of what is installed."""
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for folder in MAPPED:
        link = tree / "robosim" / folder
        if not link.exists():
            link.symlink_to(Path("..") / folder)
    found = ran(tree, "-c", ORIGINS)
    origins = [Path(one).resolve() for one in found.stdout.splitlines()]
    if found.returncode or not all(one.is_relative_to(tree.resolve()) for one in origins):
        sys.exit(f"the copy {tree} is not what is imported: {found.stdout}{found.stderr}")
    return tree


def ran(tree: Path, *words: str, within_s: float | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy, with `more` in its environment; `CI` draws the same random examples every time."""
    told = {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1", **more}
    command, environment = [sys.executable, *words], os.environ | told
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=within_s)


def tested(tree: Path, tests: Iterable[str], within_s: float | None, **more: str) -> str:
    """What pytest complains of, "" where all tests pass. Raises `TimeoutExpired`."""
    found = ran(tree, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests, within_s=within_s, **more)
    return found.stdout + found.stderr if found.returncode else ""


def refuse_failing(tree: Path, tests: Iterable[str]) -> None:
    """End where a test fails without any mistake, or is not there: it would tell nothing about mutants."""
    complaints = tested(tree, tests, None)
    if complaints:
        sys.exit(f"{complaints}\nthe tests of these mutants fail without a mistake (mend them first)")


def fate(tree: Path, mutant: Mutant) -> Fate:
    """What becomes of a mutant."""
    begin, path = time.perf_counter(), tree / mutant.file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text.count(mutant.old) != 1:
        return Fate("STALE")
    with made(path, text.replace(mutant.old, mutant.new)), tempfile.TemporaryDirectory() as cache:
        anew = {"NUMBA_CACHE_DIR": cache} if "njit" in text else {}
        try:
            complaints = tested(tree, mutant.tests, LONGEST_S, **anew)
        except subprocess.TimeoutExpired:
            complaints = f"FAILED to end within {LONGEST_S:g} s"
    by = next((line for line in complaints.splitlines() if line.startswith(("FAILED", "ERROR"))), complaints[-80:])
    return Fate("killed" if complaints else "SURVIVED", time.perf_counter() - begin, by.partition(" - ")[0])


@contextmanager
def made(path: Path, text: str) -> Iterator[None]:
    """The file with a mistake, for a while; then it is what it was, and as old as it was."""
    before, stat = path.read_bytes(), path.stat()
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def reported(mutant: Mutant, found: Fate) -> Fate:
    """One line for a mutant, and who noticed it below; returns its fate."""
    print(f"{found.what:<8} {found.seconds:5.1f} s  {mutant.file}: {mutant.name}", flush=True)
    if found.by:
        print(f"{'':19}{found.by}", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
