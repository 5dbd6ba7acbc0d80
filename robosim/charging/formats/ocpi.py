"""Charge detail records of OCPI 2.2 (EVRoaming Foundation): what operators send each other; times are UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from robosim.charging.formats.dialects import on_clock
from robosim.charging.formats.json_list import tables
from robosim.charging.station.visits import NOTHING_TOLD, CarTold, energy_kwh
from robosim.files.complaint import Complaints
from robosim.files.lines import Located
from robosim.files.writing import shown

KEYS = {"arrival": "start_date_time", "departure": "end_date_time", "delivered": "total_energy", "session": "id"}
NEEDED = ("start_date_time", "end_date_time", "total_energy")


class ChargeDetail:
    """One record; see `visits.Row`."""

    def __init__(self, name: str, item: Located, file: str, zone: ZoneInfo | None) -> None:
        self.line, self.wrong = item.line, Complaints(file)
        self.arrived: datetime | None = None
        self._name, self._item, self._zone = name, item, zone
        self._record: dict[str, Any] = item.value

    def time(self, field: str) -> datetime | None:
        """RFC 3339; drivers state no departure here."""
        if field == "stated":
            return None
        value = self._record.get(KEYS[field])
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.complain(field, f"not a time: {shown(value)}", "write for example 2023-03-14T16:20:05Z")
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if field == "arrival":
            self.arrived = moment = on_clock(moment, self._zone)
        return moment

    def energy(self, field: str) -> float | None:
        """What was delivered; nobody asked."""
        return math.nan if field == "asked" else energy_kwh(self, field, self._record.get(KEYS[field]))

    def text(self, field: str) -> str:
        """The session's id, or the EVSE's."""
        if field == "session":
            return str(self._record.get("id") or "")
        place = self._record.get("cdr_location")
        return str(place.get("evse_id") or place.get("evse_uid") or "") if isinstance(place, dict) else ""

    def claimed(self) -> bool:
        """Drivers tell nothing."""
        return False

    def car(self) -> CarTold:
        """The format tells nothing of batteries."""
        return NOTHING_TOLD

    def complain(self, field: str, message: str, fix: str) -> None:
        """Under the key, on the line where it stands."""
        key = KEYS[field]
        self.wrong.add(self._item.line_of(key), f"{self._name}.{key}", message, fix)

    def faults(self) -> int:
        """Errors noted so far."""
        return len(self.wrong)


def ocpi_rows(text: str, file: str, zone: ZoneInfo | None) -> tuple[list[ChargeDetail], Complaints]:
    """All records of a JSON list."""
    found, wrong = tables(text, "", file, "is this a list of charge detail records?")
    return [ChargeDetail(name, item, file, zone) for name, item in found], wrong
