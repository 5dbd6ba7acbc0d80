"""Streams, displays and folders that do not take what they are given: one line, the right exit code, no traceback."""

import os
import subprocess
import sys

import pytest

from robosim.__main__ import main
from robosim.charging.station.tariff import read_tariff
from robosim.errors import BadInput

ROBOSIM = [sys.executable, "-m", "robosim"]


def run(*words: str, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "", **options.pop("env", {})}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run([*ROBOSIM, *words], text=True, errors="replace", timeout=120, env=environment, **options)


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("cp1252", marks=pytest.mark.deep)])
@pytest.mark.parametrize("words", [("run", "erratum"), ("certify", "erratum"), ("new", "rendezvous")])
def test_characters_that_a_stream_cannot_show_are_escapes(encoding: str, words: tuple[str, ...]) -> None:
    done = run(*words, env={"PYTHONIOENCODING": encoding})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    assert words[0] == "new" or "\\u03b1" in done.stdout or "\\u03b5" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("buffered", ["", pytest.param("1", marks=pytest.mark.deep)])
@pytest.mark.parametrize(
    "words", [("worlds",), pytest.param(("run", "erratum", "--json"), marks=pytest.mark.deep), ("--help",)]
)
def test_a_full_disk_behind_stdout_is_one_line_and_exit_2(words: tuple[str, ...], buffered: str) -> None:
    with open("/dev/full", "w") as full:
        done = run(*words, stdout=full, env={"PYTHONUNBUFFERED": buffered})
        assert done.returncode == 2
        assert done.stderr == "stdout: cannot be written: No space left on device (send the output elsewhere)\n"
        assert run(*words, stdout=full, stderr=full, env={"PYTHONUNBUFFERED": buffered}).returncode == 2
        assert run(*words, stderr=full, env={"PYTHONUNBUFFERED": buffered}).returncode == 0


@pytest.mark.parametrize(
    "words",
    [pytest.param(("run", "erratum"), marks=pytest.mark.deep), ("worlds",), ("run", "nowhere"), ("run",), ("--help",)],
)
def test_nobody_who_reads_either_stream_changes_no_exit_code(words: tuple[str, ...]) -> None:
    expected = 2 if words[-1] in ("nowhere", "run") else 0
    assert run(*words).returncode == expected
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert run(*words, stdout=writer, stderr=writer).returncode == expected
    finally:
        os.close(writer)
    command = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *ROBOSIM, *words]
    assert subprocess.run(command, timeout=120, check=False).returncode == expected


@pytest.mark.skipif(sys.platform != "linux", reason="only there variables name the display")
@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_that_does_not_answer_is_one_line_and_exit_2(variable: str) -> None:
    others = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER"), "")
    done = run("view", "erratum", "--rounds", "3", env=others | {variable: ":987"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("view cannot open a window: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("run", "erratum"), ("demo",)])
def test_a_folder_with_files_of_the_user_is_no_place_for_a_record(
    tmp_path, monkeypatch, capsys, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "world.toml").write_text("# mine\n")
    for out in (".", str(tmp_path), "world.toml"):
        assert main([*command, "--out", out]) == 2
        assert capsys.readouterr().err.startswith("--out: ")
    (tmp_path / "mission.json").write_text('{"robosim": 1}')
    assert main([*command, "--out", "."]) == 2
    assert (tmp_path / "world.toml").read_text() == "# mine\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mission.json", "world.toml"]


def test_a_record_may_be_replaced_and_an_empty_folder_filled(tmp_path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty", "new"):
        assert main(["run", "erratum", "--out", str(tmp_path / name)]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("start", [f"{10**20}-01", f"01-{10**20}", f"{'9' * 5000}-01"])
def test_a_date_beyond_all_calendars_is_bad_input(tmp_path, start: str) -> None:
    file = tmp_path / "tariff.json"
    file.write_text(
        '{"name": "far", "schedule": [{"id": "a", "effective_start": "' + start + '", "effective_end": "12-31", '
        '"dow_mask": "ALL", "times": [0], "tariffs": [0.1], "demand_charge": 0}]}'
    )
    with pytest.raises(BadInput, match="effective_start: must be"):
        read_tariff(file)
