"""What a rendezvous leaves behind: trajectories in metres, energy in joules, the bound and the bill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array
from robosim.files.packing import Axes
from robosim.network.graphs import Edges
from robosim.network.network import spread
from robosim.network.reception import Reception
from robosim.record import Record
from robosim.rendezvous.problem import Announcement, understated


@dataclass(frozen=True, kw_only=True, eq=False)
class RendezvousRecord(Record):
    """A finished rendezvous: `said["z"]` (missions, rows, agents, d) are the iterates, m.

    `positions` are the bodies (the same rows, or start and end of the journey when robots agree first and then travel);
    `energy_j` (missions, rows, agents) runs up to what stands in `spent_j` (missions, agents); `starts` are the types,
    (1 or missions, agents, d). `weights` are those of `edges` (None: all 1), `labels` the nodes of the graph that was
    given, as text, in the order of the ids (none: nodes are ids). `reception` is what a radio did, None
    where nothing is lost and links stay.
    """

    noun: ClassVar[str] = "rendezvous"

    rules: Announcement
    travel: str
    dt_s: Annotated[float, Axes(least=0)]
    pays_for: str
    edges: Annotated[Edges, Axes("* 2", least=0)]
    starts: Annotated[Array, Axes("1|M N n")]
    positions: Annotated[Array, Axes("M stops N n")]
    energy_j: Annotated[Array, Axes("M stops N")]
    spent_j: Annotated[Array, Axes("M N")]
    weights: Annotated[Array, Axes("*")] | None = None
    labels: tuple[str, ...] = ()
    reception: Reception | None = None

    def faults(self) -> Iterator[str]:
        """Also links of robots that are not there, and words that are not where bodies are."""
        yield from super().faults()
        if self.edges.max(initial=0) >= self.decision.shape[1]:
            yield f"edges: name a robot that is not there, {self.edges.max()}"
        if self.weights is not None and len(self.weights) != len(self.edges):
            yield f"weights: must be one for each of {len(self.edges)} edges, got {len(self.weights)}"
        elif self.weights is not None and (self.weights <= 0).any():
            yield f"weights: must be > 0, got {self.weights.min()}"
        if len(self.labels) not in (0, self.decision.shape[1]):
            yield f"labels: must name each of {self.decision.shape[1]} robots, got {len(self.labels)}"
        if self.said.keys() != {"z"} or self.said["z"].shape[3] != self.decision.shape[2]:
            yield "said: must hold z, with as many components as a position"

    def understated(self, missions: NDArray[np.int64], agents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Groves taxes hold a deviator back by the others' costs: these must be reported in full."""
        short = understated(self.reported_cost, self.private_cost)
        short[missions, agents] = False
        return np.asarray(short.any(axis=1))

    @property
    def start(self) -> Array:
        """The types of mission 0, (agents, d) metres."""
        return np.asarray(self.starts[0])

    @cached_property
    def distance(self) -> Array:
        """dist(z^k, Z) at the kept rounds, (missions, rows), metres."""
        return np.stack([spread(self.said["z"][:, row]) for row in range(len(self.kept))], axis=1)

    @cached_property
    def beta(self) -> Array:
        """The announced bound at the kept rounds, (rows,), metres."""
        return self.rules.bound.beta(self.kept)

    def mean_moved_m(self, mission: int) -> float:
        """How far the mean of where robots end is from that of where they started, metres."""
        start = self.starts[min(mission, len(self.starts) - 1)]
        return float(np.linalg.norm(self.decision[mission].mean(axis=0) - start.mean(axis=0)))

    def network_list(self, mission: int) -> dict[str, Any] | None:
        """Messages, components, and how far the mean of the team moved, m."""
        if self.reception is None:
            return None
        return {**self.reception.plain(mission), "mean_moved_m": self.mean_moved_m(mission)}

    def leader(self, mission: int) -> dict[str, Any]:
        """Rules, the distance that was reached and whether it is fined."""
        return {**self.shared_leader(mission), "bound": self.rules.rule, "alpha": self.rules.alpha}

    def history(self, mission: int) -> dict[str, Any]:
        """Distance and bound, metres."""
        return {"distance": self.distance[mission].tolist(), "beta": self.beta.tolist()}

    def columns(self, mission: int) -> dict[str, Any]:
        """Starts and final positions in metres, energy in joules; labels where the graph's nodes have names."""
        start = self.starts[min(mission, len(self.starts) - 1)]
        named = {"label": np.array(self.labels)} if self.labels else {}
        return {**named, "type": start, "decision": self.decision[mission], "energy_j": self.spent_j[mission]}
