"""Sessions as people have them: each format by its names, clocks by zone, rows judged when they are used."""

import json
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import robosim
from robosim.__main__ import main
from robosim.charging.formats.dialects import FOREIGN, OWN
from robosim.charging.formats.reading import read, understood
from robosim.charging.station.sessions import read_sessions

CHARGEPOINT = """\
Station Name,MAC Address,Start Date,Start Time Zone,End Date,End Time Zone,Energy (kWh),Plug In Event Id
HALL #1,0000,11/2/2019 20:30,PDT,11/3/2019 8:30,PST,6.25,3
HALL #1,0000,11/3/2019 9:30,PST,11/3/2019 11:05,PST,8.9,4
"""
DUNDEE = """\
CP ID,Connector,Start Date,Start Time,End Date,End Time,Total kWh,Site
50001,1,27/10/2018,22:00,28/10/2018,06:00,17.374,Example Street
50002,2,28/10/2018,18:40,29/10/2018,07:25,22.9,Example Road
"""
ELAAD = """\
TransactionId;ChargePoint;Connector;UTCTransactionStart;UTCTransactionStop;ConnectedTime;TotalEnergy
3491779;X4008;1;2019-01-01 00:03:00;2019-01-01 09:24:00;9,35;12,24
3491780;X4009;1;2019-07-01 22:31:00;2019-07-02 07:58:00;9,45;37,9
"""
OCPI = json.dumps(
    [
        {
            "id": "cdr-1",
            "start_date_time": "2023-03-14T23:20:05Z",
            "end_date_time": "2023-03-15T06:48:30Z",
            "cdr_location": {"evse_id": "NL*EXA*E1*1"},
            "total_energy": 28.6,
        }
    ]
)
ACN = json.dumps(
    [
        {
            "sessionID": "1_1",
            "stationID": "1-1",
            "timezone": "America/Los_Angeles",
            "connectionTime": "Tue, 29 Oct 2019 15:01:07 GMT",
            "disconnectTime": "Tue, 29 Oct 2019 23:40:40 GMT",
            "kWhDelivered": 11.4,
            "userInputs": None,
        }
    ]
)


@pytest.mark.parametrize(
    ("text", "name", "first", "sessions"),
    [
        (CHARGEPOINT, "ChargePoint", (date(2019, 11, 2), 1230.0, 13 * 60.0, 6.25), 2),  # an hour is there twice
        (DUNDEE, "Dundee", (date(2018, 10, 27), 1320.0, 9 * 60.0, 17.374), 2),  # in London, too
        (ELAAD, "ElaadNL", (date(2019, 1, 1), 63.0, 561.0, 12.24), 2),  # an hour later than in Greenwich
        (OCPI, "OCPI", (date(2023, 3, 14), 1400 + 5 / 60, 448 + 25 / 60, 28.6), 1),
        (ACN, "ACN-Data", (date(2019, 10, 29), 481 + 7 / 60, 519.55, 11.4), 1),
    ],
)
def test_each_format_is_recognised_by_its_names(text, name, first, sessions) -> None:
    found = understood(text, "file")
    assert found.told.format == name
    assert len(found.visits) == sessions
    one = found.visits[0]
    assert (one.day, one.delivered_kwh) == (first[0], first[3])
    assert (one.arrival_min, one.stay_min) == pytest.approx(first[1:3])
    assert one.asked_kwh == one.delivered_kwh
    assert not one.claimed


def test_the_zone_of_the_station_moves_moments_and_is_where_naive_times_were_read() -> None:
    moved = understood(OCPI, "file", ZoneInfo("Europe/Amsterdam")).visits[0]
    assert (moved.day, moved.arrival_min) == (date(2023, 3, 15), pytest.approx(20 + 5 / 60))
    summer = understood(ELAAD, "file").visits[1]
    assert (summer.day, summer.arrival_min) == (date(2019, 7, 2), 31.0)
    night = "arrival,departure,requested_kwh\n2019-11-02 20:00,2019-11-03 08:00,5\n"
    assert understood(night, "file").visits[0].stay_min == 12 * 60
    assert understood(night, "file", ZoneInfo("America/Los_Angeles")).visits[0].stay_min == 13 * 60


@pytest.mark.parametrize("stamp", ["2019-10-29T15:10:00Z", "2019-10-29T15:10:00+00:00"])
def test_stamps_of_greenwich_are_told_and_moved_where_the_world_names_its_zone(stamp, tmp_path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(f"arrival,departure,requested_kwh\n{stamp},2019-10-29T23:55:00Z,14\n")
    with pytest.warns(UserWarning, match=r"the clock is UTC, as all stamps are \(station\.timezone"):
        assert read_sessions(path).arrival_min[0] == 15 * 60 + 10
    world = {"station.sessions": str(path), "station.timezone": "America/Los_Angeles", "leader.tax": "clearing-price"}
    day = robosim.run("charging-day-ahead", set=world, strategies={}).day
    assert day.stay_min.tolist() == [[8 * 60 + 10, 16 * 60 + 55]]
    assert read_sessions(path, zone=ZoneInfo("America/Los_Angeles")).arrival_min[0] == 8 * 60 + 10
    with pytest.raises(robosim.BadInput, match=r"station\.timezone: must be a time zone, such as Europe/Berlin"):
        robosim.load("charging-day-ahead", set={"station.timezone": "Mars/North"})


def test_what_is_wrong_on_another_day_is_not_in_the_way(tmp_path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(
        "arrival,departure,requested_kwh\n2019-10-28 08:00,2019-10-28 16:00,\n2019-10-29 08:00,2019-10-29 16:00,12\n"
    )
    assert read_sessions(path, "2019-10-29").asked_kwh.tolist() == [12.0]
    with pytest.raises(robosim.BadInput, match=r"day\.csv:2: requested_kwh: not a number"):
        read_sessions(path, "2019-10-28")
    with pytest.raises(robosim.BadInput, match=r"holds 2 days .*2019-10-28 \(1\), 2019-10-29 \(1\)"):
        read_sessions(path)
    path.write_text("arrival,departure,requested_kwh\nsoon,2019-10-28 16:00,3\n2019-10-29 08:00,2019-10-29 16:00,12\n")
    with pytest.raises(robosim.BadInput, match=r"day\.csv:2: arrival: not a time"):
        read_sessions(path, "2019-10-29")  # it may have been this day


def test_who_told_nothing_may_have_asked_for_nothing(tmp_path) -> None:
    path = tmp_path / "day.csv"
    head = "arrival,departure,requested_kwh,delivered_kwh,claimed\n"
    path.write_text(head + "2019-10-29 08:00,2019-10-29 16:00,,7,False\n")
    assert read_sessions(path).asked_kwh.tolist() == [7.0]
    path.write_text(head + "2019-10-29 08:00,2019-10-29 16:00,,7,True\n")
    with pytest.raises(robosim.BadInput, match="requested_kwh: not a number"):
        read_sessions(path)


def test_the_command_says_what_was_understood(tmp_path, capsys) -> None:
    path = tmp_path / "day.csv"
    path.write_text(ELAAD)
    assert main(["sessions", str(path)]) == 0
    out = capsys.readouterr().out
    assert "ElaadNL, 2 sessions on 2 days" in out
    assert "arrival from 'UTCTransactionStart'" in out
    assert "not used: ConnectedTime" in out
    assert "guessed: the clock is that of Europe/Amsterdam" in out
    assert main(["sessions", str(path), "--timezone", "UTC", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["days"] == {"2019-01-01": 1, "2019-07-01": 1}
    assert main(["sessions", str(path), "--timezone", "Mars"]) == 2
    assert capsys.readouterr().err.startswith("--timezone: 'Mars': must be a time zone")


def test_bytes_of_a_foreign_table_that_are_wrong_are_named(tmp_path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(DUNDEE.replace("17.374", "lots").replace("27/10/2018,22:00", "27/10/2018,25:00"))
    found = read(path)
    lines = [line for _, wrong in found.wrong for line in wrong.lines()]
    assert [line.partition(": ")[2] for line in lines] == [
        'Start Date: not a time: "27/10/2018 25:00" (write for example 29/10/2019 08:15)',
        'Total kWh: not a number: "lots" (write kWh, for example 12.5)',
    ]


def test_the_page_names_every_column_and_every_format() -> None:
    page = (Path(__file__).parents[1] / "docs" / "sessions.md").read_text().lower()
    for field, spellings in OWN.columns.items():
        assert all(f"`{one[0]}`" in page for one in spellings), field
    for dialect in FOREIGN:
        assert dialect.name.lower() in page
        assert dialect.zone.lower() in page
        named = [one for field in dialect.required for one in dialect.columns[field][0]]
        assert all(f"`{column}`" in page for column in named), dialect.name
