"""
Price against tax, car by car
=============================

What each of fifty cars pays under VCG, beside what its energy is worth at the last prices.
"""

import robosim

record = robosim.run("charging-day-ahead")
figure = robosim.figures_of(record)["taxes"](record)
