"""How much a car could gain: of a day that is planned once, and of one that is planned as time goes on."""

from __future__ import annotations

from dataclasses import replace

from robosim.auction.certificate import certify_auction
from robosim.certificate import Certificate
from robosim.charging.mission import Charging
from robosim.charging.notes import notes
from robosim.charging.online.certificate import certify_online
from robosim.charging.online.mission import OnlineCharging
from robosim.charging.record import ChargingRecord


def certify_charging(
    mission: Charging | OnlineCharging, record: ChargingRecord, seconds: float = 0.0, progress: object = None
) -> Certificate:
    """ε of a day from its faithful run, with what should be known beside it."""
    if isinstance(mission, OnlineCharging):
        found = certify_online(mission, record)
    else:
        found = certify_ahead(mission, record, seconds)
    return replace(found, notes=(*found.notes, *notes(mission)))


def certify_ahead(mission: Charging, record: ChargingRecord, seconds: float) -> Certificate:
    """ε of a day that was planned before it began (`robosim.auction.certificate.certify_auction`).

    Where what was decided is billed and something else is metered, as with a battery that takes less than was planned,
    i pays v_i(metered) where v_i(z) is meant. It never takes more than it was allotted, so v_i(metered) ≥ v_i(z)
    whatever it does: what its own shortfall costs it when it is faithful is all that it could gain on top.
    """
    found = certify_auction(mission, record, seconds)
    if found.certified is None or mission.bills != "decision":
        return found
    return replace(found, certified=found.certified + max(0.0, float(record.day.shortfall[0].max())))
