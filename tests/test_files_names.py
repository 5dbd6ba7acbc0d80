"""Names out of files reach terminals, pictures and JSON as text and as nothing else."""

import json
import math
import xml.dom.minidom

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.files.writing import plain_name, printable, shown, strict, suggestion
from robosim.freight.roads.archive import read_instance, write_archive
from robosim.freight.roads.generator import paper_instance
from tests.deep import but_deep

EVIL = {
    "escape": "\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "line": "two\nlines",
    "right to left": "a\u202egnp.exe",
    "nul": "a\x00b",
    "formula": r"$\frac{x$",
    "markup": "[/bold][link=x]y",
    "long": "x" * 1000,
    "tag": "<script>&",
}


def harmless(text: str) -> bool:
    return all(printable(line) == line for line in text.split("\n")) and "\x1b" not in text


@pytest.mark.parametrize("kind", but_deep(EVIL, ("escape", "line", "formula", "tag")))
def test_names_of_an_archive(tmp_path, capsys, kind) -> None:
    """Through check, run with its tables, its JSON, the record and its pictures."""
    from dataclasses import replace

    instance = paper_instance("example-1")
    named = replace(instance, suppliers=(EVIL[kind], *instance.suppliers[1:]))
    write_archive(tmp_path / "x.npz", named)
    suppliers = read_instance(tmp_path / "x.npz").suppliers
    assert printable(suppliers[0]) == suppliers[0] == plain_name(EVIL[kind])
    assert len(suppliers[0]) <= 6 * 64
    path = str(tmp_path / "w.toml")
    (tmp_path / "w.toml").write_text(
        '[mission]\nkind = "freight"\nrounds = 20\n[freight]\ninstance = "x.npz"\n[leader]\ntax = "none"\n'
    )
    for words in (["check", path], ["run", path], ["run", path, "--json", "--out", str(tmp_path / "r")]):
        assert main(words) == 0
        out, err = capsys.readouterr()
        assert harmless(out)
        assert harmless(err)
    assert json.loads(out)["agents"][0]["type"]["name"] == suppliers[0]
    for ending in ("svg", "png"):
        picture = tmp_path / f"roads.{ending}"
        assert main(["plot", str(tmp_path / "r"), "--kind", "map", "--out", str(picture)]) == 0
    xml.dom.minidom.parse(str(tmp_path / "roads.svg"))


@pytest.mark.parametrize("kind", EVIL)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_names_of_sessions(tmp_path, capsys, kind, form) -> None:
    from robosim.charging.station.sessions import read_sessions

    if form == "csv":
        quoted = EVIL[kind].replace('"', '""')
        content = "arrival,departure,requested_kwh,session_id,station_id\n"
        content += f'2019-10-29 08:00,2019-10-29 12:00,500,"{quoted}","{quoted}"\n'
    else:
        item = {
            "connectionTime": "Tue, 29 Oct 2019 15:00:00 GMT", "disconnectTime": "Tue, 29 Oct 2019 19:00:00 GMT",
            "kWhDelivered": 500, "sessionID": EVIL[kind], "spaceID": EVIL[kind], "timezone": "America/Los_Angeles",
        }  # fmt: skip
        content = json.dumps({"_items": [item]})
    (tmp_path / f"day.{form}").write_text(content)
    found = read_sessions(tmp_path / f"day.{form}")
    assert found.ids == found.stations == (plain_name(EVIL[kind]),)
    (tmp_path / "w.toml").write_text(f'[mission]\nkind = "charging"\nrounds = 5\n[station]\nsessions = "day.{form}"\n')
    assert main(["run", str(tmp_path / "w.toml")]) in (0, 2)
    out, err = capsys.readouterr()
    assert harmless(out)
    assert harmless(err)


@pytest.mark.parametrize("kind", EVIL)
def test_texts_of_foreign_exceptions(tmp_path, capsys, kind) -> None:
    (tmp_path / "controllers").mkdir()
    (tmp_path / "controllers" / "mine.py").write_text(f"raise ValueError({EVIL[kind]!r})")
    (tmp_path / "w.toml").write_text('[mission]\nkind = "rendezvous"\ncontroller = "mine"\n[robots]\ncount = 3\n')
    assert main(["run", str(tmp_path / "w.toml")]) == 2
    assert harmless(capsys.readouterr().err)


@pytest.mark.parametrize("kind", EVIL)
def test_strategies_with_strange_names(tmp_path, capsys, kind) -> None:
    from robosim.controllers.selfish.robots import Stationary

    class Odd(Stationary):
        name = EVIL[kind]

    folder = robosim.run("rendezvous", strategies={1: Odd()}, set={"mission.rounds": 10}).save(tmp_path / "r")
    assert robosim.load_record(folder).strategy(1) == plain_name(EVIL[kind])
    code = main(["plot", str(folder), "--kind", "trajectories", "--out", str(tmp_path / "a.svg")])
    out, err = capsys.readouterr()
    assert code in (0, 2)
    assert harmless(out + err)
    assert "internal error" not in err


def test_one_way_of_showing() -> None:
    assert shown("CA-308") == '"CA-308"'
    assert [shown(x) for x in (None, True, 1.5, {}, [1, "x"])] == ["nothing", "true", "1.5", "a table", '[1, "x"]']
    assert suggestion("rign", ["ring", "path"], "none") == 'did you mean "ring"?'
    assert plain_name("x" * 65) == "x" * 63 + "…"
    assert printable("a\udc80\x00") == "a\\udc80\\x00"


def test_json_has_null_for_numbers_that_it_cannot_say() -> None:
    value = {"a": [math.nan, math.inf, 1.5], "b": ({"c": -math.inf},), "d": None, "e": True, "f": "NaN"}
    assert strict(value) == {"a": [None, None, 1.5], "b": [{"c": None}], "d": None, "e": True, "f": "NaN"}
    json.dumps(strict(value), allow_nan=False)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300])
def test_a_report_that_is_no_number_is_json_all_the_same(tmp_path, capsys, number) -> None:
    """T5: `--json` ended with exit 5, and `Infinity` stood in mission.json."""
    from robosim.controllers.selfish.robots import Stationary

    class Liar(Stationary):
        def report(self, view, decision, true):
            return {"cost": np.full_like(true["cost"], number)}

    record = robosim.run("rendezvous", strategies={1: Liar()}, set={"mission.rounds": 10})
    folder = record.save(tmp_path / "r")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    json.loads((folder / "mission.json").read_text(), parse_constant=refuse)
    back = robosim.load_record(folder)
    assert back.summary() == record.summary()
    assert back.summary()["agents"][1]["reported_cost"] == (None if not math.isfinite(number) else number)
    assert back.summary()["leader"]["refused"] == [1]
