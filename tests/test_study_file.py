"""Study files: what they ask, every error with its line and fix, and what must not change while a study goes on."""

import json
import re
from pathlib import Path

import pytest

from robosim.errors import BadInput, TooLarge
from robosim.scenario.reading import template as world_template
from robosim.study.file import read
from robosim.study.plan import changes, plan, stored
from robosim.study.template import template

SOUND = """[study]
worlds = ["erratum"]
seeds = "1..3"

[sweep]
"mission.rounds" = [20, 40]
network.graph = ["path", "ring"]
"""


def wrong(folder: Path, text: str, kind: type[Exception] = BadInput) -> list[str]:
    """The lines of what is wrong with a study file, without its name."""
    file = folder / "study.toml"
    file.write_text(text)
    with pytest.raises(kind) as problem:
        plan(file)
    return [line.removeprefix(f"{file}:") for line in str(problem.value).splitlines()]


def made(folder: Path, text: str = SOUND):
    (folder / "study.toml").write_text(text)
    return plan(folder / "study.toml")


def test_batches_are_every_world_with_every_value_and_seed_in_one_order(tmp_path) -> None:
    found = made(tmp_path, SOUND.replace('["erratum"]', '["erratum", "rendezvous"]'))
    jobs = list(found.jobs())
    assert len(found) == len(jobs) == 2 * 2 * 2 * 3
    assert [job.number for job in jobs] == list(range(24))
    told = [(job.world["name"], *job.keys.values(), job.seed) for job in jobs]
    assert told[:4] == [("erratum", 20, "path", 1), ("erratum", 20, "path", 2), ("erratum", 20, "path", 3),
                        ("erratum", 20, "ring", 1)]  # fmt: skip
    assert len(set(told)) == 24


def test_days_and_numbers_from_to_are_spelt_out(tmp_path) -> None:
    (tmp_path / "s.toml").write_text(
        '[study]\nworlds = ["charging"]\n[sweep]\n"station.day" = { from = 2019-05-30, to = 2019-06-02, step = 2 }\n'
        '"station.count" = { from = 4, to = 9, step = 5 }\n'
    )
    asked = read(tmp_path / "s.toml")
    assert asked.sweep.values == {"station.day": ["2019-05-30", "2019-06-01"], "station.count": [4, 9]}
    assert asked.seeds == (0,)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('"erratum"', '"eratum"', 2, 'did you mean "erratum"?'),
        ('"erratum"', '"erratum", "erratum"', 2, "stands twice (name each once)"),
        ('["erratum"]', "[]", 2, "must have 1 or more elements"),
        ('"1..3"', '"3..1"', 3, 'must be a list of whole numbers or a range, got "3..1" (for example seeds = "1..20")'),
        ('"1..3"', "[1, 2, 1]", 3, "has a seed twice"),
        ('seeds = "1..3"', "sedes = 3", 3, 'unknown key (did you mean "seeds"?)'),
        ('seeds = "1..3"', 'taxes = ["grooves"]', 3, "no tax rule of this world (did you mean"),
        ('seeds = "1..3"', 'attacks = ["stationery"]', 3, "did you mean"),
        ('seeds = "1..3"', 'attacks = ["foot-dragging:stride=0.1,often"]', 3, "must be a number"),
        ('seeds = "1..3"', 'questions = ["gpa"]', 3, 'did you mean "gap"?'),
        ('seeds = "1..3"', "confidence = 95", 3, "must be <= 0.9999, got 95"),
        ('seeds = "1..3"', 'over = ["mission.round"]', 3, 'is not swept (did you mean "mission.rounds"?)'),
        ("[20, 40]", "[20, 0]", 6, "must be >= 1, got 0"),
        ("[20, 40]", "20", 6, "must be a list of values, got 20"),
        ("[20, 40]", "[20, 20]", 6, "has 20 twice"),
        ("[20, 40]", "{ from = 9, to = 3 }", 6, "no whole numbers and no days that rise"),
        ('["path", "ring"]', '["path", "rings"]', 7, 'did you mean "ring"?'),
        ("mission.rounds", "mission.rouds", 6, 'unknown key (did you mean "rounds"?)'),
        ("mission.rounds", "mission.seed", 6, "is no key to set (use study.seeds)"),
        ("mission.rounds", "rounds", 6, 'is no key of a world (for example "robots.count")'),
        ("[sweep]", "[swept]", 5, 'unknown section (did you mean "sweep"?)'),
        ("[sweep]", "[sweep", 5, "toml: "),
    ],
)
def test_what_is_wrong_is_said_at_its_line_with_the_fix(tmp_path, old: str, new: str, line: int, words: str) -> None:
    assert SOUND.count(old) == 1
    (found,) = dict.fromkeys(wrong(tmp_path, SOUND.replace(old, new)))
    assert found.startswith(f"{line}: ")
    assert words in found


def test_several_errors_come_at_once_and_worlds_are_checked_with_their_keys(tmp_path) -> None:
    text = SOUND.replace("[20, 40]", "[0]").replace('["path", "ring"]', '["rings"]')
    assert [line.partition(":")[0] for line in wrong(tmp_path, text)] == ["6", "7"]
    both = SOUND.replace("[sweep]", '[set]\n"mission.rounds" = 3\n[sweep]').replace('"1..3"', "[-1]")
    assert wrong(tmp_path, both)[0].startswith("3: ")


def test_more_batches_than_a_study_may_have_are_refused_by_the_limit(tmp_path) -> None:
    (found,) = wrong(tmp_path, SOUND.replace("1..3", "1..900000"), TooLarge)
    assert "3600000 batches are more than 1000000" in found


def test_no_file_no_keys_and_a_world_of_ones_own_beside_the_study(tmp_path, monkeypatch) -> None:
    with pytest.raises(BadInput, match="no such file"):
        plan(tmp_path / "none.toml")
    assert "study new" in wrong(tmp_path, "")[0]
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "mine.toml").write_text(world_template("erratum"))
    found = made(tmp_path, SOUND.replace("erratum", "worlds/mine.toml"))
    assert list(found.files) == ["worlds/mine.toml"]
    monkeypatch.chdir(tmp_path / "worlds")
    assert plan("../study.toml").fixed == found.fixed


def test_each_change_of_a_study_that_was_begun_is_named_by_its_line(tmp_path) -> None:
    before = json.loads(json.dumps(stored(made(tmp_path))))
    assert changes(before, made(tmp_path)) == []
    assert changes(before, made(tmp_path, SOUND + "\n# a comment\n")) == []
    shown = made(tmp_path, SOUND.replace("[sweep]", 'confidence = 0.9\nquestions = ["budget"]\n[sweep]'))
    assert changes(before, shown) == []
    file = tmp_path / "study.toml"
    for old, new, told in (
        ("[20, 40]", "[20, 41]", f'{file}:5: sweep."mission.rounds": is [20, 41], was [20, 40]'),
        ('"1..3"', '"1..2"', f"{file}:3: study.seeds: is [1, 2], was [1, 2, 3]"),
        ("network.graph", "leader.alpha", f"{file}:5: sweep: has the keys mission.rounds, leader.alpha, had"),
    ):
        text = SOUND.replace(old, new).replace(
            '["path", "ring"]', '["path", "ring"]' if "20" in old or ".." in old else "[0.1]"
        )
        (found,) = changes(before, made(tmp_path, text))
        assert found.startswith(told)


def test_a_world_that_was_edited_is_named(tmp_path) -> None:
    world = tmp_path / "mine.toml"
    world.write_text(world_template("erratum"))
    text = SOUND.replace('"erratum"', '"mine.toml"')
    before = json.loads(json.dumps(stored(made(tmp_path, text))))
    world.write_text(world_template("erratum") + "\n# edited\n")
    assert changes(before, made(tmp_path, text)) == ["mine.toml:1: file: is not what it was"]


@pytest.mark.parametrize("world", ["rendezvous", "charging", "freight", "market"])
def test_the_file_to_start_from_is_sound_also_with_what_it_comments_out(tmp_path, world: str) -> None:
    text = template(world)
    assert len(made(tmp_path, text)) == 8
    lines = [line.removeprefix("# ") if re.match(r'# ("|[a-z]+ = )', line) else line for line in text.splitlines()]
    whole = made(tmp_path, "\n".join(line for line in lines if "section.day" not in line))
    assert whole.fixed["study.attacks"]
    assert len(whole) == 4 * 2 ** len(whole.swept)
