"""World files with sizes, obstacles and formations: the words of their errors."""

from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from robosim.rendezvous.avoidance.keys import Avoidance, Formation, Obstacle, Radius
from robosim.rendezvous.avoidance.rules import AVOIDANCE_RULES
from robosim.rendezvous.avoidance.shapes import area, fault, is_convex
from robosim.rendezvous.avoidance.starts import with_room, without_room
from robosim.rendezvous.avoidance.things import inside, things
from robosim.rendezvous.scenario import RendezvousScenario, Robots
from robosim.scenario.checking import Check, Values, broken_rules, problems_of


class SizedRobots(Robots):
    """Robots with a size."""

    radius_m: Radius | None = None


class SizedWorld(RendezvousScenario):
    """A rendezvous of robots with a size."""

    rules: ClassVar[tuple[Check, ...]] = AVOIDANCE_RULES
    robots: SizedRobots
    avoidance: Avoidance = Avoidance()
    obstacle: tuple[Obstacle, ...] = ()
    formation: Formation = Formation()


def said(**tables: Any) -> list[str]:
    """Everything that is said about a world of two robots 1 m apart, as `key: message (fix)`."""
    robots = {
        "starts_m": [[0.0, 0.0], [1.0, 0.0]],
        "radius_m": 0.1,
        "count": 2,
        "dimension": 2,
        "type_space_m": [-9, 9],
    }
    table = {"mission": {"kind": "rendezvous"}, **tables, "robots": {**robots, **tables.get("robots", {})}}
    try:
        SizedWorld.model_validate(table)
        found, wrong = [], ()
    except ValidationError as error:
        found = list(problems_of(error.errors(), SizedWorld))
        wrong = tuple(problem.path for problem in found)
    found += broken_rules(AVOIDANCE_RULES, Values(model=SizedWorld, table=table, wrong=wrong))
    return [f"{'.'.join(one.path)}: {one.message} ({one.fix})" for one in found]


def test_a_sound_world_is_not_complained_about() -> None:
    disc = {"shape": "disc", "center_m": [0.5, 3.0], "radius_m": 0.5}
    box = {"shape": "box", "center_m": [0.5, -3.0], "size_m": [0.5, 1.0], "angle_rad": 0.3}
    fan = {"shape": "polygon", "corners_m": [[3, 0], [5, 0], [4, 1], [4, 3]]}
    assert (
        said(obstacle=[disc, box, fan], formation={"shape": "line", "spacing_m": 0.3}, avoidance={"share": 0.2}) == []
    )


@pytest.mark.parametrize(
    ("obstacle", "message"),
    [
        (
            {"shape": "disc", "center_m": [5, 5]},
            "obstacle.0.radius_m: is missing, shape = \"disc\" needs it (add it, for example radius_m = 0.5)",
        ),
        (
            {"shape": "disc", "center_m": [5, 5], "radius_m": 1.0, "size_m": [1.0, 1.0]},
            'obstacle.0.size_m: is not used with shape = "disc" (remove size_m)',
        ),
        (
            {"shape": "sphere", "center_m": [5, 5], "radius_m": 1.0},
            'obstacle.0.shape: cannot be "sphere" in 2 dimensions (use "disc", "box", "polygon")',
        ),
        (
            {"shape": "box", "center_m": [5, 5], "size_m": [1.0, 1.0, 1.0]},
            "obstacle.0.size_m: has 3 numbers (give 2)",
        ),
        (
            {"shape": "polygon", "corners_m": [[5, 5], [6, 6], [6, 5], [5, 6]]},
            "obstacle.0.corners_m: has edges that meet: from corner 0 and from corner 2"
            " (list the corners in order around it)",
        ),
        (
            {"shape": "polygon", "corners_m": [[5, 5], [6], [6, 5]]},
            "obstacle.0.corners_m: corner 1 is no point of the plane (give two numbers each)",
        ),
        (
            {"shape": "disc", "center_m": [0.5, 0.0], "radius_m": -1.0},
            "obstacle.0.radius_m: must be > 0, got -1.0 (for example radius_m = 0.5)",
        ),
    ],
)  # fmt: skip
def test_what_is_said_about_obstacles(obstacle: dict[str, Any], message: str) -> None:
    assert said(obstacle=[obstacle]) == [message]


def test_what_is_said_about_starts_that_have_no_room() -> None:
    box = {"shape": "box", "center_m": [0.0, 0.5], "size_m": [1.0, 0.9]}
    disc = {"shape": "disc", "center_m": [1.0, 0.1], "radius_m": 0.5}
    fan = {"shape": "polygon", "corners_m": [[0.5, -1], [1.5, -1], [1.0, 2.0], [1.0, -0.5]]}
    assert said(obstacle=[box])[0] == (
        "robots.starts_m.0: robot 0 starts at [0.0, 0.0], 0.05 m too near to obstacle 0 (move it, or the obstacle)"
    )
    assert said(obstacle=[disc]) == [
        "robots.starts_m.1: robot 1 starts at [1.0, 0.0], in obstacle 0 (move it, or the obstacle)"
    ]
    assert said(obstacle=[fan])[0].startswith("robots.starts_m.1: robot 1 starts at [1.0, 0.0], ")
    assert said(robots={"radius_m": [0.5, 0.6]}) == [
        "robots.starts_m.1: robots 0 and 1 start 1 m apart, they need 1.1 m (move one, or make robots smaller)"
    ]
    assert said(robots={"arena_m": [[-2.0, 2.0], [-0.05, 3.0]]})[1] == (
        "robots.starts_m.1: robot 1 starts at [1.0, 0.0], 0.1 m or less from a wall of arena_m (move it, or the walls)"
    )


def test_what_is_said_about_formations() -> None:
    assert said(formation={"shape": "line"}) == [
        'formation.spacing_m: is missing, shape = "line" needs it (add it, for example spacing_m = 0.5)'
    ]
    assert said(formation={"shape": "line", "spacing_m": 0.15}) == [
        "formation.spacing_m: has places 0.15 m apart, two robots need 0.2 m between their centres"
        " (move places apart, or make robots smaller)"
    ]
    assert said(formation={"shape": "circle", "spacing_m": 0.5, "radius_m": 1.0}) == [
        "formation.radius_m: cannot be given with spacing_m (remove one)"
    ]
    assert said(formation={"shape": "grid", "spacing_m": 0.5, "offsets_m": [[0, 0], [1, 0]]}) == [
        'formation.offsets_m: is not used with shape = "grid" (remove offsets_m)'
    ]
    assert said(formation={"shape": "given", "offsets_m": [[0, 0], [1]]}) == [
        "formation.offsets_m: place 1 has 1 coordinates, the space 2 dimensions (give it 2)"
    ]
    assert said(formation={"shape": "given", "offsets_m": [[0, 0]]}) == [
        "formation.offsets_m: has 1 places for 2 robots (give one for each)"
    ]
    disc = {"shape": "disc", "center_m": [0.5, 1.0], "radius_m": 0.2}
    assert said(obstacle=[disc], formation={"shape": "given", "offsets_m": [[0, 1], [0, -1]]}) == [
        "formation.shape: the place of robot 0, [0.5, 1.0], is in obstacle 0"
        " (move the obstacle, or change the formation)"
    ]


def test_sizes_must_be_known_and_counted() -> None:
    missing = "needs robots.radius_m, which is not given (add it, for example radius_m = 0.1 below [robots])"
    disc = {"shape": "disc", "center_m": [5, 5], "radius_m": 1.0}
    assert said(robots={"radius_m": None}, avoidance={"mode": "joint"}, obstacle=[disc]) == [
        f"avoidance: {missing}",
        f"obstacle: {missing}",
    ]
    assert said(robots={"radius_m": [0.1] * 3}) == [
        "robots.radius_m: has 3 numbers for 2 robots (give one for each, or one number for all)"
    ]


@pytest.mark.parametrize("wrong", [3, "disc", [3], {"shape": "disc"}])
def test_what_is_no_list_of_tables_is_said_once(wrong: Any) -> None:
    assert [line.partition(",")[0] for line in said(obstacle=wrong)] in (
        ["obstacle: must be a list"],
        ["obstacle.0: must be a table"],
    )


def test_a_million_million_robots_are_somebody_elses_complaint() -> None:
    robots = {"starts_m": "random", "count": 10**12}
    assert said(robots=robots, formation={"shape": "grid", "spacing_m": 0.5}) == []


SQUARE = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]


@pytest.mark.parametrize(
    ("corners", "what"),
    [
        (SQUARE, None),
        ([*SQUARE[:2], (1.0, 0.5), SQUARE[2]], None),
        ([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], "has no area"),
        ([*SQUARE, (2.0, 0.0)], "has a corner that stands twice"),
        ([(0.0, 0.0), (3.0, 0.0), (2.0, 0.0), (2.0, 2.0)], "has edges that meet: from corner 0 and from corner 2"),
        ([(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 0.0), (0.0, 2.0)], "has edges that meet: from corner 0 and from"),
    ],
)
def test_what_is_no_polygon_is_said(corners: list[tuple[float, float]], what: str | None) -> None:
    found = fault(corners)
    assert (found is None) if what is None else (found is not None and found.startswith(what))


def test_a_polygon_is_told_from_its_mirror_image_and_from_its_hull() -> None:
    assert area(SQUARE) == 4.0 == -area(SQUARE[::-1])
    assert is_convex(SQUARE)
    notch = Obstacle(shape="polygon", corners_m=((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 1.0), (0.0, 3.0)))
    assert not is_convex(notch.corners_m)
    assert things([notch], 2).first.tolist() == [0, 2, 4, 6, 8, 10]
    clockwise = Obstacle(shape="polygon", corners_m=tuple(SQUARE[::-1]))
    assert things([clockwise], 2).first.tolist() == [0, 4]
    assert [inside(notch, np.array(x)) for x in ((2.0, 0.5), (2.0, 2.0), (0.5, 2.0), (5.0, 1.0))] == [
        True, False, True, False,
    ]  # fmt: skip


def test_starts_that_have_room_stay_and_the_others_are_drawn_again() -> None:
    """60 discs on a third of the floor around an obstacle; more than fit are given up."""
    disc = Obstacle(shape="disc", center_m=(0.0, 0.0), radius_m=1.0)
    low, high, radius = np.full(2, -3.0), np.full(2, 3.0), np.full(60, 0.2)
    drawn = np.random.default_rng(0).uniform(low, high, (60, 2))
    found = with_room(drawn, (low, high), radius, [disc], np.random.default_rng(1))
    assert not without_room(found, radius, [disc], np.arange(60)).size
    apart = np.sqrt(((found[:, None] - found) ** 2).sum(axis=-1)) + np.eye(60)
    assert apart.min() >= 0.4
    assert np.sqrt((found**2).sum(axis=1)).min() >= 1.2
    stayed = (found == drawn).all(axis=1)
    assert stayed[0] == (np.sqrt((drawn[0] ** 2).sum()) >= 1.2)
    assert 20 < stayed.sum() < 60
    np.testing.assert_array_equal(found, with_room(drawn, (low, high), radius, [disc], np.random.default_rng(1)))
    assert with_room(drawn, (low, high), 3.0 * radius, [disc], np.random.default_rng(1)) is None
