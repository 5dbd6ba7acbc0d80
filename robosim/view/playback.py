"""A mission as it is watched: forward by `Mission.advance`, back through the snapshots that were kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.graphs import Edges
from robosim.missions.meeting import Meeting
from robosim.missions.mission import Snapshot
from robosim.network import spread
from robosim.records.meeting_record import MeetingRecord

KEPT = 2_000_000
"""Snapshots × robots that are kept to go back; the oldest are forgotten first."""
TRAIL = 100_000
"""Trail points drawn in one picture: more robots have coarser trails."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture of mission 0, as plain data.

    `trails` (rows, robots, d) are positions in the rounds `kept` (rows,), from the start to now; `distance` (k + 1,)
    ends now, `beta` (n + 1,) covers the mission; `players` says what the selfish robots play; metres throughout.
    """

    title: str
    kept: Array
    trails: Array
    lower: Array
    upper: Array
    edges: Edges
    players: dict[int, str]
    distance: Array
    beta: Array
    bill: tuple[str, ...] = ()
    status: str = ""

    @property
    def k(self) -> int:
        """The present round."""
        return len(self.distance) - 1

    @property
    def rounds(self) -> int:
        """n."""
        return len(self.beta) - 1


class Playback:
    """Where the viewer is in a mission; `rounds` stops it early."""

    def __init__(self, mission: Meeting, rounds: int | None = None) -> None:
        self.mission = mission
        self.last = mission.rounds if rounds is None else min(rounds, mission.rounds)
        self.past: deque[Snapshot] = deque(maxlen=max(2, KEPT // mission.network.n))
        self.distance: deque[float] = deque()
        self.bill: tuple[str, ...] = ()
        self.restart()

    @property
    def now(self) -> Snapshot:
        """The present."""
        return self.past[-1]

    def restart(self) -> None:
        """Back to round 0."""
        self.past.clear()
        self.distance.clear()
        self.origin = self.mission.start()
        self._append(self.origin)

    def forward(self) -> bool:
        """One round; False at the end."""
        if self.now.k >= self.last:
            return False
        self._append(self.mission.advance(self.now))
        return True

    def back(self) -> bool:
        """One round back; False where no earlier round is kept."""
        if len(self.past) == 1:
            return False
        self.past.pop()
        self.distance.pop()
        return True

    def scene(self, status: str = "") -> Scene:
        """What there is to see."""
        scenario, rules = self.mission.scenario, self.mission.announcement
        shown = self._shown()
        return Scene(
            title=f"{scenario.name}, seed {scenario.mission.seed}",
            kept=np.array([float(row.k) for row in shown]),
            trails=np.stack([_seen(row) for row in shown]),
            lower=rules.lower,
            upper=rules.upper,
            edges=self.mission.network.edges,
            players=_players(self.mission),
            distance=np.array(self.distance),
            beta=rules.bound.beta(np.arange(rules.rounds + 1.0)),
            bill=self._settled(),
            status=status,
        )

    def _shown(self) -> list[Snapshot]:
        """Snapshots from the start to now, thinned to what a picture can hold."""
        rows = [self.origin, *self.past] if self.past[0].k else list(self.past)
        count = min(len(rows), max(2, TRAIL // self.mission.network.n))
        return [rows[i] for i in np.linspace(0, len(rows) - 1, count).astype(int)]

    def _settled(self) -> tuple[str, ...]:
        """The bill, once the mission is over."""
        if self.now.k < self.mission.rounds:
            return ()
        if not self.bill:
            self.bill = _bill(self.mission.settle(self.now))
        return self.bill

    def _append(self, snapshot: Snapshot) -> None:
        self.past.append(snapshot)
        self.distance.append(float(spread(snapshot.heard.own["z"][0])))


def _seen(snapshot: Snapshot) -> Array:
    """Positions (robots, d): the true starts, then what everybody sees."""
    return np.asarray(snapshot.heard.own["z"][0] if snapshot.k else snapshot.body.position[0])


def _players(mission: Meeting) -> dict[int, str]:
    return {
        int(agent): deviation.strategy.name
        for deviation in mission.deviations
        for m, agent in zip(deviation.missions, deviation.agents, strict=True)
        if m == 0
    }


def _bill(record: MeetingRecord) -> tuple[str, ...]:
    """The settlement in words: verdict, then robots, the selfish first."""
    bill, unit = record.settlement, "J" if record.pays_for == "energy" else "m²"
    verdict = f"inside the bound, tax {record.rules.tax}"
    if bill.penalised[0]:
        verdict = f"outside the bound: each is fined {record.rules.penalty:.6g} {unit}"
    elif bill.distance[0] > bill.beta:
        verdict = f"outside the bound, tax {record.rules.tax}: nobody is fined"
    robots = sorted(range(len(record.start)), key=lambda i: (record.strategy(i) == "faithful", i))
    return (
        verdict,
        f"robot: cost + tax = net ({unit})",
        *(
            f"{i}: {record.private_cost[0, i]:.4g} + {bill.tax[0, i]:.4g} = {record.net_cost[0, i]:.4g}"
            + (" report refused" if bill.refused[0, i] else "")
            for i in robots
        ),
    )
