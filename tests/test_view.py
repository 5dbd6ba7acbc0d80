"""The viewer shows what `Mission.advance` does: pixels, keys and bills are checked against the mission itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pygame
import pytest

from robosim.build import load
from robosim.controllers.selfish.robots import OverReport
from robosim.errors import BadInput
from robosim.mission import Mission
from robosim.palette import LOOKS, look
from robosim.view import SIZE, Playback, playback, view, window
from robosim.view.draw import PANEL, draw, mark, places


def mission(world: str, **keys: object) -> Mission:
    """After 10 rounds the freeloader leaves the team inside the bound, after 300 outside."""
    chosen = ({"mission.rounds": 60} if world == "rendezvous" else {}) | {
        key.replace("__", "."): value for key, value in keys.items()
    }
    return load(world, set=chosen)


def played(world: str, rounds: int | None = None, **keys: object) -> Playback:
    watched = Playback(mission(world, **keys), rounds)
    while watched.forward():
        pass
    return watched


def colour_at(surface: pygame.Surface, at: np.ndarray) -> pygame.Color:
    return surface.get_at((round(at[0]), round(at[1])))


def count(surface: pygame.Surface, colour: str) -> int:
    pixels = pygame.surfarray.array3d(surface)
    return int((pixels == np.array(tuple(pygame.Color(colour))[:3])).all(axis=2).sum())


def picture(watched: Playback) -> pygame.Surface:
    surface = pygame.Surface(SIZE)
    draw(surface, watched.scene())
    return surface


def test_trails_and_distances_are_those_of_the_run() -> None:
    """Same bits as `Mission.run`: the viewer computes no trajectory of its own."""
    for world in ("rendezvous", "erratum", "drones"):
        record, scene = mission(world).run(), played(world).scene()
        np.testing.assert_array_equal(scene.trails, record.positions[0])
        np.testing.assert_array_equal(scene.distance, record.distance[0])
        np.testing.assert_array_equal(scene.beta, record.beta)
        np.testing.assert_array_equal(scene.kept, record.kept)


def test_robots_stand_where_they_are_in_their_colours() -> None:
    for rounds in (0, 1, 20, 60):
        watched = played("rendezvous", rounds)
        surface, at = picture(watched), places(watched.scene(), SIZE)[-1]
        assert colour_at(surface, at[3]) == pygame.Color(look("stationary").colour)
        assert count(surface, look("stationary").colour) > 50
        alone = max(range(12), key=lambda i: min(np.linalg.norm(at[i] - at[j]) for j in range(12) if j != i))
        played_by = watched.scene().players.get(alone, "faithful")
        assert colour_at(surface, at[alone]) == pygame.Color(look(played_by).colour)
    assert count(picture(played("rendezvous-honest")), look("stationary").colour) == 0


def test_every_shape_is_different() -> None:
    """Not colour alone: drawn in one colour, no two strategies have the same silhouette."""
    silhouettes = set()
    for name, (colour, _) in LOOKS.items():
        surface = pygame.Surface((40, 40))
        mark(surface, name, (20, 20), 15)
        silhouettes.add((pygame.surfarray.array3d(surface) == tuple(pygame.Color(colour))[:3]).all(axis=2).tobytes())
        assert count(surface, colour) > 50
    assert len(silhouettes) == len(LOOKS)


def test_the_plane_keeps_angles_and_points_up() -> None:
    """One scale for both axes, y upwards, everything inside the drawing area."""
    scene = played("rendezvous").scene()
    at = places(scene, SIZE)
    scale = np.ptp(at[..., 0]) / np.ptp(scene.trails[..., 0])
    shift = at[0, 0] - scene.trails[0, 0] * [scale, -scale]
    np.testing.assert_allclose(at, scene.trails * [scale, -scale] + shift, atol=1e-9)
    assert at.min() >= 0
    assert np.all(at.max(axis=(0, 1)) <= np.array(SIZE) - [PANEL, 0])


def test_one_dimension_runs_from_left_to_right() -> None:
    at = places(played("erratum").scene(), SIZE)
    np.testing.assert_allclose(np.diff(at[:, 0, 0]), np.ptp(at[:, 0, 0]) / 120)
    assert at[0, 0, 1] < at[0, 4, 1], "the robot at +1 stands above that at -1"


def test_three_dimensions_are_an_oblique_projection() -> None:
    """Screen = linear map of (x, y, z): x right, z up, y to the upper right at half length."""
    scene = played("drones").scene()
    points, at = scene.trails.reshape(-1, 3), places(scene, SIZE).reshape(-1, 2)
    fit, residual, *_ = np.linalg.lstsq(np.column_stack([points, np.ones(len(points))]), at, rcond=None)
    assert residual.max() < 1e-15 * len(points) * np.square(at).max()
    x, y, z = fit[:3]
    np.testing.assert_allclose([x[1], z[0], z[1]], [0, 0, -x[0]], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(y), 0.5 * x[0])
    assert y[0] > 0 > y[1]


def test_far_excursions_stay_in_sight() -> None:
    scene = played("rendezvous").scene()
    trails = scene.trails.copy()
    trails[30, 3] = [1e4, -1e4]
    at = places(replace(scene, trails=trails), SIZE)
    assert at.min() >= 0
    assert np.all(at.max(axis=(0, 1)) <= np.array(SIZE) - [PANEL, 0])


def test_back_and_forward_is_the_same_bit_for_bit() -> None:
    watched = played("rendezvous", 20)
    before = watched.scene()
    assert watched.back()
    assert watched.back()
    assert watched.scene().k == 18
    assert watched.forward()
    assert watched.forward()
    assert not watched.forward(), "stops at the round that was asked for"
    np.testing.assert_array_equal(watched.scene().trails, before.trails)
    watched.restart()
    assert (watched.scene().k, len(watched.scene().distance), watched.back()) == (0, 1, False)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many snapshots are kept; the trail still begins at the start and has few points."""
    monkeypatch.setattr(playback, "KEPT", 12 * 10)
    monkeypatch.setattr(playback, "TRAIL", 12 * 5)
    watched = played("rendezvous")
    scene = watched.scene()
    assert scene.kept.tolist()[:: len(scene.kept) - 1] == [0.0, 60.0]
    assert len(scene.trails) == 5
    np.testing.assert_array_equal(scene.trails[0], load("rendezvous").own["start"][0])
    assert sum(watched.back() for _ in range(60)) == 9


def test_the_bill_is_that_of_the_leader() -> None:
    record = mission("rendezvous", mission__rounds=10).run()
    verdict, header, first, *others = played("rendezvous", mission__rounds=10).scene().bill
    tax = record.settlement.tax[0, 3]
    assert verdict == "inside the bound, tax groves"
    assert "m²" in header
    assert first == f"3: 0 + {tax:.4g} = {tax:.4g}"
    assert len(others) == 11
    assert played("rendezvous", 59).scene().bill == ()
    fined = played("rendezvous", mission__rounds=300)
    assert "each is fined 9600 m²" in fined.scene().bill[0]
    free = played("rendezvous", mission__rounds=300, leader__tax="none")
    assert free.scene().bill[0] == "outside the bound, tax none: nobody is fined"
    liar = Playback(load("rendezvous-honest", strategies={1: OverReport(factor=1e9)}, set={"mission.rounds": 1}))
    liar.forward()
    assert liar.scene().bill[2].endswith("report refused")


def test_curve_and_text_are_drawn() -> None:
    """β green and the distance blue in the panel; the curve of the distance grows."""
    early, late = (picture(played("rendezvous", rounds)) for rounds in (5, 60))
    panels = [surface.subsurface((SIZE[0] - PANEL, 0, PANEL, SIZE[1])) for surface in (early, late)]
    pixels = [pygame.surfarray.array3d(panel).astype(int) for panel in panels]
    blue = [int((panel[..., 2] - panel[..., 0] > 60).sum()) for panel in pixels]
    assert blue[1] > blue[0] + 100


@pytest.mark.parametrize("size", [(300, 40), (1, 1), (2000, 1500)])
def test_any_size_of_window_can_be_drawn(size: tuple[int, int]) -> None:
    draw(pygame.Surface(size), played("rendezvous", 3).scene())


def test_crowds_can_be_drawn_without_links() -> None:
    watched = played("rendezvous-honest", 3, robots__count=300, network__graph="geometric")
    assert count(picture(watched), look("faithful").colour) > 500


def test_agreeing_before_travelling_shows_the_agreement() -> None:
    scene = played("rendezvous", mission__travel="after-agreeing").scene()
    assert np.ptp(scene.trails[-1], axis=0).max() < np.ptp(scene.trails[0], axis=0).max()


def test_screenshot_needs_no_display_and_no_sound(tmp_path: Path) -> None:
    code = (
        "import sys; from robosim.build import load; from robosim.view import view;"
        "view(load('rendezvous', set={'mission.rounds': 60}), screenshot=sys.argv[1], rounds=9); import pygame;"
        "assert pygame.mixer.get_init() is None and not pygame.display.get_init()"
    )
    blind = {name: value for name, value in os.environ.items() if name not in window.DISPLAYS}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.png")], check=True, env=blind, capture_output=True, text=True
    )
    assert done.stdout == ""
    shown = pygame.image.load(tmp_path / "a.png")
    assert shown.get_size() == SIZE
    assert pygame.image.tobytes(shown, "RGB") == pygame.image.tobytes(picture(played("rendezvous", 9)), "RGB")


def test_screenshots_repeat_byte_for_byte(tmp_path: Path) -> None:
    for name in ("a.png", "new/b.PNG"):
        view(load("drones"), screenshot=str(tmp_path / name))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "new" / "b.PNG").read_bytes()


def test_screenshots_are_refused_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"end in \.png, not '\.gif'"):
        view(load("erratum"), screenshot=tmp_path / "a.gif", rounds=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        view(load("erratum"), screenshot=tmp_path / "file" / "a.png", rounds=0)


def test_without_a_display_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in window.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(BadInput, match=r"cannot open a window: no display found \(.*--screenshot"):
        view(load("erratum"))
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(BadInput, match="cannot open a window"):
        view(load("erratum"))


def test_without_pygame_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(BadInput, match="pip install pygame-ce"):
        view(load("erratum"), rounds=0)


class Script:
    """A clock that presses one key a frame; a frame lasts an eighth of a second, of which 0.1 s count."""

    def __init__(self, *keys: int) -> None:
        self.keys = iter(keys)

    def tick(self, fps: int) -> int:
        key = next(self.keys, None)
        event = pygame.event.Event(pygame.QUIT) if key is None else pygame.event.Event(pygame.KEYDOWN, key=key)
        pygame.event.post(event)
        return 125


@pytest.fixture
def dummy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.chdir(tmp_path)
    yield
    pygame.display.quit()


def watch(monkeypatch: pytest.MonkeyPatch, *keys: int) -> Playback:
    watched = Playback(mission("rendezvous"))
    monkeypatch.setattr(pygame.time, "Clock", lambda: Script(*keys))
    window.watch(watched, SIZE, 30)
    return watched


@pytest.mark.usefixtures("dummy")
def test_view_without_a_screenshot_opens_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Script(OTHER, OTHER)
    monkeypatch.setattr(pygame.time, "Clock", lambda: clock)
    view(load("erratum"), rounds=1)
    assert next(clock.keys, None) is None, "it was watched to the end of the script"
    with pytest.raises(pygame.error, match="closed"):
        window._screen()


OTHER = pygame.K_x


@pytest.mark.usefixtures("dummy")
def test_window_plays_pauses_steps_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame counts for 0.1 s at most, so 8 rounds a second are 0.8 a frame; there is one frame more than keys."""
    assert watch(monkeypatch, *[OTHER] * 7).now.k == 6
    assert watch(monkeypatch, pygame.K_SPACE, OTHER, pygame.K_SPACE, *[OTHER] * 4).now.k == 4
    assert watch(monkeypatch, *[OTHER] * 5, pygame.K_SPACE, *[OTHER] * 20).now.k == 4
    assert watch(monkeypatch, *[pygame.K_RIGHT] * 5, pygame.K_LEFT, OTHER).now.k == 4
    assert watch(monkeypatch, *[pygame.K_RIGHT] * 5, pygame.K_r, OTHER).now.k == 0
    assert watch(monkeypatch, pygame.K_q, *[pygame.K_RIGHT] * 9).now.k == 0
    assert watch(monkeypatch, pygame.K_ESCAPE, *[pygame.K_RIGHT] * 9).now.k == 0
    assert not pygame.display.get_init()


@pytest.mark.usefixtures("dummy")
def test_speed_doubles_and_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, fast, slow = (
        watch(monkeypatch, *keys, *[OTHER] * 20).now.k for keys in ([OTHER], [pygame.K_PLUS], [pygame.K_MINUS])
    )
    assert fast > 1.8 * plain > 3 * slow
    player = window.Player(playback=Playback(load("erratum")))
    for _ in range(40):
        player.press(pygame.K_MINUS)
    assert player.rounds_per_s == 0.25
    for _ in range(40):
        player.press(pygame.K_EQUALS)
    assert player.rounds_per_s == 1024
    player.tick(10.0)
    assert player.playback.now.k == 120, "the end is the end"


@pytest.mark.usefixtures("dummy")
def test_s_saves_what_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    watch(monkeypatch, pygame.K_RIGHT, pygame.K_s, OTHER)
    assert pygame.image.load(tmp_path / "rendezvous-1.png").get_size() == SIZE
    monkeypatch.setattr(window, "save", lambda *_: (_ for _ in ()).throw(BadInput("disk full")))
    player = window.Player(playback=Playback(load("erratum")))
    pygame.display.set_mode(SIZE)
    player.press(pygame.K_s)
    assert player.status == "disk full"
    player.press(pygame.K_SPACE)
    assert player.status == "paused"
