"""ε over types that nobody can list: worlds that one file draws from other seeds, and what a sample of them says.

Of S worlds drawn alike the largest ε is exceeded by a share p of all that the file draws with a probability of (1-p)^S
at most: 59 worlds make p ≤ 5 % known with 95 % confidence, whatever the law is (S. S. Wilks, Ann. Math. Stat. 1941).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from robosim.certificate import certify
from robosim.errors import BadInput
from robosim.mission import Mission

WORLDS = 59
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Certified ε of worlds drawn with the seeds `first` .. `first + worlds - 1`.

    Parameters
    ----------
    epsilon : the certified figure of each, None where there is none.
    largest, seed : the largest of them, and whose; None where one has no certificate, for then nobody knows.
    share, confidence : at most so large a part of all worlds that the file draws has a larger ε, so surely.
    void : why a world has no certificate.
    """

    world: str
    unit: str
    tax: str
    first: int
    epsilon: tuple[float | None, ...]
    largest: float | None
    seed: int | None
    share: float
    confidence: float
    void: str | None


def sample(
    load: Callable[[int], Mission[Any]],
    first: int,
    worlds: int = WORLDS,
    progress: Callable[[int], None] | None = None,
) -> Sample:
    """The largest certified ε of so many worlds, each made by `load` from a seed of its own, from `first` on.

    Raises `BadInput` where no private type changes with the seed: then there is no law to sample from.
    """
    if worlds < 1:
        raise BadInput(f"--types: must be 1 or more, got {worlds} ({WORLDS} make a share of 5 % known)")
    missions = [load(first), load(first + 1)]
    if _alike(*missions):
        raise BadInput(
            f"--types: the types of {missions[0].scenario.name} do not depend on its seed (draw some of them)"
        )
    found = []
    for number in range(worlds):
        found.append(certify(missions[number] if number < len(missions) else load(first + number), seconds=0.0))
        if progress is not None:
            progress(number + 1)
    known, void = [one.certified for one in found], next((one.void for one in found if one.void), None)
    sure = [value for value in known if value is not None]
    whole = len(sure) == worlds
    return Sample(
        world=missions[0].scenario.name,
        unit=missions[0].unit,
        tax=missions[0].tax.name,
        first=first,
        epsilon=tuple(known),
        largest=max(sure) if whole else None,
        seed=first + int(np.argmax(sure)) if whole else None,
        share=float(1.0 - (1.0 - CONFIDENCE) ** (1.0 / worlds)),
        confidence=CONFIDENCE,
        void=void,
    )


def _alike(one: Mission[Any], other: Mission[Any]) -> bool:
    """Whether two missions have the same private types."""
    return one.own.keys() == other.own.keys() and all(np.array_equal(x, other.own[key]) for key, x in one.own.items())
