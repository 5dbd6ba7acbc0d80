"""What should be known beside the figures of a rendezvous: rules that enforce nothing, and on whose word they rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robosim.network.network import spread
from robosim.network.radio import Radio
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.record import RendezvousRecord

COVERED = "ε from the faithful bill holds over any network, with all that is lost, late or out of range on this one"
OTHERS = "; β(n) was rehearsed with other losses, so a faithful team may end outside it"


def notes(mission: Rendezvous) -> list[str]:
    """Of the announced rules alone."""
    return list(_rules(mission))


def notes_of(mission: Rendezvous, faithful: RendezvousRecord) -> tuple[str, ...]:
    """Beside a certificate, whose faithful run shows more."""
    fined = mission.tax.enforces and faithful.settlement.penalised[0]
    line = "the announced bound penalises the faithful team itself: what somebody gains by leaving it counts as well"
    out = faithful.settlement.excused
    away = [] if out is None else np.flatnonzero(out[0]).tolist()
    return (*([line] if fined else []), *([_missed(away)] if away else []), *_rules(mission, certified=not away))


def _missed(away: list[int]) -> str:
    """Costs that are less than the optimum, as not everybody came."""
    return f"robot {', '.join(map(str, away[:8]))} did not come: the optimum is what all pay where all of them meet"


def _rules(mission: Rendezvous, *, certified: bool = True) -> Iterator[str]:
    rules, apart = mission.announcement, float(spread(mission.own["start"][0]))
    if mission.tax.enforces and rules.beta >= apart:
        more = "more rounds" if isinstance(mission.network, Radio) else 'more rounds, or leader.alpha = "schedule"'
        yield (
            f"β(n) = {rules.beta:.3g} m is no less than the distance at the start, {apart:.3g} m: robots that stand "
            f"still are inside, it enforces nothing ({more})"
        )
    if certified and isinstance(mission.network, Radio):
        yield COVERED + (OTHERS if rules.rule == "rehearsed" else "")
    if rules.proven_by:
        yield f"β is the bound that {rules.proven_by} brings, announced by its author"
    if rules.note:
        yield rules.note
