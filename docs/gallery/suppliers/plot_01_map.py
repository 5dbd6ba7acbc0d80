"""
Four suppliers share roads
==========================

Trucks on the same road slow each other down (X, Example 1).
"""

import robosim

record = robosim.run("freight")
figure = robosim.figures_of(record)["map"](record)
