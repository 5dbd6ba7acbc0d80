"""Random road worlds: networks in TNTP files whose numbers lie up to six orders of magnitude apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial import Delaunay


def road_world(folder: Path, seed: int) -> dict[str, object]:
    """Options of a world on a network that is written into the folder.

    Linear and BPR, powers 1 to 6 one a link, capacities and times that spread by up to 1e6, parallel roads, 2 to 8
    suppliers, 1 to 6 demanders, zones that paths may not pass.
    """
    rng = np.random.default_rng(seed)
    suppliers, demanders = int(rng.integers(2, 9)), int(rng.integers(1, 7))
    zones = suppliers + demanders + int(rng.integers(0, 3))
    points = rng.uniform(size=(zones + int(rng.integers(4, 30)), 2))
    corners = Delaunay(points).simplices
    pairs = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])), axis=0)
    pairs = np.concatenate([pairs, [(zone, rng.integers(zones, len(points))) for zone in range(zones)]])
    links = np.concatenate([pairs, pairs[:, ::-1], pairs[rng.uniform(size=len(pairs)) < 0.1]]) + 1
    spread = rng.uniform(0.0, 6.0)
    wide = 10.0 ** rng.uniform(-0.5 * spread, 0.5 * spread, (3, len(links)))
    power = rng.uniform(1.0, 6.0, len(links)) if rng.uniform() < 0.7 else np.full(len(links), rng.choice([1.0, 4.0]))
    first = int(rng.choice([1, zones + 1]))
    rows = [
        f"{a} {b} {100.0 * wide[0, k]!r} 1 {wide[1, k]!r} {0.15 * wide[2, k] ** 0.5!r} {power[k]!r} 0 0 1 ;"
        for k, (a, b) in enumerate(links)
    ]
    head = [f"<NUMBER OF ZONES> {zones}", f"<NUMBER OF NODES> {len(points)}", f"<FIRST THRU NODE> {first}"]
    net = [*head, f"<NUMBER OF LINKS> {len(rows)}", "<END OF METADATA>", *rows]
    trips = [f"<NUMBER OF ZONES> {zones}", "<END OF METADATA>"]
    size = 10.0 ** rng.uniform(0.0, 3.0)
    for origin in range(1, zones + 1):
        trips.append(f"Origin {origin}")
        trips += [f"{to} : {size * rng.uniform(0.1, 1.0)!r};" for to in range(1, zones + 1)]
    (folder / f"T{seed}_net.tntp").write_text("\n".join(net).replace("np.float64(", "").replace(")", ""))
    (folder / f"T{seed}_trips.tntp").write_text("\n".join(trips))
    return {
        "freight.roads": str(folder / f"T{seed}_net.tntp"),
        "freight.suppliers": suppliers,
        "freight.demanders": demanders,
        "freight.goods": int(rng.integers(1, 3)),
        "freight.paths": int(rng.integers(1, 4)),
        "freight.congestion": str(rng.choice(["bpr", "bpr", "linear"])),
        "freight.private_spread": float(rng.choice([0.0, 0.3])),
        "mission.seed": seed % 1000,
        "leader.marginals": "central",
    }
