"""A project with a program and a strategy of its own beside the world, together: all kinds, commands and Python."""

import json

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from tests.own_project import HALF_HOME, KINDS, project, selfish

PROGRAM = '''
from robosim.controllers.{module} import {parent}


class Mine:
    """Answers as robosim's own program does, and is a stranger all the same."""

    def __init__(self):
        self.inner = {parent}()

    def start(self, own, rules, links):
        return self.inner.start(own, rules, links)

    def step(self, state, heard):
        return self.inner.step(state, heard)

    def report(self, own, decision, meter):
        return self.inner.report(own, decision, meter)
'''
OWN = {
    "rendezvous": ("consensus", "Consensus", ""),
    "auction": ("dual_decomposition", "PriceTaker", ""),
    "charging": ("dual_decomposition", "ChargingCar", ""),
    "freight": ("consensus_tracking_admm", "ConsensusTrackingAdmm", "[method]\nrho = 0.05\nsigma = 0.05\n"),
}
"""What each kind's agents run, and what a program of one's own needs in the world file."""


def both(folder, kind: str) -> str:
    module, parent, more = OWN[kind]
    world = project(folder, kind, more + selfish(kind), mine=PROGRAM.format(module=module, parent=parent))
    (folder / "controllers" / "half_home.py").write_text(HALF_HOME)
    world.write_text(world.read_text().replace("[mission]\n", '[mission]\ncontroller = "mine"\n', 1))
    return str(world)


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_takes_both(kind, tmp_path, capsys) -> None:
    world = both(tmp_path, kind)

    def call(*words: str) -> str:
        code = main([*words])
        out, err = capsys.readouterr()
        assert code == 0, err
        assert "Traceback" not in out + err
        return out

    checked = call("check", world)
    assert "  Mine: words" in checked
    assert "  half-home: played by agents" in checked
    ran = json.loads(call("run", world, "--json", "--out", str(tmp_path / "record")))
    assert [one["strategy"] for one in ran["agents"]][:2] == ["faithful", "half-home"]
    tried = json.loads(call("attack", world, "--agent", "1", "--strategy", "half-home:share=0.25,0.5", "--json"))
    found = {one["strategy"]: one for one in tried["attacks"]}
    assert found["half-home:share=0.25"]["gain"] != found["half-home:share=0.5"]["gain"]
    for one in found.values():
        certified = tried["epsilon"][one["tax_rule"]]["certified"]
        assert one["covered"] == (certified is not None)
        assert certified is None or one["gain"] <= certified
        assert certified is not None or tried["void"][one["tax_rule"]]
    certificate = json.loads(call("certify", world, "--json"))
    assert (certificate["epsilon"]["certified"] is None) == bool(certificate["void"])
    again = robosim.run(tmp_path / "record" / "world.toml")
    assert [one["tax"] for one in ran["agents"]] == again.settlement.tax[0].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_python_takes_both_as_the_world_file_does(kind, tmp_path) -> None:
    world = both(tmp_path, kind)
    named = robosim.load(world)
    program, strategy = type(named.controller), named.strategies["half-home"]
    given = robosim.run(world, controller=program(), strategies={1: strategy()})
    assert type(given).__name__ == type(named.run()).__name__
    np.testing.assert_array_equal(given.settlement.tax, named.run().settlement.tax)
    tried = robosim.attack(named, agents=[1], strategies=[strategy]).attacks[0]
    assert np.isfinite(tried.gain)
