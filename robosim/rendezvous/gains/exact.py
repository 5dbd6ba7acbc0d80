"""The exact best response of one agent to a faithful team, and what it gains: no search.

Let z_f = z^n be the faithful outcome of T, Algorithm 2. Whatever agent i announces, u^0..u^n, lies about its start
included, the others add it up linearly: z^{k+1} = W z^k + e_i δ_k with δ_k = u^{k+1} - (W z^k)_i, and u ↔ δ is a
bijection. Hence

    z^n = z_f + p(W) e_i,  p any polynomial of degree ≤ n,

the announced start contributing the degree n, and the reachable set is z_f + K_{n+1}(L, e_i), a Krylov space.
Feedback gains nothing more: the others are deterministic, so only the realised trajectory matters. Within β(n) of
consensus the net cost of agent i under the Groves tax is J(z) = ‖z - θ‖²; outside it pays C ≥ J(z_f) (T,
Proposition 2), so leaving never pays and

    ε_i(n) = J(z_f) - min {J(z) : z in z_f + K_{n+1}(L, e_i), ‖(I-J)z‖ ≤ β(n)}.

Where one agent can steer its team by announcements that float64 can carry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from robosim.certificate import at_most
from robosim.errors import TooLarge
from robosim.kernels.ball import attainable, coordinates, gains, optimum
from robosim.kernels.steering import gram_schmidt, impulse_responses, triangular_solve
from robosim.network.graphs import round12
from robosim.rendezvous.gains.closed import gain_bound
from robosim.rendezvous.gains.deviation import (
    Array,
    DeviationGame,
    Ints,
    SolvedResponse,
    inside,
    link_weights,
    norm,
    one_of,
    spread,
    team,
)

LARGEST = 5000
"""Most agents whose Laplacian is decomposed."""
SEPARATE = 1e-11
"""Eigenvalues closer than this share of λmax are one."""
ATTAINED = 2e-8
"""Share of ‖(I-J)θ‖² that a script may fall short of the exact gain."""
STEADY = 1e-9
"""Rounding error in z^n that a script may cause, as a share of ‖(I-J)θ‖."""


def exact_gains(
    links_indptr: ArrayLike,
    links_indices: ArrayLike,
    theta: ArrayLike,
    z_final: ArrayLike,
    beta: float,
    rounds: int,
    agents: ArrayLike | None = None,
    weight: ArrayLike | None = None,
) -> Array:
    """ε_i(n) of every agent at these types: what its best response saves, whatever it may announce.

    K_{n+1}(L, e_i) has one direction P_λ e_i in every eigenspace of L that agent i takes part in: symmetries of the
    graph hide the others from it. L is therefore decomposed once and for all, O(N³); Lanczos vectors of L itself would
    drift into the hidden directions, where rounding grows unchecked, and overstate ε. If n + 1 is less than the number
    of directions, a Lanczos basis of diagonal matrices, O(n²N) per agent, follows; then one scalar equation
    (`robosim.kernels.ball`). The step size α does not matter beyond z_f.

    An eigenspace in which the agent's part is below 10⁻¹¹ counts as hidden: rounding cannot tell it from a symmetry,
    and to use it the agent would have to announce positions 10¹¹ diameters away.

    Parameters
    ----------
    links_indptr, links_indices : (N+1,), (2E,) integer arrays
        Neighbours of each agent in compressed rows; a connected graph, without loops.
    theta, z_final : (N, d) arrays
        Types (start positions) and final positions z_f of the faithful run, m.
    beta : float
        The announced β(n), m.
    rounds : int
        n.
    agents : (K,) integer array, optional
        Only these.
    weight : (2E,) array, optional
        Weights of the links in L; without it all are 1.

    Returns
    -------
    (N,) or (K,) array
        Gains, m²; between 0 and `gain_bound`. All nan when the faithful run itself is outside β: then faithful agents
        are penalised and the certificate says nothing.

    Raises
    ------
    TooLarge
        For more than `LARGEST` agents.
    BadInput
        For wrong shapes and agents that do not exist.
    """
    indptr, indices, start, final = team(links_indptr, links_indices, theta, z_final)
    who = np.array([one_of(len(start), a) for a in (range(len(start)) if agents is None else np.atleast_1d(agents))])
    if not inside(final, beta):
        return np.full(len(who), np.nan)
    radius = max(float(beta), norm(spread(final)))
    modes, group, values = eigenspaces(indptr, indices, link_weights(indices, weight))
    vectors = np.hstack([np.full((len(start), 1), len(start) ** -0.5), final - start, spread(final)])
    data = np.ascontiguousarray((modes.T @ vectors).T)
    found = gains(who, modes, group, values, data, norm(spread(final)) ** 2, radius, int(rounds))
    bound = gain_bound(norm(final - start) ** 2, norm(spread(start)), radius)
    size = norm(final - start) ** 2 + norm(spread(start)) ** 2
    at_most(-found, 0.0, size, "0 ≤ exact gain")
    return np.maximum(at_most(found, max(bound, 0.0), size, "exact gain ≤ closed form"), 0.0)


def eigenspaces(indptr: Ints, indices: Ints, weight: Array | None = None) -> tuple[Array, NDArray[np.int64], Array]:
    """Eigenvectors of L, (N, N) in columns, the number of the eigenspace of each, (N,), and its eigenvalue, (E,)."""
    n = len(indptr) - 1
    if n > LARGEST:
        raise TooLarge(
            f"exact gains: {n} agents need {24e-9 * n * n:.3g} GB (at most {LARGEST} agents; "
            "the certified bound needs no such memory)"
        )
    each = np.ones(len(indices)) if weight is None else weight
    neighbours = csr_array((each, indices, indptr), shape=(n, n)).toarray()
    values, modes = np.linalg.eigh(np.diag(neighbours.sum(axis=1)) - neighbours)
    group = np.concatenate([[0], np.cumsum(np.diff(values) > SEPARATE * values[-1])])
    return np.ascontiguousarray(modes), group, values[np.unique(group, return_index=True)[1]]


def best_response(
    indptr: ArrayLike,
    indices: ArrayLike,
    alpha: float,
    theta: ArrayLike,
    z_final: ArrayLike,
    beta: float,
    rounds: int,
    agent: int,
    weight: ArrayLike | None = None,
) -> SolvedResponse:
    """The exact optimum of one agent as a script to be played without speed limits.

    The optimum of `exact_gains` may ask for absurd positions, 10⁶..10¹⁶ diameters away, which float64 cannot steer by.
    So the agent's impulse responses H are factored as H = Q R Z (orthonormal columns Q, triangular R, orthonormal
    rows Z): the first k rows of Z reach exactly the first k columns of Q. The optimum is sought in the smallest of
    these nested spaces that attains the exact gain. If float64 cannot play that script, it goes as far towards it as
    float64 can from the largest space where it can: every script between two good ones is good, by convexity. The
    script is replayed before it is believed.

    Parameters
    ----------
    indptr, indices, theta, z_final, beta, rounds, weight
        As in `exact_gains`. What z_final differs from the model's outcome (misses, noise) is kept.
    alpha : float
        Step size α of T, Algorithm 2, line 3.
    agent : int
        The deviator i.

    Returns
    -------
    SolvedResponse
        Within β, with a margin for the rounding of other orders of summation, and never worse than the faithful play.
    """
    game = DeviationGame.around(indptr, indices, alpha, theta, z_final, beta, rounds, agent, weight)
    exact = round12(float(exact_gains(indptr, indices, theta, z_final, beta, rounds, [agent], weight)[0]))
    tolerance = ATTAINED * game.size**2
    best = SolvedResponse(agent=game.agent, positions=game.faithful, gain=0.0, solved=exact <= tolerance)
    if not exact > 0.0:
        return best
    space = Reachable.of(game)
    for caution in (1.0, 1e-3, 1e-6):
        limit = caution * min(STEADY * game.size, game.radius / 8.0)
        script = game.faithful + space.towards(exact - 0.5 * tolerance, limit)
        gain, distance = game.play(script)
        if gain > 0.0 and distance <= game.radius - limit:
            return SolvedResponse(agent=game.agent, positions=script, gain=gain, solved=gain >= exact - tolerance)
    return best


RANK = 1e-14
"""Responses below this share of the largest are rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reachable:
    """Impulse responses H = Q R Z of the agent of `game`.

    Attributes
    ----------
    outputs : (r, N) array
        Qᵀ, orthonormal.
    triangle : (r, r) array
        R, upper triangular.
    inputs : (r, rounds+1) array
        Z, orthonormal.
    way, apart : (d, N) arrays
        z_f - θ and (I-J) z_f.
    """

    outputs: Array
    triangle: Array
    inputs: Array
    way: Array
    apart: Array
    game: DeviationGame

    @classmethod
    def of(cls, game: DeviationGame) -> Reachable:
        """Factor the impulse responses: pivoted rows for Z, then H Zᵀ = Q R in that order."""
        rounds = len(game.faithful) - 1
        responses = impulse_responses(game.indptr, game.indices, game.alpha, rounds, game.agent, game.weight)
        inputs = gram_schmidt(responses, RANK, True)
        reached = np.einsum("kr,ir->ki", inputs, responses)  # not matmul: scripts enter trajectories
        outputs = gram_schmidt(reached, 0.0, False)
        return cls(
            outputs=outputs,
            triangle=np.einsum("ji,ki->jk", outputs, reached),
            inputs=inputs,
            way=np.ascontiguousarray((game.final - game.theta).T),
            apart=np.ascontiguousarray(spread(game.final).T),
            game=game,
        )

    def best(self, k: int, radius: float) -> tuple[float, Array]:
        """Gain and coordinates, (k, d), of the best point of the first k outputs within `radius` of consensus."""
        n = self.way.shape[1]
        seen = coordinates(self.outputs[:k], np.full(n, 1.0 / np.sqrt(n)), self.way, self.apart)
        gain, tau = attainable(*seen, norm(self.apart) ** 2, max(radius, 0.0))
        return gain, optimum(*seen, tau)

    def deviation(self, k: int, radius: float) -> Array:
        """u - u_faithful, (rounds+1, d), that reaches that point."""
        weights = triangular_solve(self.triangle[:k, :k], self.best(k, radius)[1])
        result: Array = np.einsum("kr,kc->rc", self.inputs[:k], weights)
        return result

    def towards(self, enough: float, limit: float) -> Array:
        """The deviation that gains `enough`, or as much of it as can be played with a rounding error of `limit`."""
        radius, sizes = self.game.radius - 2.0 * limit, range(1, len(self.outputs) + 1)
        k = next((k for k in sizes if self.best(k, radius)[0] >= enough), len(sizes))
        wild = tame = self.deviation(k, radius)
        while self.game.rounding(tame) > limit:
            k, wild = k - 1, tame
            tame = self.deviation(k, radius) if k else np.zeros_like(wild)
        if wild is tame:
            return tame
        step = self.game.rounding(tame), self.game.rounding(wild)
        return tame + (limit - step[0]) / (step[1] - step[0]) * (wild - tame)
