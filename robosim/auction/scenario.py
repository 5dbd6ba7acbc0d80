"""Worlds in which bidders share a feeder's capacity: each answers a price that the leader moves (T, sections II, V)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from robosim.auction.rules import DRAWN, RULES, completed
from robosim.leader.tax_rule import CLEARING_PRICE, VCG
from robosim.scenario.checking import Check
from robosim.scenario.fields import (
    DrawnNumbers,
    DrawnPositives,
    Finite,
    Id,
    Interval,
    Name,
    Positive,
    PriceStep,
    Section,
    Whole,
    share_of_sure,
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

if TYPE_CHECKING:
    pass


class AuctionMission(MissionSection):
    """[mission]: what is done, for how long, and by which program."""

    kind: Literal["charging"] = Field(description="what the agents do together", examples=["charging"])
    rounds: Annotated[Whole, Field(ge=1, le=10**9)] = Field(default=60, description="rounds of bids and prices")
    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] = Field(default=0, description="where all randomness comes from")
    controller: Name = Field(default="dual_decomposition", description="the program of faithful bidders")
    parameters: Parameters = PARAMETERS


def _count_or_list(schema: dict[str, Any]) -> None:
    listed: list[Any] = [{"required": [key], "properties": {key: {"type": "array"}}} for key in DRAWN]
    schema["anyOf"] = [{"required": schema.pop("required")}, *listed]


class Bidders(Section):
    """[bidders]: how many, and what a share z kW costs each: curvature (z - wanted)² dollars."""

    model_config = ConfigDict(json_schema_extra=_count_or_list)

    count: Annotated[Whole, Field(ge=1, le=10**18)] = Field(description="number of bidders", examples=[6])
    curvature: DrawnPositives = Field(
        default="random", description="dollars a kW² off the wanted power: one number, one a bidder, or drawn"
    )
    curvature_range: Annotated[tuple[Positive, ...], Field(min_length=2, max_length=2)] = Field(
        default=(0.5, 2.0), description='[lo, hi] of curvature = "random"'
    )
    wanted_kw: DrawnNumbers = Field(
        default="random", description="the power each would like best, kW: one number, one a bidder, or drawn"
    )
    wanted_range_kw: Interval = Field(default=(0.5, 1.5), description='[lo, hi] of wanted_kw = "random"')
    bid_limits_kw: Interval | None = Field(
        default=None, description="public limits [lo, hi] of every bid", examples=[[-1.0, 3.0]]
    )

    @model_serializer(mode="wrap")
    def without_unused(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Ranges of what is not drawn are refused in a file, so they are not written either."""
        unused = [bounds for key, bounds in DRAWN.items() if getattr(self, key) != "random"]
        return {key: value for key, value in written(self).items() if key not in unused}


def _one_capacity(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["capacity_kw"]}, {"required": ["capacity_share"]}]


class AuctionMarket(Section):
    """[market]: what is shared, Σ weights_i z_i = capacity, and how its price is found."""

    model_config = ConfigDict(json_schema_extra=_one_capacity)

    capacity_kw: Finite | None = Field(default=None, description="what there is to share, kW", examples=[1.0])
    capacity_share: Positive | None = Field(
        default=None, description="or what there is as a share of all that is wanted", examples=[0.6]
    )
    sense: Literal["equal", "at-most"] = Field(default="equal", description="whether all of it must be taken")
    weights: Annotated[tuple[Finite, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="how much of it each kW takes, one number a bidder; 1 where left out",
        examples=[[1, -1]],
    )
    start_price: Finite = Field(default=0.0, description="the price announced before round 1, dollars/kW")
    step: PriceStep = Field(
        default="auto",
        description='how far the price moves, dollars/kW²: a number, or a share of the sure one as "0.5/L"',
    )
    update: Literal["gradient", "nesterov", "secant"] = Field(
        default="gradient", description="how the leader moves the price"
    )

    @property
    def step_of_sure(self) -> float | None:
        """F where step is written as "F/L"."""
        return share_of_sure(self.step)


class AuctionLeader(LeaderSection):
    """[leader]: the rules that are announced and the bill that is sent."""

    tax: Name = Field(default=VCG.name, description="tax rule")
    epsilon: Positive | None = Field(
        default=None, description="dollars: stop when the duality gap is certified below it", examples=[1e-6]
    )
    bills: Literal["decision", "meter"] = Field(
        default="decision", description="whether what was decided is billed, or what was metered"
    )


class SelfishBidder(SelfishTable):
    """One `[[selfish]]` table of a charging world: bidders that deviate."""

    noun: ClassVar[str] = "agent"
    section: ClassVar[str] = "bidders"

    one: Id | None = Field(default=None, alias="agent", description="the bidder that deviates", examples=[0])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="agents", description="the bidders that deviate alike", examples=[[0, 1]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["constant-bid"])


class AuctionScenario(WorldFile):
    """A checked world of kind "charging"."""

    rules: ClassVar[tuple[Check, ...]] = RULES
    mission: AuctionMission
    bidders: Bidders
    market: AuctionMarket
    leader: AuctionLeader = AuctionLeader()
    record: Recording = Recording()
    selfish: tuple[SelfishBidder, ...] = ()

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Number of the bidders whose costs are listed."""
        return completed(values)

    def needs(self) -> tuple[Need, ...]:
        """Memory for the record and for the marginal problems of the tax."""
        return needs(self)


BYTES_PER_BIDDER = 1000
"""Type, state, messages and buffers of one bidder."""
BYTES_PER_BID = 3 * 8
"""What a bidder says in a round: its share, its term of the dual function, its cost."""
BYTES_PER_MARGINAL_BID = 12 * 8
"""The same in a marginal problem: kept of the last round only, with the price update's and the projection's copies."""


def needs(world: AuctionScenario) -> tuple[Need, ...]:
    """The recorded rounds and, for the VCG tax, N problems without one bidder each, solved as one batch."""
    count, rounds = world.bidders.count, world.mission.rounds
    kept = rounds // world.record.every + 2
    record = Need(
        "bidders.count" if count >= rounds else "mission.rounds",
        f"{count} bidders x {rounds} rounds",
        "fewer bidders or rounds, or record.every",
        count * (BYTES_PER_BIDDER + BYTES_PER_BID * kept),
    )
    marginal = Need(
        "bidders.count",
        f"{count} marginal problems of {count} bidders",
        f'fewer bidders, or leader.tax = "{CLEARING_PRICE.name}"',
        (count + 1) * count * BYTES_PER_MARGINAL_BID,
    )
    return (record, marginal) if world.leader.tax == VCG.name else (record,)
