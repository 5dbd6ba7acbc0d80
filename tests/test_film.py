"""Films without any display: of a mission and of its record the same, with no black frame and no frame too few."""

import builtins
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pygame
import pytest
from PIL import Image

from robosim.errors import BadInput
from robosim.palette import look
from robosim.view import film
from robosim.view.filming import shown
from robosim.view.window import DISPLAYS
from tests.seen import mission, played

Cli = Callable[..., tuple[int, str, str]]
SIZE = ("--size", "320x240")


def frames_of(path: Path) -> list[np.ndarray]:
    """Each frame of a GIF, (height, width, 3)."""
    with Image.open(path) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")))
    return found


def test_a_mission_and_its_record_make_the_same_film(tmp_path: Path, cli: Cli) -> None:
    world = ("rendezvous", "--set", "mission.rounds=12")
    assert cli("run", *world, "--out", tmp_path / "run")[0] == 0
    code, out, err = cli("film", *world, "-o", tmp_path / "live.gif", *SIZE)
    assert (code, err) == (0, "")
    assert out.endswith("live.gif: 13 frames\n")
    assert cli("film", tmp_path / "run", "-o", tmp_path / "recalled.gif", *SIZE)[0] == 0
    assert (tmp_path / "live.gif").read_bytes() == (tmp_path / "recalled.gif").read_bytes()
    frames = frames_of(tmp_path / "live.gif")
    assert len(frames) == 13
    assert all(frame.shape == (240, 320, 3) and 200 < frame.mean() < 255 for frame in frames), "none is black or blank"
    blue, red = (tuple(pygame.Color(look(name).colour))[:3] for name in ("faithful", "stationary"))
    assert all((frame == colour).all(axis=2).any() for frame in frames for colour in (blue, red)), "colours are exact"
    assert all(((frame == 255).all(axis=2).mean() > 0.5) for frame in frames), "paper is white"
    assert all((one != other).any() for one, other in itertools.pairwise(frames))


def test_films_and_screenshots_need_no_display_and_no_sound(tmp_path: Path) -> None:
    """DISPLAY leads nowhere, and nobody asks it."""
    code = (
        "import sys; from robosim.build import load; from robosim.view import film, view;"
        "world = load('two-bidders'); assert film(world, sys.argv[1] + '/a.gif', frames=3, size=(200, 100)) == 3;"
        "view(world, screenshot=sys.argv[1] + '/a.png', rounds=3);"
        "import pygame; assert pygame.mixer.get_init() is None and not pygame.display.get_init()"
    )
    blind = {name: value for name, value in os.environ.items() if name not in DISPLAYS} | {"DISPLAY": ":987"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, check=True, env=blind, capture_output=True, text=True).stdout == ""
    assert len(frames_of(tmp_path / "a.gif")) == 3
    with Image.open(tmp_path / "a.png") as picture:
        assert len(picture.convert("RGB").getcolors(10**6) or ()) > 50, "not black"


def test_who_films_is_told_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    film(
        mission("two-bidders"),
        tmp_path / "a.gif",
        rounds=4,
        frames=3,
        size=(64, 64),
        watch=lambda *far: told.append(far),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4), (0, 3), (1, 3), (2, 3)]


def test_films_have_as_many_frames_as_wanted() -> None:
    watched = played("rendezvous")
    assert shown(watched, 300) == list(range(61))
    assert shown(watched, 7) == [0, 10, 20, 30, 40, 50, 60]
    assert shown(watched, 1) == [0]


def test_mp4_has_its_frames_and_even_sides(tmp_path: Path) -> None:
    import imageio_ffmpeg

    assert film(mission("two-bidders"), tmp_path / "a.mp4", rounds=9, size=(321, 241)) == 10
    count, seconds = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))
    assert (count, round(seconds, 3)) == (10, 0.5)
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    assert next(reader)["size"] == (320, 240)
    first = np.frombuffer(next(reader), dtype=np.uint8)
    assert 200 < first.mean() < 255


def test_mp4_without_ffmpeg_names_the_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "imageio_ffmpeg":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput, match=r"faithful-robosim\[video\]', or write a \.gif"):
        film(mission("two-bidders"), tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "a.avi"), "films end in .gif or .mp4, not '.avi'"),
        (("-o", "a.gif", "--fps", "0"), "--fps: must be between 1 and 60, got 0"),
        (("-o", "a.gif", "--frames", "0"), "--frames: must be >= 1, got 0"),
        (("-o", "a.gif", "--size", "10x10"), "--size: must be between 64 and 4096 pixels a side, got 10x10"),
        (("-o", "a.gif", "--size", "big"), "--size: must read WxH, got 'big'"),
        (("-o", "/dev/null/a.gif", "--rounds", "0"), "cannot be written"),
    ],
)
def test_what_cannot_be_filmed_is_said_in_one_line(cli: Cli, words: tuple[str, ...], message: str) -> None:
    code, out, err = cli("film", "two-bidders", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_records_are_viewed_and_take_no_options(tmp_path: Path, cli: Cli) -> None:
    """R16: a saved record was refused."""
    assert cli("run", "erratum", "--out", tmp_path / "run")[0] == 0
    assert cli("view", tmp_path / "run", "--screenshot", tmp_path / "a.png")[0] == 0
    assert cli("view", "erratum", "--screenshot", tmp_path / "b.png")[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    code, _, err = cli("view", tmp_path / "run", "--seed", "3", "--screenshot", tmp_path / "a.png")
    assert code == 2
    assert "is a record, which --seed and --set cannot change" in err
