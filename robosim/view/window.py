"""The window: keys, speed and redrawing; what is drawn and how a mission goes on stands elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pygame

from robosim.errors import BadInput
from robosim.view.draw import draw, save
from robosim.view.playback import Playback

DRIVERS = ("SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER")
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", *DRIVERS)
"""Without any of these variables Linux has no screen, and SDL would draw where nobody sees it."""
STDERR = 2
UNSEEN = ("dummy", "offscreen", "evdev")
"""What SDL falls back to where no display answers; whoever wants one of these names it in a variable."""


@dataclass(kw_only=True)
class Player:
    """What the keys change; one method a key."""

    playback: Playback
    paused: bool = False
    rounds_per_s: float = 8.0
    running: bool = True
    note: str = ""
    _due: float = 0.0

    @property
    def status(self) -> str:
        """What is going on, in a word."""
        return self.note or ("paused" if self.paused else f"{self.rounds_per_s:g} rounds/s")

    def press(self, key: int) -> None:
        """React to a key; others do nothing."""
        if key in KEYS:
            self.note = ""
            KEYS[key](self)

    def tick(self, seconds: float) -> None:
        """Play the rounds that became due."""
        self._due += 0.0 if self.paused else seconds * self.rounds_per_s
        while self._due >= 1.0:
            self._due -= 1.0
            self.playback.forward()

    def pause(self) -> None:
        """Stop or go on."""
        self.paused = not self.paused

    def step(self) -> None:
        """One round forward, then wait."""
        self.paused = True
        self.playback.forward()

    def back(self) -> None:
        """One round back, then wait."""
        self.paused = True
        self.playback.back()

    def faster(self) -> None:
        """Twice as many rounds per second."""
        self.rounds_per_s = min(2 * self.rounds_per_s, 1024.0)

    def slower(self) -> None:
        """Half as many rounds per second."""
        self.rounds_per_s = max(self.rounds_per_s / 2, 0.25)

    def restart(self) -> None:
        """Back to round 0."""
        self.playback.restart()

    def picture(self) -> None:
        """Save what is seen into the current directory."""
        name = f"{self.playback.mission.scenario.name}-{self.playback.now.k}.png"
        try:
            save(_screen(), Path(name))
            self.note = f"saved {name}"
        except BadInput as problem:
            self.note = str(problem)

    def quit(self) -> None:
        """Close the window."""
        self.running = False


KEYS: dict[int, Callable[[Player], None]] = {
    pygame.K_SPACE: Player.pause,
    pygame.K_RIGHT: Player.step,
    pygame.K_LEFT: Player.back,
    pygame.K_PLUS: Player.faster,
    pygame.K_EQUALS: Player.faster,
    pygame.K_KP_PLUS: Player.faster,
    pygame.K_MINUS: Player.slower,
    pygame.K_KP_MINUS: Player.slower,
    pygame.K_s: Player.picture,
    pygame.K_r: Player.restart,
    pygame.K_q: Player.quit,
    pygame.K_ESCAPE: Player.quit,
}


def watch(playback: Playback, size: tuple[int, int], fps: int) -> None:
    """Open a window and play until it is closed. Raises `BadInput` without a display."""
    player, clock = Player(playback=playback), pygame.time.Clock()
    _open(size, playback.mission.scenario.name)
    try:
        while _goes_on(player):
            draw(_screen(), playback.scene(player.status))
            pygame.display.flip()
            player.tick(min(clock.tick(fps) / 1000, 0.1))
    finally:
        pygame.display.quit()


def _goes_on(player: Player) -> bool:
    """React to what happened since the last picture; False when the window is to be closed."""
    for event in pygame.event.get():
        if event.type == pygame.QUIT:
            player.quit()
        elif event.type == pygame.KEYDOWN:
            player.press(event.key)
    return player.running


def _screen() -> pygame.Surface:
    """The window's surface, a new one after each change of size."""
    surface = pygame.display.get_surface()
    if surface is None:
        raise pygame.error("the window is closed")
    return surface


@contextmanager
def _silence() -> Iterator[None]:
    """Libraries below SDL write to stderr what is then said in one line."""
    try:
        kept = os.dup(STDERR)
    except OSError:  # closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nowhere)


def _open(size: tuple[int, int], title: str) -> None:
    try:
        if sys.platform == "linux" and not any(os.environ.get(name) for name in DISPLAYS):
            raise pygame.error("no display found")
        with _silence():
            pygame.display.init()  # not pygame.init(): sound stays untouched
        if pygame.display.get_driver() in UNSEEN and not any(os.environ.get(name) for name in DRIVERS):
            raise pygame.error("the display does not answer")
        pygame.display.set_caption(f"robosim: {title}")
        pygame.display.set_mode(size, pygame.RESIZABLE)
    except pygame.error as problem:
        raise BadInput(f"view cannot open a window: {problem} (draw off-screen: --screenshot FILE.png)") from None
