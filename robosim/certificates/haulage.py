"""Certificates of coupled problems that agents solve by themselves (X, section 5.2, with a bound of the optimum)."""

from __future__ import annotations

import numpy as np

from robosim.certificates.certificate import Certificate
from robosim.missions.haulage import Haulage
from robosim.records.haulage_record import HaulageRecord


def certify_haulage(mission: Haulage, record: HaulageRecord) -> Certificate:
    """ε of a mission from its faithful run, without a central solve.

    Under VCG agent i is paid h_-i less the others' costs, so that its net cost is the social cost of a feasible
    decision less h_-i, to which it has nothing to say: whatever it declares, it gains no more than F(x) - F* at the
    decision x of the faithful run, and that is at most the gap of `robosim.problems.coupled_bound.lower_bound`.
    """
    if mission.tax != "vcg":
        void = f"under the rule {mission.tax} an agent can move what it is paid"
        return Certificate(rounds=record.rounds, void=void)
    if not np.isfinite(record.gap):
        void = "at the price that agents agreed on some agent would do infinitely much (play more rounds)"
        return Certificate(rounds=record.rounds, void=void)
    return Certificate(rounds=record.rounds, certified=max(0.0, record.gap))
