"""
Bodies that turn, drive and keep apart
======================================

Ten GRITSBots of the Robotarium form a circle: unicycles with wheel limits, in control steps of 33 ms. They keep half
of each distance each, and pass on the right.
"""

import robosim

record = robosim.run("robotarium")
figure = robosim.figures_of(record)["trajectories"](record)
