"""Rules that join several keys, run even when other keys of the file are wrong, so that all errors come at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from robosim.scenario.fields import Section, section_type
from robosim.scenario.lines import KeyPath
from robosim.scenario.problem import Problem


class Unsound(Exception):
    """A value is wrong by itself: nothing can be said about how it goes with others."""


@dataclass(frozen=True, kw_only=True)
class Values:
    """The values of a world file that are sound by themselves, defaults included.

    Checking a single value changes nothing but lists to tuples, so rules may read what stood in the file.
    """

    model: type[Section]
    table: Mapping[str, Any]
    wrong: tuple[KeyPath, ...]

    def sound(self, path: KeyPath) -> bool:
        """No error was found at the key, in it, or in a table around it."""
        return not any(path[: len(other)] == other[: len(path)] for other in self.wrong)

    def __getitem__(self, key: str) -> Any:
        """The value of `section.key`, None where it has neither value nor default; raises `Unsound`."""
        section, name = key.split(".")
        if not self.sound((section, name)):
            raise Unsound(key)
        return self.table.get(section, {}).get(name, section_type(self.model, section).model_fields[name].default)

    def given(self, key: str) -> bool:
        """The file itself sets `section.key`, and soundly."""
        section, name = key.split(".")
        return self.sound((section, name)) and name in self.table.get(section, {})


Check = Callable[[Values], Iterator[Problem]]


def broken_rules(checks: Iterable[Check], values: Values) -> Iterator[Problem]:
    """What every rule has to say that can be judged."""
    for check in checks:
        try:
            yield from check(values)
        except Unsound:
            continue
