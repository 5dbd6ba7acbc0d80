"""A small study, played into a folder, and a project whose tax rule kills who applies it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robosim.scenario.reading import template
from robosim.study.book import Results, results
from robosim.study.plan import Plan, plan
from robosim.study.play import play

SMALL = """[study]
worlds = ["rendezvous"]
seeds = "1..3"
taxes = ["groves", "none"]
attacks = ["stationary", "foot-dragging:stride=0.3"]

[set]
"mission.rounds" = 20

[sweep]
"robots.count" = [4, 6]
"""


def made(folder: Path, text: str = SMALL) -> Plan:
    """The plan of a study file that is written now."""
    (folder / "study.toml").write_text(text)
    return plan(folder / "study.toml")


def played(folder: Path, text: str = SMALL, name: str = "study.sqlite", **options: Any) -> Results:
    """What it finds."""
    play(made(folder, text), folder / name, **options)
    return results(folder / name)


PROJECT = """from pathlib import Path
import os, signal
from robosim import TaxRule

ARMED = Path(__file__).parent / "armed"


def pay(case):
    if ARMED.exists():
        ARMED.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0 * case.reported


tax = TaxRule(name="deadly", pay=pay)
"""


def deadly(folder: Path, text: str = PROJECT) -> str:
    """A study with a tax rule that kills who applies it, once."""
    (folder / "controllers").mkdir()
    (folder / "controllers" / "deadly.py").write_text(text)
    (folder / "mine.toml").write_text(template("rendezvous"))
    return SMALL.replace('"rendezvous"', '"mine.toml"').replace('"none"', '"deadly"')
