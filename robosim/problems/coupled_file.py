"""Coupled problems on disk: one .npz of plain arrays, nothing pickled, checked again when read."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from robosim.errors import BadInput, TooLarge
from robosim.problems.coupled import Coupled

EDGES = ("theta_data", "theta_indices", "theta_indptr")
MOST_BYTES = 4 << 30
"""What a file may unpack to."""
PLAIN = ("congestion", "power", "part", "slope", "A", "b", "limits", "most", "lower", "upper")


def save_problem(problem: Coupled, path: str | Path) -> Path:
    """Write the arrays of `Coupled`, Θ as theta_data, theta_indices, theta_indptr of its compressed rows; whole or not.

    `names` lists them, so that a file that has lost one is noticed.

    Raises `BadInput` if the file cannot be written.
    """
    target, buffer = Path(path), io.BytesIO()
    theta = {name: getattr(problem.theta, name.removeprefix("theta_")) for name in EDGES}
    plain = {name: np.asarray(getattr(problem, name)) for name in PLAIN}
    names = np.array([*theta, *plain])
    np.savez_compressed(buffer, allow_pickle=False, names=names, **theta, **plain)
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            file.write(buffer.getvalue())
        Path(file.name).chmod(0o644)
        os.replace(file.name, target)
    except OSError as problem_with_it:
        raise BadInput(f"{target}: cannot be written: {problem_with_it.strerror} (choose another place)") from None
    return target


def read_problem(path: str | Path) -> Coupled:
    """Read a problem back, bit for bit, or one written by hand: arrays named as in `Coupled.of`.

    Instead of the three parts of Θ a file may hold `theta` (E, N·n) or (N, E, n); `H` (N, n, n) adds quadratic costs,
    and `sense` may say "<=". What `Coupled.of` has a default for may be left out.

    Raises
    ------
    BadInput
        if the file cannot be read, lacks slope, A or b, or holds numbers that cannot be used: what `Coupled.of` says.
    TooLarge
        if it unpacks to more than 4 GB.
    """
    source = Path(path)
    arrays = _arrays(source)
    needed = {"slope": 0, "A": 0, "b": 0} | dict.fromkeys(map(str, arrays.pop("names", np.array([])).ravel()))
    missing = [name for name in needed if name not in arrays]
    known = {*EDGES, *PLAIN, "theta", "H", "sense"}
    if missing or not set(arrays) <= known:
        wrong = f"{missing[0]} is missing" if missing else f"{min(set(arrays) - known)!r} is not known"
        raise BadInput(f"{source}: {wrong} (arrays are named as in Coupled.of: slope, A, b, theta, congestion, …)")
    try:
        return Coupled.of(**_content(arrays))
    except BadInput as fault:
        raise BadInput(f"{source}: {fault}") from None


def _arrays(source: Path) -> dict[str, Any]:
    try:
        content = io.BytesIO(source.read_bytes())
    except OSError as fault:
        raise BadInput(f"{source}: cannot be read: {fault.strerror} (give an .npz file)") from None
    try:
        with zipfile.ZipFile(content) as archive:
            large = sum(member.file_size for member in archive.infolist())
        if large > MOST_BYTES:
            raise TooLarge(f"{source}: holds {large} bytes, more than {MOST_BYTES} (give a smaller problem)")
        with np.load(content, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except TooLarge:
        raise
    except Exception as fault:  # NumPy, zipfile and zlib have a dozen kinds for a damaged file
        raise BadInput(
            f"{source}: damaged, or no .npz of plain numbers: {fault} (write it with save_problem)"
        ) from None


def _content(arrays: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `Coupled.of`."""
    given = {name: x for name, x in arrays.items() if name not in EDGES}
    if any(name in arrays for name in EDGES):
        columns = int(np.asarray(arrays["slope"]).size)
        try:
            parts = tuple(arrays[name] for name in EDGES)
            theta = csr_array(parts, shape=(len(parts[2]) - 1, columns))
            theta.check_format(full_check=True)
        except (KeyError, ValueError, TypeError, IndexError) as fault:
            raise BadInput(f"theta: no compressed rows of {columns} columns: {fault} (give theta instead)") from None
        given["theta"] = theta
    if "sense" in given:
        given["sense"] = str(given["sense"])
    if "power" in given:
        given["power"] = float(given["power"]) if given["power"].size == 1 else np.nan
    return given
