"""The house: rooms import the house, the house names no world, no cycle, no file that outgrew itself."""

import ast
import re
import tomllib
from functools import lru_cache
from pathlib import Path

import networkx as nx
import pytest

import robosim

HOUSE = Path(robosim.__file__).parent
ROOT = HOUSE.parent
ROOMS = {"rendezvous": set(), "auction": set(), "charging": {"auction"}, "freight": set()}
"""Rooms, and which others each may import."""
FACADE = {"__init__"}
"""What names rooms so that users need not: names of classes, imported when first used."""
LONGEST, MOST_FILES = 300, 545
FILES = sorted({*HOUSE.rglob("*.py"), *(HOUSE / "controllers").rglob("*.py")})
TAX_NAMES = {"groves", "vcg", "clearing-price", "shadow-price"}


def name_of(path: Path) -> str:
    """robosim/freight/mission.py → freight.mission; a package has the name of its folder."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


NAMES = {name_of(path): path for path in FILES}


def room_of(name: str) -> str | None:
    first = name.split(".")[0]
    return first if first in ROOMS else None


@lru_cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@lru_cache
def imported(path: Path) -> frozenset[str]:
    """Modules of the package that a file imports: at the top, inside functions, for type checkers."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "robosim":
            module = node.module.partition(".")[2]
            for alias in node.names:
                whole = f"{module}.{alias.name}".strip(".")
                found.add(whole if whole in NAMES else module)
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("robosim.")}
    return frozenset(found & set(NAMES) - {""})


@pytest.mark.parametrize("name", NAMES)
def test_the_house_imports_no_room_and_rooms_import_each_other_only_as_said(name: str) -> None:
    room = room_of(name)
    others = {there for one in imported(NAMES[name]) if (there := room_of(one)) is not None and there != room}
    if name in FACADE:
        return
    assert others <= (ROOMS[room] if room else set()), f"{name} imports {sorted(others)}"


def test_nothing_imports_in_a_circle() -> None:
    """Type checkers' imports included; `robosim/__init__.py` names others for users and is left out."""
    graph = nx.DiGraph((name, other) for name in NAMES if name != "__init__" for other in imported(NAMES[name]))
    circles = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    assert not circles


def test_controllers_see_only_what_agents_may_see() -> None:
    for name, path in NAMES.items():
        if name.startswith("controllers"):
            seen = {one.split(".")[0] for one in imported(path)}
            assert seen <= {"agent", "errors", "kernels", "controllers"}, name


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {path.parent for path in FILES}
    there = {".".join(("robosim", *folder.relative_to(HOUSE).parts)) for folder in folders}
    assert there <= set(listed)


def test_files_are_few_and_none_outgrew_its_room() -> None:
    assert len(FILES) <= MOST_FILES
    long = {name: count for name, path in NAMES.items() if (count := path.read_text().count("\n")) > LONGEST}
    assert not long


@pytest.mark.parametrize("name", NAMES)
def test_facts_stand_with_their_owners(name: str) -> None:
    """No `isinstance` on missions, records, worlds or programs outside a room; no tax rule by its literal name."""
    if name == "leader.tax_rule":
        return
    owned = re.compile(r"(Record|Mission|Scenario|Rendezvous|Auction|Charging|Freight|Admm|PriceTaker|Consensus)$")
    for node in ast.walk(tree_of(NAMES[name])):
        if room_of(name) is None and isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            kinds = [ast.unparse(one) for one in ast.walk(node.args[1]) if isinstance(one, ast.Name | ast.Attribute)]
            assert not [kind for kind in kinds if owned.search(kind)], f"{name}:{node.lineno}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert node.value not in TAX_NAMES, f"{name}:{node.lineno}: {node.value}"


def test_the_house_says_no_name_of_a_world() -> None:
    """Not even in a string that it would compare with."""
    for name, path in NAMES.items():
        if room_of(name) or name.split(".")[0] in ("__init__", "controllers", "worlds"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Compare | ast.Dict | ast.Subscript):
                words = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                assert not set(ROOMS) & {word for word in words if isinstance(word, str)}, f"{name}:{node.lineno}"


def test_public_names_are_there() -> None:
    for name in robosim.__all__:
        assert getattr(robosim, name) is not None
    assert set(robosim.__all__) <= set(dir(robosim))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = robosim.nothing
