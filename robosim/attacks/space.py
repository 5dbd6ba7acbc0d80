"""What is searched: programmes of one agent as vectors in a box, every number of which has a range with a reason.

Of a word with few components each phase has hold, gain, follow (of a script that is known to pay), a target within
what such words are, and a shift; of one with many, target and shift are one number for all. Switches are dense at both
ends of the mission, where a round makes a difference. Where missions run on pretended types, those are searched too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.controllers.selfish.programme import Phases, Programme, Programmes
from robosim.mission import Mission

PHASES = 3
FEW = 4
"""Components up to which each has a target and a shift of its own, and"""
SEVERAL = 24
"""up to which each number of a pretended type is searched by itself."""
WIDER = 0.5
"""Share of their range by which targets may leave what faithful words are, where nothing limits them."""
HOLD, GAIN, FOLLOW, SHIFT = (-0.5, 1.0), (-1.0, 2.0), (0.0, 1.2), (-0.5, 0.5)
FACTOR, OFFSET = (0.0, 2.0), (-1.0, 1.0)
LIE = (0.5, 2.0)
"""Times its types that an agent may pretend to have."""
LIE_SHIFT = (-0.5, 0.5)
"""As a share of the mean of what it pretends."""


class Words(NamedTuple):
    """How large a word is: least and greatest, (components or 1,), and what a cost is."""

    lowest: Array
    highest: Array
    cost: float
    components: int
    """Of the word itself."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """A box of vectors, and the programmes that they are.

    `word` is "" where none is bent; `lies` are names and values (components,) of what may be pretended.
    """

    rounds: int
    word: str
    words: Words | None
    script: Array = field(default_factory=lambda: np.zeros((0, 0)))
    lies: tuple[tuple[str, Array], ...] = ()

    @property
    def each(self) -> int:
        """Targets a phase."""
        return 0 if self.words is None else len(self.words.lowest)

    @property
    def width(self) -> int:
        """Numbers of one phase."""
        return 3 + 2 * self.each

    @property
    def parts(self) -> tuple[int, int, int]:
        """Numbers of switches, of all phases, and of what else is done with reports and beside."""
        return (0, 0, 0) if self.words is None else (PHASES - 1, PHASES * self.width, 6)

    @property
    def shifted(self) -> int:
        """Numbers of the first lie that are shifted."""
        if not self.lies:
            return 0
        count = len(self.lies[0][1])
        return count if count <= SEVERAL else 1

    @property
    def bounds(self) -> tuple[Array, Array]:
        """Corners of the box, (numbers,) each."""
        ends = [(0.0, 1.0)] * self.parts[0]
        if self.words is not None:
            phase = [HOLD, GAIN, FOLLOW if self.script.size else (0.0, 0.0)]
            targets = list(zip(self.words.lowest.tolist(), self.words.highest.tolist(), strict=True))
            ends += PHASES * [*phase, *targets, *[SHIFT] * self.each]
            ends += [FACTOR, OFFSET, GAIN, SHIFT, FACTOR, OFFSET]
        ends += [LIE] * len(self.lies) + [LIE_SHIFT] * self.shifted
        low, high = np.array(ends).T
        return low, high

    def faithful(self) -> Array:
        """The vector that changes nothing."""
        found = np.zeros(len(self.bounds[0]))
        switches, phases, more = self.parts
        found[:switches] = np.linspace(0.3, 1.0, switches) if switches else 0.0
        if self.words is not None:
            body = found[switches : switches + phases].reshape(PHASES, -1)
            body[:, 1] = 1.0
            body[:, 3 : 3 + self.each] = (self.words.lowest + self.words.highest) / 2
            found[switches + phases : switches + phases + more] = 1.0, 0.0, 1.0, 0.0, 1.0, 0.0
        found[sum(self.parts) : sum(self.parts) + len(self.lies)] = 1.0
        return found

    def seed(self, **phases: Any) -> Array:
        """The faithful vector with other phases: hold, gain, follow, target, switches, one value or one a phase."""
        found = self.faithful()
        switches, size, _ = self.parts
        body = found[switches : switches + size].reshape(PHASES, -1)
        for place, name in enumerate(("hold", "gain", "follow")):
            if name in phases:
                body[:, place] = phases[name]
        if "target" in phases:
            body[:, 3 : 3 + self.each] = phases["target"]
        if "switches" in phases:
            found[:switches] = phases["switches"]
        return found

    def phases(self, x: Array) -> tuple[Phases, Phases]:
        """Vectors (K, numbers) as K programmes, in the mission and beside it."""
        assert self.words is not None
        switches, size, _ = self.parts
        body = x[:, switches : switches + size].reshape(len(x), PHASES, -1)
        hold, gain, follow = body[..., 0], body[..., 1], body[..., 2]
        wide = self.words.highest - self.words.lowest
        target, shift = body[..., 3 : 3 + self.each], body[..., 3 + self.each :] * wide
        bias = (1.0 - hold - gain - follow)[..., None] * target + shift
        rest = x[:, switches + size : switches + size + 6]
        money = np.array([1.0, self.words.cost])
        here = Phases(self.when(x[:, :switches]), hold, gain, follow, bias, self._script(), rest[:, :2] * money)
        one = np.zeros((len(x), 1))
        there = Phases(
            np.zeros((len(x), 0)), one, rest[:, 2:3], one, (rest[:, 3:4] * wide.max())[..., None],
            np.zeros((1, 0, 0)), rest[:, 4:] * money,
        )  # fmt: skip
        return here, there

    @property
    def ends(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Between which words are kept: what they may be, and what the script has."""
        assert self.words is not None
        low, high = self.words.lowest, self.words.highest
        if self.script.size:
            axis = None if len(low) == 1 else 0
            low, high = np.minimum(low, self.script.min(axis=axis)), np.maximum(high, self.script.max(axis=axis))
        return tuple(low.tolist()), tuple(high.tolist())

    def _script(self) -> Array:
        return self.script[None] if self.script.size else np.zeros((1, 0, 0))

    def when(self, share: Array) -> Array:
        """Rounds in which phases begin, of shares in [0, 1]: each end of the mission has half, logarithmically."""
        late = np.abs(2.0 * share - 1.0)
        away = np.rint((1.0 + self.rounds / 2.0) ** (1.0 - late)) - 1.0
        return np.sort(np.where(share > 0.5, self.rounds - away, away + 1.0), axis=1)

    def played(self, x: Array) -> Programmes | None:
        """Vectors (K, numbers) side by side, one deviator each; None where they pretend."""
        if self.lies or self.words is None:
            return None
        here, there = self.phases(x)
        low, high = self.ends
        return Programmes(phases=here, beside=there, word=self.word, lowest=low, highest=high)

    def programme(self, x: Array) -> Programme:
        """One vector (numbers,) as a world file can have it."""
        lies = x[sum(self.parts) :]
        false: dict[str, Any] = {}
        if self.lies:
            scale = float(np.abs(self.lies[0][1]).mean())
            false["lies"] = tuple(name for name, _ in self.lies)
            false["lie_factor"] = tuple(lies[: len(self.lies)].tolist())
            false["lie_shift"] = tuple((lies[len(self.lies) :] * scale).tolist())
        if self.words is None:
            return Programme(**false)
        here, there = self.phases(x[None])
        return Programme(
            word=self.word,
            switches=tuple(here.switches[0].tolist()),
            hold=tuple(here.hold[0].tolist()),
            gain=tuple(here.gain[0].tolist()),
            follow=tuple(here.follow[0].tolist()),
            bias=tuple(here.bias[0].ravel().tolist()),
            script=tuple(self.script.ravel().tolist()),
            report_factor=float(here.report[0, 0]),
            report_offset=float(here.report[0, 1]),
            apart_gain=float(there.gain[0, 0]),
            apart_bias=float(there.bias[0, 0, 0]),
            apart_report_factor=float(there.report[0, 0]),
            apart_report_offset=float(there.report[0, 1]),
            components=self.words.components,
            lowest=self.ends[0],
            highest=self.ends[1],
            **false,
        )


def space_of(mission: Mission[Any], agent: int, words: Words | None, script: Array) -> Space:
    """What an agent of a mission may try."""
    word = bent(mission)
    lies = tuple((key, mission.own[key][0, agent]) for key in mission.kind.lies)
    return Space(rounds=mission.rounds, word=word, words=words, script=script, lies=lies)


def bent(mission: Mission[Any]) -> str:
    """The word that programmes of a mission bend; "" where its agents lie about types instead."""
    if mission.kind.lies:
        return ""
    return "z" if "z" in mission.words else next(iter(mission.words))
