"""
Fifty cars behind sixty kilowatts
=================================

What was planned and what was executed; the feeder is never exceeded.
"""

import robosim

record = robosim.run("charging-day-ahead")
figure = robosim.figures_of(record)["power"](record)
