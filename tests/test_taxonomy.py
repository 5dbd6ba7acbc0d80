"""The table of ways to cheat is whole: each row is played by somebody or says why not, each strategy has its rows."""

import json
from dataclasses import fields, is_dataclass

import pytest

import robosim
from robosim.attacks.taxonomy import ROWS, examples
from robosim.controllers.selfish.programme import PROGRAMME
from robosim.kind import kinds

SHIPPED = {
    (noun, name): one
    for noun in ("auction", "charging", "freight", "rendezvous")
    for name, one in {**kinds()[noun].strategies(), **PROGRAMME}.items()
}


def test_every_row_is_played_or_says_why_not() -> None:
    assert [row.number for row in ROWS] == list(range(1, 26))
    for row in ROWS:
        assert bool(row.out_of_scope) != bool(examples(row.number)), row.name
    uncovered = {row.number for row in ROWS if not row.certified}
    assert uncovered == {14, 16, 17, 18, 20, 24}


@pytest.mark.parametrize(("noun", "name"), SHIPPED)
def test_every_strategy_stands_in_a_row_and_its_ranges_are_of_its_parameters(noun, name) -> None:
    one = SHIPPED[noun, name]
    assert one.rows
    assert set(one.rows) <= set(range(1, 26))
    assert (one.__doc__ or "").strip()
    numbers = {field.name: field for field in fields(one) if is_dataclass(one)}
    assert set(one.ranges) <= set(numbers)
    for key, (low, high) in one.ranges.items():
        assert low < high
        for value in (low, high):
            kind = int if str(numbers[key].type).startswith("int") else float
            one(**{key: max(kind(value), 1) if key == "delay" else kind(value)})


def test_the_table_is_printed_and_said_in_json(cli) -> None:
    code, out, _ = cli("strategies")
    assert code == 0
    assert "out of scope: a program says each word once" in out
    assert "foot-dragging (rendezvous, stride 0.01..0.99)" in out
    code, out, _ = cli("strategies", "--json")
    rows = json.loads(out)["rows"]
    assert len(rows) == 25
    assert rows[3]["played_as"][0]["ranges"] == {"stride": [0.01, 0.99]}


def test_griefing_costs_everybody_more_than_who_does_it() -> None:
    """A path of six, 200 rounds: one in five of the damage is its own (the taxonomy's figure, at its types)."""
    mission = robosim.load("rendezvous-honest", set={"robots.count": 6, "network.graph": "path", "mission.rounds": 200})
    (found,) = robosim.attack(mission, agents=[0], strategies=["griefing"], taxes=["groves"]).attacks
    assert found.gain < 0
    assert found.others_change > -2 * found.gain


def test_a_free_rider_says_what_was_faithful_some_rounds_ago() -> None:
    mission = robosim.load("erratum", strategies={0: "free-riding:delay=4"})
    record = mission.run()
    assert record.strategy(0) == "free-riding"
    alone = robosim.attack(mission, agents=[0], strategies=["free-riding:delay=1,20"], taxes=["none"]).attacks
    assert alone[0].gain != alone[1].gain
    with pytest.raises(robosim.BadInput, match="delay must be at least 1 round, got 0"):
        robosim.load("erratum", strategies={0: "free-riding:delay=0"})
