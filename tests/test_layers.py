"""The house: a file imports only from floors below its own, and controllers see only what agents may see."""

import ast
from pathlib import Path

import pytest

import robosim

HOUSE = Path(robosim.__file__).parent
FLOORS = """
errors kernels agent controllers graphs spectrum network energy problems tape world leader scenario records missions
certificates mechanisms respond judge attacks building market_power baselines result packing store checks palette
figures reproduce view cli __main__
""".split()
FILES = sorted({*HOUSE.rglob("*.py"), *(HOUSE / "controllers").glob("*.py")} - {HOUSE / "__init__.py"})


def floor(path: Path) -> int:
    return FLOORS.index(path.relative_to(HOUSE).parts[0].removesuffix(".py"))


def imported(path: Path) -> set[str]:
    """Floors imported at run time, also inside functions; type checkers' imports do not count."""
    tree = ast.parse(path.read_text())
    skipped = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("robosim"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("robosim.")}
    return found & set(FLOORS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_point_down(path: Path) -> None:
    above = {name for name in imported(path) if FLOORS.index(name) > floor(path)}
    assert not above - {"selfish"}, f"{path.name} imports from floors above it: {sorted(above)}"


def test_every_file_has_a_floor() -> None:
    assert {path.relative_to(HOUSE).parts[0].removesuffix(".py") for path in FILES} == set(FLOORS)


def test_controllers_see_only_what_agents_may_see() -> None:
    for path in (HOUSE / "controllers").glob("*.py"):
        assert imported(path) <= {"agent", "kernels", "controllers"}, path.name


def test_public_names_are_there() -> None:
    for name in robosim.__all__:
        assert getattr(robosim, name) is not None
    assert set(robosim.__all__) <= set(dir(robosim))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = robosim.nothing
