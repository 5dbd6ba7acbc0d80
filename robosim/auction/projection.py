"""The nearest feasible shares to whatever was said (T, Algorithm 1, line 17).

The projection onto {Rz = c (or ≤ c), lower ≤ z ≤ upper} is clip(z_i - R_i'μ, lower_i, upper_i) with one μ for all.
Where every number counts for at most one resource, as power does for its period, resources are levelled one by one;
else it is in closed form where no limit binds, and by Newton steps or piqp where one does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.kernels import Unsettled
from robosim.kernels.levels import level_periods, shared
from robosim.programme import INFEASIBLE, Programme, cleared_from

Mask = NDArray[np.bool_]


class PublicLimits(NamedTuple):
    """What is public: R (N, rows, n) or None for the identity, c (rows,), limits (N, n), `equal` if Rz = c, else ≤.

    For the identity limits may be (N, 1), the same for all numbers of an agent.
    """

    R: Array | None
    c: Array
    lower: Array
    upper: Array
    equal: bool


def nearest(site: PublicLimits, z: Array, present: Mask) -> tuple[Array, Array]:
    """Feasible shares (missions, N, n) and multipliers μ (missions, 1, rows) for what was said, z (missions, N, n).

    Who is absent, by `present` (missions, N, 1), gets 0. Raises `BadInput` if the limits leave no feasible division.
    """
    if site.R is None:
        return by_period(site, z, present)
    here = np.broadcast_to(present, (*z.shape[:2], 1))
    if (np.count_nonzero(site.R, axis=1) <= 1).all():
        return levelled(site, site.R, z, here)
    return coupled(site, site.R, z, here)


def by_period(site: PublicLimits, z: Array, present: Mask) -> tuple[Array, Array]:
    """Number by number, each of which is a resource of its own."""
    shares, mu = np.array(z, order="C"), np.empty((len(z), len(site.c)))
    lower, upper = np.ascontiguousarray(site.lower), np.ascontiguousarray(site.upper)
    if not level_periods(shares, lower, upper, np.ascontiguousarray(present[..., 0]), site.c, site.equal, mu):
        least, most = (np.where(present, limit, 0.0).sum(axis=1) for limit in (site.lower, site.upper))
        refuse(site, mu, np.broadcast_to(least, mu.shape), np.broadcast_to(most, mu.shape))
    return shares, mu[:, None]


def levelled(site: PublicLimits, R: Array, z: Array, present: Mask) -> tuple[Array, Array]:
    """Resource by resource."""
    missions = len(z)
    shares, mu = np.array(z).reshape(missions, -1), np.empty((missions, len(site.c)))
    there = np.ascontiguousarray(np.broadcast_to(present, z.shape)).reshape(missions, -1)
    lower, upper = np.ascontiguousarray(site.lower).ravel(), np.ascontiguousarray(site.upper).ravel()
    if not shared(*takers(R), shares, lower, upper, there, site.c, site.equal, mu):
        weight = R.transpose(1, 0, 2)[None]  # (1, rows, N, n), 0 where nothing counts
        ends = [np.where(weight != 0.0, weight * limit, 0.0) for limit in (site.lower, site.upper)]
        here = np.broadcast_to(present, z.shape)[:, None]
        least, most = (np.where(here, pick(*ends), 0.0).sum(axis=(2, 3)) for pick in (np.minimum, np.maximum))
        refuse(site, mu, least, most)
    return shares.reshape(z.shape), mu[:, None]


def refuse(site: PublicLimits, mu: Array, least: Array, most: Array) -> None:
    """Say why a resource has no level, NaN in μ (missions, rows), from what its takers take at least and at most.

    Raises `BadInput` where c is outside that, else `Unsettled`.
    """
    m, row = np.argwhere(np.isnan(mu))[0]
    c, low, high = float(site.c[row]), float(least[m, row]), float(most[m, row])
    if c < low or (site.equal and c > high):
        raise BadInput(INFEASIBLE)
    raise Unsettled(f"division: no level of resource {row} was found for c = {c:.9g}, within {low:.9g} … {high:.9g}")


def takers(R: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Who takes of each resource and how much, as compressed rows: start (rows + 1,), places and weights."""
    flat = R.transpose(1, 0, 2).reshape(R.shape[1], -1)
    rows, places = np.nonzero(flat)
    return np.searchsorted(rows, np.arange(R.shape[1] + 1)), places, flat[rows, places]


def coupled(site: PublicLimits, R: Array, z: Array, present: Mask) -> tuple[Array, Array]:
    """All resources at once."""
    said = np.where(present, z, 0.0)
    mu = correction(site, R, said, present)
    shares = np.where(present, moved(R, said, mu), 0.0)
    for m in np.flatnonzero(~settled(site, R, shares, mu, present)):
        here = present[m, :, 0]
        found, mu[m] = cleared_from(programme(site, R[here], said[m], here), mu[m])
        shares[m] = 0.0
        shares[m, here] = found.reshape(-1, z.shape[2])
    return shares, mu[:, None]


def moved(R: Array, z: Array, mu: Array) -> Array:
    """z_i - R_i'μ."""
    return np.asarray(z - np.einsum("irc,mr->mic", R, mu))


def load(R: Array, z: Array) -> Array:
    """Σ_i R_i z_i, (missions, rows)."""
    return np.asarray(np.einsum("irc,mic->mr", R, z))


def correction(site: PublicLimits, R: Array, z: Array, present: Mask) -> Array:
    """μ if no limit binds: (Σ R_i R_i') μ = Σ R_i z_i - c over those present, (missions, rows); refined once."""
    gram = np.einsum("irs,mi->mrs", np.einsum("irc,isc->irs", R, R), present[..., 0].astype(np.float64))
    inverse = np.linalg.pinv(gram, hermitian=True)  # the shortest μ where rows are redundant
    mu = np.zeros((len(z), len(site.c)))
    for _ in range(2):
        mu = mu + np.einsum("mrs,ms->mr", inverse, load(R, np.where(present, moved(R, z, mu), 0.0)) - site.c)
    spare = (load(R, z) <= site.c).all(axis=1, keepdims=True) & (not site.equal)
    return np.where(spare, 0.0, mu)


def settled(site: PublicLimits, R: Array, shares: Array, mu: Array, present: Mask) -> Mask:
    """Whether the closed form is the projection, (missions,): it keeps c, the limits, and no row is pushed up."""
    left = site.c - load(R, shares)
    slack = 1e-12 * (1 + np.abs(site.c) + load(np.abs(R), np.abs(shares)))
    tight = np.abs(left) <= slack
    rows = tight if site.equal else ((left >= -slack) & (mu == 0.0)) | (tight & (mu > 0.0))
    inside = ~present | ((site.lower <= shares) & (shares <= site.upper))
    return np.asarray(rows.all(axis=1) & inside.all(axis=(1, 2)))


def programme(site: PublicLimits, R: Array, z: Array, here: Mask) -> Programme:
    """min ½‖x - z‖² of those who are here, (N,), with their R."""
    rows = R.transpose(1, 0, 2).reshape(len(site.c), -1)
    lower, upper, said = site.lower[here].ravel(), site.upper[here].ravel(), z[here].ravel()
    return Programme(np.ones_like(said), -said, lower, upper, rows, site.c, site.equal)
