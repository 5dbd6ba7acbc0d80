"""
Roads of a market that is drawn
===============================

Six suppliers and towns at random places, roads between near ones. A file of your own can name real roads.
"""

import robosim

drawn = {"freight.instance": "random", "freight.suppliers": 6, "leader.tax": "none"}
record = robosim.run("freight", set=drawn)
figure = robosim.figures_of(record)["map"](record)
