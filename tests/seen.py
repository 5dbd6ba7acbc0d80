"""What tests of pictures share: missions played to a moment, surfaces, their pixels and colours."""

import tempfile
from pathlib import Path

import numpy as np
import pygame

from robosim.build import load
from robosim.mission import Mission
from robosim.stored import load_record
from robosim.view import Playback
from robosim.view.picture import drawn

SMALL = (900, 600)


def mission(world: str, **keys: object) -> Mission:
    """A world with other keys, two underscores for each dot; a rendezvous of 60 rounds."""
    chosen = ({"mission.rounds": 60} if world == "rendezvous" else {}) | {
        key.replace("__", "."): value for key, value in keys.items()
    }
    return load(world, set=chosen)


def played(world: str, rounds: int | None = None, **keys: object) -> Playback:
    """Watched to the end, or to a round."""
    watched = Playback.live(mission(world, **keys), rounds)
    while watched.forward():
        pass
    return watched


def stored(world: str, **keys: object) -> Playback:
    """A record that was saved and read back, at its first moment."""
    with tempfile.TemporaryDirectory() as folder:
        mission(world, **keys).run().save(Path(folder) / "run")
        return Playback.of_record(load_record(Path(folder) / "run"))


def pixels(watched: Playback, size: tuple[int, int] = SMALL) -> bytes:
    """Of what is watched now."""
    return pygame.image.tobytes(drawn(watched.scene(), size), "RGB")


def count(surface: pygame.Surface, colour: str) -> int:
    """Pixels of exactly this colour."""
    shown = pygame.surfarray.array3d(surface)
    return int((shown == np.array(tuple(pygame.Color(colour))[:3])).all(axis=2).sum())
