"""
How far apart they are, and may be
==================================

The leader announces β(n): how far from agreement a faithful team can be after n rounds. A team outside of it pays a
penalty. Here everybody is faithful, and the distance stays below the bound in every round.
"""

import robosim

record = robosim.run("rendezvous-honest")
figure = robosim.figures_of(record)["convergence"](record)
