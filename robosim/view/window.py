"""The window: it opens, hands events to the player, paints, and closes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pygame

from robosim.errors import BadInput
from robosim.view.paint import EDGE, paint
from robosim.view.playback import Playback
from robosim.view.player import HELP, Player
from robosim.view.scene import INKS
from robosim.view.text import BODY, SMALL, fitted, width, write

DRIVERS = ("SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER")
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", *DRIVERS)
"""Without any of these variables Linux has no screen, and SDL would draw where nobody sees it."""
STDERR = 2
UNSEEN = ("dummy", "offscreen", "evdev")
"""What SDL falls back to where no display answers; whoever wants one of these names it in a variable."""
FOOT = 40
HINT = "space pause   ← → step   + − speed   click an agent   H all keys"


def watch(playback: Playback, size: tuple[int, int], fps: int, paused: bool = False) -> None:
    """Open a window and play until it is closed. Raises `BadInput` without a display."""
    player, clock = Player(playback=playback, paused=paused), pygame.time.Clock()
    _open(size, playback.name)
    try:
        while _goes_on(player):
            show(player, _screen())
            pygame.display.flip()
            player.tick(min(clock.tick(fps) / 1000, 0.1))
    finally:
        pygame.display.quit()


def show(player: Player, surface: pygame.Surface) -> None:
    """Everything that a window has to show: the scene, the slider, and the keys where they were asked for."""
    player.scene, player.surface, player.shown = player.playback.scene(), surface, player.playback.position
    player.painted = paint(surface, player.scene, player.camera, chosen=player.chosen, told=player.told, foot=FOOT)
    _foot(surface, player)
    if player.help:
        _help(surface)


def _foot(surface: pygame.Surface, player: Player) -> None:
    """The slider as long as the mission; what is known of it is dark up to now."""
    wide, high = surface.get_size()
    bar = pygame.Rect(EDGE, high - FOOT + 6, max(wide - 2 * EDGE, 1), 6)
    player.slider = bar
    share = player.playback.position / max(1, player.playback.length - 1)
    pygame.draw.rect(surface, INKS["link"], bar, border_radius=3)
    pygame.draw.rect(surface, INKS["load"], (bar.left, bar.top, round(bar.width * share), bar.height), border_radius=3)
    pygame.draw.aacircle(surface, INKS["load"], (bar.left + bar.width * share, bar.centery), 7)
    write(surface, fitted(player.status, wide // 2), (EDGE, high - 22), BODY)
    write(
        surface,
        fitted(HINT, max(wide // 2 - 2 * EDGE, 1), SMALL),
        (wide - EDGE, high - 20),
        SMALL,
        INKS["faint"],
        anchor=(1.0, 0.0),
    )


def _help(surface: pygame.Surface) -> None:
    wide = 110 + max(width(what) for _, what in HELP) + 32
    rect = pygame.Rect(0, 0, wide, 22 * len(HELP) + 24)
    rect.center = surface.get_rect().center
    pygame.draw.rect(surface, "#ffffff", rect, border_radius=8)
    pygame.draw.rect(surface, INKS["faint"], rect, width=1, border_radius=8)
    for row, (key, what) in enumerate(HELP):
        y = rect.top + 12 + 22 * row
        write(surface, key, (rect.left + 16, y), BODY, bold=True)
        write(surface, what, (rect.left + 110, y))


def _goes_on(player: Player) -> bool:
    """React to what happened since the last picture; False when the window is to be closed."""
    for event in pygame.event.get():
        if event.type == pygame.QUIT:
            player.quit()
        elif event.type == pygame.KEYDOWN:
            player.press(event.key)
        elif event.type == pygame.MOUSEBUTTONDOWN:
            player.down(event.button, event.pos)
        elif event.type == pygame.MOUSEMOTION:
            player.motion(event.pos)
        elif event.type == pygame.MOUSEBUTTONUP:
            player.up(event.pos)
        elif event.type == pygame.MOUSEWHEEL:
            player.wheel(event.precise_y or event.y, pygame.mouse.get_pos())
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
