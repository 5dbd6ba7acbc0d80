"""
What each robot pays
====================

Without a tax robot 3 saves its whole cost by staying where it is.
"""

import robosim

record = robosim.run("rendezvous", set={"leader.tax": "none"})
figure = robosim.figures_of(record)["costs"](record)
