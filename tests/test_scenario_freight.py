"""Freight worlds: what is accepted, the exact words of errors, where files are, how much memory is estimated."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robosim.controllers.selfish.suppliers import SUPPLIER_DEVIATIONS
from robosim.errors import BadInput, TooLarge
from robosim.freight.coupled.file import save_problem
from robosim.freight.coupled.problem import Coupled
from robosim.freight.keys import FreightNetwork
from robosim.freight.published import PUBLISHED, TAKEN, published
from robosim.freight.roads import tntp
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.freight.roads.random_roads import random_roads
from robosim.freight.roads.recipes import RECIPES
from robosim.freight.scenario import FreightScenario
from robosim.freight.size import LARGEST_UNKNOWN, Size, size_of
from robosim.freight.values import GRAPHS
from robosim.network import graphs as communication
from robosim.network.network import Network
from robosim.scenario.loading import json_schema, load_scenario
from robosim.scenario.reading import template
from robosim.scenario.world_file import estimate_bytes, refuse_too_large

SMALLEST = '[mission]\nkind = "freight"\n'
PAIR = f"{SMALLEST}[problem]\nslope = [[1], [2]]\nA = 1\nb = 3\nH = [[2], [[2]]]\n"
World = Callable[[str], Path]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Writes w.toml into an empty current directory, so that messages begin with w.toml."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        Path("w.toml").write_text(text)
        return Path("w.toml")

    return write


def load(name: str | Path, *options: str) -> FreightScenario:
    scenario = load_scenario(name, overrides=options)
    assert isinstance(scenario, FreightScenario)
    return scenario


def errors(name: str | Path, *options: str) -> list[str]:
    with pytest.raises(BadInput) as caught:
        load_scenario(name, overrides=options)
    return str(caught.value).split("\n")


# -- what is accepted ------------------------------------------------------------------------------------------------


def test_defaults_are_those_of_the_documentation(world: World) -> None:
    found = load(world(SMALLEST))
    mission, freight, network, method, leader = (
        found.mission,
        found.freight,
        found.network,
        found.method,
        found.leader,
    )
    assert (mission.rounds, mission.seed, mission.controller) == (1000, 0, "consensus_tracking_admm")
    assert (freight.instance, freight.source, freight.roads, freight.problem) == ("example-1", "paper", None, None)
    assert (freight.ties, freight.periods, freight.congestion_kind) == ("plain", 24, "linear")
    assert (network.graph, network.edges, network.weights, network.margin) == ("instance", None, "lazy-metropolis", 0.0)
    assert (method.penalties, method.given, method.variant) == ("auto", {}, "consistent")
    assert (leader.tax, leader.tolerance, leader.marginals) == ("vcg", None, "distributed")
    assert (found.record.every, found.selfish, found.published_penalties) == (1, (), None)
    assert found.problem is found.general_problem() is None


def test_roads_are_drawn(world: World) -> None:
    drawn = load(world(SMALLEST), "freight.instance=random").freight
    assert (drawn.source, drawn.supplier_count, drawn.demander_count, drawn.goods, drawn.paths) == (
        "random",
        4,
        3,
        2,
        2,
    )
    assert (drawn.congestion, drawn.congestion_kind, drawn.slack) == (None, "linear", 0.5)
    given = ["freight.suppliers=7", "freight.demanders=1", "freight.congestion=bpr", "freight.slack=0"]
    other = load(world(SMALLEST), "freight.instance=random", *given).freight
    assert (other.supplier_count, other.demander_count, other.congestion_kind, other.slack) == (7, 1, "bpr", 0.0)


def test_roads_are_real(world: World) -> None:
    real = load(
        world(f"{SMALLEST}[freight]\nroads = 'a_net.tntp'\nsuppliers = [10, 16, 22]\ndemanders = [3]\n")
    ).freight
    assert (real.source, real.instance, real.supplier_count, real.demander_count) == ("roads", None, 3, 1)
    assert (real.suppliers, real.by, real.demand_scale, real.congestion_kind) == ((10, 16, 22), "time", 1.0, "bpr")


@pytest.mark.parametrize("name", RECIPES)
def test_every_market_of_the_paper_is_known(name: str) -> None:
    found = load("freight", f"freight.instance={name}", "freight.ties=stable")
    assert (found.freight.source, found.freight.ties) == ("paper", "stable")


def test_bundled_worlds() -> None:
    assert load("freight").freight.source == "paper"
    assert (load("freight").leader.tax, load("freight").leader.tolerance) == ("vcg", 1e-6)
    falls = load("freight-sioux-falls")
    assert (falls.freight.roads, falls.freight.congestion_kind) == ("SiouxFalls_net.tntp", "bpr")
    assert load("aggregator").freight.source == "problem"


def test_the_aggregator_gives_what_the_cars_take() -> None:
    """X, Example 2: Σ_i x_i = x_0; the own costs are diagonal edges, 0.01 and 0.005 dollars/kW²."""
    problem = load("aggregator").general_problem()
    assert problem is not None
    assert (problem.agents, problem.variables) == (5, 6)
    x = np.ones((5, 6))
    x[0] = -4.0
    assert (problem.excess(x) == 0).all()
    assert problem.costs(x)[1:] == pytest.approx(6 * (0.005 - 0.5))
    assert problem.costs(x)[0] == pytest.approx(6 * 16 * 0.01 + 4 * (0.31 + 0.27 + 0.19 + 0.12 + 0.10 + 0.14))
    assert problem.most.tolist() == [[np.inf], [18.0], [12.0], [22.0], [9.0]]
    assert all(problem.without(i).agents == 4 for i in range(5))


def test_a_problem_is_what_its_lists_say(world: World) -> None:
    """The example of `Coupled.of`; inequalities bring slack, infinite limits are none (X, Remark 1)."""
    pair = load(world(PAIR)).general_problem()
    assert pair is not None
    assert pair.objective(np.array([[2.0], [1.0]])) == 9.0
    slack = load(
        world(PAIR), "problem.sense='<='", "problem.lower=[[0], [-inf]]", "problem.upper=inf"
    ).general_problem()
    assert slack is not None
    assert (slack.variables, slack.lower.tolist()) == (2, [[0.0, 0.0], [-np.inf, 0.0]])
    shared = load(world(PAIR), "problem.theta=[[1, 2]]", "problem.congestion=[0.5]", "problem.part=[[1], [0]]")
    edge = shared.general_problem()
    assert edge is not None
    assert edge.objective(np.array([[2.0], [1.0]])) == 9.0 + 0.5 * 4.0**2
    assert edge.part[:, 0].tolist() == [1.0, 0.0]


def test_a_problem_in_a_file(world: World, tmp_path: Path) -> None:
    problem = Coupled.of([[1.0], [2.0]], 1.0, [3.0])
    save_problem(problem, tmp_path / "p.npz")
    found = load(world(f"{SMALLEST}[freight]\nproblem = 'p.npz'\n"))
    assert found.freight.source == "problem"
    read = found.general_problem()
    assert read is not None
    assert (read.slope == problem.slope).all()


@pytest.mark.parametrize(
    ("controller", "instance", "parameters"),
    [
        ("consensus_tracking_admm", "example-6", {"rho": 0.3, "sigma": 0.3}),
        ("tracking_admm", "example-3", {"sigma": 0.5}),
        ("dc_admm", "example-1", {"sigma": 0.1}),
        ("dpmm", "example-2", {"gamma": 0.8, "beta": 0.1}),
        ("iplux", "example-2", {"alpha": 0.5, "rho": 0.5}),
    ],
)
def test_the_authors_parameters(controller: str, instance: str, parameters: dict[str, float]) -> None:
    """X, section 6.1 and supplement C."""
    options = [f"mission.controller={controller}", f"freight.instance={instance}", "method.penalties=published"]
    assert load("freight", *options).published_penalties == parameters
    first = next(iter(parameters))
    single = load("freight", *options, f"method.{first}=7").method
    assert single.given == {first: 7.0}


def test_published_parameters_are_of_methods_and_examples_that_exist() -> None:
    assert PUBLISHED.keys() == TAKEN.keys() - {"dual_subgradient", "dot_admm"}  # X has neither
    for controller, examples in PUBLISHED.items():
        assert examples.keys() <= RECIPES.keys()
        assert all(published(controller, name) for name in examples)
    assert published("mine", "example-1") is published("dpmm", None) is None


def test_other_controllers_take_any_parameter(world: World) -> None:
    found = load(world(SMALLEST), "mission.controller=mine", "method.beta=2", "method.rho=1")
    assert found.method.given == {"rho": 1.0, "beta": 2.0}


def test_weights_of_the_authors_have_their_margin(world: World) -> None:
    """W_ij = 1/(2 (max(deg_i, deg_j) + 0.1)); a path of two has degree 1."""
    network = load(world(SMALLEST), "network.weights=authors", "network.graph=edges", "network.edges=[[0, 1]]").network
    links = Network(n=2, edges=np.array(network.edges), margin=network.margin).links
    assert links.weight.tolist() == [0.5 / 1.1, 0.5 / 1.1]


def test_names_that_are_copied_to_keep_loading_light() -> None:
    assert communication.GRAPHS == GRAPHS
    assert get_args(FreightNetwork.model_fields["graph"].annotation) == ("instance", *GRAPHS, "edges")
    assert tntp.SOURCE.endswith("github.com/bstabler/TransportationNetworks")


def test_selfish_suppliers(world: World) -> None:
    one, two = load(
        world(SMALLEST),
        "selfish=[{supplier=3, strategy='cost-misreport', scale=1.3}, {suppliers=[0, 1], strategy='drop-out'}]",
    ).selfish
    assert (one.agents, one.strategy) == ((3,), "cost-misreport")
    assert one.parameters(SUPPLIER_DEVIATIONS["cost-misreport"]) == {"scale": 1.3}
    assert (two.agents, two.parameters(SUPPLIER_DEVIATIONS["drop-out"])) == ((0, 1), {})


# -- options that name another source --------------------------------------------------------------------------------


def test_an_option_that_names_a_source_replaces_that_of_the_file(world: World) -> None:
    """With the keys that go with it; so no second option has to unsay what the bundled world says."""
    roads = load("freight", "freight.roads=a_net.tntp", "freight.paths=3").freight
    assert (roads.source, roads.instance, roads.paths, roads.periods) == ("roads", None, 3, 24)
    paper = load("freight-sioux-falls", "freight.instance=example-2").freight
    assert (paper.source, paper.roads, paper.model_fields_set) == ("paper", None, {"instance", "periods"})
    drawn = load("freight-sioux-falls", "freight.instance=random").freight
    assert (drawn.source, drawn.congestion_kind, drawn.demand_scale) == ("random", "bpr", 1.0)
    assert load("aggregator", "freight.instance=example-1").problem is None
    general = load("freight-sioux-falls", "problem={slope=[[1], [2]], A=1, b=3}")
    assert general.freight.source == "problem"
    whole = load("freight-sioux-falls", "freight={roads='b_net.tntp', goods=4}")
    assert (whole.freight.roads, whole.freight.goods) == ("b_net.tntp", 4)
    assert errors("freight", "freight.roads=a_net.tntp", "freight.instance=example-2") == [
        "--set:1: freight.roads: stands beside freight.instance (remove one of them)"
    ]
    assert load(world(PAIR), "freight.problem=p.npz").problem is None
    assert load(world(f"{PAIR}[freight]\nperiods = 3\n"), "problem.b=4").freight.periods == 3


def test_keys_that_do_not_go_with_the_source_are_refused_if_an_option_gives_them() -> None:
    (line,) = errors("freight-sioux-falls", "freight.instance=example-2", "freight.goods=3")
    assert line == (
        '--set:2: freight.goods: is used only with instance = "random" or roads, got instance = "example-2" '
        "(set that, or remove goods)"
    )


# -- the words of errors ---------------------------------------------------------------------------------------------

PATH = "a file (with a dot or a slash in its path)"
INSTANCE = f'freight.instance: must be "example-1" to "example-6", "semi-balanced", "unbalanced", "random", or {PATH}'
KNOWN = "known: mission, freight, problem, network, method, leader, record, selfish"
WHICH = 'is used only with instance = "random" or roads, got instance = "example-1"'
CONTROLLERS = 'mission.controller = "tracking_admm" or "iplux"'


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("freight=3", "freight: must be a table, got 3 (write [freight] on a line and its keys on the lines below)"),
        ("problem=3", "problem: must be a table, got 3 (write [problem] on a line and its keys on the lines below)"),
        ("station.count=3", f"station: unknown section ({KNOWN})"),
        ("freight.supplier=3", 'freight.supplier: unknown key (did you mean "suppliers"?)'),
        ("freight.instance=example-9", f'{INSTANCE}, got "example-9" (did you mean "example-6"?)'),
        ("freight.instance=''", f'{INSTANCE}, got "" (for example instance = "example-1")'),
        (
            "freight.instance=1",
            'freight.instance: must be text in double quotes, got 1 (for example instance = "example-1")',
        ),
        (
            "freight.roads=SiouxFalls",
            f'freight.roads: must be {PATH}, got "SiouxFalls" (for example roads = "SiouxFalls_net.tntp")',
        ),
        ("freight.suppliers=3", f"freight.suppliers: {WHICH} (set that, or remove suppliers)"),
        (
            "freight.trips='a_trips.tntp'",
            'freight.trips: is used only with roads, got instance = "example-1" (set that, or remove trips)',
        ),
        ("freight.suppliers=0", "freight.suppliers: must be >= 1, got 0 (for example suppliers = 4)"),
        ("freight.suppliers=[]", "freight.suppliers: must have 1 or more elements, got [] (for example "),
        ("freight.demanders=[-1]", "freight.demanders.0: must be >= 0, got -1 (for example demanders = 3)"),
        ("freight.slack=-1", "freight.slack: must be >= 0, got -1 (for example slack = 0.5)"),
        ("freight.periods=0", "freight.periods: must be >= 1, got 0 (for example periods = 24)"),
        (
            "freight.roads=SiouxFalls.tntp",
            'freight.trips: is missing, and "SiouxFalls.tntp" does not end in _net.tntp '
            '(for example trips = "SiouxFalls_trips.tntp")',
        ),
        ("network.graph=rng", 'network.graph: must be "instance", "path", "ring", "star", "complete", "grid", '),
        (
            "network.graph=edges",
            'network.edges: is missing, it is the graph of graph = "edges" (add it, for example edges = [[0, 1], ',
        ),
        (
            "network.edges=[[0, 1]]",
            'network.edges: is used only with graph = "edges", got "instance" (set that, or remove edges)',
        ),
        ("method.sigma=0", "method.sigma: must be > 0, got 0 (for example sigma = 0.05)"),
        ("method.beta=1", "method.beta: is no parameter of consensus_tracking_admm (it takes rho and sigma)"),
        (
            "method.variant=as-published",
            f'method.variant: is used only with {CONTROLLERS}, got "consensus_tracking_admm" '
            "(set one of those, or remove variant)",
        ),
        (
            "method.penalties=authors",
            'method.penalties: must be "auto" or "published", got "authors" (did you mean "auto"?)',
        ),
        ("leader.tax=groves", 'leader.tax: must be "vcg", "shadow-price" or "none", got "groves" '),
        ("leader.tolerance=0", "leader.tolerance: must be > 0, got 0 (for example tolerance = 1e-06)"),
        (
            "selfish=[{supplier=4, strategy='drop-out'}]",
            "selfish.0.supplier: supplier 4 does not exist (suppliers are 0..3)",
        ),
        (
            "selfish=[{suppliers=[1, 1], strategy='drop-out'}]",
            "selfish.0.suppliers: supplier 1 has a strategy already (give each supplier one)",
        ),
        ("selfish=[{agent=1, strategy='drop-out'}]", "selfish.0: has neither supplier nor suppliers "),
        (
            "selfish=[{supplier=1, strategy='drop-ou'}]",
            'selfish.0.strategy: "drop-ou" is not known (did you mean "drop-out"?)',
        ),
        ("selfish=[3]", "selfish.0: must be a table, got 3 (write [[selfish]] on a line "),
        ("selfish=3", "selfish: must be a list, got 3 (write [[selfish]] on a line "),
    ],
)
def test_words_of_errors(world: World, option: str, message: str) -> None:
    line, *_ = errors(world(SMALLEST), option)
    assert line.removeprefix("w.toml:1: ").removeprefix("--set:1: ").startswith(message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["freight.instance=semi-balanced"],
            'X has none for consensus_tracking_admm with instance = "semi-balanced" (write penalties = "auto", or take '
            "one of example-1, example-2, example-3, example-4, example-5, example-6)",
        ),
        (
            ["mission.controller=dpmm", "freight.instance=example-5"],
            'X has none for dpmm with instance = "example-5" (write penalties = "auto", or take one of example-1, ',
        ),
        (
            ["freight.roads=a_net.tntp"],
            'X has none for consensus_tracking_admm with roads = "a_net.tntp" (write penalties = "auto", or ',
        ),
        (
            ["mission.controller=mine"],
            'X has none for mine with instance = "example-1" (write penalties = "auto")',
        ),
        (
            ["problem={slope=[[1], [2]], A=1, b=3}"],
            'X has none for consensus_tracking_admm with a [problem] section (write penalties = "auto", or ',
        ),
    ],
)
def test_published_parameters_are_refused_elsewhere(world: World, options: list[str], message: str) -> None:
    (line,) = errors(world(SMALLEST), "method.penalties=published", *options)
    assert line.startswith(f'--set:1: method.penalties: is "published", and {message}')


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("problem.slope=[1]", "--set:1: problem.slope.0: must be a list, got 1 (for example slope = [[1.0, 2.0]])"),
        ("problem.slope=[[]]", "--set:1: problem.slope.0: must have 1 or more elements, got [] (for example slope = "),
        ("problem.A=[[[[1]]]]", "--set:1: problem.A.0.0.0: must be a number, got [1] (for example A = "),
        ("problem.b='3'", '--set:1: problem.b: must be a number, got "3" (write the number without quotes)'),
        ("problem.b=nan", "--set:1: problem.b: must be finite, got nan (for example b = [10.0, 20.0])"),
        ("problem.b=inf", "--set:1: problem.b: must be finite, got inf (for example b = [10.0, 20.0])"),
        ("problem.lower=nan", "--set:1: problem.lower: must be a number of at most 1e+12, inf or -inf, got nan (for "),
        ("problem.upper=1e300", "--set:1: problem.upper: must be a number of at most 1e+12, inf or -inf, got 1e+300 "),
        ("problem.c=1", "--set:1: problem.c: unknown key (known: slope, A, b, sense, H, theta, "),
        ("problem.sense='=>'", '--set:1: problem.sense: must be "=", "<=" or ">=", got "=>" (did you mean '),
        ("problem.power=0.5", "--set:1: problem.power: must be >= 1, got 0.5 (for example power = 1.0)"),
        (
            "problem.H=[[2]]",
            "--set:1: problem.H: must be one matrix for each of 2 agents, got 1 (None for who has none)",
        ),
        (
            "problem.H.1=[[-2]]",
            "w.toml:7: problem.H: agent 1's cost is not convex: least eigenvalue -2 (it must be ≥ 0)",
        ),
        ("problem.H.1=[[1, 2], [3]]", "w.toml:7: problem.H: must be an array of numbers, got [[1, 2], [3]] (rows of "),
        ("problem.A=[[1], [1]]", "--set:1: problem.A: must have the shape (2, 1, 1) or spread to it, got (2, 1) (resh"),
        (
            "problem.most=1",
            "w.toml:3: problem.limits: must be (N, r, n) or (r, n), got (0, 1) (leave out limits and most for none)",
        ),
        (
            "problem.most=[[1], [1, 2]]",
            "--set:1: problem.most: must be an array of numbers, got [[1], [1, 2]] (rows of",
        ),
        (
            "problem.slope=[[1], [1, 2]]",
            "--set:1: problem.slope: must be an array of numbers, got [[1], [1, 2]] (rows ",
        ),
        ("network.graph=geometric", '--set:1: network.graph: is "geometric", and agents of a general problem stand '),
        (
            "selfish=[{supplier=2, strategy='drop-out'}]",
            "--set:1: selfish.0.supplier: supplier 2 does not exist (suppliers are 0..1)",
        ),
    ],
)
def test_words_about_problems(world: World, option: str, message: str) -> None:
    (line,) = errors(world(PAIR), option)
    assert line.startswith(message)


def test_problems_with_two_limits(world: World) -> None:
    assert errors(world(PAIR), "problem.lower=1", "problem.upper=0") == [
        "--set:1: problem.lower: agent 0's lower limit is above its upper one (exchange them)"
    ]


def test_sources_that_stand_beside_each_other_in_a_file(world: World) -> None:
    freight = "[freight]\ninstance = 'random'\nroads = 'a_net.tntp'\nproblem = 'p.npz'\nties = 'stable'\n"
    assert errors(world(f"{SMALLEST}{freight}[problem]\nslope=[[1]]\nA=1\nb=1\n"), "selfish=[{supplier=9}]") == [
        "w.toml:5: freight.roads: stands beside freight.instance (remove one of them)",
        "w.toml:6: freight.problem: stands beside freight.instance (remove one of them)",
        "w.toml:8: problem: stands beside freight.instance (remove one of them)",
        '--set:1: selfish.0.strategy: is missing (for example strategy = "cost-misreport")',
    ]


def test_drawn_suppliers_have_no_numbers(world: World) -> None:
    assert errors(world(SMALLEST), "freight.instance=random", "freight.suppliers=[3, 4]", "freight.demanders=0") == [
        '--set:2: freight.suppliers: must be a count with instance = "random", got [3, 4] (for example suppliers = 2)',
        "--set:3: freight.demanders: must be >= 1, got 0 (for example demanders = 3)",
    ]


def test_suppliers_are_counted_as_far_as_no_file_tells(world: World) -> None:
    nine = "selfish=[{supplier=9, strategy='drop-out'}]"
    for options, last in (
        (["freight.instance=random", "freight.suppliers=6"], 5),
        (["freight.roads=a_net.tntp", "freight.suppliers=[1, 2, 3]"], 2),
    ):
        (line,) = errors(world(SMALLEST), nine, *options)
        assert line == f"--set:1: selfish.0.supplier: supplier 9 does not exist (suppliers are 0..{last})"
    for option in ("freight.instance=a.npz", "freight.problem=a.npz", "freight.instance=example-2"):
        assert load(world(SMALLEST), nine, option).selfish[0].agents == (9,)


def test_a_file_that_names_no_kind_is_read_as_the_nearest(world: World) -> None:
    assert errors(world("[freight]\nperiods = 0\n")) == [
        'w.toml:1: mission.kind: is missing (for example kind = "charging")',
        "w.toml:2: freight.periods: must be >= 1, got 0 (for example periods = 24)",
    ]


# -- where files are -------------------------------------------------------------------------------------------------

GET = "get it from github.com/bstabler/TransportationNetworks, folder SiouxFalls"


def test_a_file_named_in_a_world_is_relative_to_it(world: World, tmp_path: Path) -> None:
    """One named by an option is relative to the current folder; what goes with roads is looked for beside them."""
    far = tmp_path / "far"
    far.mkdir()
    there = world("").rename(far / "w.toml")
    there.write_text(f"{SMALLEST}[freight]\nroads = 'a_net.tntp'\n")
    assert (load(there).file_of("roads"), load(there).file_of("trips")) == (far / "a_net.tntp", far / "a_trips.tntp")
    assert load(there).file_of("nodes") is load(there).file_of("instance") is load(there).file_of("problem") is None
    (far / "a_node.tntp").write_text("")
    assert load(there).file_of("nodes") == far / "a_node.tntp"
    near = load(there, "freight.roads=b_net.tntp", "freight.nodes=c.txt")
    assert (near.file_of("roads"), near.file_of("trips")) == (Path("b_net.tntp"), Path("b_trips.tntp"))
    assert near.file_of("nodes") == Path("c.txt")
    other = load(there, "freight.roads=./roads", "freight.trips=t.txt")
    assert (other.file_of("trips"), other.file_of("nodes")) == (Path("t.txt"), None)
    assert load(there, "freight.instance=x.npz").file_of("instance") == Path("x.npz")
    assert load("freight-sioux-falls").file_of("roads") == Path("SiouxFalls_net.tntp")
    assert load("freight").file_of("instance") is load("freight").file_of("trips") is None


def test_missing_road_files_are_to_be_had_somewhere(world: World) -> None:
    with pytest.raises(BadInput) as caught:
        load("freight-sioux-falls").existing_file_of("roads")
    place, _, message = str(caught.value).partition(": ")
    assert place.startswith("worlds/freight-sioux-falls.toml:")
    assert message == (
        f"freight.roads: no such file: SiouxFalls_net.tntp ({GET}, or name it by --set freight.roads=FILE)"
    )
    name = world(f"{SMALLEST}[freight]\nroads = 'SiouxFalls_net.tntp'\n")
    Path("SiouxFalls_net.tntp").write_text("")
    assert load(name).existing_file_of("roads") == Path("SiouxFalls_net.tntp")
    with pytest.raises(BadInput) as caught:
        load(name).existing_file_of("trips")
    assert str(caught.value) == (
        f"w.toml:3: freight.trips: no such file: SiouxFalls_trips.tntp ({GET}, or name it by --set freight.trips=FILE)"
    )
    assert load(name).existing_file_of("nodes") is None
    with pytest.raises(BadInput, match=r"^--set:1: freight\.nodes: no such file: x/y\.tntp \(get it from "):
        load(name, "freight.nodes=x/y.tntp").existing_file_of("nodes")


def test_missing_instances_and_problems(world: World) -> None:
    hint = "a path in a world file is relative to it, one in an option to the current folder"
    name = world(f"{SMALLEST}[freight]\ninstance = 'a.npz'\n")
    with pytest.raises(BadInput) as caught:
        load(name).existing_file_of("instance")
    assert str(caught.value) == f"w.toml:4: freight.instance: no such file: a.npz ({hint})"
    with pytest.raises(BadInput, match=r"^--set:1: freight\.problem: no such file: b\.npz "):
        load(name, "freight.problem=b.npz").general_problem()


def test_a_written_world_finds_its_files_from_any_folder(world: World, tmp_path: Path) -> None:
    name = world(SMALLEST)
    written = load(name, "freight.roads=a/b_net.tntp", "freight.nodes=n.txt").to_toml()
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "w.toml").write_text(written)
    again = load(tmp_path / "far" / "w.toml")
    assert (again.file_of("roads"), again.file_of("trips"), again.file_of("nodes")) == (
        tmp_path / "a" / "b_net.tntp",
        tmp_path / "a" / "b_trips.tntp",
        tmp_path / "n.txt",
    )
    assert again.to_toml() == written


# -- written, estimated, described -----------------------------------------------------------------------------------

SOURCES: list[dict[str, Any]] = [
    {},
    {"freight": {"instance": "example-4", "ties": "stable"}},
    {"freight": {"instance": "random", "suppliers": 3, "congestion": "bpr", "slack": 1}},
    {"freight": {"instance": "/far/a.npz", "periods": 1}},
    {"freight": {"roads": "/far/a_net.tntp", "trips": "/far/t", "suppliers": [2, 1], "demanders": [5], "by": "length"}},
    {"freight": {"problem": "/far/p.npz"}},
    {"problem": {"slope": [[1, 2], [3, 4]], "A": 1, "b": 3, "sense": "<=", "upper": float("inf")}},
    {"problem": {"slope": [[1, 2], [3, 4]], "A": [[1, 0], [0, 1]], "b": [1, 2], "H": [[1, 2], [[1, 0], [0, 1]]]}},
]


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Sections of a valid world, each key there or not."""
    sections = draw(st.sampled_from(SOURCES))
    method = st.sampled_from([{}, {"sigma": 0.25}, {"rho": 1e-12, "penalties": "auto"}])
    network = st.sampled_from([{}, {"graph": "star", "weights": "authors"}, {"graph": "edges", "edges": [[0, 1]]}])
    leader = st.sampled_from([{}, {"tax": "none", "tolerance": 0.5}, {"tax": "shadow-price", "marginals": "central"}])
    every = draw(st.integers(1, 5))
    return {
        **sections,
        "mission": {"kind": "freight", "rounds": 9, "seed": draw(st.integers(0, 2**63 - 1))},
        "method": draw(method),
        "network": draw(network),
        "leader": draw(leader),
        "record": {"every": every},
    }


FILES = count()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_a_written_scenario_loads_to_an_equal_one(tmp_path: Path, sections: dict[str, Any]) -> None:
    name = tmp_path / f"w{next(FILES)}.toml"
    name.write_text(SMALLEST)
    scenario = load_scenario(name, overrides=sections)
    name.write_text(scenario.to_toml())
    again = load_scenario(name)
    assert again == scenario
    assert again.to_toml() == scenario.to_toml()


def estimate(*options: str) -> int:
    return estimate_bytes(load("freight", *options))


def test_estimates_grow_with_rounds_and_with_the_copies() -> None:
    decisions = 8 * 4 * (12 + 6) * 1000  # what four suppliers ship of three goods to two towns on two paths, and prices
    assert estimate("mission.rounds=2000") - estimate("mission.rounds=1000") == decisions
    assert estimate("mission.rounds=2000", "record.every=2") == estimate("mission.rounds=1000")
    # prices of the copies' consensus: N² n numbers for each of N suppliers, six times, in place of ten of m
    more = estimate("mission.controller=tracking_admm") - estimate()
    assert more == 8 * 4 * (6 * (6 + 16 * 12) - 10 * 6)


@pytest.mark.parametrize("name", ["example-1", "example-2"])
def test_sizes_of_the_paper_are_known_before_anything_is_drawn(name: str) -> None:
    known, built = size_of(load("freight", f"freight.instance={name}")), Size.of(coupled(paper_instance(name)))
    assert known[:3] == built[:3]
    assert built.edges <= known.edges
    assert built.own <= known.own


def test_sizes_of_drawn_roads_are_known_before_they_are_drawn() -> None:
    counts = {"suppliers": 6, "demanders": 4, "goods": 3, "paths": 2}
    scenario = load("freight", "freight.instance=random", *(f"freight.{key}={n}" for key, n in counts.items()))
    known, built = size_of(scenario), Size.of(coupled(random_roads(3, **counts)))
    assert known[:3] == built[:3]
    assert built.edges <= known.edges
    assert built.own <= known.own


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["problem.sense='<='"],
        ["problem.theta=[[1, 2], [3, 4], [5, 6]]", "problem.congestion=1"],
        ["problem.theta=[[[1], [2]], [[3], [4]]]", "problem.congestion=1"],
    ],
)
def test_sizes_of_problems_are_those_of_their_lists(world: World, options: list[str]) -> None:
    scenario = load(world(PAIR), *options)
    problem = scenario.general_problem()
    assert problem is not None
    assert size_of(scenario) == Size.of(problem)


def test_sizes_of_files_are_guessed_until_they_are_read(world: World) -> None:
    name = world(SMALLEST)
    for key in ("instance", "problem"):
        assert size_of(load(name, f"freight.{key}=missing.npz")) == LARGEST_UNKNOWN
        assert size_of(load(name, f"freight.{key}='a\\u0000.npz'")) == LARGEST_UNKNOWN
        Path("large.npz").write_bytes(b"x" * 10**6)
        Path("small.npz").write_bytes(b"x" * 5161)  # as example 1 takes, N = 4 and n = 12
        assert size_of(load(name, f"freight.{key}=large.npz")) == LARGEST_UNKNOWN
        guess = size_of(load(name, f"freight.{key}=small.npz"))
        assert 4 <= guess.agents <= 20
        assert 12 <= guess.variables <= 240
    Path("a_net.tntp").write_bytes(b"x" * 30 * 50)
    roads = [size_of(load(name, f"freight.roads={file}_net.tntp")) for file in ("a", "missing")]
    assert [size[:3] for size in roads] == [(4, 12, 6), (4, 12, 6)]
    assert [(size.edges, size.own) for size in roads] == [(51, 48), (4 * 192, 192)]  # 51, 1001 links at most


def test_a_read_file_replaces_the_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = load("freight", "freight.problem=missing.npz")
    small = scenario.measured(Coupled.of(np.ones((2, 3)), 1.0, [1.0]))
    assert estimate_bytes(small) < estimate_bytes(scenario)
    assert small == scenario
    assert small.place("freight.problem") == "--set:1"
    large = scenario.measured(Coupled.of(np.ones((200, 300)), 1.0, [1.0]))
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.5")
    with pytest.raises(TooLarge) as caught:
        refuse_too_large(large)
    assert str(caught.value).startswith(
        "--set:1: freight.problem: 200 agents with 300 unknowns each and copies of all others' need about "
    )


@pytest.mark.parametrize(
    ("options", "begin"),
    [
        (
            ["freight.instance=random", "freight.suppliers=100000"],
            "--set:2: freight.suppliers: 100000 agents with 12 unknowns each ",
        ),
        (
            ["mission.rounds=1000000000"],
            "--set:1: mission.rounds: 4 agents with 12 unknowns each x 1000000000 rounds need about 576 GB, ",
        ),
        (
            ["freight.instance=random", "freight.goods=1000000000000000000"],
            "--set:2: freight.goods: 4 agents with 6000000000000000000 unknowns ",
        ),
        (["freight.instance=example-3", "mission.controller=dpmm", "record.every=9"], ""),
    ],
)
def test_absurd_sizes_are_refused(monkeypatch: pytest.MonkeyPatch, options: list[str], begin: str) -> None:
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "11.7")
    if not begin:  # the largest example of the paper takes a few hundred megabytes
        assert load("freight", *options)
        return
    with pytest.raises(TooLarge) as caught:
        load("freight", *options)
    assert str(caught.value).startswith(begin)


def test_large_problems_are_refused_before_they_are_spread(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """A million numbers of coupling from a thousand of costs and as many of b: checked when the problem is built."""
    many = {"problem.slope": np.ones((1, 5000)), "problem.A": 1, "problem.b": np.ones(5000), "problem.H": [[-1]]}
    name = world(PAIR)
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "0.1")
    with pytest.raises(TooLarge, match=r"problem\.slope: 1 agents with 5000 unknowns each"):
        load_scenario(name, overrides=many)
    monkeypatch.setenv("ROBOSIM_MEMORY_GB", "100")
    scenario = load_scenario(name, overrides={**many, "problem.slope": np.ones((1, 5000)), "problem.A": [[1, 2]]})
    assert isinstance(scenario, FreightScenario)
    with pytest.raises(
        BadInput, match=r"^--set:2: problem\.A: must have the shape \(1, 5000, 5000\) .* \(reshape it\)$"
    ):
        scenario.general_problem()


def test_the_schema_has_the_sections_of_freight() -> None:
    schema = json_schema()
    freight = schema["$defs"]["FreightScenario"]
    assert set(freight["properties"]) == {
        "mission", "freight", "problem", "network", "method", "leader", "record", "selfish",
    }  # fmt: skip
    assert freight["required"] == ["mission"]
    assert not freight["additionalProperties"]
    assert schema["$defs"]["FreightSection"]["properties"]["suppliers"]["default"] == 4
    assert "tracker-injection" in schema["$defs"]["SelfishSupplier"]["properties"]["strategy"]["enum"]


def test_the_template_names_keys_at_the_start_of_lines() -> None:
    text = template("freight")
    assert set(tomllib.loads(text)) == {"mission", "freight", "network", "method", "leader"}
    assert "\ninstance = " in text
    assert "\nroads = " in template("freight-sioux-falls")
