"""Viewers show what missions do: places, pixels and bills are checked against records."""

import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from robosim.build import load
from robosim.controllers.selfish.robots import OverReport
from robosim.errors import BadInput
from robosim.palette import LOOKS, MARKET_LOOKS, SUPPLIER_LOOKS, look
from robosim.view import SIZE, Playback, charts, playback, text, view
from robosim.view.camera import Camera, projection
from robosim.view.maps import RADIUS, draw_map
from robosim.view.marks import sprite
from robosim.view.paint import paint
from robosim.view.picture import drawn
from robosim.view.scene import Agents, Chart, Curve, Map, Scene, Table
from robosim.view.tables import draw_table
from robosim.view.ticks import shown
from tests.seen import count, mission, played

SPACE: dict[str, object] = {"robots__dimension": 3, "mission__rounds": 20}


def map_of(scene: Scene) -> Map:
    assert isinstance(scene.main, Map)
    return scene.main


def agents_of(scene: Scene) -> Agents:
    found = map_of(scene).agents
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("world", "keys"), [("rendezvous", {}), ("rendezvous-honest", SPACE), ("rovers", {"mission__rounds": 8})]
)
def test_robots_and_distances_are_those_of_the_run(world: str, keys: dict[str, object]) -> None:
    """Same bits as `Mission.run`: the viewer computes no trajectory of its own."""
    record, watched = mission(world, **keys).run(), played(world, **keys)
    np.testing.assert_array_equal([one.at for one in watched.moments], record.positions[0])
    np.testing.assert_array_equal([one.distance for one in watched.moments], record.distance[0])
    np.testing.assert_array_equal([one.energy_j for one in watched.moments], record.energy_j[0])
    scene = watched.scene()
    np.testing.assert_array_equal(agents_of(scene).at, record.positions[0, -1])
    np.testing.assert_array_equal(map_of(scene).trails.points, record.positions[0])  # type: ignore[union-attr]
    beta, apart = scene.side[0].curves  # type: ignore[union-attr]
    np.testing.assert_array_equal(beta.y, record.beta)
    np.testing.assert_array_equal(apart.x, record.kept)


def test_robots_are_drawn_where_they_are_in_their_colours() -> None:
    """The middle of each robot's mark has its colour, at the pixel that the record's metres become."""
    record = mission("rendezvous").run()
    for rounds in (0, 1, 20, 60):
        scene = played("rendezvous", rounds).scene()
        surface = pygame.Surface((700, 700), depth=32)
        seen = draw_map(surface, map_of(scene), scene.kin, Camera(), None)
        at = seen.pixels(record.positions[0, rounds])
        gap = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + 1e9 * np.eye(12)
        free = np.flatnonzero(gap.min(axis=1) > 2.2 * RADIUS)
        assert 3 in free
        for robot in free:
            colour = pygame.Color(look("stationary" if robot == 3 else "faithful").colour)
            assert surface.get_at(tuple(at[robot].round().astype(int))) == colour
    assert count(drawn(played("rendezvous-honest", 1).scene(), SIZE), look("stationary").colour) == 0


def test_every_shape_is_different() -> None:
    """Not colour alone: drawn in one colour, no two strategies of one kind of world have the same silhouette."""
    for table in (LOOKS, MARKET_LOOKS, SUPPLIER_LOOKS):
        silhouettes = {
            pygame.surfarray.array_alpha(sprite(one._replace(colour="#000000"), 15.0)).tobytes()
            for one in table.values()
        }
        assert len(silhouettes) == len({one.shape for one in table.values()})


def test_the_plane_keeps_angles_and_points_up() -> None:
    """One scale for both axes, y upwards, everything inside the drawing area: unequal axes drew 25 m as 90."""
    shown = map_of(played("rendezvous").scene())
    at = projection(shown, Camera(), (0, 0, 700, 400)).pixels(shown.trails.points)  # type: ignore[union-attr]
    points = shown.trails.points  # type: ignore[union-attr]
    scale = np.ptp(at[..., 0]) / np.ptp(points[..., 0])
    shift = at[0, 0] - points[0, 0] * [scale, -scale]
    np.testing.assert_allclose(at, points * [scale, -scale] + shift, atol=1e-9)
    assert at.min() >= 0
    assert np.all(at.max(axis=(0, 1)) <= [700, 400])


def test_one_dimension_runs_from_left_to_right() -> None:
    shown = map_of(played("erratum").scene())
    assert shown.axes == ("round", "position, m")
    at = projection(shown, Camera(), (0, 0, 700, 400)).pixels(shown.trails.points)  # type: ignore[union-attr]
    np.testing.assert_allclose(np.diff(at[:, 0, 0]), np.ptp(at[:, 0, 0]) / 120)
    assert at[0, 0, 1] < at[0, 4, 1], "the robot at +1 stands above that at -1"


def test_three_dimensions_are_seen_from_where_the_camera_stands() -> None:
    """Screen axes are orthonormal: lengths across the line of sight are kept; from above x and y are the plane's."""
    shown = map_of(played("rendezvous-honest", 3, **SPACE).scene())
    rng = np.random.default_rng(0)
    for camera in (Camera(), Camera(turn_rad=2.0, tilt_rad=1.0)):
        seen = projection(shown, camera, (0, 0, 600, 600))
        points = rng.normal(size=(50, 3))
        fit, residual, *_ = np.linalg.lstsq(np.column_stack([points, np.ones(50)]), seen.pixels(points), rcond=None)
        assert residual.max() < 1e-18 * np.square(seen.pixels(points)).max() * 50
        axes = fit[:3].T / seen.px_per_unit
        np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-9)
    above = projection(shown, Camera(turn_rad=0.0, tilt_rad=np.pi / 2), (0, 0, 600, 600))
    moved = above.pixels(np.eye(3)) - above.pixels(np.zeros((1, 3)))
    np.testing.assert_allclose(moved / above.px_per_unit, [[1, 0], [0, -1], [0, 0]], atol=1e-9)


def test_zoom_keeps_what_is_under_the_mouse() -> None:
    shown = map_of(played("rendezvous", 3).scene())
    mouse, rect = (200.0, 111.0), (0, 0, 700, 400)
    before = projection(shown, Camera(), rect)
    nearer = Camera().nearer(1.7, mouse, (350, 200)).moved((0, 0)).nearer(2.0, mouse, (350, 200))
    after = projection(shown, nearer, rect)
    np.testing.assert_allclose(after.pixels(before.places(mouse)[None])[0], mouse)
    assert after.px_per_unit == pytest.approx(3.4 * before.px_per_unit)


def test_far_excursions_stay_in_sight() -> None:
    shown = map_of(played("rendezvous", 3).scene())
    assert shown.trails is not None
    points = shown.trails.points.copy()
    points[1, 3] = [1e4, -1e4]
    far = replace(shown, trails=replace(shown.trails, points=points))
    at = projection(far, Camera(), (0, 0, 700, 400)).pixels(points)
    assert at.min() >= 0
    assert np.all(at.max(axis=(0, 1)) <= [700, 400])


def test_back_forward_and_the_slider_show_the_same() -> None:
    watched = played("rendezvous", 20)
    end, k = watched.scene(), watched.moments[-1].k
    assert watched.back()
    assert watched.back()
    assert agents_of(watched.scene()).at is watched.moments[18].at
    assert watched.forward()
    assert watched.forward()
    assert not watched.forward(), "stops at the round that was asked for"
    np.testing.assert_array_equal(agents_of(watched.scene()).at, agents_of(end).at)
    watched.seek(7)
    assert watched.position == 7
    watched.seek(10**6)
    assert watched.position == k == 20
    watched.restart()
    assert (watched.position, watched.back()) == (0, False)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many moments are kept, the first among them; trails have few points."""
    monkeypatch.setattr(playback, "KEPT", 12 * 10)
    monkeypatch.setattr("robosim.rendezvous.scene.TRAIL", 12 * 5)
    watched = played("rendezvous")
    assert [one.k for one in watched.moments] == [0, *range(52, 61)]
    assert (watched.position, watched.length, watched.positions()[:2]) == (60, 61, [0, 52])
    shown = map_of(watched.scene())
    assert len(shown.trails.points) == 5  # type: ignore[union-attr]
    np.testing.assert_array_equal(shown.trails.points[0], load("rendezvous").own["start"][0])  # type: ignore[union-attr]
    assert sum(watched.back() for _ in range(60)) == 9
    watched.seek(30)
    assert watched.moments[watched.at].k == 0, "the nearest that is known"


def test_the_bill_is_that_of_the_leader() -> None:
    record, scene = mission("rendezvous", mission__rounds=10).run(), played("rendezvous", mission__rounds=10).scene()
    bill = scene.side[1]
    assert scene.facts[-1] == ("good", "inside the bound, tax groves")
    assert (bill.title, bill.agents[0], len(bill.rows)) == ("bill, m²", 3, 12)  # type: ignore[union-attr]
    tax = f"{record.settlement.tax[0, 3]:.4g}"
    assert bill.rows[0] == ("3", "0", tax, tax)  # type: ignore[union-attr]
    assert played("rendezvous", 59).scene().side[1].title == "so far"  # type: ignore[union-attr]
    assert "each is fined 9600 m²" in played("rendezvous", mission__rounds=300).scene().facts[-1][1]
    free = played("rendezvous", mission__rounds=300, leader__tax="none").scene()
    assert free.facts[-1] == ("bad", "outside the bound, tax none: nobody is fined")
    liar = Playback.live(load("rendezvous-honest", strategies={1: OverReport(factor=1e9)}, set={"mission.rounds": 1}))
    assert liar.forward()
    assert (liar.settling, liar.scene().side[1].title) == (True, "so far")  # type: ignore[union-attr]
    assert not liar.forward(), "the bill is no moment of its own"
    assert not liar.settling
    assert "1: report refused" in liar.scene().side[1].rows[0]  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(300, 40), (1, 1), (64, 64), (2000, 1500)])
def test_any_size_of_window_can_be_drawn(size: tuple[int, int]) -> None:
    watched = played("rendezvous", 3)
    surface = pygame.Surface(size, depth=32)
    paint(surface, watched.scene(), chosen=3, told=watched.told(3), foot=40)


def test_crowds_are_dots_where_they_are_and_their_list_is_cut() -> None:
    watched = played("rendezvous-honest", 3, robots__count=500, network__graph="ring", leader__bound=50.0)
    scene = watched.scene()
    surface = pygame.Surface((700, 700), depth=32)
    seen = draw_map(surface, map_of(scene), scene.kin, Camera(), None)
    at = np.floor(seen.pixels(agents_of(scene).at)).astype(int)
    assert all(surface.get_at(tuple(place)) == pygame.Color(look("faithful").colour) for place in at)
    assert map_of(scene).lines == ()
    table = scene.side[1]
    assert len(table.rows) + table.more == 500  # type: ignore[union-attr]


def test_agreeing_before_travelling_shows_the_agreement_and_then_the_journey() -> None:
    record = mission("rendezvous", mission__travel="after-agreeing").run()
    watched = played("rendezvous", mission__travel="after-agreeing")
    np.testing.assert_array_equal(watched.moments[60].at, record.said["z"][0, -1])
    np.testing.assert_array_equal(watched.moments[61].at, record.positions[0, 0])
    np.testing.assert_allclose(watched.moments[-1].at, record.positions[0, -1], rtol=1e-15)
    assert watched.scene().clock == "round 60 of 60, travelling"


def test_screenshots_repeat_byte_for_byte(tmp_path: Path) -> None:
    for name in ("a.png", "new/b.PNG"):
        view(mission("rendezvous-honest", **SPACE), screenshot=str(tmp_path / name), rounds=9)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "new" / "b.PNG").read_bytes()
    shown = pygame.image.load(tmp_path / "a.png")
    assert pygame.image.tobytes(shown, "RGB") == pygame.image.tobytes(
        drawn(played("rendezvous-honest", 9, **SPACE).scene(), SIZE), "RGB"
    )


def test_screenshots_are_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"end in \.png, not '\.gif'"):
        view(load("erratum"), screenshot=tmp_path / "a.gif", rounds=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        view(load("erratum"), screenshot=tmp_path / "file" / "a.png", rounds=0)


def test_without_pygame_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    for name in ("picture", "window", "paint", "player"):
        monkeypatch.delitem(sys.modules, f"robosim.view.{name}", raising=False)
        monkeypatch.delattr(f"robosim.view.{name}", raising=False)
    with pytest.raises(BadInput, match="pip install pygame-ce"):
        view(load("erratum"), rounds=0)


@pytest.mark.deep
def test_ten_thousand_robots_are_drawn_thirty_times_a_second() -> None:
    """Of processor time, their rounds included."""
    found = runpy.run_path("scripts/bench_view.py")
    assert found["pictures_per_s"]("swarm") > found["WANTED"]


def test_text_is_smooth_cut_with_a_word_and_never_on_other_text() -> None:
    """Grey edges, kerned; long lists and lines say that they go on; labels of a crowd in one place overlap nowhere."""
    shades = np.unique(pygame.surfarray.array_alpha(text.rendered("round 3", 13)))
    assert len(shades) > 20, "not only ink and nothing"
    assert text.width("ToToToTo") < 4 * (text.width("T") + text.width("o")), "kerned"
    assert text.fitted("foot-dragging", 60).endswith("…")
    assert text.width(text.fitted("foot-dragging", 60)) <= 60
    assert text.rendered("\x00\n" + "x" * 10**6).get_width() < 10**4
    surface = pygame.Surface((300, 200))
    labels = text.Labels(surface, surface.get_rect())
    put = [labels.put(str(i), (150.0 + i % 3, 100.0), 8.0) for i in range(20)]
    assert 3 < sum(put) < 20
    assert not any(a.colliderect(b) for i, a in enumerate(labels.taken) for b in labels.taken[:i])
    rows = tuple((f"{i}", f"{i * i}") for i in range(20))
    table = Table(title="t", columns=("a", "b"), rows=rows, agents=tuple(range(20)), more=5)
    sheet = pygame.Surface((200, 200))
    sheet.fill("white")
    places = draw_table(sheet, table, sheet.get_rect())
    assert [agent for _, agent in places] == list(range(8)), "and … 17 more"


def test_axes_have_round_numbers_where_a_bound_is_flat() -> None:
    """R16: a flat β had the ticks 3×10¹ and no other."""
    flat = Chart(
        title="t", x="round", y="m", log=True, curves=(Curve(x=np.arange(5.0), y=np.full(5, 30.0), ink="good"),)
    )
    axes = charts.axes_of(flat, pygame.Rect(0, 0, 300, 200))
    ticks = charts._rungs(axes)
    assert len(ticks) >= 3
    assert all(len(shown(one)) <= 3 for one in ticks)
    np.testing.assert_allclose(axes.pixels(np.array([0.0]), np.array([30.0]))[0, 1], axes.frame.centery, atol=1)
    wide = replace(flat, curves=(Curve(x=np.arange(5.0), y=np.logspace(-6, 2, 5), ink="good"),))
    powers = charts._rungs(charts.axes_of(wide, pygame.Rect(0, 0, 300, 200)))
    np.testing.assert_allclose(np.log10(powers), np.round(np.log10(powers)))
