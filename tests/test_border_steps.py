"""A price step above the sure one: said when the world is loaded, and named where prices run away."""

import json

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.errors import BadInput


@pytest.mark.parametrize(
    ("world", "step", "sure"),
    [("market", "0.9", "0.103362"), ("not-dominant", "1e12", "1"), ("market", "1.5/L", "0.103362")],
)
def test_a_step_above_the_sure_one_is_one_warning_with_the_key(capsys, world: str, step: str, sure: str) -> None:
    """The sure step is 1/L, L = Σ R_i²/q_i (two bidders, q = 2: L = 1)."""
    assert main(["check", world, "--set", f"market.step={step}"]) == 0
    out, err = capsys.readouterr()
    assert ": ok: " in out
    assert err.startswith("warning: --set:1: market.step: ")
    assert f"is above the sure step 1/L = {sure}: prices may run away" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("step", ["auto", "1/L", "0.5/L", "0.1"])
def test_sure_steps_say_nothing(capsys, step: str) -> None:
    assert main(["check", "market", "--set", f"market.step={step}"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", ["run", "certify", "attack"])
@pytest.mark.parametrize(
    ("world", "step", "rounds"),
    [("market", 0.9, 200), ("market", 0.9, 40), ("market", 0.9, 2000), ("not-dominant", 1e12, 80)],
)
def test_prices_that_run_away_are_one_line_that_names_the_step(
    capsys, command: str, world: str, step: float, rounds: int
) -> None:
    keys = ["--set", f"market.step={step}", "--set", f"mission.rounds={rounds}"]
    code = main([command, world, *keys])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    warned, said = err.splitlines()
    assert warned.startswith("warning: ")
    assert said.startswith("--set:1: market.step: prices ran away by round ")
    assert f"{step:.6g} is above the sure step" in said


def test_a_bold_step_that_settles_is_only_said(capsys) -> None:
    """A gradient step below 2/L converges too."""
    assert main(["run", "market", "--set", "market.step=1.5/L", "--set", "market.update=gradient", "--json"]) == 0
    assert np.isfinite(json.loads(capsys.readouterr().out)["social_cost"])


def test_a_charging_day_knows_its_sure_step() -> None:
    mission = robosim.load("charging-day-ahead", set={"station.count": 3})
    sure = mission.allocation.sure
    robosim.load("charging-day-ahead", set={"station.count": 3, "market.step": sure})
    with pytest.warns(UserWarning, match=r"market\.step: .* above the sure step"):
        robosim.load("charging-day-ahead", set={"station.count": 3, "market.step": sure * 1.01})


def test_in_python_it_is_bad_input() -> None:
    with (
        pytest.warns(UserWarning, match=r"market\.step"),
        pytest.raises(BadInput, match=r"market\.step: prices ran away"),
    ):
        robosim.run("market", set={"market.step": 0.9})
