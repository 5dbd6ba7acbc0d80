"""Certificates: the duality gap of the faithful run, and what it can be at most for any types.

Under a Groves tax one deviator's net cost is the social cost of some feasible division plus k_i, so it cannot gain more
than Σ_j v_j(z) + k_i less the least social cost plus k_i, and no division costs less than the dual function at any
price. Under VCG k_i comes from the problem without i, in which nobody hears what i says. Who is fined pays no less.

The gap ends below P·N·w/4 whatever the types are, with w the width of the interval of prices: let too much be asked for
at λ₁, no more than P at λ₂ > λ₁, and z = θz₁ + (1 - θ)z₂ add up to P. As costs are convex, and v(z_k) = q(λ_k) + λ_k (P
- Σz_k), they are at most θq(λ₁) + (1 - θ)q(λ₂) + w·s with s = θ(Σz₁ - P) = θ(1 - θ)(Σz₁ - Σz₂) ≤ NP/4. Price 0 is asked
in round 1 and each round after it halves the interval: w = ceiling / 2^(n-1).
"""

from __future__ import annotations

import math

from cooling.mission import Cooling
from cooling.record import CoolingRecord
from robosim.certificate import Certificate, at_least_0

FLOOR = 1e-12
"""Rounding allowed for over all types, as a share of the largest social cost that there can be."""


def certify_cooling(
    mission: Cooling, record: CoolingRecord, seconds: float = math.inf, progress: object = None
) -> Certificate:
    """ε of a mission from its faithful run."""
    if not mission.tax.groves:
        void = f"under the tax rule {mission.tax.name} a hall does not bear what it costs the others"
        return Certificate(rounds=record.rounds, void=void)
    size, what = float(record.reported_cost[0].sum()), f"{mission.scenario.name}: dual bound ≤ cost"
    certified = at_least_0(float(record.gap[0]), size, what)
    return Certificate(rounds=record.rounds, certified=certified, over_types=over_types(mission, record.rounds))


def over_types(mission: Cooling, rounds: int) -> float:
    """The largest gap after n ≥ 1 rounds for any types in their ranges, dollars."""
    problem, halls = mission.problem, mission.network.n
    width = problem.ceiling / 2.0 ** (rounds - 1)
    return width * halls * problem.capacity_kw / 4 + floor(mission)


def floor(mission: Cooling) -> float:
    """What rounding can do, dollars."""
    worst = mission.problem.worst
    return FLOOR * mission.network.n * float(mission.problem.cost(worst, 0.0 * worst["heat_kw"]).item())


def rounds_needed(mission: Cooling, epsilon: float) -> int | None:
    """The smallest n with `over_types` ≤ ε; None where a tax or rounding forbids it."""
    if not mission.tax.groves or epsilon <= floor(mission):
        return None
    known = mission.problem.ceiling * mission.network.n * mission.problem.capacity_kw / 4
    return max(1, math.ceil(1 + math.log2(max(known, 1e-300) / (epsilon - floor(mission)))))
