"""World file → who hears whom, with what is lost on the air; which bounds and programs such networks do not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from robosim.agent import Array, Controller
from robosim.leader.bound import BOUNDS
from robosim.network.delay import Delay
from robosim.network.directed import Directed
from robosim.network.loss import Burst, Loss
from robosim.network.near import Near
from robosim.network.network import Network
from robosim.network.presence import Outage, Presence
from robosim.network.radio import Graph, Radio
from robosim.rendezvous.scenario import RendezvousScenario

RADIO = 4
"""Stream of the world's seed."""


def on_the_air(scenario: RendezvousScenario, graph: Any) -> Any:
    """The graph as robots hear over it: itself where nothing is lost, nobody off, and links stay as they are.

    A network of one's own is no graph, and stays what it is.
    """
    if not isinstance(graph, Network | Directed | Near):
        return graph
    wanted, presence = scenario.network.radio, presence_of(scenario, graph.n)
    if isinstance(graph, Network) and wanted.is_perfect and presence is None:
        return graph
    given = wanted.burst
    burst = None if given is None else Burst(p_bad=given.p_bad, p_recover=given.p_recover, loss_bad=given.loss_bad)
    least, most = wanted.delay
    return Radio(
        graph=graph,
        loss=Loss(share=wanted.loss, burst=burst),
        delay=Delay(least=least, most=most),
        quantum=wanted.quantum_m,
        presence=presence,
        seed=int(np.random.SeedSequence([scenario.mission.seed, RADIO]).generate_state(1, np.uint64)[0]),
    )


def presence_of(scenario: RendezvousScenario, n: int) -> Presence | None:
    """Who is off when, by the `[[event]]` tables; None where nobody ever is."""
    outages = tuple(Outage(agent=one.robot, off=one.off, on=one.on) for one in scenario.event)
    return Presence(n=n, outages=outages) if outages else None


def named_graph(scenario: RendezvousScenario, start: Array) -> Graph | None:
    """The graph that changes with positions, or is directed; None where the world names another."""
    wanted = scenario.network
    if wanted.graph == "range":
        return Near(range_m=float(wanted.range_m or 0.0), start=start)
    if wanted.directed:
        return Directed(n=len(start), arcs=np.array(wanted.edges, dtype=np.int64).reshape(-1, 2))
    return None


def with_batteries(network: Any, lasts: bool) -> Any:
    """A radio on which who is empty falls silent, which may differ between missions side by side.

    Where batteries last a graph stays what it is. A network of one's own does not know who is empty.
    """
    if lasts or not isinstance(network, Radio | Network | Directed | Near):
        return network
    return replace(network if isinstance(network, Radio) else Radio(graph=network), falls_silent=True)


def refuse_theorems(scenario: RendezvousScenario, controller: Controller, network: Any, rule: str | float) -> None:
    """Raise `BadInput` for bounds, steps and programs whose premise is a network that stays and loses nothing."""
    if not isinstance(network, Radio):
        return
    if rule in BOUNDS:
        raise scenario.error(
            "leader.bound",
            f'{rule!r} is a theorem about links that stay and lose nothing (use "auto", "rehearsed" or a number of '
            "metres)",
        )
    if scenario.leader.alpha == "schedule":
        raise scenario.error(
            "leader.alpha", '"schedule" is computed for links that stay and lose nothing (use "auto" or a number)'
        )
    if getattr(controller, "fixed_links", False) and not network.is_fixed:
        raise scenario.error(
            "mission.controller",
            f'{type(controller).__name__} must know who hears it, and with graph = "range" that changes (use '
            '"hold-last" or "consensus", or another graph)',
        )
