"""
Where robots drive
==================

Twelve robots agree by driving.
"""

import robosim

record = robosim.run("rendezvous")
figure = robosim.figures_of(record)["trajectories"](record)
