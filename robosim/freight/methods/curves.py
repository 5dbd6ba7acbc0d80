"""One method's way to the optimum: errors after every round, what it sent and computed for them, what broke.

One measure for all: |F(x)/F* - 1| and ‖Σ A_i x_i - b‖/‖b‖ at the suppliers' own blocks x, whatever copies say. A method
reaches a bound in the first round from which both stay below it to the end of the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from robosim.agent import Array
from robosim.freight.counts import floats_a_message, messages
from robosim.freight.mission import Freight
from robosim.record import finite

BOUNDS = (1e-2, 1e-3, 1e-4, 1e-6)
LAST = 0.1
"""Share of the rounds in which the error that a run ends at is looked for."""
SMALL = 2000
"""Unknowns of a mission that is begun twice, so that its CPU is that of a second run."""
Watch = Callable[[float], None]


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What it took to come within a bound for good: None where the run did not. Messages and floats of one agent, mean.

    CPU without the agents' preparations, of all agents together.
    """

    bound: float
    rounds: int | None = None
    cpu_s: float | None = None
    messages: float | None = None
    floats: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """A run of one method; (rounds,) arrays after rounds 1, 2, …; empty where `void` says why it was not run.

    `size` is how many numbers a message holds, `sent` (rounds,) messages so far, of one agent in the mean; `prepared_s`
    the CPU of round 0; `broken` the first round in which trackers did not add up (None: never, or nobody tracks),
    `worst` by how much at most.
    """

    method: str
    penalties: dict[str, float]
    objective: Array
    demand: Array
    cpu_s: Array
    sent: Array
    size: int = 0
    prepared_s: float = 0.0
    tracked: bool = False
    broken: int | None = None
    worst: float = 0.0
    void: str | None = None

    @property
    def error(self) -> Array:
        """The larger of the two, (rounds,)."""
        return np.maximum(self.objective, self.demand)

    @property
    def ends_at(self) -> float | None:
        """The largest error of the last tenth of its rounds; None where there were none."""
        last = self.error[-max(1, int(LAST * len(self.error))) :]
        return float(last.max()) if last.size and np.isfinite(last).all() else None

    def reached(self, bound: float) -> Reached:
        """What it took to come within `bound` for good."""
        k = settled(self.error, bound)
        if k is None:
            return Reached(bound=bound)
        sent = float(self.sent[k - 1])
        return Reached(bound=bound, rounds=k, cpu_s=float(self.cpu_s[k - 1]), messages=sent, floats=sent * self.size)

    def plain(self, curves: bool = True) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {
            "method": self.method,
            "penalties": self.penalties,
            "void": self.void,
            "rounds": len(self.error),
            "floats_a_message": self.size,
            "messages": float(self.sent[-1]) if self.sent.size else 0.0,
            "floats": float(self.sent[-1] * self.size) if self.sent.size else 0.0,
            "prepared_s": self.prepared_s,
            "to": [vars(self.reached(bound)) for bound in BOUNDS],
            "ends_at": self.ends_at,
            "trackers": {"worst": self.worst, "broken_from": self.broken} if self.tracked else None,
        }
        if curves:
            named = {"objective": self.objective, "demand": self.demand, "cpu_s": self.cpu_s, "sent": self.sent}
            found["curve"] = {name: finite(x) for name, x in named.items()}
        return found


def settled(error: Array, bound: float) -> int | None:
    """The first round from which an error (rounds,) stays below a bound to the end of the run; None: it does not.

    >>> settled(np.array([2.0, 0.5, 2.0, 0.5, 0.5]), 1.0), settled(np.array([0.5, 2.0]), 1.0)
    (4, None)
    """
    last = int(np.flatnonzero(~(error < bound)).max(initial=-1))
    return None if last == len(error) - 1 else last + 2


def trace(mission: Freight, best: float, watch: Watch | None = None) -> Curve:
    """All rounds of a mission, measured against the optimum `best`; nobody is billed. Ctrl-C is raised."""
    if mission.problem.slope.size <= SMALL:
        mission.advance(mission.start())  # what is compiled, is compiled now
    start = time.process_time()
    snapshot = mission.start()
    prepared, spent = time.process_time() - start, 0.0
    rows: list[tuple[float, float, float]] = []
    while snapshot.k < mission.rounds and not mission.finished(snapshot):
        start = time.process_time()
        snapshot = mission.advance(snapshot)
        spent += time.process_time() - start
        cost = float(mission.problem.objective(snapshot.leader.x[0]))
        rows.append((abs(cost - best) / (abs(best) or 1.0), float(snapshot.leader.residuals[0, 0]), spent))
        if watch is not None:
            watch(snapshot.k / mission.rounds)
    objective, demand, cpu = np.array(rows).reshape(-1, 3).T
    books = snapshot.leader
    return Curve(
        method=mission.method,
        penalties=mission.penalties,
        objective=objective,
        demand=demand,
        cpu_s=cpu,
        sent=sent_so_far(mission.network, len(rows)),
        size=floats_a_message(mission.controller, snapshot.heard.own),
        prepared_s=prepared,
        tracked=bool(books.tracked),
        broken=int(books.broken[0]) if books.broken[0] >= 0 else None,
        worst=float(books.injected[0]),
    )


def sent_so_far(network: Any, rounds: int) -> Array:
    """Messages that an agent sent in the mean after rounds 1, 2, …, (rounds,)."""
    up = getattr(network, "up", None)
    if up is None:
        return np.asarray(messages(network, 1).mean() * np.arange(1, rounds + 1))
    return np.cumsum([float(up(k).sum()) / network.n for k in range(1, rounds + 1)])


def nothing(method: str, why: str) -> Curve:
    """A method that this problem cannot be given to."""
    none = np.empty(0)
    return Curve(method=method, penalties={}, objective=none, demand=none, cpu_s=none, sent=none, void=why)
