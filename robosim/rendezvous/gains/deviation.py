"""One agent against a faithful team: what a script of announced positions really earns, replayed in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robosim.errors import BadInput
from robosim.kernels.steering import faithful_play, scripted_play
from robosim.rendezvous.gains.closed import gain_bound

Array = NDArray[np.float64]
Ints = NDArray[np.int32]

MARGIN = 1e-9
"""Share of β by which scripts keep clear of the leader's bound."""
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, eq=False)
class SolvedResponse:
    """What one agent should announce, and what that earns.

    Attributes
    ----------
    agent : int
        The deviator.
    positions : (rounds+1, d) array
        The script: announced positions u^0..u^n, m; u^0 is the announced start, which may be a lie.
    gain : float
        Net cost saved against the faithful play, m², as replayed in float64; never negative, never overstated.
    solved : bool
        Whether this is the optimum. If not (rounding, solver), it is only the best script found, at worst the faithful
        play; it is never penalised either.
    """

    agent: int
    positions: Array
    gain: float
    solved: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class DeviationGame:
    """The game of one agent around a faithful run; lengths in metres.

    Attributes
    ----------
    faithful : (rounds+1, d) array
        Positions of the agent in the faithful run.
    drift : (N, d) array
        What misses and noise added to the faithful outcome; a deviation adds to it.
    final : (N, d) array
        z_f, the faithful outcome, drift included.
    beta : float
        The announced β(n).
    weight : (2E,) array or None
        Weights of the links; None where all are 1.
    """

    indptr: Ints
    indices: Ints
    alpha: float
    theta: Array
    agent: int
    faithful: Array
    drift: Array
    final: Array
    beta: float
    weight: Array | None = None

    @classmethod
    def around(
        cls,
        indptr: ArrayLike,
        indices: ArrayLike,
        alpha: float,
        theta: ArrayLike,
        z_final: ArrayLike,
        beta: float,
        rounds: int,
        agent: int,
        weight: ArrayLike | None = None,
    ) -> DeviationGame:
        """Play the faithful run once; see `robosim.rendezvous.gains.exact.best_response` for the parameters."""
        who, whom, start, final = team(indptr, indices, theta, z_final)
        agent, weighed = one_of(len(start), agent), link_weights(whom, weight)
        modelled, faithful = faithful_play(who, whom, float(alpha), start, int(rounds), agent, weighed)
        return cls(
            indptr=who,
            indices=whom,
            alpha=float(alpha),
            theta=start,
            agent=agent,
            faithful=faithful,
            drift=final - modelled,
            final=final,
            beta=float(beta),
            weight=weighed,
        )

    @property
    def size(self) -> float:
        """d = ‖(I-J)θ‖, the natural size of a change of z^n; d² is that of a gain."""
        return norm(spread(self.theta))

    @property
    def bound(self) -> float:
        """The certified bound on the gain."""
        return gain_bound(norm(self.final - self.theta) ** 2, self.size, max(self.beta, norm(spread(self.final))))

    @property
    def radius(self) -> float:
        """Largest distance from consensus that scripts may end at.

        β less a margin, also for n rounds summed in another order, or where the faithful run ends.
        """
        rounding = 2.0 * EPS * float(np.sqrt(len(self.faithful))) * norm(self.final)
        return max(self.beta * (1.0 - MARGIN) - rounding, norm(spread(self.final)))

    def outcome(self, script: Array) -> Array:
        """z^n, (N, d), when the agent plays `script`."""
        moved = scripted_play(self.indptr, self.indices, self.alpha, self.theta, script, self.agent, self.weight)
        return moved + self.drift

    def play(self, script: Array) -> tuple[float, float]:
        """Gain J(z_f) - J(z^n) and distance from consensus when the agent plays `script`."""
        z = self.outcome(script)
        return norm(self.final - self.theta) ** 2 - norm(z - self.theta) ** 2, norm(spread(z))

    def rounding(self, deviation: Array) -> float:
        """How far z^n may move when u - u_faithful is played in another order of summation.

        A few ulps a round on each neighbour, which add up like independent errors.
        """
        degree = float(self.indptr[self.agent + 1] - self.indptr[self.agent])
        return 4.0 * EPS * float(np.sqrt(degree)) * norm(deviation)


def norm(x: Array) -> float:
    """Frobenius norm, summed in an order of its own (BLAS would change it with the number of threads)."""
    return float(np.sqrt((x * x).sum()))


def spread(z: Array) -> Array:
    """(I-J) z: positions, (N, d), less their mean."""
    result: Array = z - z.mean(axis=0)
    return result


def inside(final: Array, beta: float) -> bool:
    """Whether final positions lie within β of consensus, up to rounding."""
    return norm(spread(final)) <= beta * (1.0 + 1e-9) + 4.0 * EPS * norm(final)


def team(
    indptr: ArrayLike, indices: ArrayLike, theta: ArrayLike, z_final: ArrayLike
) -> tuple[Ints, Ints, Array, Array]:
    """Links as int32 and positions, (N, d), as float64, contiguous: each kernel is then compiled for one signature."""
    who, whom = np.ascontiguousarray(indptr, dtype=np.int32), np.ascontiguousarray(indices, dtype=np.int32)
    start, final = np.ascontiguousarray(theta, dtype=np.float64), np.ascontiguousarray(z_final, dtype=np.float64)
    if start.ndim != 2 or start.shape != final.shape or len(who) != len(start) + 1:
        raise BadInput(
            "theta and z_final must both be (N, d) and indptr (N+1,) "
            f"(got {start.shape}, {final.shape} and {who.shape})"
        )
    return who, whom, start, final


def link_weights(indices: Ints, weight: ArrayLike | None) -> Array | None:
    """One number > 0 a link, (2E,), or None."""
    if weight is None:
        return None
    found = np.ascontiguousarray(weight, dtype=np.float64)
    if found.shape != indices.shape or not (np.isfinite(found) & (found > 0)).all():
        raise BadInput(
            f"weight must hold one number > 0 for each of {indices.size} links (got the shape {found.shape})"
        )
    return found


def one_of(size: int, agent: int) -> int:
    """The number of an agent, if there is such an agent."""
    if not 0 <= agent < size:
        raise BadInput(f"agent must be one of 0..{size - 1} (got {agent})")
    return int(agent)
