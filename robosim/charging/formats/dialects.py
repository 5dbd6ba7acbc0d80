"""How tables of charging sessions are spelt: which columns mean what, how times and numbers are written, and where.

robosim       arrival, departure, requested_kwh, … (ISO 8601)
ChargePoint   exports of US towns (Palo Alto, Boulder): month first, zones as PDT
Dundee        open data of a Scottish city: day first, date and time in two columns
ElaadNL       Dutch public posts: semicolons, decimal commas, UTC
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ABBREVIATED = {
    "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
}  # fmt: skip
"""Hours from UTC; GMT and BST are those of London, CST and EST those of America."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One spelling.

    Parameters
    ----------
    name : as people call it.
    columns : field → the columns that hold it, joined by a blank, in each spelling; all in small letters.
    required : fields without which it is not this dialect.
    times : strptime formats to try; none means ISO 8601.
    zone : the clock of the station where the world file names none; "" is as written.
    utc : times are written in UTC.
    comma : numbers have decimal commas.
    delimiter : between cells.
    told : whether drivers told energy and departure.
    """

    name: str
    columns: Mapping[str, tuple[tuple[str, ...], ...]]
    required: tuple[str, ...]
    times: tuple[str, ...] = ()
    zone: str = ""
    utc: bool = False
    comma: bool = False
    delimiter: str = ","
    told: bool = False

    def moment(self, text: str) -> datetime:
        """A time as it is written. Raises `ValueError` for what is none."""
        if not self.times:
            return datetime.fromisoformat(text)
        words, _, last = text.rpartition(" ")
        offset = ABBREVIATED.get(last)
        found = self._parsed(text if offset is None else words)
        if offset is not None:
            return found.replace(tzinfo=timezone(timedelta(hours=offset), last))
        return found.replace(tzinfo=UTC) if self.utc else found

    def _parsed(self, text: str) -> datetime:
        for form in self.times:
            try:
                return datetime.strptime(text, form)  # its zone comes after
            except ValueError:
                continue
        raise ValueError(text)


def on_clock(moment: datetime, zone: ZoneInfo | None) -> datetime:
    """A moment on the clock of a zone; one that is written without a zone was written on that clock."""
    if zone is None:
        return moment
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


OWN = Dialect(
    name="robosim",
    columns={
        "arrival": (("arrival",),),
        "departure": (("departure",),),
        "stated": (("estimated_departure",),),
        "asked": (("requested_kwh",), ("requested_energy (kwh)",)),
        "delivered": (("delivered_kwh",), ("delivered_energy (kwh)",)),
        "station": (("station_id",),),
        "session": (("session_id",),),
        "claimed": (("claimed",),),
    },
    required=("arrival", "departure", "asked"),
    told=True,
)
CHARGEPOINT = Dialect(
    name="ChargePoint",
    columns={
        "arrival": (("start date", "start time zone"),),
        "departure": (("end date", "end time zone"),),
        "delivered": (("energy (kwh)",),),
        "station": (("station name",),),
        "session": (("station name", "plug in event id"),),
    },
    required=("arrival", "departure", "delivered"),
    times=("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
)
DUNDEE = Dialect(
    name="Dundee",
    columns={
        "arrival": (("start date", "start time"),),
        "departure": (("end date", "end time"),),
        "delivered": (("total kwh",),),
        "station": (("cp id", "connector"),),
        "session": (("charging event",),),
    },
    required=("arrival", "departure", "delivered"),
    times=("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"),
    zone="Europe/London",
)
ELAAD = Dialect(
    name="ElaadNL",
    columns={
        "arrival": (("utctransactionstart",),),
        "departure": (("utctransactionstop",),),
        "delivered": (("totalenergy",),),
        "station": (("chargepoint", "connector"),),
        "session": (("transactionid",),),
    },
    required=("arrival", "departure", "delivered"),
    times=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M"),
    zone="Europe/Amsterdam",
    utc=True,
    comma=True,
    delimiter=";",
)
FOREIGN = (CHARGEPOINT, DUNDEE, ELAAD)
"""Recognised by their required columns; any other table is taken to be robosim's own."""


def dialect_of(header: str) -> Dialect:
    """The dialect whose required columns all stand in the first line of a table.

    >>> dialect_of("CP ID;x").name, dialect_of("TransactionId;UTCTransactionStart;UTCTransactionStop;TotalEnergy").name
    ('robosim', 'ElaadNL')
    """
    for dialect in FOREIGN:
        names = {cell.strip().strip('"').lower() for cell in header.split(dialect.delimiter)}
        wanted = (dialect.columns[field] for field in dialect.required)
        if all(any(set(columns) <= names for columns in spellings) for spellings in wanted):
            return dialect
    return OWN
