"""
A VCG tax is an area
====================

It is the clearing price of the others, integrated along the share of one bidder (T, Proposition 4 and Figure 2).
"""

import robosim

record = robosim.run("six-bidders", set={"leader.tax": "vcg"})
figure = robosim.figures_of(record)["absence"](record)
