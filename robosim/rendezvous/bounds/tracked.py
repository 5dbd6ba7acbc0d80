"""β(k) of average consensus whose bodies miss their waypoints by a known tolerance, and whether they can track it.

Robot i stands at z_i^k = (P_k θ)_i + e_i^k, where P_k is what exact bodies would do (`schedule`), and a round adds at
most m_k metres to what it misses: the body's tracking miss, landing errors, errors of what robots see. I - α_k L is
row-stochastic and contracts what is off the mean by r_k = 1 - α_k λ₂, so with E_k = Σ m

    ‖e_i^k‖ ≤ E_k,    dist(z^k, Z) ≤ δ_k + η_k,    η_{k+1} = r_k η_k + √N m_{k+1},

and a faithful robot is told to go at most S_k = min(s_k + 2 α_k deg E_k, α_k λmax (δ_k + η_k)) metres, with s_k what
exact bodies are told. From one waypoint to the next is S_k plus what it missed before; the body says what it misses
then. An error of what is seen moves a waypoint by no more than itself, as it is a mean of what is seen; an error of
landing is one of the goal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.network.network import Network
from robosim.rendezvous.bodies.body import Tracking


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """What misses do to a mission of n rounds.

    Parameters
    ----------
    miss_m : (n,) the most that a faithful robot misses after rounds 1..n.
    apart_m : (n+1,) η_k, what that adds to the distance to agreement.
    drift_m : E_n, the most that a robot can be off the place where exact bodies would have it.
    longest_m : the farthest that one waypoint can be from the one before.
    """

    miss_m: Array
    apart_m: Array
    drift_m: float
    longest_m: float


def tolerance(
    network: Network, alpha: Array, exact_m: Array, reached_m: Array, tracking: Tracking, errors_m: float
) -> Tolerance:
    """The recursion of this module.

    Parameters
    ----------
    alpha : (n,) step sizes, at most 1/λmax.
    exact_m : (n,) s_k, the longest step of exact bodies.
    reached_m : (n+1,) δ_k, the largest distance to agreement of exact bodies.
    tracking : how well bodies track.
    errors_m : landing errors and errors of what is seen, together, a round.
    """
    degree, size = float(network.links.weighted_degree.max()), float(np.sqrt(network.n))
    rounds = len(alpha)
    told, miss, apart = np.zeros(rounds), np.zeros(rounds + 1), np.zeros(rounds + 1)
    gains, drift = np.array(tracking.gains), 0.0
    for k in range(rounds):
        close = alpha[k] * network.lambda_max * (reached_m[k] + apart[k])
        told[k] = min(exact_m[k] + 2.0 * alpha[k] * degree * drift, close) + miss[k] + errors_m
        back = told[max(0, k + 1 - gains.size) : k + 1][::-1]
        miss[k + 1] = tracking.floor_m + float(gains[: back.size] @ back)
        added = miss[k + 1] + errors_m
        drift += added
        apart[k + 1] = (1.0 - alpha[k] * network.connectivity) * apart[k] + size * added
    return Tolerance(miss_m=miss[1:], apart_m=apart, drift_m=drift, longest_m=float(told.max(initial=0.0)))
