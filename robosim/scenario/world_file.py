"""What every kind of world has in common: where it came from, how it is written, measured and complained about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import AfterValidator, Field, PrivateAttr

from robosim.errors import BadInput, TooLarge
from robosim.files.complaint import Origin, line
from robosim.files.content import VARIABLE, amount, limit_bytes
from robosim.files.writing import written
from robosim.scenario.checking import Check
from robosim.scenario.fields import Name, Section, Whole
from robosim.scenario.parameters import plain_values
from robosim.scenario.selfish import SelfishTable


class Need(NamedTuple):
    """A part of the memory that a mission takes: the key behind it, what it is, what would lower it, and bytes."""

    key: str
    what: str
    fix: str
    size: int


class MissionSection(Section):
    """[mission] of every kind of world: kind, rounds, seed and controller, declared by each in its own words.

    Where programs take parameters, it has `parameters: Parameters = PARAMETERS` too.
    """

    if TYPE_CHECKING:
        kind: str
        rounds: int
        seed: int
        controller: str


Parameters = Annotated[dict[Name, Any], AfterValidator(plain_values)] | None
PARAMETERS: Any = Field(
    default=None, description="keyword arguments of the controller's class", examples=[{"gain": 0.5}]
)
"""`[mission.parameters]` (`robosim.scenario.parameters`)."""


class LeaderSection(Section):
    """[leader] of every kind of world: has tax, declared by each kind in its own words."""

    if TYPE_CHECKING:
        tax: str


class Recording(Section):
    """[record]: what is kept."""

    every: Annotated[Whole, Field(ge=1, le=10**9)] = Field(default=1, description="keep every so many rounds")


class WorldFile(Section):
    """A checked world; each kind of world adds its sections. Two are equal when their values are."""

    rules: ClassVar[tuple[Check, ...]] = ()
    """What keys must have to do with each other."""

    if TYPE_CHECKING:  # declared by each kind, so that its sections stand in its own order
        mission: MissionSection
        leader: LeaderSection
        record: Recording
        selfish: tuple[SelfishTable, ...]

    _origin: Origin = PrivateAttr(default_factory=lambda: Origin(file="world", name="world"))

    @classmethod
    @abstractmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The values of a file with those that follow from others, before anything is checked."""

    @abstractmethod
    def needs(self) -> tuple[Need, ...]:
        """Estimates of the memory that a mission in this world takes."""

    def inputs(self) -> dict[str, Path]:
        """The files that the world names, by their keys, such as "station.sessions"."""
        return {}

    def named_code(self) -> dict[str, str]:
        """What its keys name beside program, strategies and tax that may stand in a project; by key."""
        return {}

    def without_code(self, own: Callable[[str], bool]) -> Self:
        """The same world with robosim's own in place of what `named_code` names and the project has."""
        return self

    @property
    def origin(self) -> Origin:
        """Where its values came from."""
        return self._origin

    @property
    def parameters(self) -> dict[str, Any]:
        """What the world sets of the program that it names."""
        return dict(getattr(self.mission, "parameters", None) or {})

    @property
    def name(self) -> str:
        """The bundled name, or the file's name without its ending."""
        return self._origin.name

    @property
    def source(self) -> Path | None:
        """The world file; None for a bundled world."""
        return self._origin.path

    def place(self, key: str) -> str:
        """`file:line` of a dotted key, of its table when the key is absent, or `--set:K` of the option that set it."""
        return str(self._origin.place(tuple(key.split("."))))

    def complaint(self, key: str, message: str) -> str:
        """The standard text, `file:line: section.key: message`; the message ends with the fix in brackets."""
        path = tuple(key.split("."))
        return line(self._origin.place(path), path, message)

    def error(self, key: str, message: str) -> BadInput:
        """The standard error about a key, for what only the mission can find out."""
        return BadInput(self.complaint(key, message))

    def to_toml(self) -> str:
        """A world file that loads to an equal scenario, every value spelt out."""
        return written(self.model_dump(by_alias=True, exclude_none=True))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__


def estimate_bytes(scenario: WorldFile) -> int:
    """About how many bytes a mission in this world takes; nothing is allocated."""
    return sum(need.size for need in scenario.needs())


def refuse_too_large(scenario: WorldFile, known: Sequence[Need] | None = None) -> None:
    """Raise `TooLarge`, naming the estimate and the limit, when a mission would not fit.

    `known` is what it needs where that is known better than by the world file alone.
    """
    needs = scenario.needs() if known is None else known
    total, limit = sum(need.size for need in needs), limit_bytes()
    if total > limit:
        worst = max(needs, key=lambda need: need.size)
        message = f"{worst.what} need about {amount(total)}, the limit is {amount(limit)}"
        raise TooLarge(scenario.complaint(worst.key, f"{message} ({worst.fix}; {VARIABLE} raises the limit)"))
