"""How much memory a rendezvous takes, from a handful of numbers, before anything is allocated."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, prod
from typing import TYPE_CHECKING

from robosim.scenario.rendezvous_space import intervals
from robosim.scenario.world_file import Need

if TYPE_CHECKING:
    from robosim.scenario.rendezvous import Network, RendezvousScenario, Robots

BYTES_PER_ROBOT = 1000
"""State, messages, buffers and the graph's lists of one robot."""
BYTES_PER_LINK = 120
"""Both directions with weights and names, and the sorting that builds them."""
UNIT_BALL = (2.0, pi, 4 * pi / 3)


def needs(world: RendezvousScenario) -> tuple[Need, Need]:
    """The recorded trajectory (positions and energy, 8 bytes each) and the links."""
    robots, rounds = world.robots, world.mission.rounds
    kept = rounds // world.record.every + 2
    each = BYTES_PER_ROBOT + 8 * (robots.dimension + 1) * kept
    links = link_count(world.network, robots)
    return (
        Need(
            "robots.count" if robots.count >= rounds else "mission.rounds",
            f"{robots.count} robots x {rounds} rounds",
            "fewer robots or rounds, or record.every",
            robots.count * each,
        ),
        Need(
            "network.graph",
            f"{links} links of {robots.count} robots",
            "fewer robots or another graph",
            links * BYTES_PER_LINK,
        ),
    )


def link_count(network: Network, robots: Robots) -> int:
    """About how many pairs of robots hear each other."""
    n = robots.count
    counts: dict[str, Callable[[], int]] = {
        "complete": lambda: n * (n - 1) // 2,
        "grid": lambda: 2 * n,
        "geometric": lambda: _near_pairs(network, robots),
        "edges": lambda: len(network.edges or ()),
    }
    return counts.get(network.graph, lambda: n)() + network.long_links * n


def _near_pairs(network: Network, robots: Robots) -> int:
    """Without a radius a few times log n neighbours; with one, pairs by chance, or all where starts are listed."""
    n, radius = robots.count, network.radius_m
    if radius == "auto":
        return n * (4 + n.bit_length())
    ball = UNIT_BALL[robots.dimension - 1] * radius**robots.dimension
    room = prod(hi - lo for lo, hi in intervals(robots.type_space_m, robots.dimension))
    share = 1.0 if robots.starts_m != "random" or ball >= room else ball / room
    return int(share * (n * (n - 1) // 2))
