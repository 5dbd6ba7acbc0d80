"""
What one car's presence costs the others
========================================

The day is planned again without it.
"""

import robosim

record = robosim.run("charging-day-ahead", set={"station.count": 12, "station.limit_kw": 12.0})
figure = robosim.figures_of(record)["absence"](record)
