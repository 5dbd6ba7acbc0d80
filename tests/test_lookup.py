"""Controllers by name: the project's own, then robosim's, then installed ones; every place tried is named."""

import pytest

from robosim.controllers.consensus import Consensus
from robosim.errors import BadInput
from robosim.lookup import programs
from robosim.scenario.loading import load_scenario
from tests.installing import install

WORLD = '[mission]\nkind = "rendezvous"\ncontroller = "mine"\n[robots]\ncount = 3\n'


@pytest.fixture
def project(tmp_path):
    for folder in ("worlds", "controllers"):
        (tmp_path / folder).mkdir()
    (tmp_path / "worlds" / "my.toml").write_text(WORLD)
    return tmp_path


def test_every_place_tried_is_named(project) -> None:
    with pytest.raises(BadInput) as error:
        programs.controller_class(load_scenario(project / "worlds" / "my.toml"))
    text = str(error.value)
    assert text.startswith(f"{project / 'worlds' / 'my.toml'}:3: mission.controller: no controller 'mine' in ")
    places = [
        project / "worlds/controllers/mine.py",
        project / "controllers/mine.py",
        "robosim.controllers.mine",
        'entry point "mine" in group "robosim.controllers"',
    ]
    assert all(str(place) in text for place in places)


def test_a_file_without_its_class_says_what_is_missing(project) -> None:
    (project / "controllers" / "mine.py").write_text("class Other:\n    pass\n")
    with pytest.raises(BadInput, match=r"mine\.py has no class Mine"):
        programs.controller_class(load_scenario(project / "worlds" / "my.toml"))


def test_a_file_that_does_not_run_is_named_with_its_line(project) -> None:
    (project / "controllers" / "mine.py").write_text("class Mine:\n    pass\n1 / 0\n")
    with pytest.raises(BadInput, match=r"controllers/mine\.py:3: ZeroDivisionError: division by zero"):
        programs.controller_class(load_scenario(project / "worlds" / "my.toml"))
    (project / "controllers" / "mine.py").write_text("class Mine\n")
    with pytest.raises(BadInput, match=r"controllers/mine\.py:1: SyntaxError: "):
        programs.controller_class(load_scenario(project / "worlds" / "my.toml"))


def test_an_installed_controller_is_found_by_its_entry_point(project, monkeypatch) -> None:
    install(monkeypatch, "mine", "robosim.controllers.consensus:Consensus", "robosim.controllers")
    assert programs.controller_class(load_scenario(project / "worlds" / "my.toml")) is Consensus


def test_dashes_stand_for_underscores_as_in_strategies(project) -> None:
    (project / "controllers" / "half_step.py").write_text("class HalfStep:\n    pass\n")
    (project / "worlds" / "my.toml").write_text(WORLD.replace("mine", "half-step"))
    assert programs.controller_class(load_scenario(project / "worlds" / "my.toml")).__name__ == "HalfStep"
    assert programs.stem(load_scenario("freight", overrides=["mission.controller=dc-admm"])) == "dc_admm"
