"""Strategies × tax rules: what the best attacker gains by each, and what the others lose by it."""

from __future__ import annotations

from dataclasses import dataclass

from robosim.attacks.named import Attack, Attacks
from robosim.verdict import Epsilon


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The agent that gains most by a strategy under a rule: its gain, what the others pay more; ε covers it or not."""

    strategy: str
    tax_rule: str
    agent: int
    gain: float
    others_change: float
    covered: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One cell for each strategy and rule, strategies by what they gain at most, and ε of each rule."""

    world: str
    unit: str
    strategies: tuple[str, ...]
    rules: tuple[str, ...]
    cells: tuple[Cell, ...]
    epsilon: dict[str, Epsilon]
    void: dict[str, str]
    left_out: tuple[str, ...] = ()

    def cell(self, strategy: str, rule: str) -> Cell | None:
        """The one of this name, None where it was not tried."""
        return next((one for one in self.cells if (one.strategy, one.tax_rule) == (strategy, rule)), None)


def comparison(found: Attacks, world: str, unit: str) -> Comparison:
    """Attacks as a table of strategies × rules."""
    best: dict[tuple[str, str], Attack] = {}
    for one in found.attacks:
        key = one.strategy, one.tax_rule
        if key not in best or one.gain > best[key].gain:
            best[key] = one
    cells = tuple(_cell(one) for one in best.values())
    most: dict[str, float] = {}
    for cell in cells:
        most[cell.strategy] = max(cell.gain, most.get(cell.strategy, cell.gain))
    return Comparison(
        world=world,
        unit=unit,
        strategies=tuple(sorted(most, key=lambda name: -most[name])),
        rules=tuple(found.epsilon),
        cells=cells,
        epsilon=found.epsilon,
        void=found.void,
        left_out=found.left_out,
    )


def _cell(one: Attack) -> Cell:
    return Cell(
        strategy=one.strategy,
        tax_rule=one.tax_rule,
        agent=one.agent,
        gain=one.gain,
        others_change=one.others_change,
        covered=one.covered,
    )
