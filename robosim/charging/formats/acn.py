"""ACN-Data's JSON (Lee, Li, Low, ACN-Data: Analysis and Applications of an Open EV Charging Dataset, e-Energy 2019)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

from robosim.charging.formats.json_list import tables
from robosim.charging.station.visits import NOTHING_TOLD, CarTold, energy_kwh
from robosim.files.complaint import Complaints
from robosim.files.lines import Located
from robosim.files.writing import shown

KEYS = {
    "arrival": "connectionTime",
    "departure": "disconnectTime",
    "stated": "requestedDeparture",
    "asked": "kWhRequested",
    "delivered": "kWhDelivered",
    "session": "sessionID",
    "zone": "timezone",
    "inputs": "userInputs",
}
TOLD = ("stated", "asked")
STATIONS = ("spaceID", "stationID")
"""The space is what a site's map shows (CA-308); the station is a number in the operator's database."""


class SessionItem:
    """One session; see `visits.Row`."""

    def __init__(self, name: str, item: Located, file: str, zone: ZoneInfo | None = None) -> None:
        self.line, self.wrong = item.line, Complaints(file)
        self.arrived: datetime | None = None
        self._name = name
        self._item = item
        self._given = zone
        self._session: dict[str, Any] = item.value
        self._told = self._user_inputs()

    def time(self, field: str) -> datetime | None:
        """The arrival on the clock of the station, the others as moments."""
        value = self._value(field)
        if field == "stated" and value is None:
            return None
        try:
            moment = parsedate_to_datetime(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if field != "arrival":
                return moment
            self.arrived = moment.astimezone(self._given or self._zone())
            return self.arrived
        except (ValueError, TypeError, AttributeError, IndexError, OverflowError):
            self.complain(field, f"not a time: {shown(value)}", "write for example Wed, 25 Apr 2018 11:08:04 GMT")
            return None

    def energy(self, field: str) -> float | None:
        """What was asked or delivered, NaN where the file says null or nothing."""
        value = self._value(field)
        return math.nan if value is None else energy_kwh(self, field, value)

    def text(self, field: str) -> str:
        """The session's id, or the first of the station's two names that is there."""
        keys = STATIONS if field == "station" else (KEYS[field],)
        return next((str(self._session[key]) for key in keys if self._session.get(key) is not None), "")

    def claimed(self) -> bool:
        """The driver told energy and departure."""
        return bool(self._told)

    def car(self) -> CarTold:
        """The format tells nothing of batteries."""
        return NOTHING_TOLD

    def complain(self, field: str, message: str, fix: str) -> None:
        """Under the key, on the line where it stands."""
        key = KEYS[field]
        place = f"{self._name}.userInputs.0.{key}" if field in TOLD else f"{self._name}.{key}"
        self.wrong.add(self._item.line_of(key), place, message, fix)

    def faults(self) -> int:
        """Errors noted so far."""
        return len(self.wrong)

    def _user_inputs(self) -> dict[str, Any]:
        """What was told first: later corrections are not known when the plan is made."""
        inputs = self._session.get("userInputs")
        if inputs is None or inputs == []:
            return {}
        if isinstance(inputs, list) and isinstance(inputs[0], dict):
            first: dict[str, Any] = inputs[0]
            return first
        self.complain("inputs", f"must be null or a list of tables, got {shown(inputs)}", "is this ACN-Data?")
        return {}

    def _value(self, field: str) -> Any:
        return (self._told if field in TOLD else self._session).get(KEYS[field])

    def _zone(self) -> ZoneInfo | None:
        """None, with a complaint, is the zone of this machine: the row is dropped anyway."""
        name = self._session.get("timezone")
        try:
            return ZoneInfo(name if isinstance(name, str) else "")
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            fix = "write for example America/Los_Angeles; where that is refused too: pip install tzdata"
            self.complain("zone", f"not a time zone: {shown(name)}", fix)
            return None


def acn_rows(text: str, file: str, zone: ZoneInfo | None) -> tuple[list[SessionItem], Complaints]:
    """All sessions of ACN-Data's JSON, `{"_items": [...]}` or the bare list."""
    key = "" if text.lstrip().startswith("[") else "_items"
    found, wrong = tables(text, key, file, "is this ACN-Data?")
    return [SessionItem(name, item, file, zone) for name, item in found], wrong
