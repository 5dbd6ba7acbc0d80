"""
Prices of a day
===============

A price for every quarter of an hour, on top of the tariff: it is 0 where the feeder is not full.
"""

import robosim

record = robosim.run("charging-day-ahead")
figure = robosim.figures_of(record)["prices"](record)
