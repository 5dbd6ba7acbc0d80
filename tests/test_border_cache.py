"""Package and HOME that cannot be written: kernels are kept in a temporary folder, which is said, and runs go on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import robosim
import robosim.controllers
import robosim.worlds


@pytest.fixture(scope="module")
def sealed(tmp_path_factory) -> dict[str, str]:
    """The environment of a copy of the package that nobody, root neither, can write a cache into."""
    site = tmp_path_factory.mktemp("site")
    ignored = shutil.ignore_patterns("__pycache__", "controllers", "worlds")
    shutil.copytree(Path(robosim.__file__).parent, site / "robosim", ignore=ignored)
    for package in (robosim.controllers, robosim.worlds):
        ours = Path(package.__file__).parent
        name = package.__name__.rpartition(".")[2]
        shutil.copytree(ours, site / "robosim" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (site / "robosim/kernels/__pycache__", site / "home"):
        path.write_text("a file where a folder would be written\n")
    (site / "tmp").mkdir()
    kept = {key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    return kept | {
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(site / "home"),
        "TMPDIR": str(site / "tmp"),
    }


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "robosim", *words]
    folder = environment["TMPDIR"]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.deep
def test_a_run_goes_on_with_kernels_in_a_temporary_folder(sealed) -> None:
    for _ in range(2):  # the second one finds what the first one has compiled
        done = run(sealed, "run", "erratum", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["world"] == "erratum"
        assert done.stderr.startswith("compiled kernels are kept in ")
        assert done.stderr.count("\n") == 1
    places = [path for path in Path(sealed["TMPDIR"]).iterdir() if path.name.startswith("robosim-kernels-")]
    assert len(places) == 1
    assert places[0].stat().st_mode & 0o077 == 0
    assert list(places[0].rglob("*.nbi"))


def test_a_folder_that_others_can_write_is_not_trusted(sealed, tmp_path) -> None:
    mine = tmp_path / f"robosim-kernels-{os.getuid()}"
    mine.mkdir()
    mine.chmod(0o777)
    done = run(sealed | {"TMPDIR": str(tmp_path)}, "check", "erratum")
    assert done.returncode == 0, done.stderr
    assert not list(mine.iterdir())


def test_a_folder_of_the_user_s_own_is_used_and_nothing_said(sealed, tmp_path) -> None:
    done = run(sealed | {"NUMBA_CACHE_DIR": str(tmp_path / "mine")}, "check", "erratum")
    assert (done.returncode, done.stderr) == (0, "")


def test_no_place_at_all_is_bad_input(sealed) -> None:
    code = (
        "import tempfile, robosim.errors\n"
        "def nowhere(*_, **__): raise OSError\n"
        "tempfile.mkdtemp = tempfile.gettempdir = nowhere\n"
        "try: import robosim.kernels\n"
        "except robosim.errors.BadInput as problem: print(problem)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=sealed, cwd=sealed["TMPDIR"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("NUMBA_CACHE_DIR: "), done.stderr
