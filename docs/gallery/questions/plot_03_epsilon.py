"""
How many rounds make cheating pointless
=======================================

ε(n): what one selfish robot could gain when the algorithm stops after n rounds.
"""

import robosim
from robosim.attacks.curve import curve, picture

found = curve(lambda rounds: robosim.load("rendezvous", set={"mission.rounds": rounds}), [5, 10, 20, 40, 80, 160])
figure = picture(found)
