"""What any mission leaves behind: who played what, what it cost, the bill and the verdict, as plain arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robosim import __version__
from robosim.agent import Array, Said
from robosim.files.arrays import npz
from robosim.files.packing import Axes, take_apart
from robosim.files.store import save_folder
from robosim.files.writing import strict
from robosim.leader.settle import Settlement
from robosim.leader.tax_rule import RULES, Case
from robosim.provenance import Provenance, placed
from robosim.stopping import held
from robosim.verdict import Verdict

SCHEMA = 2
"""Of records on disk."""
LEFT = frozenset({"world_toml", "judged", "provenance", "copies"})
"""Fields that stand elsewhere in the folder than in its arrays and under "mission"."""
SAME = 1e-9
"""Sums that are made again may differ by this share of what was summed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Record(ABC):
    """A finished mission (or a batch of them); each kind of world adds what it keeps.

    `kept` (rows,) are the rounds that were kept, `said[key]` (missions, rows, agents, components) what was said then;
    `decision` is (missions, agents, components), costs and taxes are (missions, agents). A record is plain data: it
    pickles, goes to another process, and comes back from its folder bit for bit.
    """

    noun: ClassVar[str]
    """Of the kind of world that it belongs to."""
    price_unit: ClassVar[str] = ""
    """Of `price_list`."""

    world: str
    kind: str
    seed: Annotated[int, Axes(least=0)]
    world_toml: str
    unit: str
    tax_rule: str
    planned_rounds: Annotated[int, Axes(least=0)]
    interrupted: bool
    kept: Annotated[NDArray[np.int64], Axes("rows", least=0)]
    said: Annotated[Said, Axes("M rows N *")]
    decision: Annotated[Array, Axes("M N n")]
    private_cost: Annotated[Array, Axes("M N")]
    reported_cost: Annotated[Array, Axes("M N", finite=False)]
    settlement: Settlement
    strategies: dict[tuple[int, int], str]
    provenance: Provenance = field(default_factory=Provenance)
    """The files behind it, what `world_toml` cannot say, and what it was made with."""
    copies: dict[str, bytes] = field(default_factory=dict, repr=False)
    """Small ones of these files, by their names in the record's folder."""
    judged: Verdict | None = field(default=None, repr=False)
    """The verdict, once it was asked for."""

    @property
    def leader_cost(self) -> Array:
        """What the leader itself paid for the decision, (missions,)."""
        return np.zeros(len(self.decision))

    @abstractmethod
    def leader(self, mission: int) -> dict[str, Any]:
        """What the leader announced and found, for JSON; `shared_leader` has what all kinds say."""

    @abstractmethod
    def history(self, mission: int) -> dict[str, Any]:
        """What can be drawn over the kept rounds, for JSON."""

    def price_list(self, mission: int) -> Any:
        """The last prices, None where there are none."""
        return None

    def price_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the rows and the columns of `price_list` are; none where they have numbers only."""
        return (), ()

    def network_list(self, mission: int) -> Any:
        """What a radio did, for JSON; None where nothing is lost and links stay."""
        return None

    @abstractmethod
    def columns(self, mission: int) -> dict[str, Any]:
        """Per-agent columns of the table besides costs and taxes: `type` and `decision` among them."""

    @property
    def rounds(self) -> int:
        """Rounds that were played."""
        return int(self.kept[-1])

    @cached_property
    def net_cost(self) -> Array:
        """private_cost + tax, (missions, agents)."""
        return self.private_cost + self.settlement.tax

    @property
    def verdict(self) -> Verdict:
        """Optimum, budget, ε and the gains of the selfish, for mission 0; computed once, when first asked for.

        Raises `AttributeError` for a record that no mission left behind.
        """
        if self.judged is None:
            judge = self.__dict__.get("_judge")
            if judge is None:
                raise AttributeError("this record has no judge: run the mission with robosim.load(...).run()")
            object.__setattr__(self, "judged", judge(self))
        return self.judged  # type: ignore[return-value]

    def await_judge(self, judge: Callable[[Any], Verdict]) -> None:
        """Let `judge` say what the mission was worth when the verdict is asked for."""
        self.__dict__["_judge"] = judge

    def save(self, folder: str | Path) -> Path:
        """Write the record into `folder`: a whole record or, if anything goes wrong, what was there before.

        Raises `BadInput` if the folder cannot be written or holds something else. `robosim.load_record` reads it.
        """
        with held():  # everything is computed before anything is written
            verdict = take_apart(self.verdict).plain
            parts = take_apart(self, leave=LEFT)
            told = take_apart(self.provenance).plain
            summary = {**self.summary(), "schema": SCHEMA, "noun": self.noun, **told}
            world = placed(self.world_toml, self.provenance.copied())
            content = {"world.toml": world.encode(), "trajectory.npz": npz(parts.arrays), **self.copies}
            return save_folder(Path(folder), content, {**summary, "verdict": verdict, "mission": parts.plain})

    def understated(self, missions: NDArray[np.int64], agents: NDArray[np.int64]) -> NDArray[np.bool_]:
        """In which missions (missions,) somebody reported less than it paid, the deviators (missions, agents) aside.

        A certificate that rests on honest others is void then; kinds whose certificates rest on something else say no.
        """
        return np.zeros(len(self.private_cost), dtype=bool)

    def owed(self) -> Array:
        """What its tax rule charges for the reports, (missions, agents): NaN where the record alone does not tell."""
        nothing = np.full(self.private_cost.shape, np.nan)
        return self._owed(others_alone=nothing, leader_alone=nothing)

    def _owed(self, **known: Array) -> Array:
        rule, nothing = RULES.get(self.tax_rule), np.full(self.private_cost.shape, np.nan)
        if rule is None:
            return nothing
        bill = self.settlement
        excused = np.zeros(nothing.shape, dtype=bool) if bill.excused is None else bill.excused
        reported = np.where(excused, 0.0, self.reported_cost)
        case = Case(**{"reported": reported, "leader_cost": self.leader_cost, "worth": nothing, **known})
        fined = bill.penalised[:, None] & ~excused
        tax = np.where(fined, np.maximum(bill.penalty, rule.pay(case)), rule.pay(case))
        return np.where(bill.refused.any(axis=1, keepdims=True), np.nan, tax)

    def faults(self) -> Iterator[str]:
        """What in a record contradicts something else in it, as `field: message`."""
        missions, agents = self.private_cost.shape
        if (np.diff(self.kept) <= 0).any() or self.kept[-1] > self.planned_rounds:
            yield f"kept: must rise, up to planned_rounds {self.planned_rounds} at most"
        if self.interrupted and self.rounds == self.planned_rounds:
            yield "interrupted: all rounds were played"
        for mission, agent in self.strategies:
            if not (0 <= mission < missions and 0 <= agent < agents):
                yield f"strategies: there is no agent {agent} in a mission {mission}"
        tax, owed = self.settlement.tax, self.owed()
        if _apart(tax[np.isfinite(owed)], owed[np.isfinite(owed)]):
            yield f"settlement/tax: is not what the rule {self.tax_rule!r} charges for these reports"
        verdict, cost = self.verdict, self.private_cost[0]
        if _apart(verdict.budget, tax[0].sum(), np.abs(tax[0]).sum()):
            yield f"verdict/budget: is {verdict.budget}, taxes sum to {tax[0].sum()}"
        social = cost.sum() + self.leader_cost[0]
        if _apart(verdict.social_cost, social, np.abs(cost).sum() + abs(self.leader_cost[0])):
            yield f"verdict/social_cost: is {verdict.social_cost}, costs sum to {social}"
        for gain in verdict.gains:
            if self.strategies.get((0, gain.agent)) != gain.strategy:
                yield f"verdict/gains: agent {gain.agent} did not play {gain.strategy!r}"
        if verdict.bounded is not None and len(verdict.bounded) != agents:
            yield f"verdict/bounded: has {len(verdict.bounded)} figures, there are {agents} agents"
        for rule in verdict.mechanisms or ():
            if any(row is not None and len(row) != agents for row in (rule.payment, rule.profit)):
                yield f"verdict/mechanisms: {rule.rule!r} has not one payment an agent"

    def summary(self, mission: int = 0) -> dict[str, Any]:
        """The JSON of a run: plain numbers in full precision, lists and strings, one stable shape for every kind.

        Keys that a kind of world does not have are null, and so are numbers that are infinite or none; more keys may
        come, these stay.
        """
        verdict = self.verdict
        told = {
            "robosim": __version__,
            "world": self.world,
            "kind": self.kind,
            "seed": self.seed,
            "rounds": self.rounds,
            "interrupted": self.interrupted,
            "agents": self.bounded_rows(mission),
            "leader": self.leader(mission),
            "social_cost": verdict.social_cost,
            "optimum": verdict.optimum,
            "budget": verdict.budget,
            "individually_rational": verdict.individually_rational,
            "epsilon": asdict(verdict.epsilon),
            "gains": [asdict(gain) for gain in verdict.gains],
            "mechanisms": None if verdict.mechanisms is None else [asdict(one) for one in verdict.mechanisms],
            "prices": self.price_list(mission),
            "network": self.network_list(mission),
            "history": {"round": self.kept.tolist(), **self.history(mission)},
            "baselines": None if verdict.baselines is None else list(verdict.baselines),
            "premises": [asdict(one) for one in verdict.premises],
            "notes": list(verdict.notes),
            "unknown": list(verdict.unknown),
        }
        plain: dict[str, Any] = strict(told)
        return plain

    def bounded_rows(self, mission: int) -> list[dict[str, Any]]:
        """The rows of `table`, with how much each agent could gain at most, null where that is not known."""
        rows, known = self.table(mission), self.verdict.bounded
        return [row | {"bounded": None if known is None else known[row["id"]]} for row in rows]

    def _repr_html_(self) -> str | None:
        """The page of the mission, in a frame of its own, as notebooks show it; None for a record without a judge."""
        found: str | None = import_module("robosim.report.notebook").framed(self)  # pages are made of records
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Plain data with the verdict, for pickle; the mission stays behind."""
        if self.judged is None and "_judge" in self.__dict__:
            _ = self.verdict
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def strategy(self, agent: int, mission: int = 0) -> str:
        """The name of what an agent played."""
        return self.strategies.get((mission, agent), "faithful")

    def shared_leader(self, mission: int) -> dict[str, Any]:
        """What every leader says for JSON; a world that has no bound has null there."""
        bill = self.settlement
        penalised = bool(bill.penalised[mission])
        fined = bill.refused[mission] | penalised
        return {
            "tax": self.tax_rule,
            "bound": None,
            "alpha": None,
            "distance": finite(bill.distance[mission : mission + 1])[0],
            "beta": finite(bill.beta[mission : mission + 1])[0],
            "penalised": penalised,
            "penalty": float(bill.penalty[mission][fined].max()) if fined.any() else None,
            "refused": bill.refused[mission].nonzero()[0].tolist(),
        }

    def table(self, mission: int = 0) -> list[dict[str, Any]]:
        """One row per agent, for csv.DictWriter or pandas.DataFrame."""
        columns = {
            "energy_j": np.full(self.private_cost.shape[1], None),
            **self.columns(mission),
            "private_cost": self.private_cost[mission],
            "reported_cost": finite(self.reported_cost[mission]),
            "tax": self.settlement.tax[mission],
            "net_cost": self.net_cost[mission],
        }
        rows = {key: np.asarray(x).tolist() for key, x in columns.items()}
        return [
            {"id": i, "strategy": self.strategy(i, mission), **{key: x[i] for key, x in rows.items()}}
            for i in range(self.private_cost.shape[1])
        ]


def _apart(given: Any, again: Any, size: Any = None) -> bool:
    """Whether numbers differ by more than rounding."""
    scale = np.abs(again).max(initial=0.0) if size is None else size
    return not bool((np.abs(given - again) <= SAME * (scale + np.finfo(np.float64).tiny)).all())


def finite(numbers: Array) -> list[float | None]:
    """Numbers as JSON knows them: None for what is infinite or no number.

    >>> finite(np.array([1.0, np.inf]))
    [1.0, None]
    """
    return [x if np.isfinite(x) else None for x in numbers.tolist()]
