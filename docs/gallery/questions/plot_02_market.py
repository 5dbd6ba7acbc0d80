"""
The same for bidders
====================

The clearing price is gamed; under VCG nobody gains.
"""

import robosim
from robosim.attacks.figure import heat_map
from robosim.attacks.table import comparison

mission = robosim.load("six-bidders")
found = robosim.attack(mission, taxes=["none", "clearing-price", "groves", "vcg"], agents=[0, 1])
figure = heat_map(comparison(found, "six-bidders", mission.unit))
