"""
A price that is baited down
===========================

Six bidders answer a price. One bids low until the last round, so that the price falls, and then takes what it wants.
"""

import robosim

switch = {0: "bait-and-switch"}
record = robosim.load("six-bidders", strategies=switch).run()
figure = robosim.figures_of(record)["prices"](record)
