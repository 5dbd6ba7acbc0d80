"""`robosim reproduce` as people and programs meet it."""

import json
import signal
import subprocess
import sys
import time
from functools import partial

import pytest
from matplotlib.figure import Figure

from robosim.__main__ import main
from robosim.cli import reproduce as reproductions
from robosim.freight import reproduce as catalogue
from robosim.freight.reproduce import CATALOGUE, Entry
from robosim.reproduction import Reproduction


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["reproduce", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def toy(name: str, watch, *, ok: bool = True, interrupted: bool = False) -> Reproduction:
    rows = (("a", 1.0, "2.50", 2.5, True), ("b", 2.0, "7.00", 7.0 if ok else 7.1, ok))
    columns = ("what", "factor", "printed", "ours", "matches")
    if watch is not None:
        watch(1.0)
    drawn = {name: lambda: Figure(figsize=(1, 1))}
    return Reproduction(
        name=name, title=f"The {name}", columns=columns, rows=rows, ok=ok, interrupted=interrupted, pictures=drawn
    )


@pytest.fixture
def toys(monkeypatch) -> None:
    """A catalogue of three: one as printed, one that is not, one that must be asked for."""
    entries = {
        "good": Entry(title="good", seconds=1, make=partial(toy, "good")),
        "bad": Entry(title="bad", seconds=90, make=partial(toy, "bad", ok=False)),
        "slow": Entry(title="slow", seconds=1, make=partial(toy, "slow", interrupted=True), asked=True),
    }
    monkeypatch.setattr(catalogue, "CATALOGUE", entries)


def test_what_can_be_reproduced_is_listed(cli) -> None:
    wanted = {f"xie-table-{which}" for which in ("1", "e1", "e2")} | {f"xie-figure-{which}" for which in "3456c"}
    code, out, err = cli("list")
    assert (code, err) == (0, "")
    assert wanted <= {line.split()[0] for line in out.splitlines()} == set(CATALOGUE)
    listed = json.loads(cli("list", "--json")[1])
    assert {one["name"] for one in listed if one["in_all"]} == wanted


def test_a_table_stands_beside_the_printed_one(cli) -> None:
    code, out, err = cli("xie-table-1")
    assert (code, err) == (0, "")
    assert out.count("-353.96") >= 2
    assert "15 of 15 rows match" in out
    assert "c[0]" in out
    assert max(map(len, out.splitlines())) <= 120


def test_json_of_a_table(cli) -> None:
    code, out, err = cli("xie-table-e2", "--json")
    found = json.loads(out)
    assert (code, err, found["ok"], found["name"]) == (0, "", True, "xie-table-e2")
    assert len(found["rows"]) == 15
    assert {"scaled", "factor", "SP - VCG printed", "SP - VCG", "matches"} <= set(found["rows"][0])


def test_a_number_that_is_not_as_printed_fails(cli, toys) -> None:
    code, out, err = cli("bad")
    assert code == 1
    assert "NOT OK" in out
    assert "bad: not matched in 1 of 2 rows: b 2" in err
    assert "about 90 s" in err


def test_all_goes_on_after_a_failure_and_leaves_out_what_must_be_asked_for(cli, toys, tmp_path) -> None:
    code, out, err = cli("all", "--json", "--out", "there")
    found = json.loads(out)
    assert (code, found["ok"]) == (1, False)
    assert [one["name"] for one in found["reproductions"]] == ["good", "bad"]
    assert "bad: not matched" in err
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == [
        "bad.json",
        "bad.png",
        "good.json",
        "good.png",
    ]
    assert json.loads((tmp_path / "there" / "bad.json").read_text()) == found["reproductions"][1]


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_one_picture_may_have_a_file_of_its_own(cli, toys, tmp_path, ending: str, start: bytes) -> None:
    code, _, err = cli("good", "--out", f"mine.{ending}")
    assert (code, err) == (0, f"mine.{ending}\n")
    assert (tmp_path / f"mine.{ending}").read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 1


def test_pictures_go_into_this_folder_by_default(cli, toys, tmp_path) -> None:
    cli("good")
    assert [path.name for path in tmp_path.iterdir()] == ["good.png"]


def test_what_ctrl_c_left_is_shown(cli, toys, tmp_path) -> None:
    code, out, _ = cli("slow", "--json")
    assert code == 130
    assert json.loads(out)["interrupted"]
    assert (tmp_path / "slow.png").exists()
    assert "(interrupted)" in cli("slow")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("xie-tabel-1",), 'did you mean "xie-table-1"?'),
        (("moon",), "robosim reproduce list says what there is"),
        (("xie-figure-3", "--out", "a.jpg"), "end it in .png, .svg or .pdf"),
        (("xie-table-1", "--out", "a.png"), "give a folder"),
        (("all", "--out", "a.png"), "give a folder"),
        (("xie-figure-3", "--out", "/proc/none"), "choose another place"),
    ],
)
def test_places_and_names_are_refused_before_anything_is_computed(cli, words, message) -> None:
    began = time.process_time()
    code, out, err = cli(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert time.process_time() - began < 5


@pytest.mark.parametrize("width", [60, 100, 400])
def test_every_number_is_somewhere_at_any_width(width: int) -> None:
    found = toy("toy", None)
    lines = [line for piece in reproductions.pieces(found, width) for line in piece]
    for row in found.rows:
        for cell in row:
            assert any(reproductions.text(cell) in line for line in lines)


@pytest.mark.deep
def test_a_real_ctrl_c_ends_a_figure_with_what_is_done(tmp_path) -> None:
    """The signal meets compiled code sooner or later; exit code 130, a table and a picture of the runs so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "robosim", "reproduce", "xie-figure-4", "--json", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(15)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    found = json.loads(out)
    assert process.returncode == 130
    assert found["interrupted"]
    assert 0 < len(found["rows"]) < 27
    assert (tmp_path / "xie-figure-4.png").exists()
