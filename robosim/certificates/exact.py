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
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from robosim.certificates.closed import gain_bound
from robosim.certificates.deviation import Array, BestResponse, Deviation, Ints, inside, norm, one_of, spread, team
from robosim.certificates.reachable import Reachable
from robosim.errors import TooLarge
from robosim.kernels.ball import gains
from robosim.spectrum import round12

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
    modes, group, values = eigenspaces(indptr, indices)
    vectors = np.hstack([np.full((len(start), 1), len(start) ** -0.5), final - start, spread(final)])
    data = np.ascontiguousarray((modes.T @ vectors).T)
    found = gains(who, modes, group, values, data, norm(spread(final)) ** 2, radius, int(rounds))
    bound = gain_bound(norm(final - start) ** 2, norm(spread(start)), radius)
    result: Array = np.clip(found, 0.0, max(bound, 0.0))  # both ends are theorems: only rounding is cut
    return result


def eigenspaces(indptr: Ints, indices: Ints) -> tuple[Array, NDArray[np.int64], Array]:
    """Eigenvectors of L, (N, N) in columns, the number of the eigenspace of each, (N,), and its eigenvalue, (E,)."""
    n = len(indptr) - 1
    if n > LARGEST:
        raise TooLarge(
            f"exact gains: {n} agents need {24e-9 * n * n:.3g} GB (at most {LARGEST} agents; "
            "the certified bound needs no such memory)"
        )
    neighbours = csr_array((np.ones(len(indices)), indices, indptr), shape=(n, n)).toarray()
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
) -> BestResponse:
    """The exact optimum of one agent as a script to be played without speed limits.

    The optimum of `exact_gains` may ask for absurd positions, 10⁶..10¹⁶ diameters away, which float64 cannot steer by.
    So the agent's impulse responses H are factored as H = Q R Z (orthonormal columns Q, triangular R, orthonormal
    rows Z): the first k rows of Z reach exactly the first k columns of Q. The optimum is sought in the smallest of
    these nested spaces that attains the exact gain. If float64 cannot play that script, it goes as far towards it as
    float64 can from the largest space where it can: every script between two good ones is good, by convexity. The
    script is replayed before it is believed.

    Parameters
    ----------
    indptr, indices, theta, z_final, beta, rounds
        As in `exact_gains`. What z_final differs from the model's outcome (misses, noise) is kept.
    alpha : float
        Step size α of T, Algorithm 2, line 3.
    agent : int
        The deviator i.

    Returns
    -------
    BestResponse
        Within β, with a margin for the rounding of other orders of summation, and never worse than the faithful play.
    """
    game = Deviation.around(indptr, indices, alpha, theta, z_final, beta, rounds, agent)
    exact = round12(float(exact_gains(indptr, indices, theta, z_final, beta, rounds, [agent])[0]))
    tolerance = ATTAINED * game.size**2
    best = BestResponse(agent=game.agent, positions=game.faithful, gain=0.0, solved=exact <= tolerance)
    if not exact > 0.0:
        return best
    space = Reachable.of(game)
    for caution in (1.0, 1e-3, 1e-6):
        limit = caution * min(STEADY * game.size, game.radius / 8.0)
        script = game.faithful + space.towards(exact - 0.5 * tolerance, limit)
        gain, distance = game.play(script)
        if gain > 0.0 and distance <= game.radius - limit:
            return BestResponse(agent=game.agent, positions=script, gain=gain, solved=gain >= exact - tolerance)
    return best
