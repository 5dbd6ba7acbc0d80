"""World file → what fails of the network between suppliers."""

from __future__ import annotations

from typing import Any

import numpy as np

from robosim.agent import Controller
from robosim.freight.keys import FreightRadio
from robosim.freight.scenario import FreightScenario
from robosim.network.delay import Delay
from robosim.network.loss import Burst, Loss
from robosim.network.network import Network
from robosim.network.unsteady import Unsteady

AIR = 5
"""Stream of the world's seed."""


def on_the_air(scenario: FreightScenario, graph: Any, controller: Controller) -> Any:
    """The graph as suppliers hear over it: itself where nothing fails, and a network of one's own as it is."""
    wanted = scenario.network.radio
    if not isinstance(graph, Network) or wanted.is_perfect:
        return graph
    return failing(wanted, graph, scenario.mission.seed, controller)


def failing(wanted: FreightRadio, graph: Network, seed: int, controller: Controller) -> Unsteady:
    """A graph of which `wanted` fails."""
    given = wanted.burst
    burst = None if given is None else Burst(p_bad=given.p_bad, p_recover=given.p_recover, loss_bad=given.loss_bad)
    least, most = wanted.delay
    return Unsteady(
        graph=graph,
        awake=wanted.awake,
        edges_up=wanted.edges_up,
        loss=Loss(share=wanted.loss, burst=burst),
        delay=Delay(least=least, most=most),
        bits=wanted.bits,
        seed=int(np.random.SeedSequence([seed, AIR]).generate_state(1, np.uint64)[0]),
        holds=not getattr(controller, "minds_loss", False),
    )
