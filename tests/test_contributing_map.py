"""CONTRIBUTING.md is true: its map is the tree, its tables are what stands there, its recipes work."""

import ast
import re
import runpy
from pathlib import Path

import pytest

import robosim
from robosim.controllers.selfish.robots import STRATEGIES
from robosim.kind import kinds
from tests.installing import install

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
ROOMS = ("rendezvous", "auction", "charging", "freight")
FURNITURE = "scenario rules build problem world mission record certificate tables figures scene timeline kind".split()


def entries(folder: Path) -> list[str]:
    """Modules and packages in a folder, packages with a slash; links and what Python leaves behind apart."""
    found = [path for path in folder.iterdir() if not path.is_symlink() and path.name != "__pycache__"]
    modules = [path.name for path in found if path.suffix == ".py"]
    packages = [f"{path.name}/" for path in found if path.is_dir() and list(path.rglob("*.py"))]
    return sorted(modules + packages)


def mapped() -> dict[str, dict[str, str]]:
    """The map: folder → name → what it is for."""
    drawn: dict[str, dict[str, str]] = {}
    for line in re.search(r"```text\n(.*?)```", TEXT, re.DOTALL)[1].splitlines():
        if line.startswith("  "):
            name, what = re.fullmatch(r"  (\S+)\s+(.*)", line).groups()
            folder = drawn[list(drawn)[-1]]
            assert name not in folder, f"{name} stands twice"
            folder[name] = what
        elif line:
            drawn[line.split()[0].rstrip("/")] = {}
    return drawn


def table(head: str) -> list[list[list[str]]]:
    """Rows of the table with this head: cells, each the words in it."""
    rows = TEXT.partition(head)[2].partition("\n\n")[0].strip().splitlines()[1:]
    return [[re.findall(r"[\w./-]+", cell) for cell in row.strip("|").split("|")] for row in rows]


def blocks(language: str, word: str) -> str:
    """The one code block with this word in it."""
    (found,) = (one for one in re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL) if word in one)
    return str(found)


@pytest.fixture
def made(tmp_path):
    """What a Python block of the recipes with this word in it calls so."""

    def run(word: str, name: str):
        (tmp_path / "recipe.py").write_text(blocks("python", word))
        return runpy.run_path(str(tmp_path / "recipe.py"))[name]

    return run


@pytest.mark.parametrize("folder", ["robosim", "controllers"])
def test_the_map_is_the_tree(folder: str) -> None:
    drawn = mapped()
    assert set(drawn) == {"robosim", "controllers"}
    assert sorted(drawn[folder]) == entries(ROOT / folder)
    assert all(len(what) > 5 for what in drawn[folder].values())


@pytest.mark.parametrize("column", range(4), ids=ROOMS)
def test_every_file_of_a_room_stands_in_the_table_where_its_name_says(column: int) -> None:
    rows, room = table("| | rendezvous | auction | charging | freight |\n"), ROOT / "robosim" / ROOMS[column]
    assert [row[0][0] for row in rows] == FURNITURE
    named = {row[0][0]: [name for name in row[column + 1] if name != "–"] for row in rows}
    there = [name for name in entries(room) if name != "__init__.py"]
    assert sorted({name for names in named.values() for name in names}) == there
    for word, names in named.items():
        same = {f"{word}.py", f"{word}/"} & set(there)
        assert same <= set(names), f"{same} stands in another row than {word}"


def test_the_rooms_in_the_house_are_the_kinds_and_no_room_is_missing() -> None:
    assert set(ROOMS) <= set(kinds())
    with_kind = {path.parent.name for path in (ROOT / "robosim").glob("*/kind.py")}
    assert with_kind == set(ROOMS)


def test_stale_kernels_are_those_that_import_what_was_edited() -> None:
    """Also those that import those: a compiled kernel holds all that it calls."""
    kernels = {path.stem: path for path in (ROOT / "robosim" / "kernels").glob("*.py")}
    uses = {
        name: {node.module.rpartition(".")[2] for node in ast.walk(ast.parse(path.read_text()))
               if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("robosim.kernels.")}
        for name, path in kernels.items() if name != "__init__"
    }  # fmt: skip
    users: dict[str, set[str]] = {name: {one for one, used in uses.items() if name in used} for name in uses}
    for _ in users:
        users = {name: direct.union(*(users[one] for one in direct)) for name, direct in users.items()}
    listed = {row[0][0]: sorted(row[1]) for row in table("| edited | stale |\n")}
    assert listed == {f"{name}.py": sorted(f"{one}.py" for one in found) for name, found in users.items() if found}


def test_files_that_the_recipes_name_are_there() -> None:
    recipes = TEXT.partition("## Add a controller")[2]
    paths = re.findall(r"`((?:robosim|controllers|tests|worlds|scripts)/[\w./]*)`", recipes)
    assert len(paths) >= 10
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_controller_of_the_recipe_keeps_its_promises_and_serves_robots_only(made) -> None:
    timid = made("class Timid", "Timid")
    robosim.check_controller(timid)
    assert robosim.load("erratum", controller=timid()).run().rounds == 120
    with pytest.raises(robosim.RobosimError, match="Timid serves rendezvous, this world is of kind auction"):
        robosim.load("market", controller=timid())


def test_the_strategy_of_the_recipe_is_played_in_python_by_its_row_and_by_its_entry_point(made, monkeypatch) -> None:
    overshoot = made("class Overshoot", "Overshoot")
    played = robosim.load("rendezvous", strategies={3: overshoot(scale=2.0)}).run()
    assert played.strategy(3) == "overshoot"
    named = {"selfish.0.strategy": "overshoot", "selfish.0.scale": 2.0}
    with pytest.raises(robosim.RobosimError, match="overshoot"):
        robosim.load("rendezvous", set=named)
    with monkeypatch.context() as patch:
        patch.setitem(STRATEGIES, "overshoot", overshoot)
        assert (robosim.load("rendezvous", set=named).run().decision == played.decision).all()
    bring(monkeypatch, "strategies", overshoot, blocks("toml", "robosim.strategies"))
    assert (robosim.load("rendezvous", set=named).run().decision == played.decision).all()
    assert "overshoot" in robosim.load("erratum").strategies
    assert "overshoot" not in robosim.load("market").strategies


def test_the_tax_rule_of_the_recipe_bills_in_python_and_by_its_entry_point_and_is_not_certified(
    made, monkeypatch
) -> None:
    half = made("HALF_GROVES", "HALF_GROVES")
    billed = robosim.load("rendezvous").billed(half).faithful().run()
    full = robosim.load("rendezvous").faithful().run()
    assert (billed.settlement.tax == full.settlement.tax / 2).all()
    assert billed.verdict.epsilon.certified is None
    assert full.verdict.epsilon.certified is not None
    bring(monkeypatch, "taxes", half, blocks("toml", "robosim.taxes"))
    named = robosim.load("rendezvous", set={"leader.tax": "half-groves"})
    assert (named.faithful().run().settlement.tax == billed.settlement.tax).all()


def bring(monkeypatch, group: str, thing: object, block: str) -> None:
    """As if the package with this block in its pyproject.toml were installed."""
    name, value = re.search(r'^([\w-]+) = "(.*)"$', block, re.MULTILINE).groups()
    install(monkeypatch, name, value, f"robosim.{group}", thing)
