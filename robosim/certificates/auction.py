"""Certificates of a division by prices: the duality gap at termination (T, Proposition 1 with a dual bound)."""

from __future__ import annotations

from robosim.auction import Auction
from robosim.auction_record import AuctionRecord
from robosim.certificates.certificate import Certificate


def certify_auction(mission: Auction, record: AuctionRecord) -> Certificate:
    """ε of an auction from its faithful run, without a central solve.

    Under a Groves tax one deviator's net cost is the social cost of some feasible division plus k_i, so it cannot gain
    more than Σ v_i(z) - optimum ≤ Σ v_i(z) - q(λ) at the projected decision z of the faithful run. Under VCG
    k_i = -Σ_{j≠i} v_j(z^-i) is the same whatever agent i does, as its marginal problem starts from the announced price.

    Where what was decided is billed and something else is metered, as with a battery that takes less than was planned,
    i pays v_i(metered) where v_i(z) is meant. It never takes more than it was allotted, so v_i(metered) ≥ v_i(z)
    whatever it does: what its own shortfall costs it when it is faithful is all that it could gain on top.
    """
    if mission.tax not in ("groves", "vcg"):
        return Certificate(
            rounds=record.rounds, void=f"under the tax rule {mission.tax} an agent can move its own price"
        )
    shortfall = record.day.shortfall[0].max() if record.day is not None and mission.bills == "decision" else 0.0
    return Certificate(rounds=record.rounds, certified=max(0.0, float(record.gap[0])) + max(0.0, float(shortfall)))
