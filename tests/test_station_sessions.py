"""Session files: what is read equals what was written; whatever is wrong is said with its line, all of it at once."""

import csv
import gzip
import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.charging.formats.reading import read
from robosim.charging.station.sessions import Sessions, read_sessions
from robosim.errors import BadInput, RobosimError, TooLarge
from robosim.files import content

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "ev"
HEADER = "arrival,departure,requested_kwh,delivered_kwh,station_id,session_id,estimated_departure,claimed"
GOOD = "2019-10-29 08:15:00-07:00,2019-10-29 17:30:30-07:00,20.0,3.5,CA-491,s{n},2019-10-29 12:00:00-07:00,True"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(*lines: str, name: str = "day.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return to_file


def complaints(path: Path, day: str | None = None) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_sessions(path, day)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


def test_minutes_energy_and_names_are_those_of_the_row(write: Write) -> None:
    sessions = read_sessions(write(HEADER, GOOD.format(n=1)))
    assert (sessions.arrival_min, sessions.departure_min, sessions.stated_departure_min) == (495.0, 1050.5, 720.0)
    assert (sessions.asked_kwh, sessions.delivered_kwh, sessions.claimed) == (20.0, 3.5, True)
    assert (sessions.stations, sessions.ids, sessions.day) == (("CA-491",), ("s1",), "2019-10-29")
    assert sessions.places[0].endswith("day.csv:2")
    assert sessions.stay_h == pytest.approx(9.0 + 15.5 / 60)


def test_other_spelling_order_and_byte_order_mark_change_nothing(write: Write) -> None:
    first = read_sessions(write(HEADER, GOOD.format(n=1)))
    cells = dict(zip(HEADER.split(","), GOOD.format(n=1).split(","), strict=True))
    for word in ("requested", "delivered"):
        cells[f"{word}_energy (kWh)"] = cells.pop(f"{word}_kwh")
    path = write("\ufeff" + ",".join(cells), ",".join(cells.values()), name="other.csv")
    assert same(read_sessions(path), first)


def test_compressed_file_is_the_same(write: Write, tmp_path: Path) -> None:
    plain = write(HEADER, GOOD.format(n=1))
    packed = tmp_path / "day.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert same(read_sessions(packed), read_sessions(plain))


def same(one: Sessions, other: Sessions) -> bool:
    there, here = vars(other), vars(one)
    numbers = [key for key, value in here.items() if isinstance(value, np.ndarray) and value.dtype == np.float64]
    assert len(numbers) == 9
    alike = all(np.array_equal(here[key], there[key], equal_nan=True) for key in numbers)
    return alike and all(np.array_equal(here[key], there[key]) for key in here if key not in ("places", *numbers))


def test_only_three_columns_are_needed(write: Write) -> None:
    """A driver who said nothing told the truth; energy that was not metered is NaN; every row has a name."""
    sessions = read_sessions(
        write(
            "arrival,departure,requested_kwh",
            "2020-01-01 08:00,2020-01-01 09:00,5",
            "2020-01-01 08:00,2020-01-01 09:00,5",
        )
    )
    assert np.array_equal(sessions.stated_departure_min, sessions.departure_min)
    assert np.isnan(sessions.delivered_kwh).all()
    assert sessions.claimed.all()
    assert sessions.stations == ("", "")
    assert len(set(sessions.ids)) == 2


def test_a_departure_after_midnight_stays_unless_it_is_cut_and_so_does_delivered_above_requested(write: Write) -> None:
    path = write(
        HEADER,
        "2019-10-29 23:00:00-07:00,2019-10-30 07:00:00-07:00,3,9.5,X,a,2019-10-30 06:00:00-07:00,False",
        GOOD.format(n=2),
    )
    whole = read_sessions(path)
    assert whole.departure_min.tolist() == [1860.0, 1050.5]
    assert whole.stated_departure_min[0] == 1800.0
    assert not whole.clipped.any()
    assert (whole.periods(15), whole.periods(60)) == (124, 31)
    sessions = read_sessions(path, cut_min=1440.0)
    assert sessions.departure_min.tolist() == [1440.0, 1050.5]
    assert sessions.stated_departure_min[0] == 1440.0
    assert sessions.clipped.tolist() == [True, False]
    assert sessions.periods(15) == 96
    assert sessions.delivered_kwh[0] > sessions.asked_kwh[0]
    assert sessions.claimed.tolist() == [False, True]
    assert sessions.only(sessions.claimed).ids == ("s2",)


def test_clocks_that_change_make_nobody_leave_before_arriving(write: Write) -> None:
    """On 2019-11-03 at 02:00 -07:00 it became 01:00 -08:00: 01:50 to 01:10 is twenty minutes."""
    night = "2019-11-03 01:50-07:00,2019-11-03 01:10-08:00,1"
    sessions = read_sessions(write("arrival,departure,requested_kwh", night))
    assert sessions.departure_min - sessions.arrival_min == pytest.approx(20.0)


def test_a_file_of_several_days_needs_a_day(write: Write) -> None:
    days = ["2019-10-29", "2019-11-01", "2019-10-29"]
    lines = [GOOD.format(n=n).replace("2019-10-29", day) for n, day in enumerate(days)]
    path = write(HEADER, *lines)
    assert read_sessions(path, "2019-10-29").ids == ("s0", "s2")
    assert read_sessions(path, "2019-11-01").day == "2019-11-01"
    assert complaints(path) == [
        "1: day: holds 2 days and 3 sessions (name one as station.day: 2019-10-29 (2), 2019-11-01 (1); "
        'several in a row as "2019-10-29..2019-11-01", or "all")'
    ]
    assert "no session began on 2019-10-30" in complaints(path, "2019-10-30")[0]
    with pytest.raises(BadInput, match=r'day: not a date: "yesterday" \(write for example 2019-10-29\)'):
        read_sessions(path, "yesterday")


def test_every_error_at_once_with_line_column_and_fix(write: Write) -> None:
    bad = [
        "2019-10-29 25:00,2019-10-29 09:00:00-07:00,1,1,A,b1,,True",  # 3: no such hour
        "2019-10-29 10:00-07:00,2019-10-29 09:00-07:00,1,1,A,b2,,True",  # 4: leaves before arriving
        "2019-10-29 08:00-07:00,2019-10-29 09:00-07:00,-1,1,A,b3,,True",  # 5: negative
        "2019-10-29 08:00-07:00,2019-10-29 09:00-07:00,inf,nan,A,b4,,True",  # 6: not finite, twice
        "2019-10-29 08:00-07:00,2019-10-29 09:00-07:00,ten,1,A,b5,,maybe",  # 7: two errors
        GOOD.format(n=1),  # 8: the id of line 2
        "2019-10-29 08:00-07:00,2019-10-29 09:00-07:00,1,1,A",  # 9: too short
        "2019-10-29 08:00-07:00,2019-10-29 09:00,1,1,A,b6,,True",  # 10: one time without offset
        "2019-10-29 08:00-07:00,2019-10-29 09:00-07:00,1,1,A,b7,2019-10-29 07:00-07:00,True",  # 11: stated too early
        "2019-10-29 08:00-07:00,2019-10-29 09:00-07:00,12000,1,A,b8,,True",
    ]  # 12: watt-hours
    found = complaints(write(HEADER, GOOD.format(n=1), *bad))
    assert [re.match(r"(\d+): (\w+): .+ \(.+\)$", line).groups() for line in found] == [
        ("3", "arrival"),
        ("4", "departure"),
        ("5", "requested_kwh"),
        ("6", "delivered_kwh"),
        ("6", "requested_kwh"),
        ("7", "claimed"),
        ("7", "requested_kwh"),
        ("8", "session_id"),
        ("9", "row"),
        ("10", "departure"),
        ("11", "estimated_departure"),
        ("12", "requested_kwh"),
    ]
    assert found[1] == "4: departure: 60 min before the arrival (correct one of the two times)"
    assert "stands in line 2 already" in found[7]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "arival,departure,requested_kwh",
            "1: arival: unknown column, and 'arrival' is missing "
            '(did you mean "arrival"? Or say station.columns.arrival = "arival")',
        ),
        (
            "arrival,departure,energy",
            "1: requested_kwh: missing column "
            '(add it, or name yours as station.columns.requested_kwh; not understood: "energy")',
        ),
        ("arrival,departure", "1: requested_kwh: missing column (add it)"),
        (
            "arrival,departure,requested_kwh,estimated_depature",
            "1: estimated_depature: unknown column, and 'estimated_departure' is missing "
            '(did you mean "estimated_departure"? Or say station.columns.estimated_departure = "estimated_depature")',
        ),
        ("arrival,departure,requested_kwh,arrival", "1: arrival: the same as column 'arrival' (delete one of the two)"),
        (
            "arrival,departure,requested_kwh,requested_energy (kWh)",
            "1: requested_energy (kWh): the same as column 'requested_kwh' (delete one of the two)",
        ),
    ],
)
def test_columns_that_are_missing_misspelt_or_there_twice(write: Write, header: str, expected: str) -> None:
    assert complaints(write(header, "x")) == [expected]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_seen_and_said(write: Write, mark: str) -> None:
    """As spreadsheets write them where decimals have commas."""
    first = read_sessions(write(HEADER, GOOD.format(n=1)))
    other = write(HEADER.replace(",", mark), GOOD.format(n=1).replace(",", mark).replace("20.0", "20,0"), name="o.csv")
    assert same(read_sessions(other), first)
    (said,) = read(other).told.guesses
    assert said.startswith(f"columns are separated by {'semicolons' if mark == ';' else 'tabs'}")


def test_files_that_are_no_tables(write: Write, tmp_path: Path) -> None:
    assert "is empty" in complaints(write())[0]
    assert "holds no session" in complaints(write(HEADER))[0]
    assert "no such file" in complaints(tmp_path / "nowhere.csv")[0]
    assert "is a folder" in complaints(tmp_path)[0]
    assert "cannot be read" in complaints(tmp_path / "nul\0.csv")[0]
    (tmp_path / "latin.csv").write_bytes(f"{HEADER}\n{GOOD}\n".encode() + b"caf\xe9")
    assert complaints(tmp_path / "latin.csv") == ["3: file: not UTF-8: byte 0xe9 (save the file as UTF-8)"]
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"arrival" * 1000)[:-20])
    assert "broken gzip" in complaints(tmp_path / "cut.csv.gz")[0]
    assert "not CSV" in complaints(write(HEADER, "x" * 200_000))[0]


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST", 1000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(TooLarge, match="more than 1 kB"):
        read_sessions(tmp_path / "bomb.csv.gz")


def test_a_thousand_errors_are_counted_not_listed(write: Write) -> None:
    found = complaints(write(HEADER, *["?,?,?,?,?,?,?,True"] * 300))
    assert len(found) == 101
    assert found[-1].endswith("1400 more errors (correct the others first)")


def test_messages_stay_on_one_line_and_printable(write: Write) -> None:
    (line,) = complaints(write(HEADER, GOOD.format(n=1).replace("20.0", '"1\x1b[2J\u202e\n2"')))
    assert line.isprintable()


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_sessions_or_a_message(folder: Path, tail: bytes) -> None:
    path = folder / "day.csv"
    path.write_bytes(f"{HEADER}\n{GOOD.format(n=1)}\n".encode() + tail)
    try:
        found, message = len(read_sessions(path)), None
    except RobosimError as error:
        found, message = 0, str(error)
    assert found >= 1 if message is None else message.startswith(f"{path}:")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def test_ten_thousand_rows_take_few_times_what_plain_reading_takes(write: Write) -> None:
    """About eight times what it takes to read the times and numbers of all rows without checking anything."""
    path = write(HEADER, *(GOOD.format(n=n) for n in range(10_000)))

    def plain() -> int:
        with path.open(encoding="utf-8") as file:
            return sum(1 for row in csv.DictReader(file) if datetime.fromisoformat(row["arrival"]) and row["departure"])

    def seconds(read: Callable[[], int]) -> float:
        begin = time.process_time()
        assert read() == 10_000
        return time.process_time() - begin

    least = min(seconds(plain) for _ in range(3))
    assert min(seconds(lambda: len(read_sessions(path))) for _ in range(3)) < 40 * least


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, real sessions are not tested")
def test_the_real_day_equals_its_own_table() -> None:
    path = DATA / "acn_caltech_2019-10-29.csv"
    sessions = read_sessions(path)
    with path.open() as opened:
        rows = list(csv.DictReader(opened))
    assert len(sessions) == len(rows) == 50
    assert len(set(sessions.stations)) == 37
    assert read_sessions(path, cut_min=1440.0).clipped.sum() == 3
    assert (~sessions.claimed).sum() == 8
    assert sessions.asked_kwh.tolist() == [float(row["requested_kwh"]) for row in rows]
    assert sessions.delivered_kwh.sum() == pytest.approx(sum(float(row["delivered_kwh"]) for row in rows))
    hopeless = sessions.asked_kwh > 6.656 * sessions.stay_h
    assert hopeless.sum() == 12  # sessions that no charger of 32 A and 208 V can serve


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, real sessions are not tested")
@pytest.mark.parametrize("period", sorted(DATA.glob("acn_*/*.csv.gz")), ids=lambda path: path.parent.name + path.stem)
def test_every_row_of_every_period_is_read(period: Path) -> None:
    with gzip.open(period, "rt") as opened:
        arrivals = [row["arrival"][:10] for row in csv.DictReader(opened)]
    first = min(arrivals)
    assert len(read_sessions(period, first)) == arrivals.count(first)
    assert f"holds {len(set(arrivals))} days" in complaints(period)[0]


@pytest.mark.skipif(not DATA.is_dir(), reason="LOUD: ../shared/data/ev is not here, real sessions are not tested")
def test_the_day_cut_out_is_the_day_in_its_period() -> None:
    period = read_sessions(DATA / "acn_caltech" / "2019-09-01_2019-12-31.csv.gz", "2019-10-29")
    assert same(period, read_sessions(DATA / "acn_caltech_2019-10-29.csv"))
