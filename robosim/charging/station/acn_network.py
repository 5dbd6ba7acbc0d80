"""A charging network as acnportal writes it: `ChargingNetwork.to_json()`, or a whole `Simulator.to_json()`.

The form is that of acnportal 0.3.3 (BSD-3; Lee et al., ACN-Sim, IEEE Transactions on Smart Grid 2021): objects by id in
`context_dict`, each with class and attributes. A network has `_EVSEs` (station → id of its EVSE), `_voltages` and
`_phase_angles` (degrees) of each in that order, and limits |Σ_j constraint_matrix_kj x_j exp(i angle_j)| ≤ magnitude_k
in A, named in `constraint_index`. 1 A draws as many watts as the voltage says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from robosim.charging.station.feeder import Feeder
from robosim.charging.station.posts import CONTINUOUS, DEADBAND, EvseKind, Post, evses_of, of_levels
from robosim.charging.station.site import Site
from robosim.files.complaint import Complaints, refusal
from robosim.files.content import document
from robosim.files.lines import Located
from robosim.files.writing import plain_name, quoted, shown
from robosim.scenario.fields import SMALLEST

LARGEST = 1e9
CLASSES = {
    "EVSE": ("_max_rate", "_min_rate"),
    "DeadbandEVSE": ("_max_rate", "_deadband_end"),
    "FiniteRatesEVSE": ("allowable_rates",),
}
"""Which attributes say what an EVSE can be told."""
FORM = "is this what ChargingNetwork.to_json() wrote?"


class Found(NamedTuple):
    """The attributes of the network, the objects by their ids, and the text they stand in."""

    network: dict[str, Any]
    objects: dict[str, Any]
    text: Located
    wrong: Complaints

    def add(self, key: str, message: str, fix: str = FORM, at: str | None = None) -> None:
        """Note what is wrong under a key, at its line or that of another key."""
        self.wrong.add(self.text.line_of(at or key), key, message, fix)


def acn_site(text: str, file: str, name: str) -> Site:
    """The site in a JSON text.

    Raises
    ------
    BadInput
        Every error, one a line: `file:line: key: message (fix)`.
    """
    found = _found(document(text, file, infinite=True), text, file)
    ids = list(found.network["_EVSEs"])
    posts = [post for post in _posts(found, ids) if post is not None]
    matrix, angles = _rows(found, len(ids)), _numbers(found, "_phase_angles", len(ids), "posts")
    limits = _numbers(found, "magnitudes", len(matrix) or None, "rows of constraint_matrix", least=SMALLEST)
    for number in np.flatnonzero(~matrix.any(axis=0)).tolist() if len(matrix) else ():
        fix = "add_constraint with it: nothing else would hold its power"
        found.add(f"_EVSEs.{ids[number]}", "no constraint holds this post", fix, at=ids[number])
    found.wrong.raise_any()
    listed = found.network.get("constraint_index")
    named = (
        listed if isinstance(listed, list) and len(listed) == len(limits) else [f"row {k}" for k in range(len(limits))]
    )
    names = tuple(map(plain_name, named))
    feeder = Feeder(matrix=matrix, limit_a=np.array(limits), phase_rad=np.radians(angles), names=names)
    return Site(name=name, evses=evses_of(posts), feeder=feeder)


def _found(whole: Any, text: str, file: str) -> Found:
    """The network that the file is, or that its simulator has."""
    objects = whole.get("context_dict") if isinstance(whole, dict) else None
    if not isinstance(objects, dict):
        raise refusal(file, "no objects", FORM, column="context_dict")
    root = _attributes(objects, whole.get("id"))
    network = _attributes(objects, root.get("network")) if "_EVSEs" not in root else root
    if not isinstance(network.get("_EVSEs"), dict) or not network["_EVSEs"]:
        raise refusal(file, "no network with posts", FORM, column="_EVSEs")
    return Found(network, objects, Located(whole, text, 1), Complaints(file))


def _attributes(objects: dict[str, Any], key: Any) -> dict[str, Any]:
    one = objects.get(key) if isinstance(key, str) else None
    found = one.get("attributes") if isinstance(one, dict) else None
    return found if isinstance(found, dict) else {}


def _posts(found: Found, ids: list[str]) -> Iterator[Post | None]:
    volts = _numbers(found, "_voltages", len(ids), "posts", least=1.0)
    for number, station in enumerate(ids):
        kind = _kind(found, station, found.network["_EVSEs"][station])
        if plain_name(station) != station or not station.strip():
            found.add(f"_EVSEs.{station}", "no name of a post", "use 1 to 64 printable characters", at=station)
        yield Post(station, kind, volts[number]) if kind is not None and number < len(volts) else None


def _kind(found: Found, station: str, key: Any) -> EvseKind | None:
    """What the object of one EVSE can be told; an EVSE with a least current is silent below it."""
    one = found.objects.get(key) if isinstance(key, str) else None
    make = str(one.get("class", "")).rpartition(".")[2] if isinstance(one, dict) else ""
    told = _attributes(found.objects, key)
    place = f"_EVSEs.{station}"
    if make not in CLASSES:
        known = ", ".join(CLASSES)
        found.add(place, f"its class is {quoted(make)}" if make else "has no object", f"known: {known}", at=str(key))
        return None
    if make == "FiniteRatesEVSE":
        given = told.get("allowable_rates")
        rates = given if isinstance(given, list) and all(map(_is_number, given)) else []
        if rates and min(rates) >= 0 < max(rates):
            return of_levels(rates)
        found.add(f"{place}.allowable_rates", f"must be a list of amperes, got {shown(given)}", at=str(key))
        return None
    most, least = CLASSES[make]
    return _band(found, place, str(key), (most, told.get(most)), (least, told.get(least, 0.0)))


def _band(found: Found, place: str, key: str, most_a: tuple[str, Any], least_a: tuple[str, Any]) -> EvseKind | None:
    (name, most), (other, least) = most_a, least_a
    if most == math.inf:
        found.add(f"{place}.{name}", "has no largest current", "register the EVSE with a max_rate, A", at=key)
    elif not (_is_number(most) and _is_number(least) and 0 <= least <= most and most > 0):
        message = f"must be amperes, 0 <= {other} <= {name}, got {shown(least)} and {shown(most)}"
        found.add(f"{place}.{name}", message, at=key)
    else:
        return EvseKind(DEADBAND if least > 0 else CONTINUOUS, float(least), float(most))
    return None


def _numbers(found: Found, key: str, count: int | None, what: str, least: float = -LARGEST) -> list[float]:
    """A list of the network with one number for each of so many things."""
    value = found.network.get(key)
    if not (isinstance(value, list) and all(map(_is_number, value)) and all(one >= least for one in value)):
        bound = f" >= {least:g}" if least > -LARGEST else ""
        found.add(key, f"must be a list of numbers{bound}, got {shown(value)}")
        return []
    if count is not None and len(value) != count:
        found.add(key, f"has {len(value)} numbers for {count} {what}")
    return [float(one) for one in value]


def _rows(found: Found, count: int) -> Any:
    """`constraint_matrix` (rows, n)."""
    rows = found.network.get("constraint_matrix")
    if not rows:
        found.add("constraint_matrix", "is empty: nothing limits these posts", "add_constraint with the feeder's limit")
    elif not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == count for row in rows):
        found.add("constraint_matrix", f"must be a list of rows of {count} numbers, one for each post")
    elif not all(_is_number(one) for row in rows for one in row):
        found.add("constraint_matrix", "holds something that is no number")
    else:
        return np.array(rows, dtype=np.float64)
    return np.zeros((0, count))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
