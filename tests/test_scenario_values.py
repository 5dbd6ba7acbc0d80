"""World files are written, estimated and described as they are read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robosim.controllers.selfish.robots import STRATEGIES
from robosim.errors import BadInput, TooLarge
from robosim.files.writing import value_text
from robosim.kind import kinds
from robosim.scenario.loading import json_schema, load_scenario
from robosim.scenario.reading import bundled_worlds, template
from robosim.scenario.world_file import estimate_bytes, limit_bytes

# -- written ---------------------------------------------------------------------------------------------------------

POSITIVE = st.floats(1e-12, 1e12)
AUTO = st.one_of(st.just("auto"), POSITIVE)
SCALAR = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8")),
)


@given(st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_values_are_written_as_toml(value: Any) -> None:
    assert tomllib.loads(f"v = {value_text(value)}")["v"] == value


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Sections of a valid world, each key there or not."""
    d, n = draw(st.integers(1, 3)), draw(st.integers(2, 9))
    box = [-5, 5.5] if draw(st.booleans()) else [[-5.0 - axis, 5 + axis] for axis in range(d)]
    point = st.lists(st.floats(-5, 5), min_size=d, max_size=d)
    starts = draw(st.one_of(st.just("random"), st.lists(point, min_size=n, max_size=n)))
    travel = draw(st.sampled_from([{}, {"travel": "after-agreeing", "travel_time_s": 4.5}]))
    energy = draw(
        st.sampled_from(
            [
                {},
                {"power": "stage", "mass_kg": 3},
                {"power": "argos-time-motion", "battery_j": 9},
                {"power": "custom", "p1_j_per_m": 2.5},
            ]
        )
    )
    network = draw(
        st.sampled_from(
            [
                {"graph": "star"},
                {"graph": "edges", "edges": [[0, 1]]},
                {"graph": "geometric", "radius_m": 2, "long_links": 1},
            ]
        )
    )
    robots = {"count": n, "dimension": d, "starts_m": starts, "type_space_m": box, "speed_limit_mps": draw(POSITIVE)}
    alpha = draw(st.one_of(AUTO, st.sampled_from(["0.9/lambda_max", "1.5e-1 / lambda_max"])))
    selfish = draw(
        st.lists(
            st.sampled_from(
                [
                    {"robot": 1, "strategy": "stationary"},
                    {"robots": [1], "strategy": "stubborn", "target_m": [0.25] * d},
                    {"robot": 1, "strategy": "foot-dragging", "stride": 1},
                ]
            ),
            max_size=1,
        )
    )
    mission = {"kind": "rendezvous", "seed": draw(st.integers(0, 2**63 - 1)), "dt_s": draw(AUTO), **travel}
    return {
        "mission": mission,
        "robots": robots,
        "energy": energy,
        "network": network,
        "leader": {"alpha": alpha},
        "selfish": selfish,
    }


FILES = count()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_a_written_scenario_loads_to_an_equal_one(tmp_path: Path, sections: dict[str, Any]) -> None:
    scenario = load_scenario("rendezvous-honest", overrides=sections)
    file = tmp_path / f"w{next(FILES)}.toml"
    file.write_text(scenario.to_toml())
    again = load_scenario(file)
    assert again == scenario
    assert again.to_toml() == scenario.to_toml()
    for entry, was in zip(again.selfish, scenario.selfish, strict=True):
        assert entry.parameters(STRATEGIES[entry.strategy]) == was.parameters(STRATEGIES[was.strategy])


@pytest.mark.parametrize("name", bundled_worlds())
def test_bundled_worlds_are_written_and_read(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(name)
    (tmp_path / "w.toml").write_text(scenario.to_toml())
    again = load_scenario(tmp_path / "w.toml")
    assert again.to_toml() == scenario.to_toml()
    assert again == scenario or name == "freight-sioux-falls"  # it names a file, whose full path is written


# -- estimated -------------------------------------------------------------------------------------------------------


def refusal(*options: str) -> str:
    begin = time.process_time()
    with pytest.raises(TooLarge) as caught:
        load_scenario("rendezvous-honest", overrides=options)
    assert time.process_time() - begin < 0.5
    return str(caught.value)


def test_absurd_sizes_are_refused_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "11.7")
    fewer, raises = "fewer robots or rounds, or record.every", "ROBOSIM_MEMORY_GB raises the limit"
    assert refusal("robots.count=1000000000") == (
        "--set:1: robots.count: 1000000000 robots x 60 rounds need about 2.608 TB, the limit is 11.7 GB "
        f"({fewer}; {raises})"
    )
    assert refusal("mission.rounds=1000000000").startswith(
        "--set:1: mission.rounds: 12 robots x 1000000000 rounds need about 288 GB, the limit is 11.7 GB ("
    )
    assert refusal("robots.count=100000", "network.graph=complete") == (
        "--set:2: network.graph: 4999950000 links of 100000 robots need about 600.2 GB, the limit is 11.7 GB "
        f"(fewer robots or another graph; {raises})"
    )


@pytest.mark.parametrize("graph", ["ring", "path", "star", "complete", "grid", "random-tree", "geometric"])
@pytest.mark.parametrize("robots", [10**10, 10**14, 10**18])
def test_up_to_any_number_of_robots(graph: str, robots: int) -> None:
    assert " need about " in refusal(f"robots.count={robots}", f"network.graph={graph}")


def estimate(*options: str) -> int:
    return estimate_bytes(load_scenario("rendezvous-honest", overrides=options))


def test_estimates_grow_with_what_is_kept_and_linked() -> None:
    trajectory = 8 * 12 * 3 * 1000  # x, y and energy of twelve robots
    assert estimate("mission.rounds=2000") - estimate("mission.rounds=1000") == trajectory
    assert estimate("mission.rounds=2000", "record.every=2") == estimate("mission.rounds=1000")
    assert estimate("network.graph=complete") > estimate("network.graph=grid") > estimate("network.graph=ring")
    assert estimate("network.long_links=2") > estimate("network.long_links=1") > estimate()
    assert estimate("network.graph=edges", "network.edges=[[0, 1]]") < estimate()


def test_estimates_of_geometric_graphs_follow_the_radius() -> None:
    geometric = ["network.graph=geometric", "robots.count=1000"]
    everybody = estimate("network.graph=complete", "robots.count=1000")
    assert estimate(*geometric, "network.radius_m=1000") == everybody
    assert estimate(*geometric, "network.radius_m=1") < estimate(*geometric, "network.radius_m=2") < everybody
    listed = ["network.graph=geometric", f"robots.starts_m={[[0, 0]] * 12}"]
    assert estimate(*listed, "network.radius_m=1") == estimate("network.graph=complete")


def test_a_world_that_is_too_large_is_refused_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text('[mission]\nkind = "rendezvous"\n[robots]\ncount = 1_000_000_000_000\n')
    with pytest.raises(TooLarge, match=r"w\.toml:4: robots\.count: 1000000000000 robots x 60 rounds need about "):
        load_scenario(file)


def test_what_just_fits_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    size = estimate("mission.rounds=60")
    monkeypatch.setattr("robosim.scenario.world_file.limit_bytes", lambda: size)
    load_scenario("rendezvous-honest")
    assert refusal("mission.rounds=61")


def test_the_limit_is_half_of_the_memory_or_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROBOSIM_MEMORY_GB", raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}.__getitem__)
    assert limit_bytes() == 2_048_000
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.5")
    assert limit_bytes() == 500_000_000


@pytest.mark.parametrize("value", ["", "much", "nan", "inf", "-1", "0"])
def test_a_limit_that_is_no_number(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", value)
    with pytest.raises(BadInput) as caught:
        load_scenario("erratum")
    assert str(caught.value) == (
        f'environment:1: ROBOSIM_MEMORY_GB: must be a number of gigabytes > 0, got "{value}" '
        "(for example ROBOSIM_MEMORY_GB=4)"
    )


# -- described -------------------------------------------------------------------------------------------------------


def accepts(schema: dict[str, Any], value: Any, defs: dict[str, Any]) -> bool:
    """JSON Schema, as far as ours goes; any other keyword is an error, as editors may not know it."""
    if not of_type(schema.get("type"), value):
        return False
    return all(KEYWORDS[keyword](rule, value, schema, defs) for keyword, rule in schema.items())


def of_type(name: str | None, value: Any) -> bool:
    return name is None or (isinstance(value, TYPES[name]) and isinstance(value, bool) == (name == "boolean"))


TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(["$defs", "title", "description", "default", "examples", "type"], lambda *_: True),
    "$ref": lambda rule, value, _, defs: accepts(defs[rule.removeprefix("#/$defs/")], value, defs),
    "enum": lambda rule, value, *_: value in rule,
    "const": lambda rule, value, *_: value == rule,
    "minimum": lambda rule, value, *_: value >= rule,
    "maximum": lambda rule, value, *_: value <= rule,
    "exclusiveMinimum": lambda rule, value, *_: value > rule,
    "pattern": lambda *_: True,
    "minItems": lambda rule, value, *_: len(value) >= rule,
    "maxItems": lambda rule, value, *_: len(value) <= rule,
    "items": lambda rule, value, _, defs: all(accepts(rule, part, defs) for part in value),
    "required": lambda rule, value, *_: all(key in value for key in rule),
    "properties": lambda rule, value, _, defs: all(accepts(rule[k], v, defs) for k, v in value.items() if k in rule),
    "patternProperties": lambda rule, value, _, defs: all(
        accepts(part, v, defs) for pattern, part in rule.items() for k, v in value.items() if re.search(pattern, k)
    ),
    "additionalProperties": lambda rule, value, schema, _: rule or all(key in schema["properties"] for key in value),
    "anyOf": lambda rule, value, _, defs: any(accepts(part, value, defs) for part in rule),
    "oneOf": lambda rule, value, _, defs: sum(accepts(part, value, defs) for part in rule) == 1,
}


@pytest.mark.parametrize("name", bundled_worlds())
def test_the_schema_accepts_bundled_worlds_as_they_stand_and_as_written(name: str) -> None:
    schema = json_schema()
    for text in (template(name), load_scenario(name).to_toml()):
        assert accepts(schema, tomllib.loads(text), schema["$defs"])


@pytest.mark.parametrize(
    "option",
    [
        "mission.rounds=0",
        "mission.x=1",
        "robots.speed_limit_mps=0",
        "network.graph='rng'",
        "robots.type_space_m=[1]",
        "selfish=[{robot=1, strategy='dance'}]",
        "x.y=1",
    ],
)
def test_the_schema_refuses_what_loading_refuses(option: str) -> None:
    schema, world = json_schema(), tomllib.loads(template("erratum"))
    section, _, rest = option.partition(".")
    if rest:
        world.setdefault(section, {}).update(tomllib.loads(rest))
    else:
        world.update(tomllib.loads(option))
    with pytest.raises(BadInput):
        load_scenario("erratum", overrides=[option])
    assert not accepts(schema, world, schema["$defs"])


def test_the_schema_describes_every_key() -> None:
    worlds = [kind.scenario.__name__ for kind in kinds().values()]  # sections are described where they are defined
    for name, section in json_schema()["$defs"].items():
        for key, about in section["properties"].items() if name not in worlds else ():
            assert about.get("description"), key


# -- light -----------------------------------------------------------------------------------------------------------


def test_reading_world_files_imports_nothing_heavy() -> None:
    code = (
        "import sys, json; from robosim.scenario.loading import load_scenario; load_scenario('swarm'); "
        "print(json.dumps([m for m in ('numba', 'scipy', 'matplotlib', 'numpy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_loading_takes_a_few_milliseconds() -> None:
    load_scenario("rendezvous")
    begin = time.process_time()
    for _ in range(50):
        load_scenario("rendezvous")
    assert (time.process_time() - begin) / 50 < 0.02
