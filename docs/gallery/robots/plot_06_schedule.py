"""
Steps that grow as robots come closer
=====================================

Ten robots of the Robotarium's speed, 6.6 mm a round. A fixed step size that slow robots can follow from any start
needs 19 000 rounds to bring them within 1 cm; an announced schedule of growing steps needs 691, which is proven.
"""

import numpy as np
from matplotlib.figure import Figure

import robosim

figure = Figure(figsize=(7, 3), layout="constrained")
left, right = figure.subplots(1, 2)
for alpha in ("schedule", "auto"):
    rules = robosim.load("robotarium-points", set={"leader.alpha": alpha}).announcement
    steps = rules.alpha if rules.schedule is None else rules.schedule
    left.semilogy(np.broadcast_to(steps, rules.rounds), label=alpha)
    right.semilogy(rules.bound.beta(np.arange(rules.rounds + 1)), label=alpha)
left.set(xlabel="round", ylabel="step size α")
right.set(xlabel="round n", ylabel="β(n), m")
right.axhline(0.01, color="#999999", lw=0.8)
left.legend(title="leader.alpha", frameon=False)
