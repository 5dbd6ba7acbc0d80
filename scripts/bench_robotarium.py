"""The Robotarium's own simulator as a peer: its steps and its certificates, from a checkout of its public repository.

ROBOTARIUM=PATH names the checkout, `git clone https://github.com/robotarium/robotarium_python_simulator`; needs cvxopt.
Read at v2.1, whose constructor takes at most 22 robots. The certificate of older versions is found under its older
name, their simulator is not.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Certificate = Callable[[Array, Array], Array]
"""Places m, wishes m/s → velocities m/s, all (n, 2)."""
HOW = "git clone https://github.com/robotarium/robotarium_python_simulator, pip install cvxopt, set ROBOTARIUM=its path"


def present() -> bool:
    """Whether its package can be imported, from ROBOTARIUM if that is set; ends the program if nothing is there."""
    place = os.environ.get("ROBOTARIUM")
    if place and not (Path(place) / "rps").is_dir():
        print(f"ROBOTARIUM={place}: no folder rps in it; {HOW}", file=sys.stderr)
        raise SystemExit(2)
    if place and place not in sys.path:
        sys.path.insert(0, place)
    return all(importlib.util.find_spec(name) for name in ("rps", "cvxopt"))


def certificate(apart_m: float, speed_mps: float) -> tuple[str, Certificate]:
    """Its certificate of points, as it is shipped if it is there, and what to call it."""
    if not present():
        print(f"the Robotarium's certificate as it is shipped: {HOW}")
        return "the same written anew", lambda here, wanted: anew(here, wanted, apart_m, speed_mps)
    from rps.utilities import barrier_certificates as theirs

    create = getattr(theirs, "create_si_barrier_certificate", None)
    create = create or theirs.create_single_integrator_barrier_certificate
    safe = create(safety_radius=apart_m, magnitude_limit=speed_mps)
    name = "the Robotarium's certificate as it is shipped"
    return name, lambda here, wanted: np.asarray(safe(wanted.T.copy(), here.T.copy())).T


def anew(here: Array, wanted: Array, apart_m: float, speed_mps: float) -> Array:
    """Its programme: rows of all pairs, -2d·(u_i - u_j) ≤ 100 h³, and an octagon of speeds, to cvxopt's tolerances."""
    import cvxopt

    n = len(here)
    first, second = np.triu_indices(n, 1)
    k, way = np.arange(len(first)), here[first] - here[second]
    rows = np.zeros((len(first) + 8 * n, n, 2))
    rows[k, first], rows[k, second] = -2 * way, 2 * way
    at = 2 * np.pi * np.arange(8) / 8
    for i in range(n):
        rows[len(first) + 8 * i + np.arange(8), i] = np.stack([np.cos(at), np.sin(at)], axis=-1)
    bounds = np.full(len(rows), speed_mps * np.cos(np.pi / 8))
    bounds[: len(first)] = 100.0 * ((way**2).sum(axis=1) - apart_m**2) ** 3
    cvxopt.solvers.options.update({"show_progress": False, "reltol": 1e-2, "feastol": 1e-2, "maxiters": 50})
    parts = 2 * np.eye(2 * n), -2 * wanted.ravel(), rows.reshape(len(rows), -1), bounds
    whole, *others = (cvxopt.matrix(part) for part in parts)
    return np.array(cvxopt.solvers.qp(cvxopt.sparse(whole), *others)["x"]).reshape(n, 2)


class Table:
    """Its simulator without a figure, sensors of distance and real time; `spent_s`, the CPU time of its own calls."""

    def __init__(self, start: Array, looks: Array, guarded: bool) -> None:
        """Unicycles at (n, 2) m, headings (n,); `guarded` by its certificate for unicycles, as it is shipped."""
        from rps.robotarium import Robotarium
        from rps.utilities import barrier_certificates

        self.ids, self.spent_s, self.failed = np.arange(len(start)), 0.0, 0
        self.guard = barrier_certificates.create_uni_barrier_certificate() if guarded else None
        poses = {"initial_conditions": np.vstack([start.T, looks]), "skip_initialization": True}
        self.world = Robotarium(number_of_robots=len(start), show_figure=False, sim_in_real_time=False, **poses)

    def step(self, law: Callable[[Array], Array]) -> None:
        """One control step; inputs (2, n) are the law's answer to poses (3, n), whose time is not counted."""
        begin = time.process_time()
        poses = self.world.get_poses()
        self.spent_s += time.process_time() - begin
        inputs = law(poses)
        begin = time.process_time()
        if self.guard is not None:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                inputs = self.guard(inputs, poses)
            self.failed += len(said)
        self.world.set_velocities(self.ids, inputs)
        self.world.step()
        self.spent_s += time.process_time() - begin
