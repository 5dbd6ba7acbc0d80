"""Pictures a second of processor time: rounds of `swarm` (10 000 robots), played and drawn as its window draws them.

What a window adds is handing the picture to the screen. Wanted are 30 a second.
"""

from __future__ import annotations

import time

import pygame

from robosim.build import load
from robosim.view import SIZE, Playback
from robosim.view.player import Player
from robosim.view.window import show

WANTED = 30.0
BEFORE, FRAMES = 20, 120


def pictures_per_s(world: str) -> float:
    """Of processor time, from round `BEFORE` on: trails are as long as they get."""
    player, surface = Player(playback=Playback.live(load(world))), pygame.Surface(SIZE, depth=32)
    for _ in range(BEFORE):
        player.playback.forward()
        show(player, surface)
    begin = time.process_time()
    for _ in range(FRAMES):
        player.playback.forward()
        show(player, surface)
    return FRAMES / (time.process_time() - begin)


if __name__ == "__main__":
    for name in ("rendezvous", "swarm"):
        found = pictures_per_s(name)
        print(f"{name:12} {found:6.0f} pictures a second of processor time, wanted {WANTED:g}", flush=True)
