"""How many messages agents send in a mission, and how many numbers stand in them: what a method costs its network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Said
from robosim.network.unsteady import Unsteady

Numbers = NDArray[np.int64]


def floats_a_message(controller: Any, said: Said) -> int:
    """Numbers that one agent sends one neighbour in a round.

    A program may say which of its words neighbours need (`sends`; what the leader alone reads goes to nobody), and
    which of these hold a block for each agent, of which a neighbour is sent its own (`personal`).
    """
    sends, personal = getattr(controller, "sends", tuple(said)), getattr(controller, "personal", ())
    return sum(x.shape[2] // (x.shape[1] if word in personal else 1) for word, x in said.items() if word in sends)


def messages(network: Any, rounds: int) -> Numbers:
    """Messages of each agent in rounds 1..`rounds`, one to each neighbour that is there, (agents,).

    Words of round 0 are known from the announcement.
    """
    if isinstance(network, Unsteady):
        return network.sent(rounds)
    return np.asarray(network.links.degree * rounds, dtype=np.int64)


def counts(mission: Any, snapshot: Any) -> dict[str, Any]:
    """`messages` and `floats`, (missions, agents) each, and `reception`, for the record."""
    rounds = snapshot.leader.counted
    found = {int(k): messages(mission.network, int(k)) for k in set(rounds.tolist())}
    sent = np.stack([found[int(k)] for k in rounds])
    network = mission.network
    seen = network.reception(snapshot.net, mission.batch) if isinstance(network, Unsteady) else None
    size = floats_a_message(mission.controller, snapshot.heard.own)
    return {"messages": sent, "floats": sent * size, "reception": seen}
