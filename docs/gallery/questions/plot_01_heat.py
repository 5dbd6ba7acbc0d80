"""
Every strategy under two rules
==============================

What the best robot gains by each strategy, and what the others lose by it.
"""

import robosim
from robosim.attacks.figure import heat_map
from robosim.attacks.table import comparison

mission = robosim.load("rendezvous")
found = robosim.attack(mission, taxes=["groves", "none"], agents=[0, 3, 6])
figure = heat_map(comparison(found, "rendezvous", mission.unit))
