"""
A study: graphs and team sizes
==============================

Each graph with each size, and the mean over seeds of what is certified: how much one selfish robot could gain. One
file of keys says all of it, and `robosim study run` plays it, on one machine or a cluster.
"""

import tempfile
from pathlib import Path

from robosim.study.book import results
from robosim.study.picture import draw, parts
from robosim.study.plan import plan
from robosim.study.play import play
from robosim.study.table import rows

ASKED = """
[study]
worlds = ["rendezvous-honest"]
seeds = "1..5"
questions = ["epsilon_certified"]

[set]
"mission.rounds" = 40

[sweep]
"robots.count" = [4, 8, 12, 16]
"network.graph" = ["path", "ring", "star", "complete"]
"""
with tempfile.TemporaryDirectory() as folder:
    study = Path(folder) / "study.toml"
    study.write_text(ASKED)
    play(plan(study), study.with_suffix(".sqlite"), workers=1)
    found = results(study.with_suffix(".sqlite"))

(question,) = found.plan["loose"]["questions"]
asked = [row for row in rows(found) if row.quantity == question]
figure = draw(next(parts(found, asked, question)), found)
