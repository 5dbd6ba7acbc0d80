"""A fifth kind of world, installed beside robosim: everything works on it, and nothing in robosim knows its name."""

import json
import logging
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from robosim.kind import kinds
from robosim.scenario import reading

ROOT = Path(__file__).parent.parent
NOUN = "cooling"
ROUNDING = 1e-9
SEEN_FROM_PYTHON = """
import pickle, sys
import numpy as np
import robosim
from robosim.files.packing import take_apart

def same(one, other):
    one, other = take_apart(one), take_apart(other)
    assert one.plain == other.plain, (one.plain, other.plain)
    assert one.arrays.keys() == other.arrays.keys()
    assert all(x.tobytes() == other.arrays[key].tobytes() for key, x in one.arrays.items())

mission = robosim.load("cooling")
record = mission.run()
assert record.verdict.unknown == ()
same(robosim.load_record(sys.argv[1]), record)
same(pickle.loads(pickle.dumps(record)), record)

# metered period by period is what the differential equation says
solved = mission.problem.temperature_c({key: x[0] for key, x in record.types.items()}, record.decision[0])
assert np.allclose(record.temperature_c[0], solved, rtol=1e-12)
assert record.decision.sum() <= 100 * (1 + 1e-12) and (record.decision >= 0).all()

# few rounds: optimum ≤ social cost ≤ optimum + certified, found ≤ certified ≤ over all types
few = robosim.load("cooling", set={"mission.rounds": 4}).faithful()
honest, ours = few.run().verdict, robosim.certify(few)
assert 0 < honest.social_cost - honest.optimum <= ours.certified + 1e-9
assert honest.individually_rational is True
tried = robosim.attack(few).attacks
assert len(tried) == 3 * 8 and max(one.gain for one in tried) <= ours.certified <= ours.over_types

# the rounds that an ε needs are the fewest
needed = mission.kind.rounds_needed(mission, 1e-3)
bounds = [robosim.certify(robosim.load("cooling", set={"mission.rounds": n})).over_types for n in (needed, needed - 1)]
assert bounds[0] <= 1e-3 < bounds[1]
"""


class Installed:
    """A fresh environment with the distribution in it, and the packages of the running one behind its own."""

    def __init__(self, place: Path) -> None:
        venv.create(place / "env", with_pip=False)
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.place, self.python = place, place / "env" / scripts / Path(sys.executable).name
        own = self.place / "env" / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        around = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        (own / "running.pth").write_text(around)
        shutil.copytree(ROOT / "tests" / "kinds", place / "source", ignore=shutil.ignore_patterns("__pycache__", ".*"))
        pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", str(place / "source"))
        offline = self._run(*pip, "--no-index", "--no-build-isolation")
        if offline.returncode:  # without setuptools around, pip fetches it
            fetched = self._run(*pip)
            assert fetched.returncode == 0, offline.stderr + fetched.stderr

    def __call__(self, *words: str) -> str:
        """What a program prints."""
        done = self._run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def robosim(self, *words: str) -> str:
        """What a command answers."""
        return self("-m", "robosim", *words)

    def answer(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What a command says that may fail."""
        return self._run("-m", "robosim", *words)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        clean = {key: x for key, x in os.environ.items() if not key.startswith(("PYTHON", "COV_", "COVERAGE"))}
        return subprocess.run(
            [self.python, *words], cwd=self.place, env=clean, capture_output=True, text=True, timeout=120, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("fifth"))


def test_robosim_does_not_know_it() -> None:
    assert NOUN not in kinds()
    files = [path for folder in ("robosim", "controllers", "worlds") for path in (ROOT / folder).rglob("*")]
    sources = [path for path in files if path.is_file() and "__pycache__" not in path.parts]
    assert len(sources) > 100
    assert not [path for path in sources if NOUN.encode() in path.read_bytes().lower()]
    assert (ROOT / "tests" / "kinds" / "pyproject.toml").read_text().count("entry-points") == 1


def test_its_world_is_listed_printed_and_checked(installed: Installed) -> None:
    listed = json.loads(installed.robosim("worlds", "--json"))
    assert {NOUN, "rendezvous"} <= set(listed)
    text = installed.robosim("new", NOUN)
    assert text.rstrip() == (ROOT / "tests/kinds/cooling/cooling.toml").read_text().rstrip()
    (installed.place / "my.toml").write_text(text)
    assert installed.robosim("check", "my.toml").startswith("my.toml: ok: 8 halls")


def test_the_schema_has_it_with_its_strategies_and_taxes(installed: Installed) -> None:
    known = json.loads(installed.robosim("schema"))["$defs"]
    assert "CoolingScenario" in known
    assert known["SelfishHall"]["properties"]["strategy"]["enum"] == [
        "hoard",
        "cooler-wish",
        "over-report",
        "programme",
    ]
    assert sorted(known["CoolingLeader"]["properties"]["tax"]["enum"]) == ["groves", "none", "vcg"]


def test_errors_name_the_key_and_what_was_meant(installed: Installed) -> None:
    done = installed.answer("check", NOUN, "--set", "selfish.0.strategy=hord", "--set", "halls.heat_kw=99")
    assert done.returncode == 2
    assert 'selfish.0.strategy: "hord" is not known (did you mean "hoard"?)' in done.stderr
    assert "halls.heat_kw: is 99, outside of heat_range_kw = [5.0, 20.0]" in done.stderr


def test_it_runs_and_its_record_is_drawn_and_comes_back_bit_for_bit(installed: Installed) -> None:
    assert "agent 2 (hoard) lost" in installed.robosim("run", NOUN, "--out", "record")
    assert installed.robosim("plot", "record", "--out", "pictures").split() == [str(Path("pictures/temperatures.png"))]
    assert (installed.place / "pictures" / "temperatures.png").read_bytes().startswith(b"\x89PNG")
    assert installed.robosim("report", "record", "-o", "page.html").strip() == "page.html"
    assert '"kind":"cooling"' in (installed.place / "page.html").read_text(encoding="utf-8")
    installed.robosim("view", "record", "--screenshot", "seen.png")
    assert (installed.place / "seen.png").read_bytes().startswith(b"\x89PNG")
    installed("-c", SEEN_FROM_PYTHON, "record")
    assert installed.robosim("export", "record", "-o", "record.mcap").strip() == "record.mcap"
    assert (installed.place / "record.mcap").read_bytes().startswith(b"\x89MCAP0\r\n")


def test_a_run_is_json_like_that_of_any_other_kind(installed: Installed) -> None:
    found = json.loads(installed.robosim("run", NOUN, "--json"))
    assert (found["kind"], found["rounds"], len(found["agents"])) == (NOUN, 20, 8)
    assert found["unknown"] == []
    assert found["individually_rational"] is False  # hall 2 alone: its hoard is taxed for more than it is worth
    assert [gain["agent"] for gain in found["gains"]] == [2]
    assert found["gains"][0]["gain"] <= found["epsilon"]["certified"]


def test_no_attack_finds_more_than_is_certified(installed: Installed) -> None:
    """Under Groves taxes, up to rounding; without a tax there is more to be had."""
    found = json.loads(installed.robosim("attack", NOUN, "--tax", "vcg,groves,none", "--json"))
    certificate = json.loads(installed.robosim("certify", NOUN, "--json"))
    size = ROUNDING * max(one["net_cost"] for one in found["attacks"])
    best = {rule: max(one["gain"] for one in found["attacks"] if one["tax_rule"] == rule) for rule in found["epsilon"]}
    for rule in ("vcg", "groves"):
        assert best[rule] <= found["epsilon"][rule]["certified"] + size
    assert found["epsilon"]["vcg"]["certified"] == certificate["epsilon"]["certified"] <= certificate["over_types"]
    assert found["epsilon"]["none"]["certified"] is None
    assert best["none"] > 1.0


def test_worlds_of_robosim_keep_their_names(tmp_path, monkeypatch, caplog) -> None:
    """A package beside whose kind a world of the same name stands takes nothing away, and is told of."""
    (tmp_path / "strangers_kind").mkdir()
    (tmp_path / "strangers_kind" / "__init__.py").write_text("")
    for name in ("market", "strange"):
        (tmp_path / "strangers_kind" / f"{name}.toml").write_text("# Not robosim's.\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(reading, "homes", lambda: ["strangers_kind"])
    reading.bundled.cache_clear()
    try:
        with caplog.at_level(logging.WARNING):
            listed = reading.bundled_worlds()
        assert listed["strange"] == "Not robosim's."
        assert listed["market"].startswith("Twenty bidders")
        assert "market.toml of strangers_kind is left out, worlds/market.toml has its name" in caplog.text
    finally:
        reading.bundled.cache_clear()
