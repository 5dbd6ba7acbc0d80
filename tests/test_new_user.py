"""A new user's path, from README.md and CONTRIBUTING.md alone.

No command, and no line of a program or of a world, is written here: what the two documents do not tell is missing here.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import robosim

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


class Step(NamedTuple):
    """A command as it was written, and what came of it."""

    command: str
    code: int
    out: str
    err: str


def section(title: str) -> str:
    """What CONTRIBUTING says below a heading."""
    return re.search(rf"^## {title}\n(.*?)(?=^## )", TEXT, re.MULTILINE | re.DOTALL)[1]


def fenced(text: str, start: str) -> str:
    """The one code block that begins so."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (found,) = (one for one in blocks if one.startswith(start))
    return str(found)


def file_told(title: str) -> tuple[str, str]:
    """The program of a section, and the file that its first line names."""
    code = fenced(section(title), "# controllers/")
    return re.match(r"# (\S+)", code)[1], code


def world_told(written: str) -> str:
    """The world that `robosim new` wrote, with what CONTRIBUTING says to put into it."""
    (controller,) = re.findall(r"put `(controller = .*?)` in place of the line that is there", section("Try both"))
    assert controller in fenced(section("Add a controller"), "[mission]").splitlines()
    assert "`[[selfish]]` table above in place of the one at its end" in " ".join(section("Try both").split())
    table = fenced(section("Add a selfish strategy"), "[[selfish]]")
    named, lines = re.subn(r"^controller = .*$", controller, written, flags=re.MULTILINE)
    changed, tables = re.subn(r"^\[\[selfish\]\]\n.*\Z", table, named, flags=re.MULTILINE | re.DOTALL)
    assert (lines, tables) == (1, 1)
    return changed


def lines_told() -> list[str]:
    """All commands of `Try both`, in their order, without the words that explain them."""
    blocks = re.findall(r"^```\n(.*?)^```$", section("Try both"), re.MULTILINE | re.DOTALL)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


def typed(folder: Path, line: str) -> Step:
    """One line as a shell in this folder runs it, where `robosim` is that of this environment."""
    said = f'robosim() {{ {shlex.quote(sys.executable)} -P -m robosim "$@"; }}; {line}'
    wide = os.environ | {"COLUMNS": "120"}
    done = subprocess.run(["bash", "-c", said], cwd=folder, env=wide, capture_output=True, text=True, timeout=600)
    return Step(line, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A folder that holds nothing but the two programs."""
    folder = tmp_path_factory.mktemp("project")
    for title in ("Add a controller", "Add a selfish strategy"):
        name, code = file_told(title)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def path(project) -> dict[str, Step]:
    """What came of each line, by the word after `robosim`; the new world is edited as soon as it is there."""
    steps = {}
    for line in lines_told():
        step = typed(project, line)
        steps[line.removeprefix("robosim ").split()[0]] = step
        if line.startswith("robosim new"):
            world = project / line.rpartition("> ")[2]
            world.write_text(world_told(world.read_text(encoding="utf-8")), encoding="utf-8")
    return steps


def test_every_line_of_the_path_ends_well(path) -> None:
    assert list(path) == ["mkdir", "new", "check", "run", "attack", "certify", "plot"]
    for step in path.values():
        assert step.code == 0, step
        assert "Traceback" not in step.out + step.err, step
        assert "Warning" not in step.err, step


def test_readme_leads_to_the_path() -> None:
    """It sends its reader to that section, and shows the same commands."""
    anchors = re.findall(r"\]\(CONTRIBUTING\.md#([\w-]+)\)", README)
    titles = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)}
    assert anchors
    assert set(anchors) <= titles
    assert "try-both" in anchors
    for word in ("new", "check", "run", "attack", "certify", "plot"):
        assert re.search(rf"^(.*; )?robosim {word} ", README, re.MULTILINE), word


def test_check_says_what_it_checked_of_both(path, project) -> None:
    said = path["check"].out
    assert re.search(r": ok: 12 robots, ", said)
    assert re.search(r"^  Timid: words .* sound, fresh, the same again, nothing lent was written$", said, re.MULTILINE)
    assert re.search(r"^  Timid: each of 12 agents alone says the same bits$", said, re.MULTILINE)
    assert re.search(r"^  overshoot:scale=2\.0: played by agents .*, each from its own row, ", said, re.MULTILINE)
    for title in ("Add a controller", "Add a selfish strategy"):
        assert f"runs the code of {project / file_told(title)[0]}" in path["check"].err


def test_the_run_bills_both_programs(path) -> None:
    assert re.search(r"^ +3 +overshoot ", path["run"].out, re.MULTILINE)
    assert "bound probed" in path["run"].out
    assert "certified" in path["run"].out


def test_no_attack_finds_more_than_is_certified(path) -> None:
    told = json.loads(path["attack"].out)
    command = path["attack"].command
    scales = [float(x) for x in re.search(r"overshoot:scale=([\d.,]+)", command)[1].split(",")]
    assert {one["parameters"]["scale"] for one in told["attacks"]} == set(scales)
    assert len(told["attacks"]) == 12 * len(scales)
    assert all(one["covered"] for one in told["attacks"])
    assert max(one["gain"] for one in told["attacks"]) > 0.0  # one of them pays, as the bound leaves room for it
    for one in told["attacks"]:
        assert one["gain"] <= told["epsilon"][one["tax_rule"]]["certified"]


def test_certify_certifies_what_the_attack_was_held_to(path) -> None:
    """Of the same faithful mission: to all digits that its table shows."""
    certified = json.loads(path["attack"].out)["epsilon"]["groves"]["certified"]
    (shown,) = re.findall(r"^ certified at these types +(\S+) ", path["certify"].out, re.MULTILINE)
    assert float(shown) == pytest.approx(certified, rel=1e-5)


def test_the_plot_is_a_picture(path, project) -> None:
    file = project / shlex.split(path["plot"].command)[-1]
    picture = file.read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture[-8:-4] == b"IEND"
    assert 10_000 < len(picture) < 2_000_000
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert 300 < width < 6000
    assert 300 < height < 6000


def test_the_record_is_read_back(path, project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    (folder,) = re.findall(r'`robosim\.load_record\("(\w+)"\)`', section("Try both"))
    record = robosim.load_record(folder)
    assert record.strategy(3) == "overshoot"
    assert record.provenance.made_with
    assert not record.provenance.not_reproducible
    assert f"{record.net_cost[0, 3]:.6g}" in path["run"].out
