"""Numbers of a day of charging: rounds in which it was planned, then power, limit, price and batteries by the hour."""

from __future__ import annotations

import numpy as np

from robosim.agent import Array
from robosim.charging.moments import steps, then
from robosim.charging.record import ChargingRecord
from robosim.exporting.timeline import Timeline, Track, rounds_s

S_PER_H = 3600.0


def timeline(record: ChargingRecord) -> Timeline:
    """The day from midnight, each step at its end; rounds a second each, where it was planned before it began.

    What is seen is the day: plans are numbers only.
    """
    day = record.day
    count = day.metered_kwh.shape[1]
    end_s = S_PER_H * day.step_h * np.arange(1.0, count + 1)
    talk = np.full(len(then(record)), np.nan) if day.agreements == 0 else end_s[:0]
    tracks = {"day": Track(t_s=end_s, team=_team(record, count), each=_each(record))}
    if day.agreements == 0:
        highest = record.prices[0].max(axis=1) / day.hours
        asked_kwh = record.said["z"][0][..., : record.decision.shape[2]].sum(axis=(1, 2)) * day.hours
        team = {"round": record.kept, "highest_price_dollars_per_kwh": highest, "all_bids_kwh": asked_kwh}
        tracks["plan"] = Track(t_s=rounds_s(record), team=team)
    return Timeline(tracks=tracks, seen_s=np.concatenate([talk, end_s]))


def _team(record: ChargingRecord, count: int) -> dict[str, Array]:
    """Of each step: what all draw, what there is, prices and emissions; NaN for a limit that is none."""
    day = record.day
    per_step = count // len(day.tariff_per_kwh)
    prices = np.stack([one.price for one in steps(record, record.rounds, count - 1, count, foresees=True)])[0]
    share = np.divide(day.line_a, day.limit_a, out=np.zeros_like(day.line_a), where=day.limit_a > 0.0)
    found = {
        "load_kw": day.metered_kwh.sum(axis=0) / day.step_h,
        "most_loaded_row_percent": 100.0 * share.max(axis=0),
        "price_dollars_per_kwh": np.repeat(prices, per_step),
        "tariff_dollars_per_kwh": np.repeat(day.tariff_per_kwh, per_step),
    }
    if len(day.limit_a) == 1:
        found["limit_kw"] = day.feeder_kw
    if day.carbon_kg_per_kwh is not None:
        found["emitted_kg"] = np.cumsum(day.metered_kwh.sum(axis=0) * day.carbon_kg_per_kwh)
    return found


def _each(record: ChargingRecord) -> dict[str, Array]:
    """Power, pilot, energy so far, and the state of charge of who is there."""
    day = record.day
    there = day.content_kwh > 0.0
    with np.errstate(invalid="ignore"):
        soc = np.where(there, 100.0 * day.content_kwh / day.capacity_kwh[:, None], np.nan)
    return {
        "power_kw": (day.metered_kwh / day.step_h).T,
        "pilot_a": day.pilot_a.T,
        "metered_kwh": np.cumsum(day.metered_kwh, axis=1).T,
        "state_of_charge_percent": soc.T,
    }
