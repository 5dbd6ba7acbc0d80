"""Where nodes are: rows of a TNTP file, or the points of a GeoJSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.complaint import Complaints
from robosim.files.content import document
from robosim.files.writing import shown
from robosim.freight.roads.tntp_links import number

NAMES = ("id", "node", "node_id", "n")
"""Properties that may hold a point's number, whatever their case."""


def read_places(path: str | Path, text: str, ids: NDArray[np.int64]) -> Array:
    """(P, 2) of the nodes with these numbers (P,): rows of node, x, y below one row of names, or a FeatureCollection.

    Raises
    ------
    BadInput
        Every error, one a line.
    """
    complaints = Complaints(str(path))
    known = {int(one): place for place, one in enumerate(ids)}
    found = np.full((len(ids), 2), np.nan)
    if Path(path).suffix.lower() in (".geojson", ".json"):
        _points(document(text, str(path)), known, found, complaints)
    else:
        _rows(text, known, found, complaints)
    if not complaints and np.isnan(found).any():
        node = int(ids[np.flatnonzero(np.isnan(found[:, 0]))[0]])
        complaints.add(1, "file", f"node {node} has no coordinates", "leave the whole file out if they are unknown")
    complaints.raise_any()
    return found


def _rows(text: str, known: dict[int, int], found: Array, complaints: Complaints) -> None:
    for line, content in enumerate(text.splitlines(), 1):
        words = content.split("~")[0].replace(";", " ").replace(",", " ").split()
        if not words or words[0].lower() in NAMES:
            continue
        values = [number(word) for word in words[:3]]
        if len(values) == 3 and np.isfinite(values).all() and values[0] in known:
            found[known[int(values[0])]] = values[1:]
        else:
            fix = f"nodes: {min(known)} to {max(known)}"
            complaints.add(line, "row", f"must be node, x and y, got {shown(content.strip())}", fix)


def _points(collection: Any, known: dict[int, int], found: Array, complaints: Complaints) -> None:
    """The points of a FeatureCollection that have a node's number; other features are no nodes."""
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        complaints.add(1, "features", "is missing", "a GeoJSON FeatureCollection of points, or rows of node, x, y")
        return
    for count, feature in enumerate(features):
        place, at = _number_of(feature, known), _at(feature)
        if place is not None and at is not None:
            found[place] = at
        elif place is not None:
            fix = "a geometry of type Point with two finite coordinates"
            complaints.add(1, f"features[{count}]", "is no point", fix)


def _number_of(feature: Any, known: dict[int, int]) -> int | None:
    if not isinstance(feature, dict):
        return None
    properties = feature.get("properties")
    words = properties.items() if isinstance(properties, dict) else ()
    named = [value for key, value in words if str(key).lower() in NAMES]
    for value in (*named, feature.get("id")):
        if isinstance(value, int | float | str) and number(str(value)) in known:
            return known[int(number(str(value)))]
    return None


def _at(feature: dict[str, Any]) -> list[float] | None:
    geometry = feature.get("geometry")
    at = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if not isinstance(at, list) or len(at) < 2 or not all(isinstance(x, int | float) for x in at[:2]):
        return None
    return [float(x) for x in at[:2]] if np.isfinite(at[:2]).all() else None
