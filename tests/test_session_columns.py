"""Columns under names of one's own, dates as people write them, workbooks: what is taken is said."""

import builtins
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

import robosim
from robosim.__main__ import main
from robosim.charging.formats.dialects import FIELD_OF
from robosim.charging.formats.reading import read, understood
from robosim.charging.station.sessions import read_sessions
from robosim.errors import BadInput, TooLarge

OWN = """\
Start;Ende;Energie;Akku;Notiz
29.10.2019 08:00;29.10.2019 17:30;12,5;58;x
30.10.2019 09:15;30.10.2019 17:30;7;;y
"""
NAMES = {"arrival": ("Start",), "departure": ("Ende",), "requested_kwh": ("Energie",), "battery_kwh": ("Akku",)}


def test_a_table_under_names_of_its_own() -> None:
    reading = understood(OWN, "day.csv", None, NAMES)
    first, second = reading.visits
    assert (first.day, first.arrival_min, first.stay_min, first.asked_kwh) == (date(2019, 10, 29), 480.0, 570.0, 12.5)
    assert (first.car.battery_kwh, second.arrival_min, second.asked_kwh) == (58.0, 555.0, 7.0)
    assert first.claimed
    assert (reading.told.format, reading.told.unused) == ("robosim", ("Notiz",))
    assert reading.told.columns == {
        "arrival": "Start",
        "departure": "Ende",
        "asked": "Energie",
        "battery": "Akku",
    }
    assert reading.told.guesses == (
        "columns are separated by semicolons, decimal commas are commas or points",
        'times are read as day.month.year, as in "29.10.2019 08:00"',
    )
    assert reading.told.doubts == ()


def test_names_stand_in_a_world_file(tmp_path) -> None:
    (tmp_path / "day.csv").write_text(OWN)
    world = tmp_path / "w.toml"
    world.write_text(
        '[mission]\nkind = "charging"\nrounds = 100\n[station]\nsessions = "day.csv"\nday = "all"\n[station.columns]\n'
        + "".join(f'{name} = "{own[0]}"\n' for name, own in NAMES.items())
    )
    scenario = robosim.load(world).scenario
    assert scenario.station.column_names == NAMES
    record = robosim.run(world)
    assert (record.day.metered_kw[0].sum(axis=1) * record.day.hours).tolist() == pytest.approx([12.5, 7.0])
    assert record.day.capacity_kwh.tolist() == [58.0, 60.0]
    (tmp_path / "again.toml").write_text(scenario.to_toml())
    again = robosim.load(tmp_path / "again.toml").scenario
    assert (again.station.columns, again.to_toml()) == (scenario.station.columns, scenario.to_toml())
    keys = [f"station.sessions={tmp_path / 'day.csv'}", "station.day=2019-10-29"]
    keys += [f"station.columns.{name}={own[0]}" for name, own in NAMES.items()]
    assert robosim.load("charging-day-ahead", set=keys, strategies={}).network.n == 1


def test_columns_that_the_file_does_not_have_are_named_with_those_that_it_has() -> None:
    wrong = NAMES | {"arrival": ("Strat",), "station_id": ("Post",)}
    with pytest.raises(BadInput) as caught:
        understood(OWN, "day.csv", None, wrong)
    there = "are: Start, Ende, Energie, Akku, Notiz)"
    assert str(caught.value).splitlines() == [
        f"day.csv:1: Post: no such column, wanted as station_id (there {there}",
        f'day.csv:1: Strat: no such column, wanted as arrival (did you mean "Start"? There {there}',
    ]


def test_of_a_hundred_columns_the_first_are_named() -> None:
    text = ",".join(f"c{k}" for k in range(100)) + "\n" + ",".join("1" for _ in range(100)) + "\n"
    with pytest.raises(BadInput, match=r"there are: c0, c1, .*, c39, …\)"):
        understood(text, "day.csv", None, dict.fromkeys(("arrival", "departure", "requested_kwh"), ("when",)))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("columns.arival", "Start", 'columns.arival: robosim has no such column (did you mean "arrival"?)'),
        ("columns.arrival", 3, "columns.arrival: must be text in double quotes, got 3 (for example columns = "),
        ("columns.arrival", "", 'columns.arrival: must be the name of a column, got "" (for example columns = '),
        ("columns.arrival", [], "columns.arrival: must have 1 or more elements, got [] (for example columns = "),
        ("columns", "Start", 'columns: must be a table, got "Start" (for example columns = {arrival = "Start"})'),
    ],
)
def test_keys_that_name_no_column_are_refused(key: str, value: object, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        robosim.load("charging-day-ahead", set={"station.sessions": "day.csv", f"station.{key}": value})
    assert str(caught.value).startswith(f"--set:2: station.{message}")


def test_names_of_columns_go_with_tables_only(tmp_path) -> None:
    with pytest.raises(BadInput, match=r'station\.columns: is used only with sessions from a table, got "drawn"'):
        robosim.load("charging-day-ahead", set={"station.columns.arrival": "Start"})
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(BadInput, match=r"a\.json:1: file: has keys, as JSON does, .*\(remove station\.columns\)"):
        read_sessions(tmp_path / "a.json", names=NAMES)


def test_the_command_takes_names_of_columns(tmp_path, capsys) -> None:
    path = tmp_path / "day.csv"
    path.write_text(
        OWN.replace("Start;", "Tag;").replace("29.10.2019 08:00;", "29.10.2019;", 1).replace("Notiz", "Um", 1)
    )
    path.write_text(path.read_text().replace("58;x", "58;08:00").replace("30.10.2019 09:15;30", "30.10.2019;30"))
    path.write_text(path.read_text().replace(";;y", ";;09:15"))
    options = ["arrival=Tag", "arrival=Um", "departure=Ende", "requested_kwh=Energie"]
    assert main(["sessions", str(path), *(f"--column={option}" for option in options), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["days"] == {"2019-10-29": 1, "2019-10-30": 1}
    assert (told["wrong"], told["not_used"]) == ([], ["Akku"])
    assert 'times are read as day.month.year, as in "29.10.2019 08:00"' in told["guesses"]
    assert main(["sessions", str(path), "--column", "arival=Tag"]) == 2
    assert capsys.readouterr().err == '--column: robosim has no column "arival" (did you mean "arrival"?)\n'
    assert main(["sessions", str(path), "--column", "arrival"]) == 2
    assert "must read NAME=COLUMN" in capsys.readouterr().err


def table(*stays: tuple[str, str]) -> str:
    return "arrival,departure,requested_kwh\n" + "".join(f"{begin},{end},5\n" for begin, end in stays)


@pytest.mark.parametrize(
    ("stays", "form", "day"),
    [
        ([("29/10/2019 08:00", "29/10/2019 17:00")], "day/month/year", date(2019, 10, 29)),
        ([("10/29/2019 08:00", "10/29/2019 17:00")], "month/day/year", date(2019, 10, 29)),
        ([("10/29/2019 8:00 AM", "10/29/2019 5:00 PM")], "month/day/year", date(2019, 10, 29)),
        ([("29.10.19 08:00:00", "29.10.19 17:00:00")], "day.month.year", date(2019, 10, 29)),
        ([("29-10-2019 08:00", "29-10-2019 17:00")], "day-month-year", date(2019, 10, 29)),
        ([("2019/10/29 08:00", "2019/10/29 17:00")], "year/month/day", date(2019, 10, 29)),
        ([("29 Oct 2019 08:00", "29 Oct 2019 17:00")], "day month year", date(2019, 10, 29)),
        ([("10/29/2019 08:00 PDT", "10/29/2019 17:00 PDT")], "month/day/year", date(2019, 10, 29)),
        # one row decides for all
        (
            [("05/06/2019 08:00", "05/06/2019 17:00"), ("13/06/2019 08:00", "13/06/2019 9:00")],
            "day/month/year",
            date(2019, 6, 5),
        ),
    ],
)
def test_dates_as_people_write_them_are_read_and_said(stays, form: str, day: date) -> None:
    reading = understood(table(*stays), "day.csv")
    assert [complaints.lines() for _, complaints in reading.wrong] == []
    first = reading.visits[0]
    assert (first.day, first.arrival_min, first.stay_min) == (day, 480.0, 540.0)
    assert reading.told.guesses == (f'times are read as {form}, as in "{stays[0][0]}"',)
    assert reading.told.doubts == ()


def test_where_two_forms_fit_the_nearer_days_are_taken_and_every_run_warns(tmp_path) -> None:
    """Five days of March, or the third of five months; one night, or one month."""
    days = [(f"0{k}/03/2019 08:00", f"0{k}/03/2019 17:00") for k in range(1, 6)]
    reading = understood(table(*days), "day.csv")
    assert [one.day.month for one in reading.visits] == [3] * 5
    (doubt,) = reading.told.doubts
    assert doubt.startswith('times are read as day/month/year, as in "01/03/2019 08:00"; month/day/year fits too ')
    month_first = [
        (begin[3:5] + "/" + begin[:2] + begin[5:], end[3:5] + "/" + end[:2] + end[5:]) for begin, end in days
    ]
    assert [one.day.month for one in understood(table(*month_first), "day.csv").visits] == [3] * 5
    for night in (("10/09/2019 20:00", "11/09/2019 07:00"), ("09/10/2019 20:00", "09/11/2019 07:00")):
        one = understood(table(night), "day.csv").visits[0]
        assert (one.day, one.stay_min) == (date(2019, 9, 10), 660.0)
    path = tmp_path / "day.csv"
    path.write_text(table(days[0]))
    with pytest.warns(UserWarning, match=r"day\.csv: times are read as day/month/year.*month/day/year fits too"):
        read_sessions(path)


def test_times_that_are_wrong_in_a_form_are_named_with_an_example_of_it() -> None:
    reading = understood(
        table(("29.10.2019 08:00", "29.10.2019 17:00"), ("31.02.2019 08:00", "1.3.2019 9:00")), "d.csv"
    )
    ((_, complaints),) = reading.wrong
    assert complaints.lines() == [
        'd.csv:3: arrival: not a time: "31.02.2019 08:00" (write for example 29.10.2019 08:15)'
    ]
    assert "2019-10-29 08:15" in str(understood(table(("soon", "later")), "d.csv").wrong[0][1].lines())


def test_columns_that_are_nearly_those_of_a_car_are_doubtful_and_no_errors() -> None:
    text = "arrival,departure,requested_kwh,max_power\n2019-10-29 08:00,2019-10-29 17:00,5,7\n"
    reading = understood(text, "day.csv")
    assert reading.told.doubts == (
        "column 'max_power' is not used (if it is max_kw: station.columns.max_kw = \"max_power\")",
    )
    assert understood(text, "day.csv", None, {"max_kw": ("max_power",)}).visits[0].car.max_kw == 7.0


def test_a_known_format_keeps_its_ways_under_more_names() -> None:
    """A town's export with a column of one's own for the battery: still month first, with its zones."""
    text = (
        "Station Name,Start Date,Start Time Zone,End Date,End Time Zone,Energy (kWh),Car,Full\n"
        "HALL,11/2/2019 20:30,PDT,11/3/2019 8:30,PST,6.25,40,35\n"
    )
    reading = understood(text, "day.csv", None, {"battery_kwh": ("Car",), "soc_at_arrival": ("Full",)})
    assert reading.told.doubts == ("Full is read as per cent, as numbers above 1 or a % stand there",)
    assert reading.visits[0].car.soc == 0.35
    one = reading.visits[0]
    assert (reading.told.format, one.day, one.stay_min, one.car.battery_kwh) == (
        "ChargePoint",
        date(2019, 11, 2),
        13 * 60.0,
        40.0,
    )


def test_an_export_without_an_energy_in_a_row_names_its_own_column() -> None:
    text = (
        "Station Name,Start Date,Start Time Zone,End Date,End Time Zone,Energy (kWh)\n"
        "HALL,11/2/2019 20:30,PDT,11/3/2019 8:30,PST,\n"
    )
    ((_, complaints),) = understood(text, "day.csv").wrong
    assert complaints.lines() == [
        "day.csv:2: Energy (kWh): nothing asked and nothing delivered (write kWh, for example 12.5)"
    ]


def test_the_page_names_every_column_and_key_in_its_table() -> None:
    """The table of columns is that of the code, row for row."""
    page = (Path(__file__).parents[1] / "docs" / "sessions.md").read_text()
    rows = page.partition("| column | what |")[2].partition("\n\n")[0].splitlines()[2:]
    assert sorted(re.match(r"\| `(\w+)`", row)[1] for row in rows) == sorted(FIELD_OF)
    for key in ("station.day", "station.columns", "station.impossible", "station.unmet", "station.cut_h"):
        assert f"`{key}" in page or f"[{key}]" in page, key


# -- workbooks ---------------------------------------------------------------------------------------------------------

CALAMINE = "LOUD: python-calamine is not installed (extra xlsx), workbooks are not read"
STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2">'
    '<xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>'
)


def workbook(path: Path, rows: list[list[object]], sheets: int = 1) -> Path:
    """A workbook as small as the format allows; times are numbers of days since 1899-12-30 in a cell styled as time."""
    main_ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    spread = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = range(1, sheets + 1)
    cells = "".join(
        f'<row r="{r}">' + "".join(cell(f"{chr(65 + c)}{r}", value) for c, value in enumerate(row)) + "</row>"
        for r, row in enumerate(rows, 1)
    )
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in names)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/s{n}.xml"/>' for n in names
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{spread}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main_ns} xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{related}'
        f'<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        **{
            f"xl/worksheets/s{n}.xml": f"<worksheet {main_ns}><sheetData>{cells}</sheetData></worksheet>" for n in names
        },
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def cell(place: str, value: object) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    style = ' s="1"' if isinstance(value, float) and value > 40_000 else ""
    return "" if value is None else f'<c r="{place}"{style}><v>{value}</v></c>'


DAY = 43767.0
"""2019-10-29."""
ROWS: list[list[object]] = [
    ["arrival", "departure", "requested_kwh", "battery_kwh", "soc_at_arrival"],
    [DAY + 8 / 24, DAY + 17.5 / 24, 12.5, 58, 0.35],
    [],
    [DAY + 9.25 / 24, DAY + 1 + 7 / 24, 7, None, None],
]


def test_a_workbook_is_read_as_its_first_sheet(tmp_path) -> None:
    pytest.importorskip("python_calamine", reason=CALAMINE)
    path = workbook(tmp_path / "day.xlsx", ROWS, sheets=2)
    reading = read(path)
    first, second = reading.visits
    assert (first.day, first.arrival_min, first.stay_min, first.asked_kwh) == (date(2019, 10, 29), 480.0, 570.0, 12.5)
    assert (first.car.battery_kwh, first.car.soc) == (58.0, 0.35)
    assert (second.line, second.arrival_min, second.stay_min) == (4, 555.0, pytest.approx(21.75 * 60))
    assert reading.told.guesses == ("of 2 sheets the first is read, 'S1'",)
    record = robosim.run("charging-day-ahead", set={"station.sessions": str(path)}, strategies={})
    assert (record.day.metered_kw[0].sum(axis=1) * record.day.hours).tolist() == pytest.approx([12.5, 7.0])
    assert record.day.capacity_kwh.tolist() == [58.0, 60.0]


def test_rows_of_a_workbook_are_named_as_the_spreadsheet_numbers_them(tmp_path) -> None:
    pytest.importorskip("python_calamine", reason=CALAMINE)
    path = workbook(tmp_path / "day.xlsx", [*ROWS, [DAY + 9 / 24, DAY + 8 / 24, 5, None, None]])
    with pytest.raises(BadInput, match=r"day\.xlsx:5: departure: 60 min before the arrival"):
        read_sessions(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", None])
def test_damaged_workbooks_are_refused_in_one_line(tmp_path, content: bytes | None) -> None:
    pytest.importorskip("python_calamine", reason=CALAMINE)
    if content is None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("nothing.txt", "no workbook")
        content = buffer.getvalue()
    path = tmp_path / "day.xlsx"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"day\.xlsx:1: file: not a workbook, or damaged: .+\(save it again") as caught:
        read_sessions(path)
    assert str(caught.value).isprintable()


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch) -> None:
    pytest.importorskip("python_calamine", reason=CALAMINE)
    path = workbook(tmp_path / "day.xlsx", ROWS * 40)
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.00001")
    assert path.stat().st_size < 10_000
    with pytest.raises(TooLarge, match=r"kB when unpacked, at most 10 kB"):
        read_sessions(path)


def test_without_the_reader_the_extra_is_named(tmp_path, monkeypatch) -> None:
    path, real = workbook(tmp_path / "day.xlsx", ROWS), builtins.__import__

    def refused(name: str, *rest: object, **more: object):
        if name == "python_calamine":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refused)
    with pytest.raises(
        BadInput, match=r"day\.xlsx:1: file: .*\(pip install 'faithful-robosim\[xlsx\]', or save the sheet"
    ):
        read_sessions(path)
