"""What a radio did in a mission: messages sent and lost, when the network fell apart, who heard whom at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Ints
from robosim.files.packing import Axes
from robosim.kernels.near import joined

Numbers = NDArray[np.int64]
NAMED = 4
"""Components that are named in one line, and agents of each."""


class Log(NamedTuple):
    """What is known after some rounds.

    Parameters
    ----------
    sent, lost : messages on links, and those that did not arrive.
    apart_rounds, apart_from : in how many rounds those that were on could not all reach each other, whatever was lost,
        and the first of these; -1 for none.
    parts : (n,) the components of that round, each by its smallest id; -1 for who was off.
    joined : (n,) components of all links over which anything was heard so far.
    """

    sent: int
    lost: int
    apart_rounds: int
    apart_from: int
    parts: Numbers
    joined: Numbers

    def after(self, k: int, messages: tuple[int, int], parts: Numbers | None, heard: tuple[Ints, Ints] | None) -> Log:
        """After round k: (sent, lost), its components where they may be several, and the rows that were heard."""
        log = self._replace(sent=self.sent + messages[0], lost=self.lost + messages[1])
        if heard is not None and self.joined.any():
            log = log._replace(joined=joined(self.joined, *heard))
        if parts is None or _is_one(parts[parts >= 0]):
            return log
        first = {} if self.apart_from >= 0 else {"apart_from": k, "parts": parts}
        return log._replace(apart_rounds=self.apart_rounds + 1, **first)  # type: ignore[arg-type]


def silence(n: int) -> Log:
    """Before round 0."""
    ids = np.arange(n, dtype=np.int64)
    return Log(0, 0, 0, -1, np.zeros(n, dtype=np.int64), ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reception:
    """The same as plain data, for each mission (missions,): `parts` and `joined` are (missions, agents)."""

    sent: Annotated[Numbers, Axes("M", least=0)]
    lost: Annotated[Numbers, Axes("M", least=0)]
    apart_rounds: Annotated[Numbers, Axes("M", least=0)]
    apart_from: Annotated[Numbers, Axes("M", least=-1)]
    parts: Annotated[Numbers, Axes("M N", least=-1)]
    joined: Annotated[Numbers, Axes("M N", least=0)]

    @classmethod
    def of(cls, log: Log, missions: int) -> Reception:
        """Of missions side by side, which meet the same radio."""
        rows = {
            key: np.repeat(np.asarray(x, dtype=np.int64)[None], missions, axis=0) for key, x in log._asdict().items()
        }
        return cls(**rows)

    def told(self, mission: int, agent: str) -> list[str]:
        """One mission in lines for people; `agent` is what an agent is called."""
        lines = [_lost(int(self.sent[mission]), int(self.lost[mission]))]
        if self.apart_from[mission] >= 0:
            rounds = int(self.apart_rounds[mission])
            lines.append(
                f"the network fell apart in round {self.apart_from[mission]} into {_groups(self.parts[mission], agent)}"
                + (f", and was apart in {rounds} rounds in all" if rounds > 1 else "")
            )
        if np.unique(self.joined[mission]).size > 1:
            lines.append(f"not even all rounds together join the team: {_groups(self.joined[mission], agent)}")
        return lines

    def plain(self, mission: int) -> dict[str, object]:
        """One mission for JSON: components as lists of ids."""
        apart = self.apart_from[mission] >= 0
        return {
            "sent": int(self.sent[mission]),
            "lost": int(self.lost[mission]),
            "apart_from": int(self.apart_from[mission]) if apart else None,
            "apart_rounds": int(self.apart_rounds[mission]),
            "components": groups(self.parts[mission]) if apart else None,
            "joined": groups(self.joined[mission]),
        }


def _is_one(parts: Numbers) -> bool:
    return not (parts != parts[:1]).any()


def groups(parts: Numbers) -> list[list[int]]:
    """Ids by component, the smallest component first.

    >>> groups(np.array([0, 1, 0, -1]))
    [[1], [0, 2]]
    """
    found = [np.flatnonzero(parts == one).tolist() for one in np.unique(parts[parts >= 0])]
    return sorted(found, key=lambda one: (len(one), one))


def _lost(sent: int, lost: int) -> str:
    share = f" ({100 * lost / sent:.3g} %)" if sent else ""
    return f"{lost} of {sent} messages were lost{share}"


def _groups(parts: Numbers, agent: str) -> str:
    """As in `3 components: {3}; {0, 1}; {2, 4, … 9 robots}`."""
    found = groups(parts)
    named = [
        ", ".join(map(str, one[:NAMED])) + (f", … {len(one)} {agent}s" if len(one) > NAMED else "") for one in found
    ]
    more = "; …" if len(found) > NAMED else ""
    return f"{len(found)} components: " + "; ".join(f"{{{one}}}" for one in named[:NAMED]) + more
