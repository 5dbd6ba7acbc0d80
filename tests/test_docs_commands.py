"""README, CONTRIBUTING and SECURITY are true: each command is run, each recipe written and tried, each file is there.

So are the two pages of docs/ that speak of the same files; tests/test_docs_pages.py reads all others.

All happens in one folder that looks like a user's project: it holds the files that the commands speak of (`FILES`) and
what the recipes of CONTRIBUTING say to write, each under the name in its first line.
"""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import robosim
from robosim.__main__ import main
from robosim.freight.roads.archive import write_archive
from robosim.freight.roads.generator import paper_instance
from robosim.kind import kinds
from robosim.rendezvous.bodies.check import check_body
from robosim.scenario.reading import template
from robosim.study.template import template as study_template

ROOT = Path(__file__).parents[1]
DOCS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/commands.md", "docs/features.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
NAMED = re.compile(r"^# ([\w./-]+\.(?:py|toml))\b")
"""The first line of a block that is to be written into a file."""

DAY = """arrival,departure,requested_kwh,delivered_kwh,station_id,session_id,estimated_departure,claimed
2019-10-29 08:15:00-07:00,2019-10-29 17:30:00-07:00,20.0,19.5,A,s1,2019-10-29 17:00:00-07:00,True
2019-10-29 09:00:00-07:00,2019-10-29 15:00:00-07:00,8.0,8.0,B,s2,2019-10-29 15:00:00-07:00,True
"""
FILES = {"day.csv": DAY, "my.toml": template("rendezvous"), "worlds/my.toml": template("rendezvous")}
"""Files of a user's own that commands name; mine.npz and the folder `record` are written beside them."""
LINKS = [(i, (i + step) % 12) for i in range(12) for step in (1, 5, 7, 11)]
NET = (
    "<NUMBER OF ZONES> 12\n<NUMBER OF NODES> 12\n<FIRST THRU NODE> 1\n<NUMBER OF LINKS> 48\n<END OF METADATA>\n"
    + "".join(f" {i + 1} {j + 1} 1000 1 1 0.15 4 0 0 1 ;\n" for i, j in LINKS)
)
TRIPS = "<NUMBER OF ZONES> 12\n<END OF METADATA>\n" + "".join(
    f"Origin {i}\n" + " ".join(f"{j} : 10.0;" for j in range(1, 13) if j != i) + "\n" for i in range(1, 13)
)
FILES |= {"study.toml": study_template("rendezvous")}
FILES |= {"SiouxFalls_net.tntp": NET, "SiouxFalls_trips.tntp": TRIPS}
INSTEAD = {
    "robosim view rendezvous": "robosim view rendezvous --screenshot seen.png",  # a window would wait for its user
}
"""What is run in place of a command that cannot be run here."""
NOT_RUN = (
    "scripts/check",
    "scripts/docs",
    "scripts/test",
    "scripts/cover",
    "scripts/mutants",
    "scripts/lowest",
    "scripts/bench",
)
"""They run tests, this one among them, or take minutes; that they are there is tested."""
WORLD_OF = {"rendezvous": "rendezvous", "auction": "market", "charging": "charging-day-ahead", "freight": "freight"}
SMALL = {"rendezvous": {"mission.rounds": 20}, "charging": {"station.count": 4, "station.limit_kw": 12.0}}


class Block(NamedTuple):
    """A fenced block of a document."""

    place: str
    language: str
    text: str

    @property
    def name(self) -> str | None:
        """The file into which it is to be written."""
        found = NAMED.match(self.text)
        return found and found[1]


def blocks() -> list[Block]:
    found = []
    for doc in DOCS:
        text = (ROOT / doc).read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            found.append(Block(f"{doc}:{text.count(chr(10), 0, match.start()) + 1}", match[1], match[2]))
    return found


def inline() -> list[str]:
    """What stands between backticks outside of blocks."""
    return [
        x
        for doc in DOCS
        for x in INLINE.findall(FENCE.sub("", (ROOT / doc).read_text(encoding="utf-8")))
        if "…" not in x
    ]


def commands() -> list[str]:
    """Every command that begins with `robosim `, without the words that explain it."""
    lines = [
        line.removeprefix("$ ") for block in blocks() if block.language != "python" for line in block.text.split("\n")
    ]
    known = [line for line in (*lines, *inline()) if re.match(r"robosim [a-z-]", line)]
    parts = [re.split(r" {2,}| #", line)[0] for line in known]
    return sorted({one.strip() for part in parts for one in re.split(r";|&&", part)})


def recipes() -> list[Block]:
    return [block for block in blocks() if block.language in ("python", "toml") and block.place.startswith("CONTRIB")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A project with all files that the documents speak of."""
    place = tmp_path_factory.mktemp("project")
    written = {block.name: block.text for block in recipes() if block.name}
    for name, text in (FILES | written).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    write_archive(place / "mine.npz", paper_instance("example-1"))
    robosim.run("erratum").save(place / "record")
    return place


LONG = ("robosim compare freight --tax", "robosim compare market --sweep", "robosim compare freight --methods")


@pytest.mark.parametrize(
    "command", [pytest.param(one, marks=pytest.mark.deep) if one.startswith(LONG) else one for one in commands()]
)
def test_every_command_runs(folder, monkeypatch, capsys, command: str) -> None:
    monkeypatch.chdir(folder)
    words, _, into = INSTEAD.get(command, command).partition(" > ")
    assert main(shlex.split(words)[1:]) == 0, capsys.readouterr().err
    if into:
        Path(into.strip()).write_text(capsys.readouterr().out)


def test_roads_in_place_of_an_instance_run(folder, monkeypatch) -> None:
    """README says so beside the command with `freight.instance`."""
    assert "freight.roads=SiouxFalls_net.tntp" in (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    monkeypatch.chdir(folder)
    assert main(["run", "freight", "--set", "freight.roads=SiouxFalls_net.tntp", "--set", "mission.rounds=50"]) == 0


def test_the_commands_were_found() -> None:
    """So that a change of the documents' form does not empty the tests above."""
    assert len(commands()) > 15
    assert set(INSTEAD) <= set(commands())


def scripts() -> list[str]:
    texts = [(ROOT / doc).read_text(encoding="utf-8") for doc in DOCS]
    return sorted({name for text in texts for name in re.findall(r"scripts/[\w.]+\b", text)})


@pytest.mark.parametrize("name", scripts())
def test_every_script_is_there_and_can_be_run(name: str) -> None:
    file = ROOT / name
    assert file.is_file()
    assert file.suffix == ".py" or file.stat().st_mode & 0o111
    if file.suffix != ".py":
        assert subprocess.run(["bash", "-n", str(file)]).returncode == 0
        assert name in NOT_RUN or name in ("scripts/demo", "scripts/venv")


def test_the_demo_does_what_it_says(folder, monkeypatch, capsys) -> None:
    """`scripts/demo` ends in `robosim demo`."""
    assert (ROOT / "scripts/demo").read_text().rstrip().endswith('.venv/bin/robosim demo "$@"')
    monkeypatch.chdir(folder)
    assert main(["demo"]) == 0
    told = re.findall(r"^ +(robosim [a-z].*?)(?: {2,}|$)", capsys.readouterr().out, re.MULTILINE)
    assert len(told) > 3
    for line in told:
        for words in (INSTEAD.get(one.strip(), one) for one in line.split("&&")):
            assert main(shlex.split(words.partition(" > ")[0])[1:]) == 0, words


def paths() -> list[str]:
    """Files and folders of this repository that the documents name."""
    own = re.compile(r"^(robosim|controllers|worlds|tests|scripts|docs)/[\w./*-]*$")
    texts = "\n".join((ROOT / doc).read_text(encoding="utf-8") for doc in DOCS if "/" not in doc)
    links = [link for link in re.findall(r"\]\(([\w./-]+)\)", texts) if not link.startswith("http")]
    return sorted({x for x in inline() if own.match(x)} | set(links))


@pytest.mark.parametrize("path", paths())
def test_every_file_that_is_named_is_there(folder, path: str) -> None:
    users = ("controllers/mine.py", "worlds/my.toml")
    invented = any(word.isupper() for word in re.split(r"\W", path))  # worlds/NAME.toml
    assert path in users or invented or (folder / path).exists() or list(ROOT.glob(path))


def test_places_of_the_limits_are_there() -> None:
    rows = re.findall(r"^\| `([\w/]+\.py)`", (ROOT / "docs/limits.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) > 15
    assert not [place for place in rows if not (ROOT / "robosim" / place).is_file()]


def python_recipes() -> list[Block]:
    return [block for block in recipes() if block.language == "python"]


def imported(file: Path) -> list[object]:
    """What a recipe defines."""
    spec = importlib.util.spec_from_file_location(f"recipe_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    own = (x for x in vars(module).values() if getattr(x, "__module__", None) == spec.name)
    return [*own, *(x for x in vars(module).values() if isinstance(x, robosim.TaxRule))]


def own_missions(serves: tuple[str, ...]) -> list[robosim.Mission[robosim.Record]]:
    """A small mission of each kind of world that is served; of robots where nothing is said."""
    return [robosim.load(WORLD_OF[noun], set=SMALL.get(noun, {})) for noun in serves or ("rendezvous",)]


def try_controller(program: type, folder: Path, name: str) -> None:
    """It keeps the promises of controllers, and a world beside it may name it."""
    serves = getattr(program, "serves", ())
    if not serves or "rendezvous" in serves:
        robosim.check_controller(program)
    for mission in own_missions(serves):
        world = re.sub(r"(?m)^controller = .*\n", "", template(mission.scenario.name))
        file = folder / "worlds" / f"tries-{name}.toml"
        file.write_text(world.replace("[mission]\n", f'[mission]\ncontroller = "{name}"\n'), encoding="utf-8")
        honest = robosim.load(file, set=SMALL.get(mission.kind.noun, {})).faithful()
        assert type(honest.controller).__name__ == program.__name__
        honest.run()


def try_strategy(strategy: type[robosim.Strategy]) -> None:
    """One agent plays it, and the mission is settled."""
    for mission in own_missions(strategy.serves):
        small = SMALL.get(mission.kind.noun, {})
        record = robosim.run(mission.scenario.name, set=small, strategies={0: strategy()})
        assert record.strategy(0) == strategy.name
        assert not np.array_equal(record.decision, mission.faithful().run().decision)


def try_rule(rule: robosim.TaxRule) -> None:
    """Every leader that has what it needs can apply it; what is not declared a Groves rule has no certificate."""
    able = [noun for noun, kind in kinds().items() if noun in WORLD_OF and rule.needs <= kind.provides]
    assert able
    for noun in able:
        mission = robosim.load(WORLD_OF[noun], set=SMALL.get(noun, {})).billed(rule)
        assert mission.run().tax_rule == rule.name
        assert rule.groves or robosim.certify(mission, seconds=0.0).certified is None


@pytest.mark.parametrize("block", python_recipes(), ids=lambda one: one.place)
def test_every_recipe_in_python_works(folder, block: Block) -> None:
    file = folder / (block.name or f"recipe{block.place.rpartition(':')[2]}.py")
    file.write_text(block.text, encoding="utf-8")
    tried = 0
    for thing in imported(file):
        if isinstance(thing, type) and issubclass(thing, robosim.Strategy):
            try_strategy(thing)
        elif isinstance(thing, robosim.TaxRule):
            try_rule(thing)
        elif isinstance(thing, type) and hasattr(thing, "drive"):
            assert check_body(thing()).lines
        elif isinstance(thing, type) and hasattr(thing, "report"):
            try_controller(thing, folder, file.stem)
        else:
            continue
        tried += 1
    assert tried, f"{block.place} holds nothing that could be tried"


def test_recipes_were_found() -> None:
    assert len(python_recipes()) >= 3


GROUPS = {"robosim.strategies": "strategies", "robosim.taxes": "taxes"}


def test_entry_points_of_the_recipes_lead_to_them(tmp_path) -> None:
    """All recipes as one package that is installed: worlds know its strategies and tax rules by name."""
    tables = [tomllib.loads(block.text) for block in recipes() if block.language == "toml"]
    groups = [(name, x) for table in tables for name, x in table["project"]["entry-points"].items()]
    assert {name for name, _ in groups} <= {f"robosim.{one}" for one in ("kinds", "controllers", "strategies", "taxes")}
    wanted = [(name, key, x) for name, table in groups for key, x in table.items() if name in GROUPS]
    assert wanted
    (package,) = {x.partition(":")[0] for _, _, x in wanted}
    (tmp_path / f"{package}.py").write_text("\n".join(block.text for block in python_recipes()), encoding="utf-8")
    info = tmp_path / f"{package}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (info / "entry_points.txt").write_text("".join(f"[{name}]\n{key} = {x}\n" for name, key, x in wanted))
    code = "import robosim; m = robosim.load('rendezvous'); print(*m.strategies, *m.taxes)"
    path = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True)
    assert {key for _, key, _ in wanted} <= set(done.stdout.split()), done.stderr
