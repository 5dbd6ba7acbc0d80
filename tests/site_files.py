"""Site files for tests: a site written out as TOML, a network as acnportal writes it, and currents as waves in time."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from robosim.charging.station.posts import KINDS, LEVELS
from robosim.charging.station.site import Site
from robosim.files.writing import value_text

NAMES = {(kind.code, kind.levels_a): name for name, kind in KINDS.items()}


def as_toml(site: Site) -> str:
    """A site with one angle for each post, every limit as weights."""
    e, degrees = site.evses, np.round(np.degrees(site.feeder.phase_rad), 9)
    blocks = []
    for j, name in enumerate(e.ids):
        levels = tuple(x for x in e.levels_a[e.table[j]].tolist() if np.isfinite(x)) if e.kind[j] == LEVELS else ()
        post = {"id": name, "volts": float(e.voltage_v[j]), "max_a": float(e.max_a[j]), "angle_deg": float(degrees[j])}
        blocks.append(("posts", post | {"kind": NAMES[int(e.kind[j]), levels]}))
    for name, row, most in zip(site.feeder.names, site.feeder.matrix, site.feeder.limit_a.tolist(), strict=True):
        weights = {e.ids[j]: float(row[j]) for j in np.flatnonzero(row)}
        blocks.append(("limits", {"name": name, "limit_a": most, "weights": weights}))
    return "\n".join(
        f"[[{section}]]\n" + "".join(f"{key} = {value_text(value)}\n" for key, value in table.items())
        for section, table in blocks
    )


def evse(kind: str, name: str, **told: Any) -> dict[str, Any]:
    """An EVSE of acnportal."""
    shared = {"_station_id": name, "_current_pilot": 0, "is_continuous": kind != "FiniteRatesEVSE", "_ev": None}
    return {"class": f"acnportal.acnsim.models.evse.{kind}", "attributes": shared | told}


def network(
    posts: dict[str, dict[str, Any]],
    volts: list[float],
    degrees: list[float],
    rows: dict[str, tuple[list[float], float]],
) -> dict[str, Any]:
    """What `ChargingNetwork.to_json()` writes, as values: posts by name, limits by name as row and magnitude, A."""
    objects: dict[str, Any] = {str(1000 + k): one for k, one in enumerate(posts.values())}
    attributes = {
        "violation_tolerance": 1e-05,
        "relative_tolerance": 1e-07,
        "constraint_matrix": [row for row, _ in rows.values()] or None,
        "magnitudes": [most for _, most in rows.values()],
        "_voltages": volts,
        "_phase_angles": degrees,
        "constraint_index": list(rows),
        "_station_ids_dict": {name: k for k, name in enumerate(posts)},
        "_EVSEs": {name: str(1000 + k) for k, name in enumerate(posts)},
    }
    objects["7"] = {"class": "acnportal.acnsim.network.charging_network.ChargingNetwork", "attributes": attributes}
    versions = {"version": "0.3.3", "dependency_versions": {"numpy": "1.26.4", "pandas": "1.5.3"}}
    return {"id": "7", "context_dict": objects, **versions}


def as_acn(site: Site) -> str:
    """A site whose posts have levels, as acnportal writes it."""
    e, degrees = site.evses, np.round(np.degrees(site.feeder.phase_rad), 9).tolist()
    levels = [[x for x in e.levels_a[row].tolist() if np.isfinite(x)] for row in e.table]
    posts = {name: evse("FiniteRatesEVSE", name, allowable_rates=x) for name, x in zip(e.ids, levels, strict=True)}
    limits = zip(site.feeder.names, site.feeder.matrix.tolist(), site.feeder.limit_a.tolist(), strict=True)
    return json.dumps(network(posts, e.voltage_v.tolist(), degrees, {name: (row, most) for name, row, most in limits}))


ANGLES = np.arange(720) * 2 * np.pi / 720
LINES = {"L1": 0.0, "L2": -2 * np.pi / 3, "L3": 2 * np.pi / 3}


def wave(line: str) -> np.ndarray:
    """The voltage of a line over one turn, of effective value 1."""
    return np.sqrt(2) * np.cos(ANGLES + LINES[line])


def effective(current: np.ndarray) -> float:
    """Root of the mean square."""
    return float(np.sqrt((current**2).mean()))


def line_currents(posts: list[dict[str, Any]], amps: np.ndarray, line_volts: float) -> dict[str, float]:
    """What lines and neutral carry, A, from currents that flow as waves: in phase with the voltage across each post."""
    flow = {line: np.zeros(len(ANGLES)) for line in LINES}
    for post, x in zip(posts, amps.tolist(), strict=True):
        out, _, back = post.get("phase", "").partition("-")
        if back:  # out of one line, back in the other, in phase with the difference of their voltages
            current = x * (wave(out) - wave(back)) / np.sqrt(3)
            flow[out] += current
            flow[back] -= current
        elif out:
            flow[out] += x * wave(out)
        else:
            each = x * post["volts"] / line_volts / np.sqrt(3) if post.get("current") == "DC" else x
            for line in LINES:
                flow[line] += each * wave(line)
    return {**{line: effective(current) for line, current in flow.items()}, "N": effective(sum(flow.values()))}
