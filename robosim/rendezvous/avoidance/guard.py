"""What keeps robots apart from each other and from things: what they want → what they may, in each control step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from robosim.kernels import Array, barrier
from robosim.kernels.barrier import STEPS, Keeping
from robosim.kernels.obstacles import Things
from robosim.rendezvous.avoidance import joint, keep_right

STANDS = 1e-3
"""Share of what is wanted below which a robot stands."""


class Memory(NamedTuple):
    """What a guard remembers, and what it has to report. Arrays (missions, agents), counts of control steps.

    held : in a row, in which it could do less than half of what it wants; at most `keep_right.MOST`.
    turned : in which it turned to the right, less those in which it was free.
    blocked : in which it wanted to move and stood.
    close : in which it was nearer to another robot or to a thing than it may be; it does not come nearer then.
    given_up : (missions,) in which the joint programme had no answer, and each kept its own half.
    pairs : of each mission, (k, 2), which held the team back in the last step; where the next search begins.
    """

    held: Array
    turned: Array
    blocked: Array
    close: Array
    given_up: Array
    pairs: tuple[Array, ...]


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Keeps distances between the surfaces of bodies ≥ 0 (`robosim.kernels.barrier` has the proof).

    Bodies that go straight where they are told are apart at every moment of a control step. Others drive elsewhere and
    are asked to keep their own halves at its end (`paced`), all of a team or none; then "joint" gains little.

    Parameters
    ----------
    radius_m, tube_m, speed_mps : (agents,), of the body; how far it may be from its steered point; how fast that is.
    things : what stands around (`robosim.rendezvous.avoidance.things`).
    walls : (2, d), lowest and highest coordinates of what belongs to a body; empty: none.
    share : κ in (0, 1], of h = ‖d‖² - D² that a control step may use up.
    mode : "shared": each robot keeps its own half of each distance; "joint": the least change for the whole team, for
        bodies that go where they are told.
    keep_right : whether who is held up turns to the right.
    """

    radius_m: Array
    tube_m: Array
    speed_mps: Array
    things: Things
    walls: Array
    share: float = 0.5
    mode: Literal["shared", "joint"] = "shared"
    keep_right: bool = True

    def begin(self, missions: int) -> Memory:
        """Nothing has happened yet."""
        none, shape = np.empty((0, 2), dtype=np.int64), (missions, len(self.radius_m))
        turned, blocked, close = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        return Memory(np.zeros(shape), turned, blocked, close, np.zeros(missions, dtype=np.int64), (none,) * missions)

    def safe(self, here: Array, wanted: Array, dt_s: float, memory: Memory) -> tuple[Array, Memory]:
        """Velocities that keep all distances for `dt_s` seconds, and what to remember.

        Parameters
        ----------
        here : (missions, agents, d), steered points, m.
        wanted : (missions, agents, d) m/s, finite.
        """
        keeping, want = self._keeping(dt_s), wanted * dt_s
        straight, close, pairs, failed = self._kept(here, want, keeping, memory.pairs)
        move, held, turned = straight.copy(), memory.held, memory.turned
        if self.keep_right:
            by = keep_right.angle(held, turned)
            some = np.flatnonzero(by.any(axis=-1))  # no others, so that no mission's bits depend on another
            if some.size:
                aside = keep_right.to_the_right(want[some], by[some])
                move[some], _, found, more = self._kept(here[some], aside, keeping, tuple(pairs[m] for m in some))
                failed[some] |= more
                newer = dict(zip(some.tolist(), found, strict=True))
                pairs = tuple(newer.get(m, old) for m, old in enumerate(pairs))
            held = keep_right.counted(held, straight, within(want, keeping.reach))
            turned = np.where(by > 0.0, turned + 1, np.maximum(turned - (held == 0.0), 0))
        stands = (squared(want) > 0.0) & (squared(move) <= STANDS**2 * squared(within(want, keeping.reach)))
        counts = memory.blocked + stands, memory.close + close, memory.given_up + failed
        return move / dt_s, Memory(held, turned, *counts, pairs)

    def allowed(self, here: Array, there: Array) -> Array:
        """(missions, agents): the largest of 1, ½, ¼, 0 of which each one's own move from `here` keeps its halves."""
        out = np.empty(here.shape[:2])
        barrier.allowed(np.ascontiguousarray(here), np.ascontiguousarray(there), self._keeping(1.0), out)
        return out

    def paced(self, here: Array, drive: Callable[[Array], Array]) -> tuple[Array, Array]:
        """The largest pace of 1, ½, ¼, 0 at which each one drives safely, and where all are then.

        `drive` takes paces (missions, agents) and returns positions (missions, agents, d) after one control step from
        `here`. Bodies of which not even pace 0 stands still are not for this.
        """
        tried = np.zeros(here.shape[:2], dtype=np.int64)
        for _ in range(len(STEPS) - 1):
            there = drive(np.asarray(STEPS)[tried])
            over = self.allowed(here, there) < 1.0
            if not over.any():
                return np.asarray(STEPS)[tried], there
            tried = tried + (over & (tried < len(STEPS) - 1))
        return np.asarray(STEPS)[tried], drive(np.asarray(STEPS)[tried])

    def clearance(self, position: Array) -> Array:
        """(missions,): the smallest distance between two surfaces, of bodies or things, m; negative: they overlap."""
        out = np.empty(len(position))
        barrier.clearance(np.ascontiguousarray(position), self._bodies, out)
        return out

    @cached_property
    def _bodies(self) -> Keeping:
        return Keeping(self.radius_m, np.zeros_like(self.radius_m), self.share, self.walls, self.things)

    def _keeping(self, dt_s: float) -> Keeping:
        radius, reach = self.radius_m + self.tube_m, np.asarray(self.speed_mps * dt_s)
        return Keeping(radius, reach, self.share, self.walls, self.things)

    def _kept(
        self, here: Array, want: Array, keeping: Keeping, pairs: tuple[Array, ...]
    ) -> tuple[Array, Array, tuple[Array, ...], Array]:
        """Motion, who is too near, the pairs that hold back, where the joint programme has no answer."""
        move, close = np.empty_like(want), np.empty(want.shape[:2], dtype=np.int64)
        here = np.ascontiguousarray(here)
        barrier.shared(here, np.ascontiguousarray(want), keeping, True, move, close)
        failed = np.zeros(len(here), dtype=np.int64)
        if self.mode == "shared":
            return move, close, pairs, failed
        want, found = within(want, keeping.reach), list(pairs)
        for m in range(len(here)):
            answer = joint.least_change(here[m], want[m], keeping, pairs[m])
            if answer is None:
                failed[m] = 1
            else:
                found[m] = answer[1]
                move[m] = joint.slowed(here[m], answer[0], keeping, answer[1])
        return move, close, tuple(found), failed


def squared(vectors: Array) -> Array:
    """Squared lengths of vectors (…, d)."""
    return np.asarray(np.einsum("...d,...d->...", vectors, vectors))


def within(moves: Array, reach: Array) -> Array:
    """Moves (missions, agents, d), none longer than its robot's reach (agents,)."""
    size = np.sqrt(squared(moves))
    return np.asarray(moves * np.minimum(1.0, reach / np.where(size > 0.0, size, 1.0))[..., None])
