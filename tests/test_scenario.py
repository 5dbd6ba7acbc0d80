"""World files: what is accepted, what is refused, and the exact words of errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from robosim.controllers.selfish.robots import STRATEGIES
from robosim.errors import BadInput
from robosim.rendezvous.scenario import RendezvousScenario, SelfishRobot
from robosim.scenario.loading import load_scenario
from robosim.scenario.reading import bundled_worlds, template

SMALLEST = '[mission]\nkind = "rendezvous"\n[robots]\ncount = 4\n'
World = Callable[[str | bytes], Path]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Writes w.toml into an empty current directory, so that messages begin with w.toml."""
    monkeypatch.chdir(tmp_path)

    def write(text: str | bytes) -> Path:
        Path("w.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return Path("w.toml")

    return write


def errors(world: str | Path, *options: str, seed: int | None = None) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_scenario(world, seed=seed, overrides=options)
    return str(caught.value).split("\n")


# -- what is accepted ------------------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_documentation(world: World) -> None:
    scenario = load_scenario(world(SMALLEST))
    assert (scenario.mission.rounds, scenario.mission.seed, scenario.mission.controller) == (60, 0, "consensus")
    assert (scenario.mission.travel, scenario.mission.dt_s) == ("while-agreeing", "auto")
    assert (scenario.robots.dimension, scenario.robots.starts_m) == (2, "random")
    assert (scenario.network.graph, scenario.energy.power) == ("ring", "quadratic")
    assert (scenario.leader.tax, scenario.leader.bound, scenario.leader.alpha) == ("groves", "auto", "auto")
    assert (scenario.record.every, scenario.selfish, scenario.leader.alpha_of_max) == (1, (), None)
    assert (scenario.name, scenario.source) == ("w", Path("w.toml"))


def test_a_mark_of_byte_order_and_carriage_returns_are_read(world: World) -> None:
    plain = load_scenario(world(SMALLEST))
    assert load_scenario(world(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())) == plain


def test_listed_starts_give_count_and_dimension(world: World) -> None:
    scenario = load_scenario(world('[mission]\nkind="rendezvous"\n[robots]\nstarts_m=[[1,2,3],[4,5,6]]\n'))
    assert (scenario.robots.count, scenario.robots.dimension) == (2, 3)
    assert scenario.robots.starts_m == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))


def test_plain_numbers_are_points_of_a_line() -> None:
    erratum = load_scenario("erratum")
    assert erratum.robots.starts_m == ((1.0,), (1.0,), (-1.0,), (-1.0,), (-1.0,))
    assert (erratum.robots.count, erratum.robots.dimension) == (5, 1)
    assert (erratum.mission.rounds, erratum.leader.alpha_of_max) == (120, 0.9)
    assert (erratum.name, erratum.source) == ("erratum", None)


def test_every_bundled_world_loads_and_says_what_it_is() -> None:
    rendezvous = ["convoy", "drones", "erratum", "long-haul", "lossy", "obstacles", "rendezvous", "rendezvous-honest"]
    rendezvous += ["robotarium", "robotarium-points", "rovers", "swarm"]
    charging = ["charging", "charging-day-ahead", "market", "not-dominant", "six-bidders", "two-bidders"]
    freight = ["aggregator", "freight", "freight-own", "freight-sioux-falls"]
    assert list(bundled_worlds()) == sorted(rendezvous + charging + freight)
    for name, line in bundled_worlds().items():
        assert load_scenario(name).name == name
        assert 20 < len(line) < 120
        first, second, *_ = template(name).splitlines()
        assert (first, second) == ("#:schema ./world.schema.json", f"# {line}")


@pytest.mark.parametrize("count", [2, 3, 7, 1000])
@pytest.mark.parametrize("graph", ["path", "ring", "star", "complete", "grid", "random-tree", "geometric"])
def test_the_honest_world_can_be_varied(count: int, graph: str) -> None:
    options = [f"robots.count={count}", f"network.graph={graph}", "mission.rounds=7"]
    scenario = load_scenario("rendezvous-honest", overrides=options)
    assert (scenario.robots.count, scenario.network.graph, scenario.mission.rounds) == (count, graph, 7)


def test_selfish_tables_keep_robots_strategy_and_parameters(world: World) -> None:
    selfish = '[[selfish]]\nrobots = [0, 2]\nstrategy = "stubborn"\ntarget_m = [1, 2.5]\n'
    one, two = load_scenario(world(SMALLEST + selfish + '[[selfish]]\nrobot = 1\nstrategy = "freeze"\n')).selfish
    assert (one.agents, one.strategy) == ((0, 2), "stubborn")
    assert one.parameters(STRATEGIES["stubborn"]) == {"target_m": (1.0, 2.5)}
    assert (two.agents, two.parameters(STRATEGIES["freeze"])) == ((1,), {})
    assert one == SelfishRobot(robots=[0, 2], strategy="stubborn", target_m=[1, 2.5])  # type: ignore[call-arg]


def test_a_scenario_does_not_change() -> None:
    scenario = load_scenario("erratum")
    with pytest.raises(ValueError, match="frozen"):
        scenario.mission.rounds = 3  # type: ignore[misc]


def test_equality_is_of_values_not_of_files(world: World) -> None:
    assert load_scenario(world(template("erratum"))) == load_scenario("erratum")
    assert load_scenario("erratum", seed=1) != load_scenario("erratum")
    assert load_scenario("erratum") != "erratum"


# -- options ---------------------------------------------------------------------------------------------------------


def test_options_replace_values() -> None:
    options = ["network.graph=ring", "robots.speed_limit_mps = 2", 'leader.tax="none"', "robots.type_space_m=[-2, 2]"]
    scenario = load_scenario("rendezvous", overrides=options, seed=9)
    assert (scenario.network.graph, scenario.robots.speed_limit_mps, scenario.leader.tax) == ("ring", 2.0, "none")
    assert (scenario.robots.type_space_m, scenario.mission.seed) == ((-2.0, 2.0), 9)


def test_elements_of_lists_are_numbered() -> None:
    assert load_scenario("rendezvous", overrides=["selfish.0.robot=5"]).selfish[0].robots == (5,)
    assert load_scenario("erratum", overrides=["robots.starts_m.4=0.5"]).robots.starts_m[4] == (0.5,)


def test_options_may_be_a_mapping_of_python_and_numpy_values() -> None:
    overrides = {
        "robots.count": np.int64(5),
        "robots.type_space_m": (np.float64(-1), 1),
        "selfish": (),
        "energy": {"power": "stage", "mass_kg": np.float32(2)},
    }
    scenario = load_scenario("rendezvous", overrides=MappingProxyType(overrides))
    assert (scenario.robots.count, scenario.robots.type_space_m, scenario.selfish) == (5, (-1.0, 1.0), ())
    assert (scenario.energy.power, scenario.energy.mass_kg) == ("stage", 2.0)


def test_a_single_text_is_one_option() -> None:
    assert load_scenario("rendezvous", overrides="mission.rounds=3").mission.rounds == 3


KNOWN = ", ".join(RendezvousScenario.model_fields)


def test_errors_of_options_name_the_option() -> None:
    options = ["mission.rounds=0", "robots.count", "mission.rounds.x=1", "selfish.3=1", "x.y=1", "selfish.0.robot=12"]
    no_place = "has no place: the key above it is no table and no list that long (set that key itself)"
    assert errors("rendezvous", *options, seed=-1) == [
        "--seed:1: mission.seed: must be >= 0, got -1 (for example seed = 0)",
        "--set:1: mission.rounds: must be >= 1, got 0 (for example rounds = 60)",
        '--set:2: "robots.count": must read section.key=value (for example mission.seed=1)',
        f"--set:3: mission.rounds.x: {no_place}",
        f"--set:4: selfish.3: {no_place}",
        f"--set:5: x: unknown section (known: {KNOWN})",
        "--set:6: selfish.0.robot: robot 12 does not exist (robots are 0..11)",
    ]


def test_an_option_cannot_smuggle_other_keys() -> None:
    assert errors("rendezvous", "mission.rounds=1\nrobots=2") == [
        '--set:1: mission.rounds: must be a whole number, got "1\\nrobots=2" (for example rounds = 60)'
    ]


# -- places ----------------------------------------------------------------------------------------------------------


def test_places_of_keys(world: World) -> None:
    scenario = load_scenario(
        world("\n" + SMALLEST + "[[selfish]]\nrobot=1\nstrategy='freeze'\n"),
        seed=3,
        overrides=["leader.alpha=0.1", "robots.starts_m=random"],
    )
    assert scenario.place("robots.count") == "w.toml:5"
    assert scenario.place("robots.dimension") == "w.toml:4"
    assert scenario.place("selfish.0.robot") == "w.toml:7"
    assert scenario.place("network.graph") == "w.toml:1"
    assert scenario.place("leader.alpha") == "--set:1"
    assert scenario.place("leader") == "--set:1"
    assert scenario.place("robots.starts_m.3") == "--set:2"
    assert scenario.place("mission.seed") == "--seed:1"
    error = scenario.error("leader.alpha", "must be < 0.5 (use 0.4)")
    assert isinstance(error, BadInput)
    assert str(error) == "--set:1: leader.alpha: must be < 0.5 (use 0.4)"


def test_a_scenario_without_a_file_still_has_places() -> None:
    values = {"mission": {"kind": "rendezvous"}, "robots": {"count": 3}}
    assert RendezvousScenario.model_validate(values).place("robots.count") == "world:1"
