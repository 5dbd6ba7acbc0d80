"""
Price times share against the VCG tax
=====================================

With few bidders the two differ: what separates them is market power.
"""

import robosim

record = robosim.run("six-bidders", set={"leader.tax": "vcg"})
figure = robosim.figures_of(record)["taxes"](record)
