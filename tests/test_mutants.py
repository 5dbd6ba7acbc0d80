"""The list of mutants does not rot: each still changes one place, and the tests that are to notice it are there."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MUTANTS = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))["mutant"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one['file']}: {one['name']}")
def test_a_mutant_changes_one_place_into_other_code(mutant: dict) -> None:
    text = (ROOT / mutant["file"]).read_text(encoding="utf-8")
    assert text.count(mutant["old"]) == 1, (
        f"{mutant['file']} has not {mutant['old']!r} once (correct tests/mutants.toml)"
    )
    assert mutant["new"] != mutant["old"]
    if mutant["file"].endswith(".py"):
        assert ast.dump(ast.parse(text.replace(mutant["old"], mutant["new"]))) != ast.dump(ast.parse(text))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one['file']}: {one['name']}")
def test_the_tests_of_a_mutant_are_there(mutant: dict) -> None:
    assert mutant["tests"]
    for test in mutant["tests"]:
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8") or not name, test


def test_names_are_told_apart() -> None:
    assert len({(one["file"], one["name"]) for one in MUTANTS}) == len(MUTANTS)
    assert len({(one["file"], one["old"], one["new"]) for one in MUTANTS}) == len(MUTANTS)
