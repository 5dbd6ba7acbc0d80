"""Sections of a world in which suppliers share roads: what is shipped, who talks, by which method, at what price."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from robosim.freight.given import Source, source_of, unused_in
from robosim.freight.published import PENALTIES
from robosim.freight.values import Asked, FilePath, InstanceSource, Suppliers
from robosim.leader.tax_rule import VCG
from robosim.scenario.air import AirSection
from robosim.scenario.fields import Link, Name, NonNegative, Positive, Section, Share, Whole
from robosim.scenario.world_file import PARAMETERS, LeaderSection, MissionSection, Parameters

CONGESTION: dict[Source, Literal["linear", "bpr"]] = {"roads": "bpr"}
"""Of sources that know capacities of roads; elsewhere it is linear, as in the paper."""


class FreightMission(MissionSection):
    """[mission]: what is done, for how long, and by which program."""

    kind: Literal["freight"] = Field(description="what the agents do together", examples=["freight"])
    rounds: Annotated[Whole, Field(ge=1, le=10**9)] = Field(default=1000, description="rounds of messages, at most")
    seed: Annotated[Whole, Field(ge=0, le=2**63 - 1)] = Field(default=0, description="where all randomness comes from")
    controller: Name = Field(default="consensus_tracking_admm", description="the program of faithful suppliers")
    parameters: Parameters = PARAMETERS


class FreightSection(Section):
    """[freight]: who ships what to whom over which roads. One source: instance, roads, problem or a [problem] section.

    Keys that are not of the source are refused in a file and written to none.
    """

    instance: InstanceSource | None = Field(
        default=None,
        description="of the paper, drawn by the seed, or an .npz or .toml file; example-1 where no source is named",
        examples=["example-1"],
    )
    roads: FilePath | None = Field(
        default=None, description="the _net file of a real network in TNTP format", examples=["SiouxFalls_net.tntp"]
    )
    trips: FilePath | None = Field(
        default=None,
        description="its table of trips; left out: NAME_trips.tntp beside NAME_net.tntp",
        examples=["SiouxFalls_trips.tntp"],
    )
    nodes: FilePath | None = Field(
        default=None,
        description="where its nodes are; left out: NAME_node.tntp beside NAME_net.tntp, if there is one",
        examples=["SiouxFalls_node.tntp"],
    )
    problem: FilePath | None = Field(
        default=None, description="an .npz file with any problem of the form of [problem]", examples=["problem.npz"]
    )

    suppliers: Suppliers = Field(default=4, description="how many, or which nodes of a road file")
    demanders: Suppliers = Field(default=3, description="how many, or which nodes of a road file")
    goods: Annotated[Whole, Field(ge=1, le=10**18)] = Field(default=2, description="how many are shipped")
    paths: Annotated[Whole, Field(ge=1, le=10**18)] = Field(
        default=2, description="that each supplier may take to each demander, the shortest ones"
    )
    congestion: Literal["linear", "bpr"] | None = Field(
        default=None,
        description="how flow makes roads dearer; left out: bpr on real roads, linear on drawn ones",
        examples=["linear"],
    )
    slack: NonNegative = Field(default=0.5, description="what any N - 1 suppliers have too much, as a share of demand")
    by: Literal["time", "length"] = Field(default="time", description="what makes paths on real roads short")
    demand_scale: Positive = Field(default=1.0, description="of the trips in a road file")
    demand: Asked | None = Field(
        default=None,
        description="of each demander, all goods together, in place of the trips; one number, or one each",
        examples=[6.0],
    )
    toll_weight: NonNegative = Field(default=0.0, description="what a road's toll adds to what a unit costs on it")
    length_weight: NonNegative = Field(default=0.0, description="what a road's length adds, times this")
    private_spread: Annotated[NonNegative, Field(le=0.99)] = Field(
        default=0.0, description="suppliers' costs differ: each road's is drawn for each within this share of it"
    )
    private_costs: FilePath | None = Field(
        default=None,
        description="a CSV of supplier, init_node, term_node, cost, in place of what roads cost by themselves",
        examples=["costs.csv"],
    )
    ties: Literal["plain", "stable"] = Field(
        default="plain", description="which of equally distant points the paper's roads reach first"
    )
    periods: Annotated[Whole, Field(ge=1, le=10**6)] = Field(
        default=24, description="in which trucks carry the deliveries, an equal part in each"
    )

    @property
    def source(self) -> Source:
        """Where it comes from; "problem" also for a [problem] section."""
        return source_of(dict(self))

    @property
    def supplier_count(self) -> int:
        """Of drawn and real roads."""
        return self.suppliers if isinstance(self.suppliers, int) else len(self.suppliers)

    @property
    def demander_count(self) -> int:
        """Of drawn and real roads."""
        return self.demanders if isinstance(self.demanders, int) else len(self.demanders)

    @property
    def congestion_kind(self) -> Literal["linear", "bpr"]:
        """`congestion`, or what the source has by itself."""
        return self.congestion or CONGESTION.get(self.source, "linear")

    @model_serializer(mode="wrap")
    def without_unused(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is refused in a file because it goes with other sources is not written either."""
        unused = unused_in(self.source)
        return {key: value for key, value in written(self).items() if key not in unused}


class FreightRadio(AirSection):
    """[network.radio]: links that come and go, and what becomes of messages on them."""

    awake: Share = Field(default=1.0, description="share of rounds in which a supplier is on the air, drawn for each")
    edges_up: Share = Field(
        default=1.0, description="share of rounds in which a link is there, drawn for both its ends"
    )
    bits: Annotated[Whole, Field(ge=2, le=52)] | None = Field(
        default=None, description="significant bits of numbers as neighbours hear them; all if left out", examples=[10]
    )


class FreightNetwork(Section):
    """[network]: who talks to whom, how much the words of neighbours count, and what fails."""

    graph: Literal["instance", "path", "ring", "star", "complete", "grid", "random-tree", "geometric", "edges"] = Field(
        default="instance", description="shape of the communication graph; instance: its own, a ring where it has none"
    )
    edges: Annotated[tuple[Link, ...], Field(min_length=1)] | None = Field(
        default=None, description='links [i, j] of graph = "edges"', examples=[[[0, 1], [1, 2]]]
    )
    weights: Literal["lazy-metropolis", "authors"] = Field(
        default="lazy-metropolis", description="1/(2 max(deg)), or with the margin 0.1 as in the authors' figures"
    )
    directed: bool = Field(default=False, description="no: these methods talk over links in both directions")
    radio: FreightRadio = Field(default=FreightRadio(), description="what is not there, lost, late or rounded")

    @property
    def margin(self) -> float:
        """What is added to degrees before weights are taken."""
        return 0.1 if self.weights == "authors" else 0.0


class FreightMethod(Section):
    """[method]: how the program of the suppliers is set."""

    penalties: Literal["auto", "published"] = Field(
        default="auto", description="from the problem's scales, or the authors' own for their examples"
    )
    rho: Positive | None = Field(default=None, description="in place of that one", examples=[0.05])
    sigma: Positive | None = Field(default=None, description="in place of that one", examples=[0.05])
    gamma: Positive | None = Field(default=None, description="in place of that one", examples=[0.5])
    beta: Positive | None = Field(default=None, description="in place of that one", examples=[0.1])
    alpha: Positive | None = Field(default=None, description="in place of that one", examples=[0.5])
    variant: Literal["consistent", "as-published"] = Field(
        default="consistent", description="whether two baselines run with the slips of the program behind the figures"
    )

    @property
    def given(self) -> dict[str, float]:
        """The parameters that replace single ones."""
        return {key: value for key in PENALTIES if (value := getattr(self, key)) is not None}


class FreightLeader(LeaderSection):
    """[leader]: the rules that are announced and the bill that is sent."""

    tax: Name = Field(
        default=VCG.name, description="what suppliers are paid: VCG (X, (7)), shadow prices (X, (6)), or nothing"
    )
    tolerance: Share | None = Field(
        default=None,
        description="stop when unmet demand, the copies' disagreement and what decisions still move are all below this "
        "share; left out: all rounds are run",
        examples=[1e-6],
    )
    marginals: Literal["distributed", "central"] = Field(
        default="distributed", description="how the N problems without one supplier each are solved"
    )
    marginal_rounds: Annotated[Whole, Field(ge=1, le=10**9)] | None = Field(
        default=None,
        description="rounds of each of them, at most; left out: as many as mission.rounds, and where a tolerance stops "
        "them at least 1000",
        examples=[4000],
    )
