"""Studies: what a batch finds, what is kept and refused, what is shown and exported."""

import csv
import json
import sqlite3
import sys

import numpy as np
import pytest

import robosim
from robosim.cli import studies
from robosim.errors import BadInput
from robosim.scenario.reading import template as world_template
from robosim.study import side_by_side
from robosim.study.book import results, writing
from robosim.study.export import export, table
from robosim.study.job import run_job
from robosim.study.plan import plan
from robosim.study.play import play
from robosim.study.quantities import BEST
from tests.studies import SMALL, made, played


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small study, played here."""
    folder = tmp_path_factory.mktemp("study")
    found = played(folder)
    return folder, found


def test_a_batch_finds_what_a_run_and_its_attacks_find(whole) -> None:
    """Every figure beside the public functions; what is unknown has the judge's reason."""
    _, found = whole
    batch = found.batches[4]
    assert (batch.keys["robots.count"], batch.seed) == (6, 2)
    known = {(one.tax, one.strategy, one.quantity): one for one in batch.figures}
    mission = robosim.load("rendezvous", seed=2, set={"robots.count": 6, "mission.rounds": 20})
    tried = robosim.attack(mission, strategies=["stationary", "foot-dragging:stride=0.3"], taxes=["groves", "none"])
    for tax in ("groves", "none"):
        record = mission.billed(tax).run()
        told, leader = record.summary(), record.summary()["leader"]
        wanted = {key: told[key] for key in ("social_cost", "optimum", "budget", "rounds", "individually_rational")}
        wanted |= {key: leader[key] for key in ("distance", "beta", "penalised")}
        wanted |= {f"epsilon_{key}": x for key, x in told["epsilon"].items()}
        wanted |= {"gap": told["social_cost"] - told["optimum"], "world_gain": told["gains"][0]["gain"]}
        assert {key: known[tax, "", key].value for key in wanted} == wanted
        for name in ("stationary", "foot-dragging:stride=0.3"):
            same = [one for one in tried.attacks if (one.tax_rule, one.strategy) == (tax, name)]
            best = max(same, key=lambda one: one.gain)
            assert known[tax, name, "gain"].value == best.gain
            assert known[tax, name, "agent"].value == best.agent
            assert known[tax, name, "others_change"].value == best.others_change
            assert known[tax, name, "agents_gained"].value == sum(one.gain > 0 for one in same)
            assert known[tax, name, "covered"].value == best.covered
        most = max(known[tax, name, "gain"].value for name in ("stationary", "foot-dragging:stride=0.3"))
        assert known[tax, BEST, "gain"].value == most
    assert known["none", "", "epsilon_certified"].value is None
    assert "without a tax" in known["none", "", "epsilon_certified"].why
    assert known["groves", BEST, "gain"].value <= known["groves", "", "epsilon_certified"].value


def test_every_kind_of_world_has_its_numbers_and_says_why_others_are_missing(tmp_path) -> None:
    worlds = '["rendezvous", "market", "freight", "charging-day-ahead"]'
    found = played(tmp_path, f"[study]\nworlds = {worlds}\nseeds = [1]\n")
    assert [one.failed for one in found.batches] == [None] * 4
    assert [one.unit for one in found.batches] == ["m²", "$", "$", "$"]
    for batch in found.batches:
        known = {one.quantity: one for one in batch.figures}
        assert known["gap"].value == known["social_cost"].value - known["optimum"].value
        assert known["gap_share"].value == known["gap"].value / known["optimum"].value
        assert not [one for one in batch.figures if one.value is None and not one.why]
    day = {one.quantity: one.value for one in found.batches[3].figures}
    rules = {row["rule"]: row for row in robosim.run("charging-day-ahead", seed=1).verdict.baselines}
    assert day["uncontrolled/social_cost"] == rules["uncontrolled"]["social_cost"]
    assert day["earliest deadline/served_share"] == rules["earliest deadline"]["served_share"]


def test_a_study_goes_on_only_as_it_was_begun_and_repeats_nothing(whole, tmp_path, monkeypatch) -> None:
    folder, found = whole
    book = tmp_path / "study.sqlite"
    book.write_bytes((folder / "study.sqlite").read_bytes())
    (tmp_path / "study.toml").write_text(SMALL)
    monkeypatch.setattr(side_by_side, "run_job", None)  # nothing is played
    came = play(plan(tmp_path / "study.toml"), book)
    assert (came.done, came.found, came.failed) == (6, 6, 0)
    with pytest.raises(BadInput, match=r'study.toml:10: sweep."robots.count": is \[4, 7\], was \[4, 6\] \(put it back'):
        play(made(tmp_path, SMALL.replace("[4, 6]", "[4, 7]")), book)
    assert results(book).digest == found.digest


def test_missions_that_fail_are_kept_with_their_message_and_code_and_the_study_goes_on(
    tmp_path, cli, monkeypatch
) -> None:
    """Code 3 by a limit, code 4 by an agent's program, whatever it raises; then --again plays them once more."""
    (tmp_path / "controllers").mkdir()
    (tmp_path / "controllers" / "moody.py").write_text(
        "from robosim.controllers.consensus import Consensus\n\n\n"
        "class Moody(Consensus):\n    serves = ('rendezvous',)\n\n"
        "    def step(self, state, heard):\n        if len(heard.own['z'][0]) == 5:\n"
        "            raise ValueError('five!')\n"
        "        return super().step(state, heard)\n"
    )
    world = world_template("rendezvous").replace('controller = "consensus"', 'controller = "moody"')
    (tmp_path / "mine.toml").write_text(world)
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.001")
    text = '[study]\nworlds = ["mine.toml"]\nseeds = [1]\n[sweep]\n"robots.count" = [4, 5, 500, 6]\n'
    (tmp_path / "s.toml").write_text(text)
    code, out, err = cli("study", "run", tmp_path / "s.toml", "--json")
    assert code == 1
    assert "2 of 4 batches failed (see above; --again plays them once more)" in err
    told = json.loads(out)
    assert [(one["batch"], one["exit_code"]) for one in told["failures"]] == [(1, 4), (2, 3)]
    assert "five!" in told["failures"][0]["message"]
    assert "the limit is 1 MB" in told["failures"][1]["message"]
    assert [row["keys"]["robots.count"] for row in told["table"] if row["quantity"] == "gap"] == [4, 6]
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "8")
    monkeypatch.setattr(side_by_side, "run_job", lambda job, _: run_job(job.__class__(**{**vars(job), "keys": {}})))
    code, out, _ = cli("study", "run", tmp_path / "s.toml", "--again")
    assert code == 0
    assert "4 of 4 batches done, 2 of them before" in out


def test_files_that_are_no_studies_and_studies_that_run_already_are_refused(whole, tmp_path, cli) -> None:
    mine, empty = tmp_path / "mine.sqlite", tmp_path / "study.toml"
    empty.write_text(SMALL)
    sqlite3.connect(mine).execute("CREATE TABLE mine (x)").connection.close()
    (tmp_path / "text.sqlite").write_text("not a database, " * 100)
    for name, words in (
        ("mine", "holds no study"),
        ("text", "file is not a database"),
        ("gone/x", "cannot be written"),
    ):
        code, _, err = cli("study", "run", empty, "--out", tmp_path / f"{name}.sqlite")
        assert (code, len(err.splitlines())) == (2, 1)
        assert words in err
        assert "name another file with --out" in err
    assert cli("study", "show", tmp_path / "none.sqlite")[0] == 2
    made_plan = made(tmp_path)
    with writing(tmp_path / "s.sqlite", made_plan):
        code, _, err = cli("study", "run", empty, "--out", tmp_path / "s.sqlite")
        assert (code, "another process runs this study" in err) == (2, True)


def test_where_no_bar_can_be_seen_a_line_says_how_long_it_takes(capsys, monkeypatch) -> None:
    clock = iter([0.0, 0.0, 1.0, 41.0, 42.0, 101.0])
    monkeypatch.setattr(studies.time, "monotonic", lambda: next(clock))
    with studies._told(100) as progress:
        for done in (20, 40, 41, 70):  # 20 were there before
            progress(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["40 of 100 batches, about 2 min left", "70 of 100 batches, about 61 s left"]


def test_the_flat_table_has_every_figure_and_says_why_others_are_not_there(whole, tmp_path) -> None:
    _, found = whole
    path = export(found, tmp_path / "t.csv")
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 6 * 2 * 4
    figures = sum(one.value is not None for batch in found.batches for one in batch.figures)
    head, body = table(found)
    first, last = head.index("strategy") + 1, head.index("unit")
    assert sum(cell is not None for row in body for cell in row[first:last]) == figures
    for row, line in zip(body, lines, strict=True):
        assert [float(line[name]) if line[name] else None for name in head[first:last]] == row[first:last]
    free = next(line for line in lines if line["tax"] == "none" and not line["strategy"])
    assert (free["epsilon_certified"], free["robots.count"], free["seed"]) == ("", "4", "1")
    assert "epsilon_certified: without a tax" in free["unknown"]
    with pytest.raises(BadInput, match=r"end in \.csv or \.parquet, not '\.xls'"):
        export(found, tmp_path / "t.xls")


def test_parquet_is_the_same_table_and_names_the_extra_where_pyarrow_is_missing(whole, tmp_path, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(BadInput, match=r"pip install \"faithful-robosim\[study\]\", or export \.csv"):
            export(whole[1], tmp_path / "t.parquet")
    parquet = pytest.importorskip("pyarrow.parquet", reason="LOUD: no pyarrow here, Parquet is not tested")
    head, body = table(whole[1])
    read = parquet.read_table(export(whole[1], tmp_path / "t.parquet")).to_pylist()
    assert read == [dict(zip(head, row, strict=True)) for row in body]


def test_show_answers_in_json_with_means_over_seeds(whole, cli) -> None:
    folder, found = whole
    code, out, _ = cli("study", "show", folder / "study.sqlite", "--json")
    told = json.loads(out)
    assert (code, told["batches"], told["finished"], told["digest"]) == (0, 6, 6, found.digest)
    row = next(
        one
        for one in told["table"]
        if (one["quantity"], one["tax"], one["keys"]) == ("gap", "groves", {"robots.count": 6})
    )
    gaps = []
    for seed in (1, 2, 3):
        run = robosim.run("rendezvous", seed=seed, set={"robots.count": 6, "mission.rounds": 20}).summary()
        gaps.append(run["social_cost"] - run["optimum"])
    assert row["unit"] == "m²"
    assert np.isclose(row["estimate"]["mean"], np.mean(gaps), rtol=1e-14)
    code, out, _ = cli("study", "show", folder / "study.sqlite")
    assert "95 % interval" in out
    assert "Student t, over seeds" in out
    assert cli("study", "show", folder / "study.sqlite", "--question", "gpa")[0] == 2
