"""The runs behind X, Figures 3 and 4: five methods on the paper's instances, all in one measure, round by round.

The measure is relative and taken at the suppliers' own blocks x: |F(x)/F* - 1| for the objective, ‖Σ A_i x_i - b‖/‖b‖
for demand. A method may be there twice: as its own authors prove it, and as the program behind X's figures has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array
from robosim.build import load
from robosim.freight.methods.curves import settled as settled
from robosim.freight.mission import Freight
from robosim.leader.tax_rule import NONE
from robosim.reproduction import Watch, interrupted

PUBLISHED, TUNED, AUTOMATIC = "published", "tuned", "automatic"
"""Whose penalties: those of X's authors, the best of 75 tries for each method, or the rule that robosim has for it."""
BOUNDS = (1e-2, 1e-3, 1e-4)
FINEST = 1e-12
"""A run that has settled to this share ends before its last round."""
MS_A_ROUND = {"example-1": 0.3, "example-2": 2.2, "example-3": 55.0}
"""About, on one core; what progress is reckoned by."""


class Method(NamedTuple):
    """A program, as its own authors have it or as it was published for X, and its tuned penalties by example."""

    label: str
    controller: str
    tuned: dict[str, dict[str, float]]
    variant: str = "consistent"


METHODS = (
    Method(
        "Consensus-Tracking-ADMM",
        "consensus_tracking_admm",
        {"example-1": {"rho": 0.117, "sigma": 1.5}, "example-2": {"rho": 0.117, "sigma": 0.643}},
    ),
    Method("Tracking-ADMM", "tracking_admm", {"example-1": {"sigma": 0.276}, "example-2": {"sigma": 0.0837}}),
    Method(
        "Tracking-ADMM, own price",
        "tracking_admm",
        {"example-1": {"sigma": 0.224}, "example-2": {"sigma": 0.197}},
        "as-published",
    ),
    Method("DC-ADMM", "dc_admm", {"example-1": {"sigma": 0.445}, "example-2": {"sigma": 0.217}}),
    Method(
        "DPMM",
        "dpmm",
        {"example-1": {"gamma": 0.775, "beta": 0.354}, "example-2": {"gamma": 0.8, "beta": 0.235}},
    ),
    Method(
        "IPLUX",
        "iplux",
        {"example-1": {"alpha": 0.00696, "rho": 6.58}, "example-2": {"alpha": 0.00712, "rho": 2.74}},
    ),
    Method("IPLUX, old copies", "iplux", {"example-1": {"alpha": 0.0167, "rho": 15.0}}, "as-published"),
)
"""Tuned with `scripts/tune_freight.py`: fewest rounds to 1 % in both errors, 75 tries for each method and example."""


class Setting(NamedTuple):
    """One run: a method with one choice of penalties on an example of the paper, for so many rounds."""

    example: str
    method: Method
    choice: str
    rounds: int

    @property
    def work(self) -> float:
        """About how many milliseconds it takes."""
        lean = 0.3 if self.method.controller == "consensus_tracking_admm" else 1.0
        return lean * self.rounds * MS_A_ROUND.get(self.example, 1.0)


class Run(NamedTuple):
    """What a run found: penalties, and both errors after rounds 1, 2, … (rounds,)."""

    setting: Setting
    penalties: dict[str, float]
    objective: Array
    demand: Array

    @property
    def worse(self) -> Array:
        """The larger error of each round."""
        return np.maximum(self.objective, self.demand)


def settings(example: str, choice: str, rounds: int) -> list[Setting]:
    """All methods on an example, but for those that were not tuned there."""
    able = [method for method in METHODS if choice != TUNED or example in method.tuned]
    return [Setting(example, method, choice, rounds) for method in able]


def mission(setting: Setting) -> Freight:
    """The mission of a setting: the authors' weights, nobody is billed, all rounds are played."""
    method, example = setting.method, setting.example
    penalties = method.tuned[example] if setting.choice == TUNED else {}
    keys: dict[str, Any] = {
        "freight.instance": example,
        "mission.controller": method.controller,
        "mission.rounds": setting.rounds,
        "method.penalties": "published" if setting.choice == PUBLISHED else "auto",
        "method.variant": method.variant,
        "network.weights": "authors",
        "leader.tax": NONE.name,
        "leader.tolerance": FINEST,
    }
    return load("freight", set=keys | {f"method.{key}": value for key, value in penalties.items()}, kind=Freight)


def play(setting: Setting, watch: Watch | None = None) -> Run:
    """One run. Raises `KeyboardInterrupt` where it was stopped before its end."""
    game = mission(setting)
    record = game.run(every=1, watch=None if watch is None else lambda now: watch(now.k / setting.rounds))
    if record.interrupted:
        raise KeyboardInterrupt
    objective = np.abs(record.objective[0, 1:] / game.central.objective - 1.0)
    return Run(setting, game.penalties, objective, record.residuals[0, 1:, 0])


_PLAYED: dict[tuple[str, str, str, int], Run] = {}
"""Figures 3 and 4 show the same runs."""


def play_all(wanted: Sequence[Setting], watch: Watch | None = None) -> tuple[list[Run], bool]:
    """The runs, each played once in a process, and whether Ctrl-C ended it early: then those that were done."""
    total, done = sum(one.work for one in wanted), 0.0
    runs: list[Run] = []
    for one in wanted:
        key = (one.example, one.method.label, one.choice, one.rounds)
        if key not in _PLAYED:
            try:
                _PLAYED[key] = play(one, watch and _part(watch, done / total, one.work / total))
            except (KeyboardInterrupt, Exception) as problem:
                if not interrupted(problem):
                    raise
                return runs, True
        done += one.work
        runs.append(_PLAYED[key])
    return runs, False


def _part(watch: Watch, start: float, part: float) -> Watch:
    """A watch of one piece of the work."""
    return lambda share: watch(start + part * share)
