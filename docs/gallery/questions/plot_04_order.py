"""
Found, exact, certified
=======================

What each robot gained by the strategies that have a name, what it could gain within the world's limits and by any
words, and what nobody can exceed. They stand in this order in every world, which every run checks.
"""

import numpy as np
from matplotlib.figure import Figure

import robosim

mission = robosim.load("rendezvous", set={"mission.rounds": 30})
found, names = np.zeros(12), ["foot-dragging:stride=0.8,0.9,0.95", "initial-lie", "freeze", "free-riding"]
for one in robosim.attack(mission, strategies=names).attacks:
    found[one.agent] = max(found[one.agent], one.gain)
epsilon = robosim.certify(mission)
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
axes.bar(np.arange(12), found, label="found by name")
axes.plot(np.arange(12), epsilon.bounded, "^", label="bounded")
axes.plot(np.arange(12), epsilon.exact, "s", label="exact")
axes.axhline(epsilon.certified, color="#D55E00", label="certified")
axes.set(xlabel="robot", ylabel="gain, m²")
axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
