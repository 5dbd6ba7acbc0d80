"""A user's project with code of its own: small worlds of all four kinds beside `controllers/`."""

from pathlib import Path

WORLDS = {
    "rendezvous": '[mission]\nkind = "rendezvous"\nrounds = 30\n[robots]\ncount = 5\n',
    "auction": '[mission]\nkind = "charging"\nrounds = 30\n[bidders]\ncount = 3\nwanted_kw = 1\n'
    "[market]\ncapacity_kw = 2\n",
    "charging": '[mission]\nkind = "charging"\nrounds = 30\n[station]\ncount = 4\nlimit_kw = 20.0\nunmet = "allowed"\n',
    "freight": '[mission]\nkind = "freight"\nrounds = 40\n[freight]\ninstance = "example-1"\n'
    '[leader]\ntax = "shadow-price"\n',
}
NOUNS = {"rendezvous": "robot", "auction": "agent", "charging": "agent", "freight": "supplier"}
KINDS = list(WORLDS)

HALF_HOME = '''
from __future__ import annotations

from dataclasses import dataclass

from robosim import Strategy


@dataclass(frozen=True, kw_only=True)
class HalfHome(Strategy):
    """Does only a share of what it should."""

    share: float = 0.5

    def say(self, k, memory, view):
        word = "z" if "z" in view.faithful else "y"
        return memory, {word: self.share * view.faithful[word]}
'''
HALF_GROVES = """
from robosim import TaxRule
from robosim.leader.tax_rule import others

HALF = TaxRule(name="half-groves", pay=lambda case: others(case.reported) / 2)
"""


def project(folder: Path, kind: str, more: str = "", **files: str) -> Path:
    """The world file of a project with these files in `controllers/`."""
    (folder / "controllers").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "controllers" / f"{name}.py").write_text(text)
    world = folder / "my.toml"
    world.write_text(WORLDS[kind] + more)
    return world


def selfish(kind: str, strategy: str = "half-home", more: str = "") -> str:
    """A `[[selfish]]` table: agent 1 plays the strategy."""
    return f'[[selfish]]\n{NOUNS[kind]} = 1\nstrategy = "{strategy}"\n{more}\n'
