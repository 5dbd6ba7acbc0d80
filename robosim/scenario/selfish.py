"""`[[selfish]]` tables: which robots deviate, by which strategy, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, get_args, get_type_hints

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


def strategies() -> Mapping[str, type]:
    """The named deviations; imported when the first world has one, as they bring NumPy with them."""
    from robosim.controllers.selfish import STRATEGIES

    return STRATEGIES


class SelfishEntry(Section):
    """One `[[selfish]]` table; keys other than these are the strategy's own parameters."""

    model_config = ConfigDict(extra="allow")

    one: Id | None = Field(default=None, alias="robot", description="the robot that deviates", examples=[3])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="robots", description="the robots that deviate alike", examples=[[3, 4]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["stationary"])

    @property
    def robots(self) -> tuple[int, ...]:
        """Ids of the robots that play the strategy."""
        return self.several or (() if self.one is None else (self.one,))

    @property
    def parameters(self) -> dict[str, Any]:
        """The strategy's own parameters that the file gives."""
        kinds = parameter_kinds(strategies()[self.strategy])
        return {key: kinds[key].validate_python(value) for key, value in (self.model_extra or {}).items()}


@lru_cache
def parameter_kinds(strategy: type) -> dict[str, TypeAdapter[Any]]:
    """A checker for each parameter of a strategy, from its type hints; None stands for a key that is left out."""
    hints = get_type_hints(strategy)
    return {field.name: TypeAdapter(_kind(hints[field.name])) for field in fields(strategy)}


def _kind(hint: Any) -> Any:
    parts = [part for part in get_args(hint) if part is not NoneType]
    return _kind(parts[0]) if NoneType in get_args(hint) else STRICT.get(hint, hint)
