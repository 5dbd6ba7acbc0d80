"""The window: keys and mouse, on SDL's dummy screen; and a real one, driven by xdotool under Xvfb."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from robosim.build import load
from robosim.errors import BadInput
from robosim.view import SIZE, Playback, view, window
from robosim.view.player import HELP, KEYS, Player
from robosim.view.scene import Map
from tests.seen import mission

OTHER = pygame.K_x


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


def watch(monkeypatch: pytest.MonkeyPatch, *keys: int) -> int:
    """Where the window is when the keys are over."""
    watched = Playback.live(mission("rendezvous"))
    monkeypatch.setattr(pygame.time, "Clock", lambda: Script(*keys))
    window.watch(watched, (640, 480), 30)
    return watched.position


@pytest.mark.usefixtures("dummy")
def test_window_plays_pauses_steps_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame counts for 0.1 s at most, so 8 rounds a second are 0.8 a frame; there is one frame more than keys."""
    assert watch(monkeypatch, *[OTHER] * 7) == 6
    assert watch(monkeypatch, pygame.K_SPACE, OTHER, pygame.K_SPACE, *[OTHER] * 4) == 4
    assert watch(monkeypatch, *[OTHER] * 5, pygame.K_SPACE, *[OTHER] * 20) == 4
    assert watch(monkeypatch, *[pygame.K_RIGHT] * 5, pygame.K_LEFT, OTHER) == 4
    assert watch(monkeypatch, *[pygame.K_RIGHT] * 5, pygame.K_r, OTHER) == 0
    assert watch(monkeypatch, pygame.K_q, *[pygame.K_RIGHT] * 9) == 0
    assert watch(monkeypatch, pygame.K_ESCAPE, *[pygame.K_RIGHT] * 9) == 0
    assert not pygame.display.get_init()


@pytest.mark.usefixtures("dummy")
def test_view_without_a_screenshot_opens_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Script(OTHER, OTHER)
    monkeypatch.setattr(pygame.time, "Clock", lambda: clock)
    view(load("erratum"), rounds=1, paused=True)
    assert next(clock.keys, None) is None, "it was watched to the end of the script"
    with pytest.raises(pygame.error, match="closed"):
        window._screen()


def test_speed_doubles_and_halves() -> None:
    player = Player(playback=Playback.live(load("erratum")))
    for _ in range(40):
        player.press(pygame.K_MINUS)
    assert player.rounds_per_s == 0.25
    player.press(pygame.K_PLUS)
    assert player.rounds_per_s == 0.5
    player.tick(6.0)
    assert player.playback.position == 3
    for _ in range(40):
        player.press(pygame.K_EQUALS)
    assert player.rounds_per_s == 1024
    player.tick(10.0)
    assert player.playback.position == 120, "the end is the end"


def shown(player: Player) -> pygame.Surface:
    surface = pygame.Surface(SIZE, depth=32)
    window.show(player, surface)
    return surface


def place_of(player: Player, robot: int) -> tuple[int, int]:
    """Of a robot in the window."""
    painted, scene = player.painted, player.scene
    assert painted is not None
    assert painted.projection is not None
    assert scene is not None
    assert isinstance(scene.main, Map)
    x, y = painted.projection.pixels(scene.main.agents.at[robot])  # type: ignore[union-attr]
    return round(x) + painted.main.left, round(y) + painted.main.top


def click(player: Player, at: tuple[int, int], to: tuple[int, int] | None = None, button: int = 1) -> None:
    """Down, and up there or, after a move, elsewhere."""
    player.down(button, at)
    if to is not None:
        player.motion(to)
    player.up(to or at)


def test_a_click_tells_of_an_agent_on_the_map_and_in_the_list() -> None:
    player = Player(playback=Playback.live(mission("rendezvous", mission__rounds=20)), paused=True)
    for _ in range(5):
        player.step()
    before = pygame.image.tobytes(shown(player), "RGB")
    click(player, place_of(player, 3))
    assert player.chosen == 3
    told = dict(player.told)
    assert told["plays"] == "stationary"
    assert told["tax so far"].endswith("m²")
    assert pygame.image.tobytes(shown(player), "RGB") != before
    assert player.painted is not None
    place, agent = player.painted.rows[1]
    click(player, place.center)
    assert player.chosen == agent == 0
    click(player, (20, 60))
    assert (player.chosen, player.told) == (None, ())
    market = Player(playback=Playback.live(mission("two-bidders")), paused=True)
    market.step()
    shown(market)
    assert market.painted is not None
    assert market.painted.axes is not None
    curve = market.scene.main.curves[0]  # type: ignore[union-attr]
    click(market, tuple(market.painted.axes.pixels(curve.x[-1:], curve.y[-1:])[0].round().astype(int)))
    assert market.chosen in (0, 1)


def test_wheel_and_drags_change_what_is_seen_and_0_brings_it_back() -> None:
    player = Player(playback=Playback.live(mission("rendezvous-honest", robots__dimension=3)), paused=True)
    whole = pygame.image.tobytes(shown(player), "RGB")
    at = place_of(player, 4)
    player.wheel(3.0, at)
    shown(player)
    assert player.camera.zoom == pytest.approx(1.2**3)
    np.testing.assert_allclose(place_of(player, 4), at, atol=1)
    click(player, (30, 300), (80, 320))
    shown(player)
    np.testing.assert_allclose(place_of(player, 4), np.array(at) + np.array([50, 20]), atol=1)
    click(player, (30, 300), (130, 300), button=pygame.BUTTON_RIGHT)
    assert player.camera.turn_rad == pytest.approx(1.0)
    assert player.chosen is None
    player.press(pygame.K_0)
    assert pygame.image.tobytes(shown(player), "RGB") == whole
    player.wheel(1.0, (SIZE[0] - 5, 300))
    assert player.camera.zoom == 1.0, "not over the map"


def test_the_slider_seeks() -> None:
    player = Player(playback=Playback.of_record(mission("rendezvous").run()))
    shown(player)
    bar = player.slider
    click(player, (bar.left + bar.width // 2, bar.centery))
    assert (player.playback.position, player.paused) == (30, True)
    click(player, (bar.left + bar.width // 2, bar.centery), (bar.right + 50, 10))
    assert player.playback.position == 60


def test_robots_are_dragged_before_the_start() -> None:
    player = Player(playback=Playback.live(mission("rendezvous")), paused=True)
    shown(player)
    at = place_of(player, 7)
    click(player, at, (at[0] + 8, at[1] - 30))
    surface = shown(player)
    assert surface.get_size() == SIZE
    np.testing.assert_allclose(place_of(player, 7), (at[0] + 8, at[1] - 30), atol=1)
    assert player.chosen is None, "that was no click"
    click(player, place_of(player, 7), (SIZE[0] - 10, at[1]))
    assert "nobody can stand there" in player.status
    player.step()
    camera = player.camera
    shown(player)
    at = place_of(player, 7)
    click(player, at, (at[0] + 30, at[1]))
    assert player.camera != camera, "after the start it is the map that moves"


@pytest.mark.usefixtures("dummy")
def test_s_saves_what_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    watch(monkeypatch, pygame.K_RIGHT, pygame.K_s, OTHER)
    assert pygame.image.load(tmp_path / "rendezvous-1.png").get_size() == (640, 480)
    player = Player(playback=Playback.live(load("erratum")))
    player.press(pygame.K_s)
    assert player.note == "", "nothing was shown yet"
    shown(player)
    player.press(pygame.K_s)
    assert player.status == "saved erratum-0.png"
    (tmp_path / "erratum-0.png").unlink()
    (tmp_path / "erratum-0.png").mkdir()
    player.press(pygame.K_s)
    assert "cannot be written" in player.status
    player.press(pygame.K_SPACE)
    assert player.status == "paused"


def test_a_picture_carries_the_round_that_it_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys that were pressed since it was painted count for the next one."""
    monkeypatch.chdir(tmp_path)
    player = Player(playback=Playback.live(load("erratum")), paused=True)
    shown(player)
    player.press(pygame.K_RIGHT)
    player.press(pygame.K_s)
    assert [path.name for path in tmp_path.iterdir()] == ["erratum-0.png"]


def test_every_key_is_explained() -> None:
    player = Player(playback=Playback.live(load("erratum")))
    before = pygame.image.tobytes(shown(player), "RGB")
    player.press(pygame.K_h)
    assert pygame.image.tobytes(shown(player), "RGB") != before
    said = " ".join(key for key, _ in HELP).replace("−", "-").lower().split()
    names = {"right": "→", "left": "←", "escape": "esc", "=": "+", "[+]": "+", "[-]": "-"}
    assert {names.get(name := pygame.key.name(key), name).strip(",") for key in KEYS} <= {
        one.strip(",") for one in said
    }


def test_without_a_display_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in window.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(BadInput, match=r"cannot open a window: no display found \(.*--screenshot"):
        view(load("erratum"))
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(BadInput, match="cannot open a window"):
        view(load("erratum"))


class Screen:
    """A window on a display of its own, and a hand on its keyboard and mouse."""

    def __init__(self, display: str, folder: Path) -> None:
        self.env, self.folder = {**os.environ, "DISPLAY": display}, folder

    def do(self, *words: object) -> str:
        done = subprocess.run(["xdotool", *map(str, words)], env=self.env, capture_output=True, text=True)
        return done.stdout.strip()

    def until(self, true: Callable[[], bool]) -> bool:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if true():
                return True
            time.sleep(0.05)
        return False

    def photograph(self, k: int) -> bytes:
        """S, and the picture that it saves of round k; repeated, as events come when they come."""
        path = self.folder / f"rendezvous-{k}.png"
        path.unlink(missing_ok=True)
        assert self.until(lambda: self.do("key", "s") == "" and (time.sleep(0.2) or path.exists())), (
            f"no picture of {k}"
        )
        return pygame.image.tobytes(pygame.image.load(path), "RGB")


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"NOT TESTED: the real window, as {program} is not installed (scripts/system installs it)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    number = os.read(read, 20).decode().strip()
    yield Screen(f":{number}", tmp_path)
    server.terminate()
    server.wait(20)
    os.close(read)  # not before: the server writes there again when it starts anew


def test_a_real_window_is_driven_by_keyboard_and_mouse(screen: Screen) -> None:
    """Under Xvfb: stepping, a click on a robot, the wheel, pictures, and closing; frames are those drawn off-screen."""
    program = subprocess.Popen(
        [sys.executable, "-m", "robosim", "view", "rendezvous", "--paused", "--set", "mission.rounds=60"],
        cwd=screen.folder, env=screen.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _drive(screen)
        screen.do("key", "q")
        assert program.wait(60) == 0
    finally:
        if program.poll() is None:
            program.send_signal(signal.SIGKILL)
        print(*program.communicate())


def _drive(screen: Screen) -> None:
    assert screen.until(lambda: screen.do("getwindowfocus", "getwindowname") == "robosim: rendezvous")
    screen.do("mousemove", 0, 0)
    player = Player(playback=Playback.live(mission("rendezvous")), paused=True)
    player.note = "saved rendezvous-0.png"
    first = screen.photograph(0)
    screen.do("key", "Right")
    screen.do("key", "Right")
    stepped = screen.photograph(2)
    assert stepped != first
    for _ in range(2):
        player.step()
    player.note = ""
    assert _main(stepped) == _main(pygame.image.tobytes(shown(player), "RGB")), "the same frame as off-screen"
    left, top = (
        int(line.split("=")[1]) for line in screen.do("getwindowfocus", "getwindowgeometry", "--shell").split()[1:3]
    )
    x, y = place_of(player, 3)
    screen.do("mousemove", left + x, top + y, "click", 1)
    click(player, (x, y))
    expected = _main(pygame.image.tobytes(shown(player), "RGB"))
    assert screen.until(lambda: _main(screen.photograph(2)) == expected), "the click tells of robot 3"
    screen.do("click", 4)
    player.wheel(1.0, (x, y))
    zoomed = _main(pygame.image.tobytes(shown(player), "RGB"))
    assert zoomed != expected
    assert screen.until(lambda: _main(screen.photograph(2)) == zoomed), "the wheel zooms at the mouse"
    screen.do("key", "space")
    assert screen.until(lambda: not (screen.folder / "rendezvous-2.png").unlink(missing_ok=True) and _plays_on(screen))


def _plays_on(screen: Screen) -> bool:
    """A picture of a later round is saved."""
    screen.do("key", "s")
    time.sleep(0.2)
    return any(int(path.stem.rpartition("-")[2]) > 2 for path in screen.folder.glob("rendezvous-*.png"))


def _main(picture: bytes) -> bytes:
    """All but the foot, where the status stands."""
    return picture[: SIZE[0] * (SIZE[1] - window.FOOT) * 3]
