"""Worlds in which robots meet by average consensus while they drive (T, section VI)."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, prod
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, Strict, Tag

from robosim.leader.tax_rule import GROVES
from robosim.rendezvous.avoidance.keys import Avoidance, Formation, Obstacle
from robosim.rendezvous.radio_keys import EventTable, RadioSection
from robosim.rendezvous.robot_keys import Energy, Pad, Robots
from robosim.rendezvous.rules import RULES, completed
from robosim.rendezvous.space_rules import intervals
from robosim.scenario.checking import Check
from robosim.scenario.fields import (
    Alpha,
    AutoOrPositive,
    Id,
    Link,
    Name,
    Positive,
    Section,
    Whole,
    share_of_max,
    word_or,
)
from robosim.scenario.selfish import SelfishTable
from robosim.scenario.world_file import (
    PARAMETERS,
    LeaderSection,
    MissionSection,
    Need,
    Parameters,
    Recording,
    WorldFile,
)

BoundRule = Annotated[
    Annotated[Literal["auto", "tight", "paper", "paper-as-published", "probed", "rehearsed"], Tag("<word>")]
    | Annotated[Positive, Tag("<number>")],
    word_or("<number>"),
]
"""auto: tight for average consensus, probed for other programs."""


class RendezvousMission(MissionSection):
    """[mission]: what is done, for how long, and by which program."""

    kind: Literal["rendezvous"] = Field(description="what the agents do together", examples=["rendezvous"])
    rounds: Annotated[Whole, Field(ge=1, le=10**9)] = Field(default=60, description="rounds of consensus")
    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] = Field(default=0, description="where all randomness comes from")
    travel: Literal["while-agreeing", "after-agreeing"] = Field(
        default="while-agreeing", description="drive to every iterate, or agree by messages and drive once"
    )
    travel_time_s: AutoOrPositive = Field(default="auto", description="duration of the journey of after-agreeing, s")
    dt_s: AutoOrPositive = Field(default="auto", description="duration of a round, s")
    controller: Name = Field(default="consensus", description="the program of faithful robots")
    parameters: Parameters = PARAMETERS


class RendezvousNetwork(Section):
    """[network]: who hears whom."""

    graph: Literal["ring", "path", "star", "complete", "grid", "random-tree", "geometric", "range", "edges"] = Field(
        default="ring", description="shape of the communication graph"
    )
    edges: tuple[Link, ...] | None = Field(
        default=None,
        description='links [i, j] of graph = "edges", or [i, j, w] with a weight w other than 1',
        examples=[[[0, 1], [1, 2, 2.5]]],
    )
    radius_m: AutoOrPositive = Field(default="auto", description='hearing distance of graph = "geometric", m')
    range_m: Positive | None = Field(
        default=None, description='hearing distance of graph = "range", found anew while robots move, m', examples=[5.0]
    )
    directed: Annotated[bool, Strict()] = Field(
        default=False, description='links of graph = "edges" are [sender, receiver]'
    )
    long_links: Annotated[Whole, Field(ge=0, le=1000)] = Field(default=0, description="extra links a robot, anywhere")
    radio: RadioSection = Field(default=RadioSection(), description="what is lost, late or rounded")


class RendezvousLeader(LeaderSection):
    """[leader]: the rules that are announced and the bill that is sent."""

    tax: Name = Field(default=GROVES.name, description="tax rule")
    bound: BoundRule = Field(
        default="auto",
        description="how far from agreement the robots may end: a rule, or a number of metres",
        examples=["probed", 0.5],
    )
    alpha: Alpha = Field(
        default="auto",
        description='step size: a number, a share of its limit as "0.9/lambda_max", or "schedule": steps that grow',
    )

    empty: Literal["excused", "charged"] = Field(
        default="excused",
        description="robots that are empty or switched off: left out of bound and taxes, or billed like any other",
    )

    @property
    def alpha_of_max(self) -> float | None:
        """F where alpha is written as "F/lambda_max"."""
        return share_of_max(self.alpha)


class SelfishRobot(SelfishTable):
    """One `[[selfish]]` table of a rendezvous: robots that deviate."""

    noun: ClassVar[str] = "robot"
    section: ClassVar[str] = "robots"

    one: Id | None = Field(default=None, alias="robot", description="the robot that deviates", examples=[3])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="robots", description="the robots that deviate alike", examples=[[3, 4]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["stationary"])

    @property
    def robots(self) -> tuple[int, ...]:
        """Ids of the robots that play the strategy."""
        return self.agents


class RendezvousScenario(WorldFile):
    """A checked world of kind "rendezvous"."""

    rules: ClassVar[tuple[Check, ...]] = RULES
    mission: RendezvousMission
    robots: Robots
    energy: Energy = Energy()
    pad: tuple[Pad, ...] = ()
    formation: Formation = Formation()
    avoidance: Avoidance | None = None
    obstacle: tuple[Obstacle, ...] = ()
    network: RendezvousNetwork = RendezvousNetwork()
    leader: RendezvousLeader = RendezvousLeader()
    record: Recording = Recording()
    event: tuple[EventTable, ...] = ()
    selfish: tuple[SelfishRobot, ...] = ()

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Number and dimension of the robots whose starts are listed."""
        return completed(values)

    def named_code(self) -> dict[str, str]:
        """Bodies may stand in a project, too."""
        return {f"robots.body.{name}": name for name in self.robots.names}

    def without_code(self, own: Callable[[str], bool]) -> Self:
        """Points, where a body stands in the project."""
        if not any(map(own, self.robots.names)):
            return self
        return self.model_copy(update={"robots": self.robots.model_copy(update={"body": "point", "bodies": {}})})

    def needs(self) -> tuple[Need, ...]:
        """Memory for the trajectory and for the links."""
        return needs(self)


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


def link_count(network: RendezvousNetwork, robots: Robots) -> int:
    """About how many pairs of robots hear each other."""
    n = robots.count
    counts: dict[str, Callable[[], int]] = {
        "complete": lambda: n * (n - 1) // 2,
        "grid": lambda: 2 * n,
        "geometric": lambda: _near_pairs(network, robots),
        "range": lambda: _near_pairs(network, robots),
        "edges": lambda: len(network.edges or ()),
    }
    return counts.get(network.graph, lambda: n)() + network.long_links * n


def _near_pairs(network: RendezvousNetwork, robots: Robots) -> int:
    """Without a radius a few times log n neighbours; with one, pairs by chance, or all where starts are listed."""
    n, radius = robots.count, network.range_m or network.radius_m
    if radius == "auto":
        return n * (4 + n.bit_length())
    ball = UNIT_BALL[robots.dimension - 1] * radius**robots.dimension
    room = prod(hi - lo for lo, hi in intervals(robots.type_space_m, robots.dimension))
    share = 1.0 if robots.starts_m != "random" or ball >= room else ball / room
    return int(share * (n * (n - 1) // 2))
