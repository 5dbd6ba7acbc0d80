"""Neighbours within hearing distance, found anew in every round while agents move."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from robosim.agent import Array, Ints, Links
from robosim.errors import TooLarge
from robosim.files.content import VARIABLE, limit_bytes
from robosim.kernels.near import near
from robosim.network import graphs

BYTES_PER_PAIR = 240
"""Both directions with keys, weights and draws."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Near:
    """Whoever is at most `range_m` away is heard; `start` (n, d) is where agents stand before round 0, metres.

    Nothing but the number of agents limits λ_max ≤ n and degrees ≤ n - 1 of the graphs to come, and λ₂ may be 0.
    """

    range_m: float
    start: Array

    name: ClassVar[str] = ""
    margin: ClassVar[float] = 0.0
    weights: ClassVar[None] = None
    labels: ClassVar[tuple[str, ...]] = ()
    connectivity: ClassVar[float] = 0.0
    directed: ClassVar[bool] = False

    @property
    def n(self) -> int:
        """Number of agents."""
        return len(self.start)

    @property
    def lambda_max(self) -> float:
        """No Laplacian of n agents without weights has a larger eigenvalue."""
        return float(self.n)

    @property
    def most_heard(self) -> float:
        """How many neighbours an agent may come to have."""
        return float(self.n - 1)

    @cached_property
    def links(self) -> Links:
        """Before round 0, with lazy Metropolis weights."""
        return metropolis(*self._rows(self.start))

    @cached_property
    def edges(self) -> graphs.Edges:
        """Pairs before round 0, (E, 2)."""
        links = self.links
        receiver = np.repeat(np.arange(self.n), np.diff(links.indptr))
        both = np.stack([receiver, links.ids.astype(np.int64)], axis=1)
        return np.asarray(both[both[:, 0] < both[:, 1]])

    def rows(self, positions: Array) -> tuple[Ints, Ints]:
        """Who hears whom where agents stand at positions (teams · n, d): indptr and senders, each team by itself."""
        teams = positions.reshape(-1, self.n, positions.shape[-1])
        found = [self._rows(team) for team in teams]
        return found[0] if len(found) == 1 else beside(found, self.n)

    def _rows(self, positions: Array) -> tuple[Ints, Ints]:
        """Of one team. Raises `TooLarge` where they are so near each other that the links would not fit."""
        most = min(limit_bytes() // BYTES_PER_PAIR, 2**29)
        indptr, senders = near(np.ascontiguousarray(positions), self.range_m, most)
        if not indptr.size:
            raise TooLarge(
                f"network.range_m: more than {most} pairs of agents are at most {self.range_m:g} m apart (use a "
                f"shorter range or fewer agents; {VARIABLE} raises the limit)"
            )
        return indptr, senders


def beside(rows: list[tuple[Ints, Ints]], n: int) -> tuple[Ints, Ints]:
    """Compressed rows of several teams of n as those of one that does not hear across."""
    ends = np.cumsum([0, *(indptr[-1] for indptr, _ in rows)])
    starts = [indptr[:-1] + end for (indptr, _), end in zip(rows, ends[:-1], strict=True)]
    indptr = np.concatenate([*starts, ends[-1:]]).astype(np.int32)
    return indptr, np.concatenate([senders + i * n for i, (_, senders) in enumerate(rows)]).astype(np.int32)


def metropolis(indptr: Ints, senders: Ints, degree: Array | None = None, margin: float = 0.0) -> Links:
    """Links with the weights of a mean, W_ij = 1 / (2 (max(deg_i, deg_j) + margin)), W_ii = 1 - Σ_j W_ij.

    `degree` (n,) are those before anything was lost; what is lost is made up for by the own weight, so that rows sum to
    1. Columns do where links stand in pairs: programs that need W doubly stochastic are not served by loss or delay
    that takes one direction of a link and not the other, nor by directed graphs.
    """
    count = np.diff(indptr)
    receiver = np.repeat(np.arange(count.size), count)
    degree = count.astype(np.float64) if degree is None else np.maximum(degree, count)
    weight = 0.5 / (np.maximum(degree[receiver], degree[senders]) + margin)
    own = 1.0 - np.bincount(receiver, weights=weight, minlength=count.size)
    return Links(indptr, senders, senders, weight, np.asarray(own, dtype=np.float64))
