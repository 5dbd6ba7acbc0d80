"""World files: the exact words of errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from robosim.controllers.selfish.robots import STRATEGIES
from robosim.errors import BadInput, TooLarge
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


GRAMMAR = "(TOML has [section] headers and key = value lines; text stands in double quotes)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "w.toml:1: toml: the file holds no keys (start from the output of `robosim new rendezvous`)"),
        (b"# nothing\n", "w.toml:1: toml: the file holds no keys (start from the output of `robosim new rendezvous`)"),
        (b"[a]\nb = \xff\n", "w.toml:2: file: not UTF-8: byte 0xff (save the file as UTF-8)"),
        ("[mission]".encode("utf-16"), "w.toml:1: file: not UTF-8: byte 0xff (save the file as UTF-8)"),
        (
            b"a = " + b"[" * 20_000,
            "w.toml:1: toml: brackets are nested too deeply (a world needs lists of lists at most)",
        ),
        (
            b"a = " + b"[" * 20_000 + b"]" * 20_000,
            "w.toml:1: toml: brackets are nested too deeply (a world needs lists of lists at most)",
        ),
        (b"\n\na = " + b"9" * 5000, "w.toml:3: toml: a number of thousands of digits (shorten it)"),
        (b"\na" + b".a" * 100 + b" = 1", f"w.toml:2: toml: a key of more than 100 parts {GRAMMAR}"),
    ],
)
def test_unreadable_texts(world: World, content: bytes, message: str) -> None:
    assert errors(world(content)) == [message]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\na = \n", "w.toml:2: toml: invalid value at column 5 "),
        (b"\n\na = [1,\n", "w.toml:4: toml: "),
        (b"a = 1\na = 2\n", "w.toml:2: toml: cannot overwrite a value at column "),
        (b"a = '\x00'\n", "w.toml:1: toml: "),
        (b"a = 1\rb = 2", "w.toml:1: toml: "),
        (b"a = 1979-13-01", "w.toml:1: toml: "),
    ],
)
def test_syntax_errors_have_the_place_of_the_parser(world: World, content: bytes, place: str) -> None:
    (line,) = errors(world(content))
    assert line.startswith(place)
    assert line.endswith(GRAMMAR)


def test_files_that_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ", ".join(bundled_worlds())
    nowhere = "world: no bundled world or file of this name"
    assert errors("no.toml") == [f"no.toml:1: file: no such file (bundled worlds: {known})"]
    assert errors(Path("erratums")) == ['erratums:1: file: no such file (did you mean "erratum"?)']
    assert errors("rendevous") == [f'rendevous:1: {nowhere} (did you mean "rendezvous"?)']
    assert errors("") == [f"world:1: {nowhere} (bundled worlds: {known}; a file is named by its path)"]
    Path("folder").mkdir()
    assert errors("folder") == ["folder:1: file: is a folder (name the world file in it)"]
    check = "(check the path and its permissions)"
    assert errors("a\0b.toml") == [f"a\\x00b.toml:1: file: cannot be read: embedded null byte {check}"]
    assert errors(world("") / "x.toml") == [f"w.toml/x.toml:1: file: cannot be read: Not a directory {check}"]

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert errors("w.toml") == [f"w.toml:1: file: cannot be read: Permission denied {check}"]


def test_a_bundled_name_wins_over_a_folder_and_a_path_over_both(world: World) -> None:
    Path(world("").parent, "swarm").mkdir()
    assert load_scenario("swarm").robots.count == 10_000
    assert errors("./swarm") == ["swarm:1: file: is a folder (name the world file in it)"]


def test_a_file_of_more_than_a_megabyte_is_refused(world: World) -> None:
    with pytest.raises(TooLarge, match=r"^w\.toml:1: file: more than 1 MB \(is this a world file\?\)$"):
        load_scenario(world(SMALLEST + "#" * 1_000_000))


@pytest.mark.parametrize("name", ["a b.toml", "é.toml", "...toml", "x" * 65 + ".toml", "a\nb.toml"])
def test_names_of_worlds(world: World, name: str) -> None:
    world(SMALLEST).rename(name)
    (line,) = errors(name)
    assert line.endswith("(rename the file)")
    assert ":1: file: the name of a world has 1 to 64 letters, digits, '_', '.' or '-', got \"" in line


def test_templates_are_bundled_worlds() -> None:
    with pytest.raises(BadInput, match='did you mean "swarm"'):
        template("swam")


def test_every_error_comes_at_once_in_the_order_of_lines(world: World) -> None:
    text = """[mision]
[mission]
kind = "rendezvouz"
rounds = 0
dt_s = "0.5"
controller = "a b"
graph = "ring"
[robots]
count = 4
speed_limit_mps = -0.1
type_space_m = [5, -5]
starts_m = [[1, 2], [nan, 1e400],
  [1e13, true]]
[network]
graph = "rng"
edges = [[0, 4], [2, 2]]
[leader]
alpha = "3/lambda_max"
[[selfish]]
robot = 9
strategy = "stationery"
"""
    assert errors(world(text)) == [
        'w.toml:1: mision: unknown section (did you mean "mission"?)',
        'w.toml:3: mission.kind: must be "charging", "freight" or "rendezvous", got "rendezvouz" '
        '(did you mean "rendezvous"?)',
        "w.toml:4: mission.rounds: must be >= 1, got 0 (for example rounds = 60)",
        'w.toml:5: mission.dt_s: must be "auto" or a number, got "0.5" (write the number without quotes)',
        "w.toml:6: mission.controller: must be 1 to 64 letters, digits, '_', '.' or '-', got \"a b\" (for example "
        'controller = "consensus")',
        "w.toml:7: mission.graph: unknown key (it belongs below [network])",
        "w.toml:10: robots.speed_limit_mps: must be > 0, got -0.1 (for example speed_limit_mps = 0.5)",
        "w.toml:11: robots.type_space_m: needs lo < hi, got [5, -5] (for example [-10, 10])",
        'w.toml:12: robots.starts_m.1.0: must be finite, got nan (for example starts_m = "random")',
        'w.toml:12: robots.starts_m.1.1: must be finite, got inf (for example starts_m = "random")',
        'w.toml:13: robots.starts_m.2.0: must be <= 1e+12, got 10000000000000.0 (for example starts_m = "random")',
        'w.toml:13: robots.starts_m.2.1: must be a number, got true (for example starts_m = "random")',
        'w.toml:15: network.graph: must be "ring", "path", "star", "complete", "grid", "random-tree", "geometric", '
        '"range" or "edges", got "rng" (did you mean "ring"?)',
        "w.toml:16: network.edges.0: robot 4 does not exist (robots are 0..3)",
        "w.toml:16: network.edges.1: joins robot 2 to itself (remove it)",
        'w.toml:18: leader.alpha: must be "auto", "schedule", a number > 0, or "F/lambda_max" with 0 < F < 2, got '
        '"3/lambda_max" (for example alpha = "auto")',
        "w.toml:20: selfish.0.robot: robot 9 does not exist (robots are 0..3)",
        'w.toml:21: selfish.0.strategy: "stationery" is not known (did you mean "stationary"?)',
    ]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("mission=3", "mission: must be a table, got 3 (write [mission] on a line and its keys on the lines below)"),
        ("selfish=3", "selfish: must be a list, got 3 (write [[selfish]] on a line and its keys on the lines below)"),
        (
            "selfish=[3]",
            "selfish.0: must be a table, got 3 (write [[selfish]] on a line and its keys on the lines below)",
        ),
        (
            "mission.kind=3",
            'mission.kind: must be "charging", "freight" or "rendezvous", got 3 (for example kind = "charging")',
        ),
        (
            "mission.seed=9223372036854775808",
            "mission.seed: must be <= 9223372036854775807, got 9223372036854775808 (for example seed = 0)",
        ),
        ("mission.rounds=true", "mission.rounds: must be a whole number, got true (for example rounds = 60)"),
        ("mission.rounds='9'", 'mission.rounds: must be a whole number, got "9" (write the number without quotes)'),
        ("mission.roundz=9", 'mission.roundz: unknown key (did you mean "rounds"?)'),
        (
            "mission.travel_time_s=3",
            'mission.travel_time_s: is used only with travel = "after-agreeing" '
            "(set that too, or remove travel_time_s)",
        ),
        ("mission.dt_s=1e-13", 'mission.dt_s: must be >= 1e-12, got 1e-13 (for example dt_s = "auto")'),
        ("mission.dt_s=fast", 'mission.dt_s: must be "auto" or a number, got "fast" (for example dt_s = "auto")'),
        (
            f"energy.battery_j=1{'0' * 400}",
            "energy.battery_j: must be <= 1e+12, got a number of more than 40 digits (for example battery_j = 500.0)",
        ),
        (
            f"leader.alpha=-1{'0' * 400}",
            'leader.alpha: must be >= -1e+12, got a number of more than 40 digits (for example alpha = "auto")',
        ),
        (
            f"robots.count={'9' * 5000}",
            f'robots.count: must be a whole number, got "{"9" * 58}… (for example count = 12)',
        ),
        ("robots.count=1", "robots.count: must be >= 2, got 1 (for example count = 12)"),
        ("robots.dimension=4", "robots.dimension: must be <= 3, got 4 (for example dimension = 2)"),
        (
            "robots.type_space_m=[1]",
            "robots.type_space_m: must have 2 or more elements, got [1] (for example type_space_m = [-10.0, 10.0])",
        ),
        (
            "robots.type_space_m=[[1, 2], [3]]",
            "robots.type_space_m.1: must have 2 or more elements, got [3] (for example type_space_m = [-10.0, 10.0])",
        ),
        (
            "robots.type_space_m=[[0, 1], [0, 1], [0, 1]]",
            "robots.type_space_m: has 3 pairs, the space 2 dimensions (give [lo, hi], or one pair for each dimension)",
        ),
        (
            "robots.arena_m=[-3, 3]",
            "robots.arena_m: must contain robots.type_space_m, [[-10.0, 10.0], [-10.0, 10.0]] "
            "(move the walls out, or shrink the type space)",
        ),
        (
            "robots.arena_m=[-30, 3]",
            "robots.arena_m: must contain robots.type_space_m, [[-10.0, 10.0], [-10.0, 10.0]] "
            "(move the walls out, or shrink the type space)",
        ),
        (
            "robots.arena_m=[[-30, 30], [3, 3]]",
            "robots.arena_m: needs lo < hi, got [[-30, 30], [3, 3]] (for example [-10, 10])",
        ),
        (
            "robots.starts_m=[[0, 0], [1, 1], [0, 11], [1, 1]]",
            "robots.starts_m.2: robot 2 starts at [0, 11], outside robots.type_space_m [[-10.0, 10.0], [-10.0, 10.0]] "
            "(move it, or widen the type space)",
        ),
        (
            "robots.starts_m=[[0, 0], [-11, 1], [0, 1], [1, 1]]",
            "robots.starts_m.1: robot 1 starts at [-11, 1], outside robots.type_space_m [[-10.0, 10.0], [-10.0, 10.0]] "
            "(move it, or widen the type space)",
        ),
        (
            "robots.starts_m=[0, true, 0, 0]",
            'robots.starts_m.1: must be a list, got true (for example starts_m = "random")',
        ),
        (
            "robots.starts_m=[[0, 0], [1], [0, 1, 2], [1, 1]]",
            "robots.starts_m.1: robot 1 has 1 coordinates, the space 2 dimensions (give it 2)\n"
            "--set:1: robots.starts_m.2: robot 2 has 3 coordinates, the space 2 dimensions (give it 2)",
        ),
        (
            "robots.starts_m=[[1, 2, 3, 4], [0, 0], [0, 0], [0, 0]]",
            'robots.starts_m.0: must have 3 or fewer elements, got [1, 2, 3, 4] (for example starts_m = "random")',
        ),
        (
            "leader.alpha=2/lambda_max",
            'leader.alpha: must be "auto", "schedule", a number > 0, or "F/lambda_max" with 0 < F < 2, got '
            '"2/lambda_max" (for example alpha = "auto")',
        ),
        (
            "network.graph='3'",
            'network.graph: must be "ring", "path", "star", "complete", "grid", "random-tree", '
            '"geometric", "range" or "edges", got "3" (for example graph = "ring")',
        ),
        ("mission", "mission: must read section.key=value (for example mission.seed=1)"),
        (
            "mission.\udcff=1",
            'mission."\\\\udcff": unknown key (known: kind, rounds, seed, travel, travel_time_s, dt_s, controller, '
            "parameters)",
        ),
        (
            "energy.p0_w=0",
            'energy.p0_w: is used only with power = "custom", got "quadratic" (set that, or remove p0_w)',
        ),
        (
            "energy.mass_kg=1",
            'energy.mass_kg: is used only with power = "stage", got "quadratic" (set that, or remove mass_kg)',
        ),
        (
            "network.edges=[[0, 1]]",
            'network.edges: is used only with graph = "edges", got "ring" (set that, or remove edges)',
        ),
        (
            "network.radius_m=1",
            'network.radius_m: is used only with graph = "geometric", got "ring" (set that, or remove radius_m)',
        ),
        (
            "selfish=[{strategy='freeze'}]",
            "selfish.0: has neither robot nor robots (write robot = 3, or robots = [3, 4])",
        ),
        (
            "selfish=[{strategy='freeze', robot=1, robots=[2]}]",
            "selfish.0: has both robot and robots (write robot = 3, or robots = [3, 4])",
        ),
        ("selfish=[{robot=1}]", 'selfish.0.strategy: is missing (for example strategy = "stationary")'),
        (
            "selfish=[{robots=[1, 1], strategy='freeze'}]",
            "selfish.0.robots: robot 1 has a strategy already (give each robot one)",
        ),
        (
            "selfish=[{robot=1, strategy='dance'}]",
            'selfish.0.strategy: "dance" is not known (known: stationary, stubborn, '
            "initial-lie, foot-dragging, freeze, last-round-snap, griefing, free-riding, over-report, under-report, "
            "best-response, programme; one of your own stands in controllers/dance.py)",
        ),
        (
            "selfish=[{robot=1, strategy='foot-dragging', strid=1}]",
            'selfish.0.strid: foot-dragging has no such parameter (did you mean "stride"?)',
        ),
        (
            "selfish=[{robot=1, strategy='stationary', x=1}]",
            "selfish.0.x: stationary has no such parameter (it takes no parameters)",
        ),
        (
            "selfish=[{robot=1, strategy='stubborn', target_m=[1, 'x']}]",
            'selfish.0.target_m.1: must be a number, got "x" (leave it out for the default)',
        ),
        (
            "selfish=[{robot=1, strategy='best-response', within_limits=1}]",
            "selfish.0.within_limits: must be true or false, got 1 (leave it out for the default)",
        ),
    ],
)
def test_words_of_errors(world: World, option: str, message: str) -> None:
    assert "\n".join(errors(world(SMALLEST), option)) == f"--set:1: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[mission]\nkind = "rendezvous"\n', "w.toml:1: robots.count: is missing (for example count = 12)"),
        ("[robots]\ncount = 4\n", 'w.toml:1: mission.kind: is missing (for example kind = "charging")'),
        (
            "mission = 3\n[robots]\ncount = 4\n",
            "w.toml:1: mission: must be a table, got 3 (write [mission] on a line and its keys on the lines below)",
        ),
        (
            SMALLEST + "starts_m = [1, 2]\n",
            "w.toml:4: robots.count: is 4, robots.starts_m has 2 points (make them agree, or remove count)",
        ),
        (
            SMALLEST.replace("count = 4", "starts_m = [1, 2]\ndimension = 2"),
            "w.toml:5: robots.dimension: is 2, the points "
            "of robots.starts_m have 1 coordinates (make them agree, or remove dimension)",
        ),
        (
            SMALLEST + '[network]\ngraph = "edges"\n',
            "w.toml:5: network.edges: is missing, it is the graph of graph = "
            '"edges" (add it, for example edges = [[0, 1], [1, 2]])',
        ),
        (
            SMALLEST + '[network]\ngraph = "edges"\nedges = [[0, 1],\n[1, 0]]\n',
            "w.toml:8: network.edges.1: [1, 0] stands twice (remove one)",
        ),
        (
            SMALLEST + '[[selfish]]\nrobot = 1\nstrategy = "freeze"\n' * 2,
            "w.toml:9: selfish.1.robot: robot 1 has a strategy already (give each robot one)",
        ),
        (
            SMALLEST + '"a\\nb\\u202e" = 1\n',
            'w.toml:5: robots."a\\nb\\u202e": unknown key (known: count, dimension, '
            "starts_m, type_space_m, arena_m, body, bodies, radius_m, speed_limit_mps, control_dt_s, position_noise_m, "
            "sensing_noise_m, private_cost)",
        ),
        (
            SMALLEST + '[leader]\n"<word>" = 9\n',
            'w.toml:6: leader."<word>": unknown key (known: tax, bound, alpha, empty)',
        ),
    ],
)
def test_words_of_errors_in_files(world: World, text: str, message: str) -> None:
    assert errors(world(text)) == [message]


def test_a_strategy_may_refuse_values_of_the_right_kind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Shy:
        distance_m: float = 1.0

        def __post_init__(self) -> None:
            if self.distance_m <= 0:
                raise ValueError(f"distance_m must be > 0, got {self.distance_m}")

    monkeypatch.setitem(STRATEGIES, "shy", Shy)
    text = SMALLEST + '[[selfish]]\nrobot = 1\nstrategy = "shy"\ndistance_m = '
    assert load_scenario(world(text + "2\n")).selfish[0].parameters(Shy) == {"distance_m": 2.0}
    assert errors(world(text + "-2\n")) == [
        "w.toml:7: selfish.0.strategy: distance_m must be > 0, got -2.0 (change its parameters)"
    ]


def test_long_reports_are_cut(world: World) -> None:
    points = ", ".join(["99"] * 300)
    lines = errors(world(f'[mission]\nkind = "rendezvous"\n[robots]\nstarts_m = [{points}]\n'))
    assert len(lines) == 101
    assert lines[-1] == "w.toml:4: file: 200 more errors (correct the others first)"


def test_long_values_are_shortened(world: World) -> None:
    (line,) = errors(world(SMALLEST + f"private_cost = {[[[0] * 30] * 30] * 30}"))
    assert len(line) < 200
    (line,) = errors(world(SMALLEST + f'{"k" * 5000} = "{"v" * 5000}"'))
    assert len(line) < 300
