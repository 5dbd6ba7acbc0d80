"""
Where robots drive
==================

Twelve robots meet by average consensus: the iterates of the algorithm are their positions. Robot 3 is selfish and
stays where it is, so that the others come to it.
"""

import robosim

record = robosim.run("rendezvous")
figure = robosim.figures_of(record)["trajectories"](record)
