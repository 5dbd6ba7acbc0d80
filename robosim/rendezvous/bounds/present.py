"""β of a team some of whom are away for a while: empty, or switched off, they neither move nor speak.

While the robots S take part, what is off their mean shrinks by 1 - α_k λ₂(S) a round, λ₂ that of the graph without the
others, 0 where that falls apart. Who leaves takes its part of the distance along: it does not grow. Who comes back may
stand anywhere in the box of types, so the distance may be its diameter again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.leader.bound import diameter
from robosim.network.network import Network

Mask = NDArray[np.bool_]
Changes = Sequence[tuple[int, Mask]]
"""(k, who takes part from round k on), the first with k = 0."""


def connectivity(network: Network, present: Mask) -> float:
    """λ₂ of the graph among those who are present, a little less for rounding; 0 where it falls apart."""
    if present.all():
        return network.connectivity
    who = np.flatnonzero(present)
    if len(who) < 2:
        return 0.0
    pulls = network.laplacian[who][:, who].toarray()
    np.fill_diagonal(pulls, 0.0)
    np.fill_diagonal(pulls, -pulls.sum(axis=1))
    return float(max(np.linalg.eigvalsh(pulls)[1], 0.0)) * (1.0 - 1e-9)


def reached(network: Network, alpha: Array, changes: Changes, box: tuple[Array, Array], errors_m: Array) -> Array:
    """δ_0..δ_n, (n+1,) metres, of those who are present in each round.

    Parameters
    ----------
    alpha : (n,) step sizes, at most 1/λmax.
    changes : who takes part, and from when.
    box : corners of the type space.
    errors_m : (n,) the most that a robot is off after each round.
    """
    wide, size = diameter(network.n, *box), float(np.sqrt(network.n))
    found, present = np.empty(len(alpha) + 1), changes[0][1]
    found[0], slow, later = wide, connectivity(network, present), list(changes[1:])
    for k in range(len(alpha)):
        back = False
        while later and later[0][0] <= k:  # round k + 1 answers what was heard in round k
            before, present = present, later.pop(0)[1]
            back, slow = back or bool((present & ~before).any()), connectivity(network, present)
        found[k + 1] = (1.0 - alpha[k] * slow) * (wide if back else found[k]) + size * errors_m[k]
    return found
