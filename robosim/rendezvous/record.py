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
class BodyLog:
    """What is known of bodies beside where they were.

    Parameters
    ----------
    names : what each robot's body is called.
    places : (agents, d) places in the formation, m: a body stands at the meeting point plus its place.
    emptied : (missions, agents) the round in which its battery first ran empty, -1 where it never did.
    given_j : (missions, agents) what charging pads gave, J.
    yielded : (missions, agents) control steps in which it was held back or sent around to keep clear.
    clearance_m : (missions,) the smallest gap between surfaces in any control step; infinite where nobody looked.
    blocked : (missions, agents) control steps in which it wanted to move and had to stand.
    close : (missions, agents) control steps in which it was nearer to others than it may be.
    radius_m : (agents,) of its disc or ball; 0 where nobody keeps apart.
    outlines, first : obstacles in the plane, corners (k, 2) m, those of obstacle j from first[j] to first[j+1].
    pads : (pads, d + 1) places of charging pads and their radii, m.
    headings_rad : (missions, stops, agents) where bodies looked; None for those that look nowhere.
    charge_j : (missions, stops, agents) what batteries held; None where there are none.
    """

    names: tuple[str, ...]
    places: Annotated[Array, Axes("N n")]
    emptied: Annotated[NDArray[np.int64], Axes("M N", least=-1)]
    given_j: Annotated[Array, Axes("M N", least=0)]
    yielded: Annotated[NDArray[np.int64], Axes("M N", least=0)]
    clearance_m: Annotated[Array, Axes("M", finite=False)]
    blocked: Annotated[NDArray[np.int64], Axes("M N", least=0)]
    close: Annotated[NDArray[np.int64], Axes("M N", least=0)]
    radius_m: Annotated[Array, Axes("N", least=0)]
    outlines: Annotated[Array, Axes("* 2")]
    first: Annotated[NDArray[np.int64], Axes("*", least=0)]
    pads: Annotated[Array, Axes("* *")]
    headings_rad: Annotated[Array | None, Axes("M stops N")] = None
    charge_j: Annotated[Array | None, Axes("M stops N", least=0)] = None

    def faults(self, d: int) -> Iterator[str]:
        """Obstacles without three corners, and pads that stand nowhere in d dimensions."""
        ends = self.first.tolist()
        if ends[:1] != [0] or ends[-1] != len(self.outlines) or (np.diff(self.first) < 3).any():
            yield f"bodies/first: must begin obstacles of three corners and more among {len(self.outlines)}"
        if len(self.pads) and self.pads.shape[1] != d + 1:
            yield f"bodies/pads: must hold {d} coordinates and a radius, got {self.pads.shape[1]} numbers"


@dataclass(frozen=True, kw_only=True, eq=False)
class RendezvousRecord(Record):
    """A finished rendezvous: `said["z"]` (missions, rows, agents, d) are the iterates, m.

    `positions` are the bodies (the same rows, or start and end of the journey when robots agree first and then travel);
    `energy_j` (missions, rows, agents) runs up to what stands in `spent_j` (missions, agents); `starts` are the types,
    (1 or missions, agents, d). `weights` are those of `edges` (None: all 1), `labels` the nodes of the graph that was
    given, as text, in the order of the ids (none: nodes are ids). `bodies` is what is known of bodies that are no
    points; where they meet in a formation, iterates, types and decisions stand in the frame of the meeting, positions
    in the world's. `reception` is what a radio did, None where nothing is lost and links stay.
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
    bodies: BodyLog | None = None
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
        if self.bodies is not None:
            yield from self.bodies.faults(self.decision.shape[2])
        if self.said.keys() != {"z"} or self.said["z"].shape[3] != self.decision.shape[2]:
            yield "said: must hold z, with as many components as a position"

    def understated(self, missions: NDArray[np.int64], agents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Groves taxes hold a deviator back by the others' costs: these must be reported in full."""
        short = np.asarray(understated(self.reported_cost, self.private_cost), dtype=bool)
        if self.settlement.excused is not None:
            short |= self.settlement.excused  # who is left out of the taxes counts there as nothing
        short[missions, agents] = False
        return np.asarray(short.any(axis=1))

    @property
    def start(self) -> Array:
        """The types of mission 0, (agents, d) metres."""
        return np.asarray(self.starts[0])

    @cached_property
    def distance(self) -> Array:
        """dist(z^k, Z) at the kept rounds, (missions, rows), metres; of those who are not excused at the end."""
        words, out = self.said["z"], self.settlement.excused
        if out is None:
            return np.stack([spread(words[:, row]) for row in range(len(self.kept))], axis=1)
        teams = zip(words, ~out, strict=True)
        return np.stack([spread(z[:, there]) if there.any() else np.zeros(len(z)) for z, there in teams])

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
        told = {"type": start + self.places, "decision": self.decision[mission] + self.places}
        return {**named, **told, "energy_j": self.spent_j[mission], **self._body_columns(mission)}

    @property
    def places(self) -> Array | float:
        """(agents, d) places in the formation, m; 0.0 where there are no bodies."""
        return 0.0 if self.bodies is None else self.bodies.places

    def _body_columns(self, mission: int) -> dict[str, Any]:
        """Of bodies their names, and where they have batteries what is left and when they ran empty."""
        log = self.bodies
        if log is None:
            return {}
        told: dict[str, Any] = {"body": np.array(log.names)}
        if log.charge_j is not None:
            told |= {"charge_j": log.charge_j[mission, -1], "empty_round": log.emptied[mission]}
        return told
