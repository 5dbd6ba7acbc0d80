"""Whatever was given becomes arrays of the right types and canonical order, or an error that names the array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from robosim.errors import BadInput
from robosim.graphs import canonical

if TYPE_CHECKING:
    from robosim.world.roads.instance import Instance

WHOLE = ("path_incidence", "comm_edges", "roads", "edge_from_to")
NAMES = ("suppliers", "demanders", "goods")
Some = TypeVar("Some", bound="Instance")


def arranged(content: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Arrays of float64, int64 or (paths) int8; the power as a float; names as tuples; None stays None."""
    return {name: _arranged(name, value, place) for name, value in content.items()}


def _arranged(name: str, value: Any, place: str) -> Any:
    if value is None or name in NAMES:
        return None if value is None else tuple(str(word) for word in value)
    array = _numbers(name, value, place)
    if name == "power":
        if array.ndim:
            raise BadInput(f"{place}power: must be one number, got {array.shape} numbers (all edges have the same)")
        return float(array)
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


def named(instance: Some) -> Some:
    """Names where there are none: supplier 0, demander 0, good 0, …"""
    counts = dict(zip(NAMES, (*instance.path_incidence.shape[:2], *instance.demand.shape[1:2]), strict=False))
    made_up: dict[str, Any] = {
        key: tuple(f"{key.removesuffix('s')} {i}" for i in range(count))
        for key, count in counts.items()
        if not getattr(instance, key)
    }
    return replace(instance, **made_up)
