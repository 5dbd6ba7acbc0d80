"""How tables of charging sessions are spelt: which columns mean what, how times and numbers are written, and where.

robosim       arrival, departure, requested_kwh, … (ISO 8601)
ChargePoint   exports of US towns (Palo Alto, Boulder): month first, zones as PDT
Dundee        open data of a Scottish city: day first, date and time in two columns
ElaadNL       Dutch public posts: semicolons, decimal commas, UTC
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

ABBREVIATED = {
    "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
}  # fmt: skip
"""Hours from UTC; GMT and BST are those of London, CST and EST those of America."""


EXAMPLE, EXAMPLE_ISO = datetime(2019, 10, 29, 8, 15), "2019-10-29 08:15:00-07:00"
Names = Mapping[str, tuple[str, ...]]
"""Robosim's name of a column → the file's own columns, whose cells are joined by a blank."""


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

    @property
    def example(self) -> str:
        """A time as it is written here."""
        return EXAMPLE.strftime(self.times[0]) if self.times else EXAMPLE_ISO

    def moment(self, text: str) -> datetime:
        """A time as it is written. Raises `ValueError` for what is none."""
        if not self.times:
            return datetime.fromisoformat(text)
        words, _, last = text.rpartition(" ")
        offset = ABBREVIATED.get(last)
        found = parsed(text if offset is None else words, self.times)
        if found is None:
            raise ValueError(text)
        if offset is not None:
            return found.replace(tzinfo=timezone(timedelta(hours=offset), last))
        return found.replace(tzinfo=UTC) if self.utc else found


def parsed(text: str, forms: Sequence[str]) -> datetime | None:
    """A time in the first of the forms that reads it, without its zone; None where none does."""
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


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
        "battery": (("battery_kwh",),),
        "soc": (("soc_at_arrival",),),
        "power": (("max_kw",),),
    },
    required=("arrival", "departure", "asked"),
    told=True,
)
FIELD_OF = {spellings[0][0]: field for field, spellings in OWN.columns.items()}
"""Robosim's name of a column → the field: what `station.columns` can name."""
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


def renamed(dialect: Dialect, names: Names) -> Dialect:
    """The dialect with columns of one's own in place of its names; times of one's own are written in one's own way."""
    own = {FIELD_OF[name]: (tuple(column.lower() for column in columns),) for name, columns in names.items()}
    base = OWN if {"arrival", "departure"} & set(names) else dialect
    return replace(base, columns={**base.columns, **own})


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
