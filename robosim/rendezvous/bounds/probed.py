"""β(k) = sup over the type space of ‖(I-J) z^k‖ for an affine program, at a corner, as the distance is convex.

Exact up to 16 robots, from above for more (`corners`). It holds where no limit of the world holds a faithful robot back
from any start in the box, which is looked at in every round.
"""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.leader.bound import Listed
from robosim.network.radio import Radio
from robosim.rendezvous.bounds.affine import Affine, halves, probed
from robosim.rendezvous.bounds.announced import EFFORT, Announced, floor
from robosim.rendezvous.bounds.corners import farthest
from robosim.rendezvous.mission import Rendezvous


def probed_bound(mission: Rendezvous) -> Announced | str:
    """β(k) of an affine program for every start in the box; in words, why there is none."""
    name, world = type(mission.controller).__name__, mission.world
    n, missions = mission.network.n, (mission.network.n + 4) * mission.shape[2]
    doubt = world.uncertain(mission.rounds)
    if doubt:
        return doubt
    if isinstance(mission.network, Radio):
        return "what is lost, late or out of range is not known in advance"
    if float(n) * missions * mission.rounds > EFFORT:
        return f"probing {missions} missions of {n} robots would take long"
    seen = Envelope(mission)
    last = probed(mission, seen.look)
    if last is None:
        return f"where robots of {name} end is not affine in their starts"
    if seen.held_back:
        return f"walls or speed limit hold robots of {name} back from some starts"
    proven = "" if n * (mission.shape[2] if last.mixes else 1) <= 16 else ", from above"
    off = f"affine in the starts (probed, off by {last.error:.0e})"
    note = f"β(n) holds for every start in the box{proven}: {name} is {off}"
    return Announced(rule="probed", bound=Listed(reached=seen.betas(last), floor=0.0), note=note)


class Envelope:
    """Watches an affine team: how far from agreement it can be after each round, and whether limits hold it back."""

    def __init__(self, mission: Rendezvous) -> None:
        self.mission, self.held_back = mission, False
        self.distances: list[float] = []
        self.last: Affine | None = None
        n, d = mission.network.n, mission.shape[2]
        self.quick = 2.0 ** min(n - 1, 60) * n * n * d * mission.rounds > EFFORT

    def look(self, k: int, now: Affine) -> None:
        """See round k; round 0 starts afresh."""
        if k == 0:
            self.distances, self.last, self.held_back = [], None, False
        self.distances.append(distance(now, self.quick))
        self.held_back = self.held_back or not self.keeps(now)
        self.last = now

    def keeps(self, now: Affine) -> bool:
        """Whether walls and speed limit let every faithful robot go where it wants to, from every start in the box."""
        world, room = self.mission.world, 1.0 + 1e-12
        reach = reached(now.moved, now.still)
        if world.lower.size:
            size = float(np.abs(np.concatenate([world.lower, world.upper])).max())
            inside = (now.still + reach <= world.upper + 1e-12 * size) & (
                now.still - reach >= world.lower - 1e-12 * size
            )
            if not inside.all():
                return False
        if self.last is None or not np.isfinite(world.stride_m):
            return True
        way = np.abs(now.still - self.last.still) + reached(now.moved - self.last.moved, now.still)
        return bool((np.sqrt((way * way).sum(axis=1)) <= world.stride_m * room).all())

    def betas(self, last: Affine) -> Array:
        """β(0..n) with their margins for rounding; the last one as exact as can be."""
        found = np.array([*self.distances[:-1], distance(last)])
        half = halves(self.mission)[1]
        slip = 2.0 * last.error * float(np.sqrt(self.mission.network.n) * np.linalg.norm(2.0 * half))
        return np.asarray(found * (1.0 + 1e-12) + slip + floor(self.mission))


def reached(moved: Array, still: Array) -> Array:
    """How far each robot can be from where it is if nobody is moved, (N, d) metres along each axis."""
    rows = np.abs(moved).sum(axis=2)
    return np.asarray(rows.reshape(still.shape) if len(moved) == 1 else rows.T)


def distance(found: Affine, quick: bool = False) -> float:
    """sup ‖(I-J) z‖ over the box, metres."""
    n, d = found.still.shape
    off = found.still - found.still.mean(axis=0)
    if found.mixes:
        rows = found.moved[0].reshape(n, d, n * d)
        apart = (rows - rows.mean(axis=0)).reshape(n * d, n * d)
        return float(np.sqrt(farthest(apart, off.ravel(), quick)))
    parts = [farthest(one - one.mean(axis=0), off[:, axis], quick) for axis, one in enumerate(found.moved)]
    return float(np.sqrt(sum(parts)))
