"""Formations: mean 0, neighbours as far apart as said, complaints where two robots have no room."""

import numpy as np
import pytest

from robosim.rendezvous.formation import closest_m, complaint, grid_side, offsets


@pytest.mark.parametrize("shape", ["line", "circle", "grid", "given"])
@pytest.mark.parametrize("agents", [2, 3, 7, 12])
@pytest.mark.parametrize("dimension", [2, 3])
def test_places_have_mean_0_and_neighbours_are_as_far_apart_as_said(shape: str, agents: int, dimension: int) -> None:
    given = 0.5 * np.arange(agents)[:, None] * np.eye(dimension)[0] + 7.0
    places = offsets(shape, agents, dimension, spacing_m=0.5, given=given)
    assert places.shape == (agents, dimension)
    np.testing.assert_allclose(places.mean(axis=0), 0.0, atol=1e-15)
    apart = np.sqrt(((places[:, None] - places) ** 2).sum(axis=-1))
    assert apart[~np.eye(agents, dtype=bool)].min() == pytest.approx(0.5, rel=1e-12)
    assert closest_m(places) == pytest.approx(0.5, rel=1e-12)


def test_a_circle_has_its_radius_and_a_point_is_one_place() -> None:
    places = offsets("circle", 5, 2, radius_m=2.0)
    np.testing.assert_allclose(np.sqrt((places**2).sum(axis=1)), 2.0, rtol=1e-14)
    assert closest_m(places) == pytest.approx(4.0 * np.sin(np.pi / 5))
    assert not offsets("point", 4, 3).any()
    assert closest_m(np.zeros((1, 2))) == np.inf


def test_lines_and_grids_stand_in_one_dimension_too() -> None:
    for shape in ("line", "grid"):
        np.testing.assert_allclose(offsets(shape, 3, 1, spacing_m=2.0), [[-2.0], [0.0], [2.0]])


@pytest.mark.parametrize(("agents", "dimension", "side"), [(1, 2, 1), (9, 2, 3), (10, 2, 4), (27, 3, 3), (28, 3, 4)])
def test_a_grid_has_the_fewest_columns(agents: int, dimension: int, side: int) -> None:
    assert grid_side(agents, dimension) == side


def test_a_formation_in_which_two_have_no_room_is_complained_about() -> None:
    places, radius = offsets("line", 3, 2, spacing_m=0.5), np.array([0.1, 0.2, 0.3])
    assert complaint(places, radius, np.zeros(3)) is None
    assert complaint(places, radius, np.full(3, 0.01)) == (
        "has places 0.5 m apart, two robots need 0.52 m between their centres"
    )
