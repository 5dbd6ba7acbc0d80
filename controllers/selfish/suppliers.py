"""Selfish suppliers: one deviation from the faithful program of X per class, and the table of their names.

Most run the program with a type that is not theirs (`pretend`) and report by it, too; others change their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from robosim.agent import Array, BestResponse, Said, Strategy, View


@dataclass(frozen=True, kw_only=True)
class CostMisreport(Strategy):
    """Declares costs that are not its own: scale·ψ + extra, with noise of a norm of `norm`·‖ψ‖ in a seeded direction.

    `extra` has one number for each variable, or none; what a lie about an edge adds to every path over it stands there.
    """

    rows: ClassVar[tuple[int, ...]] = (8, 16)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"scale": (0.5, 2.0), "norm": (0.0, 0.5)}

    scale: float = 1.1
    norm: float = 0.0
    seed: int = 0
    extra: tuple[float, ...] = ()

    def pretend(self, own: Said) -> Said:
        slope = own["slope"]
        way = np.asarray(np.random.default_rng(self.seed).normal(size=slope.shape[1]))
        size: Array = np.sqrt((slope * slope).sum(axis=1, keepdims=True))
        false = self.scale * slope + self.norm * size * way / np.sqrt((way * way).sum())
        return own | {"slope": false + np.asarray(self.extra) if self.extra else false}


@dataclass(frozen=True, kw_only=True)
class StockWithholding(Strategy):
    """Says that it has less of every good than there is.

    Certificates cover it: a smaller stock is a decision that it can keep, and F(x) - F* is of the true problem.
    """

    rows: ClassVar[tuple[int, ...]] = (10,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0.0, 1.0)}

    share: float = 0.7

    def pretend(self, own: Said) -> Said:
        most = own["most"].copy()
        goods = int(own["goods"][0, 0]) if "goods" in own else most.shape[1]
        most[:, :goods] *= self.share
        return own | {"most": most}


@dataclass(frozen=True, kw_only=True)
class CapacityWithholding(Strategy):
    """Says that it can carry less to every demander than it can.

    Certificates cover it, as they cover less stock.
    """

    rows: ClassVar[tuple[int, ...]] = (10,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (0.0, 1.0)}

    share: float = 0.7

    def pretend(self, own: Said) -> Said:
        most = own["most"].copy()
        most[:, int(own["goods"][0, 0]) if "goods" in own else 0 :] *= self.share
        return own | {"most": most}


@dataclass(frozen=True, kw_only=True)
class StockOverReport(Strategy):
    """Says that it has more of every good than there is.

    Certificates cover it: what is decided keeps everybody's true stock, so it is one more way to move the decision.
    """

    rows: ClassVar[tuple[int, ...]] = (10,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (1.0, 2.0)}

    share: float = 1.3

    def pretend(self, own: Said) -> Said:
        return StockWithholding(share=self.share).pretend(own)


@dataclass(frozen=True, kw_only=True)
class CapacityOverReport(Strategy):
    """Says that it can carry more to every demander than it can.

    Certificates cover it: what is decided keeps everybody's true capacity.
    """

    rows: ClassVar[tuple[int, ...]] = (10,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (1.0, 2.0)}

    share: float = 1.3

    def pretend(self, own: Said) -> Said:
        return CapacityWithholding(share=self.share).pretend(own)


@dataclass(frozen=True, kw_only=True)
class TrackerInjection(Strategy):
    """Once adds to its tracker what nobody lacks: as if `share` of its part of b had been delivered already."""

    rows: ClassVar[tuple[int, ...]] = (21,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"share": (-1.0, 1.0), "at": (1.0, 100.0)}

    share: float = 0.1
    at: int = 10

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        if k == 0:
            return np.abs(view.faithful["tracker"]).copy() if "tracker" in view.faithful else None, {}
        if k != self.at or memory is None:
            return memory, {}
        return memory, {"tracker": view.faithful["tracker"] + self.share * memory}


@dataclass(frozen=True, kw_only=True)
class PoisonedCopies(Strategy):
    """Tells the others that they should do more (or less) than its own copies of them say."""

    rows: ClassVar[tuple[int, ...]] = (15,)
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"scale": (0.5, 1.5)}

    scale: float = 1.05

    def say(self, k: int, memory: Any, view: View) -> tuple[Any, Said]:
        return memory, {"y": poisoned(view, self.scale)}


@dataclass(frozen=True, kw_only=True)
class DropOut(Strategy):
    """Plays along, but stays out of the problems without another, in which it would earn nothing."""

    rows: ClassVar[tuple[int, ...]] = (18,)

    stays_out: ClassVar[bool] = True


def poisoned(view: View, scale: float) -> Array:
    """Copies (K, N·n) with all blocks but one's own scaled; who keeps no copies has nothing to poison."""
    y, n = view.faithful["y"], view.own["slope"].shape[1]
    if y.shape[1] == n:
        return y
    mine = np.arange(y.shape[1]) // n == view.own["id"]
    return np.where(mine, y, scale * y)


SUPPLIER_DEVIATIONS: dict[str, type[Strategy]] = {
    kind.name: kind
    for kind in (
        CostMisreport,
        StockWithholding,
        CapacityWithholding,
        StockOverReport,
        CapacityOverReport,
        TrackerInjection,
        PoisonedCopies,
        DropOut,
        BestResponse,
    )
}
