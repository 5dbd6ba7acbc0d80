"""What `robosim` exports has types that a user's checker sees, and importing it costs nothing."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import robosim

SAMPLE = Path(__file__).with_name("typed_sample.py")
ROOT = SAMPLE.parents[1]
HEAVY = ("numpy", "scipy", "numba", "networkx", "matplotlib", "pygame", "pydantic", "typer")


@pytest.mark.deep
def test_a_user_s_checker_sees_the_types_and_every_mistake() -> None:
    """`warn_unused_ignores` is part of `--strict`: each `type: ignore` of the sample hides an error that is there."""
    command = [sys.executable, "-m", "mypy", "--strict", str(SAMPLE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def sample():
    spec = importlib.util.spec_from_file_location("typed_sample", SAMPLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["typed_sample"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("part", ["missions", "records", "selfish", "programs", "pictures"])
def test_the_sample_runs(part: str) -> None:
    getattr(sample(), part)()


def test_the_sample_s_own_rule_strategy_and_controller_do_what_they_say() -> None:
    """Σ_i tax_i = Σ_i v̂_i when everybody pays the mean; who waits 5 of 20 rounds says its start until then."""
    own = sample()
    bill = robosim.load("erratum").billed(own.SHARE).run()
    assert bill.settlement.tax.sum() == pytest.approx(bill.reported_cost.sum(), rel=1e-12)
    waits = {3: own.Wait(rounds=5)}
    z = robosim.load("rendezvous", strategies=waits, set={"mission.rounds": 20, "record.every": 1}).run().said["z"]
    assert (z[0, :5, 3] == z[0, 0, 3]).all()
    assert (z[0, 5, 3] != z[0, 0, 3]).any()


def test_names_for_checkers_are_the_names_at_run_time() -> None:
    """The imports under TYPE_CHECKING and the table of homes say the same."""
    tree = ast.parse(Path(robosim.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    typed = {(alias.asname, node.module) for node in block.body for alias in node.names}
    assert typed == set(robosim._HOME.items())
    assert all(getattr(robosim, name) is not None for name in robosim.__all__)


def test_importing_it_imports_nothing_heavy() -> None:
    code = f"import json, sys, robosim; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_a_kind_that_the_world_is_not_of_is_refused() -> None:
    with pytest.raises(robosim.BadInput, match=r"kind: must be Rendezvous for erratum, got Freight"):
        robosim.load("erratum", kind=robosim.Freight)
    with pytest.raises(robosim.BadInput, match=r"kind: must be Auction for market, got Charging"):
        robosim.run("market", kind=robosim.Charging)
