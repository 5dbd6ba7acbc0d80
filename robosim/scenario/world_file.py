"""What every kind of world has in common: where it came from, and how it is written, measured and complained about."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from pydantic import PrivateAttr

from robosim.errors import BadInput
from robosim.scenario.checking import Check
from robosim.scenario.fields import Section
from robosim.scenario.origin import Origin
from robosim.scenario.problem import line
from robosim.scenario.writing import written


class Need(NamedTuple):
    """A part of the memory that a mission takes: the key behind it, what it is, what would lower it, and bytes."""

    key: str
    what: str
    fix: str
    size: int


class WorldFile(Section):
    """A checked world; each kind of world adds its sections. Two are equal when their values are."""

    rules: ClassVar[tuple[Check, ...]] = ()
    """What keys must have to do with each other."""

    _origin: Origin = PrivateAttr(default_factory=lambda: Origin(file="world", name="world"))

    @classmethod
    @abstractmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The values of a file with those that follow from others, before anything is checked."""

    @abstractmethod
    def needs(self) -> tuple[Need, ...]:
        """Estimates of the memory that a mission in this world takes."""

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
