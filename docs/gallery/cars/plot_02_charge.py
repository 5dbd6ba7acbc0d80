"""
What batteries held
===================

They take less towards full.
"""

import robosim

record = robosim.run("charging-day-ahead", set={"station.count": 12, "station.limit_kw": 15.0})
figure = robosim.figures_of(record)["charge"](record)
