"""Whatever was given becomes arrays of the right types and canonical order, or an error that names array and fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.errors import BadInput
from robosim.files.writing import plain_name
from robosim.network.graphs import canonical, refuse_disconnected

WHOLE = ("path_incidence", "comm_edges", "roads", "edge_from_to")
NAMES = ("suppliers", "demanders", "goods")


def arranged(content: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Arrays of float64, int64 or (paths) int8; the power as a float; names as tuples; None stays None."""
    return {name: _arranged(name, value, place) for name, value in content.items()}


def _arranged(name: str, value: Any, place: str) -> Any:
    if value is None or name in NAMES:
        return None if value is None else tuple(plain_name(word) for word in value)
    array = _numbers(name, value, place)
    if name == "power" and array.size and (array == array.flat[0]).all():
        return float(array.flat[0])
    if name not in WHOLE:
        return array
    odd = np.argwhere(~(np.abs(array) < 2.0**31) | (array != np.floor(array)))
    if odd.size:
        index = tuple(odd[0].tolist())
        raise BadInput(f"{place}{name}{list(index)}: must be a whole number, got {array[index]:g} (numbers begin at 0)")
    whole = array.astype(np.int64)
    if name == "path_incidence":
        return np.clip(whole, -128, 127).astype(np.int8)
    return canonical(whole) if name == "comm_edges" and whole.ndim == 2 and whole.shape[1] == 2 else whole


def _numbers(name: str, value: Any, place: str) -> NDArray[np.float64]:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise ValueError
        return np.array(array, dtype=np.float64, order="C")
    except (ValueError, TypeError, OverflowError):
        raise BadInput(f"{place}{name}: must be an array of numbers (lists must not be ragged)") from None


def named(instance: Any) -> Any:
    """Names where there are none: supplier 0, demander 0, good 0, …"""
    counts = dict(zip(NAMES, (*instance.path_incidence.shape[:2], *instance.demand.shape[1:2]), strict=False))
    made_up: dict[str, Any] = {
        key: tuple(f"{key.removesuffix('s')} {i}" for i in range(count))
        for key, count in counts.items()
        if not getattr(instance, key)
    }
    return replace(instance, **made_up)


SHAPES = {
    "path_incidence": "NMIE",
    "private_cost": "NE",
    "congestion": "E",
    "power": "E",
    "demand": "MK",
    "stock": "NK",
    "capacity": "NM",
    "comm_edges": "L2",
    "positions": "P2",
    "roads": "R2",
    "edge_from_to": "E2",
    "edge_length": "E",
}
LARGEST = 1e12
"""Quantities, costs and lengths beyond it are mistakes."""
UNBOUNDED = ("stock", "capacity")
SHAPE_FIX = "N, M, I, E are those of path_incidence, K that of demand"


def refuse_faults(instance: Any, place: str = "") -> None:
    """Raise `BadInput` with every fault of shapes, else of values, one a line."""
    for faults in (_shapes(instance), _values(instance), _meanings(instance)):
        if found := list(faults):
            raise BadInput("\n".join(f"{place}{fault}" for fault in found))
    try:
        refuse_disconnected(instance.N, instance.comm_edges)
    except BadInput as error:
        raise BadInput(f"{place}comm_edges: {error}") from None


def _shapes(instance: Any) -> Iterator[str]:
    sizes = {"2": 2}
    for name, letters in SHAPES.items():
        array = getattr(instance, name)
        if array is None or np.ndim(array) == 0:  # the power: one for all
            continue
        known = "(" + ", ".join(letters) + ("," if len(letters) == 1 else "") + ")"
        if array.ndim != len(letters):
            yield f"{name}: must have the shape {known}, got {array.shape} ({SHAPE_FIX})"
            continue
        for letter, size in zip(letters, array.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                wanted = f"{known} with {letter} = {sizes[letter]}"
                yield f"{name}: must have the shape {wanted}, got {array.shape} ({SHAPE_FIX})"
        if array.size == 0 and name not in ("comm_edges", "roads"):
            yield f"{name}: is empty, shape {array.shape} (there must be one of each at least)"
    for name, letter in zip(NAMES, "NMK", strict=True):
        count, got = sizes.get(letter, 0), len(getattr(instance, name))
        if got != count:
            yield f"{name}: must be {letter} = {count} names, got {got} (one each)"


def _values(instance: Any) -> Iterator[str]:
    for name in ("private_cost", "congestion", "demand", "stock", "capacity", "edge_length"):
        array = getattr(instance, name)
        if array is not None:
            good = (array >= 0.0) & ((array <= LARGEST) | ((array == np.inf) & (name in UNBOUNDED)))
            rule = f"must be between 0 and {LARGEST:g}" + (", or inf" if name in UNBOUNDED else "")
            yield from _worst(name, array, good, rule, "0 where there is none")
    if instance.positions is not None:
        good = np.isfinite(instance.positions)
        yield from _worst("positions", instance.positions, good, "must be finite", "leave positions out if unknown")
    paths = instance.path_incidence
    yield from _worst(
        "path_incidence", paths, (paths == 0) | (paths == 1), "must be 0 or 1", "1: the path uses the edge"
    )
    power = np.atleast_1d(instance.power)
    good = (power >= 1.0) & (power < np.inf)
    for fault in _worst("power", power, good, "must be finite and >= 1", "1 is linear congestion, 4 that of BPR"):
        yield fault if np.ndim(instance.power) else fault.replace("power[0]", "power", 1)
    points = np.inf if instance.positions is None else len(instance.positions)
    for name, count in (("comm_edges", instance.N), ("roads", points), ("edge_from_to", points)):
        ids = getattr(instance, name)
        if ids is not None:
            yield from _worst(name, ids, (ids >= 0) & (ids < count), f"must be 0 to {count - 1}", "numbers begin at 0")


def _worst(name: str, array: NDArray[np.generic], good: NDArray[np.bool_], rule: str, fix: str) -> Iterator[str]:
    """The first element that is not good, and how many there are."""
    bad = np.argwhere(~good)
    if bad.size:
        index = tuple(bad[0].tolist())
        more = f"; {len(bad) - 1} more" if len(bad) > 1 else ""
        yield f"{name}{list(index)}: {rule}, got {array[index]:g} ({fix}{more})"


def _meanings(instance: Any) -> Iterator[str]:
    there = instance.path_incidence.any(axis=-1)
    gaps = np.argwhere(there[..., 1:] & ~there[..., :-1])
    if gaps.size:
        i, m, t = gaps[0]
        route = f"from {instance.suppliers[i]} to {instance.demanders[m]}"
        fix = f"paths that do not exist come last; give edges to {len(gaps)} such paths"
        yield f"path_incidence[{i}, {m}, {t}]: the path {route} has no edge ({fix})"
    idle = np.flatnonzero(~instance.path_incidence.any(axis=(0, 1, 2)))
    if idle.size:
        yield f"path_incidence[:, :, :, {idle[0]}]: this edge is on no path (leave out {idle.size} such edges)"
    loops = np.flatnonzero(instance.comm_edges[:, 0] == instance.comm_edges[:, 1])
    if loops.size:
        yield f"comm_edges: supplier {instance.comm_edges[loops[0], 0]} is joined to itself (leave the pair out)"
