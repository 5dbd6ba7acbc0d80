"""Coupled problems on disk: one .npz of plain arrays, nothing pickled, checked again when read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from robosim.errors import BadInput
from robosim.files.arrays import arrays_of, npz
from robosim.files.complaint import refusal
from robosim.files.content import opened
from robosim.files.store import write_atomically
from robosim.files.writing import printable
from robosim.freight.coupled.problem import Coupled

EDGES = ("theta_data", "theta_indices", "theta_indptr")
COPIES = 5
"""Of a problem's arrays while it is made: as read, in order, by agent, with slack, for the solvers."""
PLAIN = ("congestion", "power", "part", "slope", "A", "b", "limits", "most", "lower", "upper")


def save_problem(problem: Coupled, path: str | Path) -> Path:
    """Write the arrays of `Coupled`, Θ as theta_data, theta_indices, theta_indptr of its compressed rows; whole or not.

    `names` lists them, so that a file that has lost one is noticed.

    Raises `BadInput` if the file cannot be written.
    """
    target = Path(path)
    theta = {name: getattr(problem.theta, name.removeprefix("theta_")) for name in EDGES}
    plain = {name: np.asarray(getattr(problem, name)) for name in PLAIN}
    content = npz({"names": np.array([*theta, *plain]), **theta, **plain})
    try:
        write_atomically(target, content)
    except OSError as fault:
        message = f"cannot be written: {fault.strerror}"
        raise refusal(str(target), message, "choose another place") from None
    return target


def read_problem(path: str | Path) -> Coupled:
    """Read a problem back, bit for bit, or one written by hand: arrays named as in `Coupled.of`.

    Instead of the three parts of Θ a file may hold `theta` (E, N·n) or (N, E, n); `H` (N, n, n) adds quadratic costs,
    and `sense` may say "<=" or ">=", for all rows or for each. What `Coupled.of` has a default for may be left out.

    Raises
    ------
    BadInput
        if the file cannot be read, lacks slope, A or b, or holds numbers that cannot be used: what `Coupled.of` says.
    TooLarge
        if it unpacks to more than there is room for, `robosim.files.content.limit_bytes`.
    """
    source = str(path)
    with opened(path) as file:
        arrays = arrays_of(file, source, fix="write it with save_problem", times=COPIES)
    needed = {"slope": 0, "A": 0, "b": 0} | dict.fromkeys(map(str, arrays.pop("names", np.array([])).ravel()))
    missing = [name for name in needed if name not in arrays]
    known = {*EDGES, *PLAIN, "theta", "H", "sense"}
    if missing or not set(arrays) <= known:
        wrong = f"{missing[0]} is missing" if missing else f"{min(set(arrays) - known)!r} is not known"
        raise refusal(source, wrong, "arrays are named as in Coupled.of: slope, A, b, theta, congestion, …")
    try:
        return Coupled.of(**_content(arrays))
    except BadInput as fault:
        raise BadInput(printable(f"{source}:1: {fault}")) from None


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
        given["sense"] = given["sense"].tolist()
    return given
