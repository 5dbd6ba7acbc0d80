"""Tax rules of one's own: as objects, in `controllers/`, by entry point; no certificate unless declared Groves."""

import json
import logging

import numpy as np
import pytest

import robosim
from robosim.kind import kinds
from robosim.leader.tax_rule import RULES, others
from tests.installing import install
from tests.own_project import HALF_GROVES, HALF_HOME, KINDS, project, selfish

HALF = robosim.TaxRule(name="half-groves", pay=lambda case: others(case.reported) / 2)
NAMED = {"leader.tax": "half-groves"}


def brought(way: str, kind: str, folder, monkeypatch) -> robosim.Mission:
    """A mission that is billed by half-groves, which came in one of three ways."""
    if way == "object":
        return robosim.load(project(folder, kind), tax=HALF)
    if way == "controllers":
        return robosim.load(project(folder, kind, half_groves=HALF_GROVES), set=NAMED)
    install(monkeypatch, "half-groves", "package:HALF", "robosim.taxes", HALF)
    return robosim.load(project(folder, kind), set=NAMED)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["object", "controllers", "entry point"])
def test_half_groves_from_outside_bills_and_is_void_in_every_world(way, kind, tmp_path, monkeypatch) -> None:
    mission = brought(way, kind, tmp_path, monkeypatch)
    record = mission.run()
    assert (record.tax_rule, mission.tax.groves) == ("half-groves", False)
    assert not record.settlement.penalised.any()
    np.testing.assert_array_equal(record.settlement.tax, others(record.reported_cost) / 2)
    assert record.verdict.epsilon.certified is None
    found = robosim.certify(mission, seconds=0.1)
    assert found.certified is None
    assert found.over_types is None
    assert "half-groves" in found.void
    tried = robosim.attack(mission, agents=[0], taxes=[mission.tax, "none"], seconds=0.0)
    assert {one.tax_rule for one in tried.attacks} == {"half-groves", "none"}
    assert not any(one.covered for one in tried.attacks if one.tax_rule == "half-groves")


def test_found_exceeds_what_groves_certifies_so_that_the_void_is_needed() -> None:
    mission = robosim.load("erratum", strategies={})
    groves = robosim.attack(mission, strategies=["initial-lie"], seconds=0.0)
    half = robosim.attack(mission, strategies=["initial-lie"], taxes=[HALF], seconds=0.0)
    most = max(one.gain for one in half.attacks)
    assert max(one.gain for one in groves.attacks) <= groves.epsilon["groves"].certified < most
    assert half.epsilon["half-groves"].certified is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_beside_the_world_is_checked_run_attacked_and_certified(kind, tmp_path, cli) -> None:
    world = project(tmp_path, kind, half_groves=HALF_GROVES)
    named = ("--set", "leader.tax=half-groves")
    code, _, err = cli("check", world, *named)
    assert code == 0, err
    assert f"runs the code of {tmp_path / 'controllers' / 'half_groves.py'}" in err
    code, out, err = cli("run", world, *named, "--json", "--out", tmp_path / "record")
    assert code == 0, err
    assert json.loads(out)["epsilon"]["certified"] is None
    code, out, err = cli("certify", world, *named, "--json")
    assert code == 0, err
    assert "half-groves" in json.loads(out)["void"]
    strategy = next(iter(kinds()[kind].strategies()))
    code, out, err = cli("attack", world, "--tax", "half-groves,none", "--agent", "0", "--strategy", strategy, "--json")
    assert code == 0, err
    assert set(json.loads(out)["epsilon"]) == {"half-groves", "none"}
    again = robosim.run(tmp_path / "record" / "world.toml")
    np.testing.assert_array_equal(again.settlement.tax, robosim.load_record(tmp_path / "record").settlement.tax)


def test_a_rule_of_ones_own_that_is_declared_groves_is_certified_like_groves() -> None:
    own = robosim.TaxRule(name="mine", groves=True, pay=RULES["groves"].pay)
    mission = robosim.load("erratum", strategies={})
    assert robosim.certify(mission.billed(own)).certified == robosim.certify(mission).certified is not None


def test_no_code_imports_no_rule_and_says_so(tmp_path, cli) -> None:
    trap = HALF_GROVES + "\nimport pathlib\npathlib.Path(__file__).with_name('ran').touch()\n"
    world = project(tmp_path, "rendezvous", '[leader]\ntax = "half-groves"\n', half_groves=trap)
    code, out, err = cli("check", world, "--no-code")
    assert (code, err) == (0, "")
    assert "half_groves.py, whose code was not run" in out
    assert not (tmp_path / "controllers" / "ran").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "half_groves.py has no tax rule 'half-groves' (write tax = robosim.TaxRule("),
        (HALF_GROVES.replace('"half-groves"', '"half"').replace("HALF", "tax"), "its tax rule is called 'half' (write"),
        (HALF_GROVES.replace("/ 2)", "/ 2, needs=frozenset({'worth'}))"), "needs worth, which rendezvous has not ("),
        ("1 / 0\n", "half_groves.py:1: ZeroDivisionError: division by zero (correct the file)"),
    ],
)
def test_a_file_without_the_rule_is_one_line_with_place_and_fix(text, said, tmp_path, cli) -> None:
    world = project(tmp_path, "rendezvous", '[leader]\ntax = "half-groves"\n', half_groves=text)
    code, out, err = cli("run", world)
    assert (code, out) == (2, "")
    assert said in err.splitlines()[-1], err


def test_an_unknown_rule_names_the_nearest_one_of_the_project(tmp_path, cli) -> None:
    world = project(tmp_path, "rendezvous", '[leader]\ntax = "half-grove"\n', half_groves=HALF_GROVES)
    code, _, err = cli("run", world)
    assert code == 2
    assert err.startswith(f"{world}:7: leader.tax: must be ")
    assert 'did you mean "half-groves"?' in err


def test_robosims_own_names_are_robosims_own(tmp_path, caplog) -> None:
    false = robosim.TaxRule(name="groves", pay=HALF.pay, groves=True)
    with pytest.raises(robosim.BadInput, match="'groves' is the name of one of robosim's own rules"):
        robosim.load("erratum", tax=false)
    text = HALF_GROVES.replace("half-groves", "groves")
    with caplog.at_level(logging.INFO, "robosim"):
        mission = robosim.load(project(tmp_path, "rendezvous", groves=text))
    assert mission.tax is RULES["groves"]
    assert "robosim's own groves is meant: " in caplog.text


def spoil(case) -> np.ndarray:
    case.reported[...] = 0.0
    return case.reported


WRONG = {
    "fails": (lambda case: 1 / 0, "the tax rule mine: ZeroDivisionError when it billed"),
    "shape": (lambda case: case.reported[0], r"takes is float64 \(5,\), not numbers \(1, 5\) \(missions, agents\)"),
    "nan": (lambda case: case.reported * np.nan, "takes is not finite for agent 0"),
    "text": (lambda case: "much", r"takes is <U4 \(\), not numbers \(1, 5\) \(missions, agents\)"),
    "writes": (spoil, "the tax rule mine wrote into case.reported, which is lent to it"),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_a_rule_cannot_take_is_one_line_that_names_it(which) -> None:
    pay, said = WRONG[which]
    with pytest.raises(robosim.AgentFailure, match=rf"^.*test_own_taxes\.py:\d+: .*{said}[^\n]*$"):
        robosim.run("erratum", tax=robosim.TaxRule(name="mine", pay=pay))


def test_check_finds_what_is_wrong_with_a_rule(tmp_path, cli) -> None:
    bad = HALF_GROVES.replace("/ 2", "/ 2 * float('nan')")
    world = project(tmp_path, "rendezvous", '[leader]\ntax = "half-groves"\n', half_groves=bad)
    code, out, err = cli("check", world)
    assert (code, out) == (4, "")
    assert "what the tax rule half-groves takes is not finite" in err


def test_strategy_and_rule_of_one_project_go_together(tmp_path) -> None:

    more = selfish("rendezvous") + '[leader]\ntax = "half-groves"\n'
    record = robosim.run(project(tmp_path, "rendezvous", more, half_groves=HALF_GROVES, half_home=HALF_HOME))
    assert (record.strategy(1), record.tax_rule) == ("half-home", "half-groves")
    assert len(record.provenance.inputs) == 2
