"""What is lent to code that is not robosim's own: copies that cannot be written, so that nothing true can be changed.

A lent array is a view of bytes, which NumPy never makes writable again: neither through `base` nor by `setflags`. Code
that writes all the same ends with an error of NumPy, numba or `Lent`, which `written_into` puts into plain words.
"""

from __future__ import annotations

import copy
import linecache
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from types import FrameType
from typing import Any, NamedTuple, NoReturn, TypeVar

import numpy as np

from robosim.agent import Array, Heard, Links, Rules, Said

T = TypeVar("T")
LIBRARIES = re.compile(r"[/\\]((numpy|scipy|numba)[/\\]|contextlib\.py|robosim[/\\]lending\.py)")
READ_ONLY = re.compile(r"read-?only", re.IGNORECASE)


class ReadOnly(TypeError):
    """Somebody put something into a table that is lent to it."""


class Lent(dict[str, Any]):
    """A table that is lent under a name: as a dict, but read-only; `|`, `dict(…)` and `.copy()` give one's own."""

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.name = name

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise ReadOnly(f"{self.name}[{key!r}]")

    def __delitem__(self, key: str) -> NoReturn:
        raise ReadOnly(f"{self.name}[{key!r}]")

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ReadOnly(self.name)

    update = clear = pop = popitem = setdefault = __ior__ = _refuse

    def __reduce__(self) -> Any:
        return type(self), (self.name, dict(self))


@lru_cache(maxsize=256)
def ours(kind: type) -> bool:
    """Whether robosim wrote a class: it keeps to what it may do, and is given arrays as they are."""
    return kind.__module__.partition(".")[0] == "robosim"


def frozen(x: Any) -> Any:
    """A read-only copy, in C order; of None nothing."""
    if x is None:
        return None
    if x.dtype.hasobject:
        kept = np.array(x)
        kept.setflags(write=False)
        return kept.view()
    return np.ndarray(x.shape, x.dtype, x.tobytes())


def said(name: str, words: Mapping[str, Any]) -> Said:
    """Words or types, each a read-only copy."""
    return Lent(name, {key: frozen(x) if isinstance(x, np.ndarray) else x for key, x in words.items()})


def heard(true: Heard) -> Heard:
    """What reached the agents, read-only; own words and voices that are the same stay the same."""
    own = said("heard.own", true.own)
    voices = Lent("heard.voices", own) if true.voices is true.own else said("heard.voices", true.voices)
    return Heard(own, said("heard.leader", true.leader), links(true.links), voices)


def links(true: Links) -> Links:
    """Who hears whom, read-only; copied once for a network."""
    return _once(_LINKS, true, lambda: Links(*map(frozen, true)))


def rules(true: Rules) -> Rules:
    """The announced rules, read-only; what is neither number nor array is a copy of its own."""
    return _once(_RULES, true, lambda: _rules(true))


def _rules(true: Rules) -> Rules:
    arrays = {key: frozen(x) for key, x in true.items() if isinstance(x, np.ndarray)}
    try:
        others = copy.deepcopy({key: x for key, x in true.items() if key not in arrays})
    except Exception:  # what cannot be copied, such as a solver that is alive, is nothing that a follower needs
        others = {key: x for key, x in true.items() if key not in arrays and isinstance(x, int | float | str | None)}
    lent = arrays | others
    return Lent("rules", {key: lent[key] for key in true if key in lent})


_LINKS: list[tuple[Any, Any]] = []
_RULES: list[tuple[Any, Any]] = []
REMEMBERED = 4


def _once(memory: list[tuple[Any, Any]], true: T, lend: Callable[[], T]) -> T:
    """What was lent for this very object before; the object is kept with it, so that no other takes its identity."""
    for known, lent in memory:
        if known is true:
            found: T = lent
            return found
    made = lend()
    memory.insert(0, (true, made))
    del memory[REMEMBERED:]
    return made


def view(true: Any) -> Any:
    """What a strategy sees, a NamedTuple of words and rules; a field of another kind stays as it is."""
    fields = zip(true._fields, true, strict=True)
    return type(true)(*(_field(name, x) for name, x in fields))


def _field(name: str, x: Any) -> Any:
    if name == "rules":
        return rules(x)
    if isinstance(x, Heard):
        return heard(x)
    if isinstance(x, np.ndarray):
        return frozen(x)
    return said(f"view.{name}", x) if isinstance(x, dict) else x


class Place(NamedTuple):
    """Where something was written, and into what."""

    file: str
    line: int
    what: str


def written_into(problem: BaseException, lent: Iterable[Any]) -> Place | None:
    """Where a program wrote into what it was lent; None where an exception says something else."""
    if not READ_ONLY.search(str(problem)) and not isinstance(problem, ReadOnly):
        return None
    frame, line = statement(problem)
    if frame is None:
        return None
    file = frame.f_code.co_filename
    if isinstance(problem, ReadOnly):
        return Place(file, line, str(problem))
    return Place(file, line, _array(linecache.getline(file, line), frame, list(_named(lent))) or "an array")


def statement(problem: BaseException) -> tuple[FrameType | None, int]:
    """The deepest frame that is no library's."""
    found: tuple[FrameType | None, int] = (None, 0)
    step = problem.__traceback__
    while step is not None:
        if not LIBRARIES.search(step.tb_frame.f_code.co_filename):
            found = step.tb_frame, step.tb_lineno
        step = step.tb_next
    return found


def _named(lent: Iterable[Any]) -> Iterator[tuple[str, Array]]:
    for one in lent:
        if isinstance(one, Lent):
            yield from ((f"{one.name}[{key!r}]", x) for key, x in one.items() if isinstance(x, np.ndarray))
        elif isinstance(one, tuple) and hasattr(one, "_fields"):
            parts = [part for part in one if not isinstance(part, np.ndarray)]
            yield from _named(parts)
            arrays = zip(one._fields, one, strict=True)
            yield from ((f"links.{key}", x) for key, x in arrays if isinstance(x, np.ndarray))
        elif is_dataclass(one):
            yield from ((f"case.{key}", x) for key, x in vars(one).items())
        elif isinstance(one, np.ndarray):
            yield "decision", one


def _array(line: str, frame: FrameType, lent: list[tuple[str, Array]]) -> str | None:
    """The lent array that a statement names, or that one of its variables is a view of."""
    text = line.replace('"', "'")
    for name, _ in lent:
        if name in text or f".{name.rpartition('.')[2]}" in text:
            return name
    for word in re.findall(r"[A-Za-z_]\w*", line):
        x = frame.f_locals.get(word)
        if isinstance(x, Lent):
            named = next((key for key in x if f"{word}[{key!r}]" in text), None)
            if named is not None:
                return f"{x.name}[{named!r}]"
        if isinstance(x, np.ndarray):
            for name, one in lent:
                if np.may_share_memory(x, one) and x.size and one.size:
                    return name
    return None
