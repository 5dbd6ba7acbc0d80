"""Deviations as numbers: what is said, phase by phase, what is reported, and both in the problems without another.

Searches choose the numbers; a world file can play what they found. In round k of a phase a word becomes

    hold · (own last word) + gain · (faithful word) + follow · script_k + bias,

so that holding is to freeze, 0 < gain = 1 - hold < 1 to drag one's feet, bias alone to insist on a target, and a script
any list of words at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from robosim.agent import Array, Said, Strategy, View


class Phases(NamedTuple):
    """What K programmes do with one word in P phases, and with their reports."""

    switches: Array
    """(K, P-1) rounds in which the next phase begins."""
    hold: Array
    """(K, P), and so have"""
    gain: Array
    follow: Array
    bias: Array
    """(K, P, 1 or components)."""
    script: Array
    """(1 or K, rounds + 1, components), or (1, 0, 0) where there is none."""
    report: Array
    """(K, 2) factor and offset of reports."""

    def spoken(self, k: int, faithful: Array, last: Array) -> Array:
        """What is said in round k, (K', components); rows of one programme stand together, K'/K each."""
        times = len(faithful) // len(self.hold)
        phase = (k >= self.switches).sum(axis=1)
        row = np.arange(len(phase))
        hold, gain, follow, bias = (
            np.repeat(x, times, axis=0)
            for x in (
                self.hold[row, phase, None],
                self.gain[row, phase, None],
                self.follow[row, phase, None],
                self.bias[row, phase],
            )
        )
        said = hold * last + gain * faithful + bias
        if self.script.size:
            line = self.script[:, min(k, self.script.shape[1] - 1)]
            said = said + follow * (line if len(line) == 1 else np.repeat(line, times, axis=0))
        return np.asarray(said)

    def reported(self, cost: Array) -> Array:
        """What is reported instead of costs (K', 1)."""
        factor, offset = np.repeat(self.report, len(cost) // len(self.report), axis=0).T[..., None]
        return np.asarray(factor * cost + offset)


class Bending(Strategy):
    """What programmes alone and many of them have in common."""

    word: str
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    within_limits: bool

    def numbers(self) -> Phases:
        """What each of them does."""
        raise NotImplementedError

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if self.word not in view.faithful:
            return memory, view.faithful
        faithful = view.faithful[self.word]
        last = faithful if view.heard is None else view.heard[self.word]
        said = self.numbers().spoken(k, faithful, last)
        if self.lowest:
            said = np.clip(said, self.lowest, self.highest)
        limits = [view.own[key] for key in ("lower", "upper") if key in view.own]
        if self.within_limits and len(limits) == 2 and limits[0].shape == said.shape:
            said = np.clip(said, *limits)
        return memory, view.faithful | {self.word: said}

    def report(self, view: View, decision: Array, report: Said) -> Said:
        return {"cost": self.numbers().reported(report["cost"])}


@dataclass(frozen=True, kw_only=True)
class Programme(Bending):
    """Bends one word in phases, its reports, and both in the problems without another; numbers that a search found.

    Parameters
    ----------
    word : which word.
    switches : rounds in which the second, third, … phase begins.
    hold, gain, follow : one a phase. bias : one a phase, or as many as components a phase.
    script : (rounds + 1) · components numbers, round by round; the last round's hold on.
    report_factor, report_offset : v̂ = factor · v + offset.
    apart_gain, apart_bias, apart_report_factor, apart_report_offset : the same in problems without another, all rounds.
    lies : names of types that it pretends to have otherwise, where missions allow that: each times one of
    lie_factor, and the first of them plus lie_shift, one number or one a component.
    lowest, highest : between which words are kept, one number or one a component; () for no such end.
    within_limits : whether words are cut at the public limits of what it may say.
    """

    searched: ClassVar[bool] = True
    rows: ClassVar[tuple[int, ...]] = (13, 14, 15, 16, 17, 25)

    word: str = "z"
    switches: tuple[float, ...] = ()
    hold: tuple[float, ...] = (0.0,)
    gain: tuple[float, ...] = (1.0,)
    follow: tuple[float, ...] = (0.0,)
    bias: tuple[float, ...] = (0.0,)
    script: tuple[float, ...] = ()
    report_factor: float = 1.0
    report_offset: float = 0.0
    apart_gain: float = 1.0
    apart_bias: float = 0.0
    apart_report_factor: float = 1.0
    apart_report_offset: float = 0.0
    lies: tuple[str, ...] = ()
    lie_factor: tuple[float, ...] = ()
    lie_shift: tuple[float, ...] = ()
    components: int = 1
    """Of the word, which script and bias are cut into."""
    lowest: tuple[float, ...] = ()
    highest: tuple[float, ...] = ()
    within_limits: bool = True

    def __post_init__(self) -> None:
        phases = len(self.switches) + 1
        for name in ("hold", "gain", "follow"):
            if len(getattr(self, name)) != phases:
                raise ValueError(f"{name} must have {phases} numbers, one a phase, got {len(getattr(self, name))}")
        if self.components < 1 or len(self.bias) not in (phases, phases * self.components):
            raise ValueError(
                f"bias must have {phases} numbers, one a phase, or components a phase, got {len(self.bias)}"
            )
        if len(self.script) % self.components:
            raise ValueError(f"script must have {self.components} numbers a round, got {len(self.script)} in all")
        if len(self.lie_factor) != len(self.lies):
            raise ValueError(f"lie_factor must have {len(self.lies)} numbers, one a lie, got {len(self.lie_factor)}")
        if len(self.lowest) != len(self.highest):
            raise ValueError(
                f"lowest and highest must have as many numbers, got {len(self.lowest)}, {len(self.highest)}"
            )
        if list(self.switches) != sorted(self.switches):
            raise ValueError(f"switches must rise, got {list(self.switches)}")

    def numbers(self) -> Phases:
        return self.phases

    @cached_property
    def phases(self) -> Phases:
        """Its numbers as those of K = 1 programmes."""
        count = len(self.switches) + 1
        when, hold, gain, follow = (np.array([x], dtype=np.float64) for x in self._lists())
        script = np.array(self.script).reshape(1, -1, self.components) if self.script else np.zeros((1, 0, 0))
        bias = np.array(self.bias, dtype=np.float64).reshape(1, count, -1)
        report = np.array([[self.report_factor, self.report_offset]])
        return Phases(when, hold, gain, follow, bias, script, report)

    def _lists(self) -> tuple[tuple[float, ...], ...]:
        return self.switches, self.hold, self.gain, self.follow

    def apart(self) -> Strategy:
        there = (self.apart_gain, self.apart_bias, self.apart_report_factor, self.apart_report_offset)
        if there == (1.0, 0.0, 1.0, 0.0) and self.phases_are_faithful:
            return self
        return Programme(
            word=self.word,
            gain=there[:1],
            bias=there[1:2],
            report_factor=there[2],
            report_offset=there[3],
            lies=self.lies,
            lie_factor=self.lie_factor,
            lie_shift=self.lie_shift,
            lowest=self.lowest,
            highest=self.highest,
            within_limits=self.within_limits,
        )

    @property
    def phases_are_faithful(self) -> bool:
        """Whether words and reports are as they should be."""
        plain = not (any(self.hold) or any(self.bias) or any(self.follow)) and set(self.gain) == {1.0}
        return plain and (self.report_factor, self.report_offset) == (1.0, 0.0)

    def pretend(self, own: Said) -> Said:
        found = dict(own)
        for place, (name, factor) in enumerate(zip(self.lies, self.lie_factor, strict=True)):
            if name in own:
                found[name] = own[name] * factor
                if place == 0 and self.lie_shift:
                    found[name] = found[name] + np.asarray(self.lie_shift)
        return found

    def stacked(self, plans: Sequence[Programme]) -> Programmes | None:
        return stacked(plans)


@dataclass(frozen=True, kw_only=True)
class Programmes(Bending):
    """Several programmes side by side, one deviator each: what searches play."""

    name = "programme"

    phases: Phases
    beside: Phases
    """What they do in problems without another."""
    word: str
    lowest: tuple[float, ...] = ()
    highest: tuple[float, ...] = ()
    within_limits: bool = True

    def numbers(self) -> Phases:
        return self.phases

    def apart(self) -> Strategy:
        return replace(self, phases=self.beside)


def stacked(plans: Sequence[Programme]) -> Programmes | None:
    """Programmes that differ in numbers only, side by side; None for those that pretend, or are built differently."""
    first = plans[0]
    built = {
        (one.word, len(one.switches), len(one.bias), one.within_limits, one.lies, one.lowest, one.highest)
        for one in plans
    }
    if len(built) > 1 or first.lies or any(len(one.script) != len(first.script) for one in plans):
        return None
    there = [_apart(one) for one in plans]
    same = all(one.script == first.script for one in plans)
    return Programmes(
        phases=_joined([one.phases for one in plans], same),
        beside=_joined(there, True),
        word=first.word,
        lowest=first.lowest,
        highest=first.highest,
        within_limits=first.within_limits,
    )


def _apart(one: Programme) -> Phases:
    there = one.apart()
    assert isinstance(there, Programme)
    if there is one:  # faithful: the same phases, of which one is enough
        return Programme(word=one.word).phases
    return there.phases


def _joined(parts: Sequence[Phases], same_script: bool) -> Phases:
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    found = Phases(*columns)
    return found._replace(script=parts[0].script) if same_script else found


PROGRAMME = {Programme.name: Programme}
