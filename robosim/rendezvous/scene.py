"""What a viewer shows of a rendezvous: where robots are and were, links, distance and bound, the bill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.agent import Array
from robosim.mission import Snapshot
from robosim.network.graphs import Edges, canonical
from robosim.network.radio import Radio
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord
from robosim.view.playback import Scene


@dataclass(frozen=True, kw_only=True)
class RendezvousScenery:
    """A rendezvous as it is watched; keeps `robosim.view.playback.Scenery`."""

    mission: Rendezvous

    def distance(self, snapshot: Snapshot) -> float:
        """dist(z, Z), metres."""
        return float(self.mission.apart(snapshot)[0])

    def scene(self, shown: list[Snapshot], distance: Array, bill: tuple[str, ...], status: str) -> Scene:
        """Trails up to the last snapshot."""
        scenario, rules = self.mission.scenario, self.mission.announcement
        edges, weights = _links(self.mission, shown[-1])
        return Scene(
            title=f"{scenario.name}, seed {scenario.mission.seed}",
            kept=np.array([float(row.k) for row in shown]),
            trails=np.stack([_seen(row) for row in shown]),
            lower=rules.lower,
            upper=rules.upper,
            edges=edges,
            weights=weights,
            players={agent: name for (m, agent), name in self.mission.names().items() if m == 0},
            distance=distance,
            beta=rules.bound.beta(np.arange(rules.rounds + 1.0)),
            bill=bill,
            status=status,
        )

    def bill(self, record: RendezvousRecord) -> tuple[str, ...]:
        """The settlement in words: verdict, then robots, the selfish first."""
        return _bill(record)


def scene_of(mission: Rendezvous) -> RendezvousScenery:
    """How this mission is watched."""
    return RendezvousScenery(mission=mission)


def _links(mission: Rendezvous, snapshot: Snapshot) -> tuple[Edges, Array | None]:
    """The pairs that hear each other, (E, 2), and their weights; over a radio those that heard each other just now."""
    network = mission.network
    if not isinstance(network, Radio):
        return network.edges, getattr(network, "weights", None)
    links = snapshot.heard.links
    receiver = np.repeat(np.arange(network.n), np.diff(links.indptr))
    return canonical(np.stack([receiver, links.ids], axis=1)), None


def _seen(snapshot: Snapshot) -> Array:
    """Positions (robots, d): the true starts, then what everybody sees."""
    return np.asarray(snapshot.heard.own["z"][0] if snapshot.k else snapshot.body.position[0])


def _bill(record: RendezvousRecord) -> tuple[str, ...]:
    """The settlement in words: verdict, then robots, the selfish first."""
    bill, unit = record.settlement, record.unit
    verdict = f"inside the bound, tax {record.tax_rule}"
    if bill.penalised[0]:
        verdict = f"outside the bound: each is fined {record.rules.penalty:.6g} {unit}"
    elif bill.distance[0] > bill.beta[0]:
        verdict = f"outside the bound, tax {record.tax_rule}: nobody is fined"
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
