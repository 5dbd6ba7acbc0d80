"""`[[selfish]]` tables: which agents deviate, by which strategy, with which parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, ClassVar, get_args, get_type_hints

from pydantic import ConfigDict, Field, Strict, TypeAdapter

from robosim.scenario.fields import Finite, Id, Name, Section, Whole

STRICT: dict[Any, Any] = {
    bool: Annotated[bool, Strict()],
    float: Finite,
    int: Whole,
    str: Annotated[str, Strict()],
    tuple[float, ...]: tuple[Finite, ...],
}
"""How a parameter of a strategy is checked, by its type hint."""


class SelfishTable(Section):
    """One `[[selfish]]` table; keys other than its own are the strategy's parameters. Each kind of world has its kind.

    A kind says what it calls an agent (its keys are `noun` and `noun`s), where agents are counted, and which deviations
    there are.
    """

    model_config = ConfigDict(extra="allow")

    noun: ClassVar[str]
    section: ClassVar[str]

    one: Id | None
    several: tuple[Id, ...] | None
    strategy: Name

    @classmethod
    @abstractmethod
    def strategies(cls) -> Mapping[str, type]:
        """The named deviations; imported when the first world has one, as they bring NumPy with them."""

    @classmethod
    def own_keys(cls) -> tuple[str, str, str]:
        """The keys that are no parameters: one agent, several agents, the strategy."""
        return cls.noun, f"{cls.noun}s", "strategy"

    @property
    def agents(self) -> tuple[int, ...]:
        """Ids of the agents that play the strategy."""
        return self.several or (() if self.one is None else (self.one,))

    @property
    def parameters(self) -> dict[str, Any]:
        """The strategy's own parameters that the file gives."""
        kinds = parameter_kinds(self.strategies()[self.strategy])
        return {key: kinds[key].validate_python(value) for key, value in (self.model_extra or {}).items()}


class SelfishEntry(SelfishTable):
    """One `[[selfish]]` table of a rendezvous: robots that deviate."""

    noun: ClassVar[str] = "robot"
    section: ClassVar[str] = "robots"

    one: Id | None = Field(default=None, alias="robot", description="the robot that deviates", examples=[3])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="robots", description="the robots that deviate alike", examples=[[3, 4]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["stationary"])

    @classmethod
    def strategies(cls) -> Mapping[str, type]:
        """Deviations from average consensus."""
        from robosim.controllers.selfish import STRATEGIES

        return STRATEGIES

    @property
    def robots(self) -> tuple[int, ...]:
        """Ids of the robots that play the strategy."""
        return self.agents


class SelfishBidder(SelfishTable):
    """One `[[selfish]]` table of a charging world: bidders that deviate."""

    noun: ClassVar[str] = "agent"
    section: ClassVar[str] = "bidders"

    one: Id | None = Field(default=None, alias="agent", description="the bidder that deviates", examples=[0])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="agents", description="the bidders that deviate alike", examples=[[0, 1]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["constant-bid"])

    @classmethod
    def strategies(cls) -> Mapping[str, type]:
        """Deviations from dual decomposition."""
        from robosim.controllers.bidders import BIDDING

        return BIDDING


@lru_cache
def parameter_kinds(strategy: type) -> dict[str, TypeAdapter[Any]]:
    """A checker for each parameter of a strategy, from its type hints; None stands for a key that is left out."""
    hints = get_type_hints(strategy)
    return {field.name: TypeAdapter(_kind(hints[field.name])) for field in fields(strategy)}


def _kind(hint: Any) -> Any:
    parts = [part for part in get_args(hint) if part is not NoneType]
    return _kind(parts[0]) if NoneType in get_args(hint) else STRICT.get(hint, hint)
