"""
Who hears whom decides how fast
===============================

The tight bound β(n) shrinks by 1 - αλ₂ a round, with λ₂ the algebraic connectivity of the graph.
"""

import numpy as np
from matplotlib.figure import Figure

import robosim

figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
for graph in ("path", "ring", "star", "grid", "geometric", "complete"):
    rules = robosim.load("rendezvous-honest", set={"network.graph": graph}).announcement
    axes.semilogy(rules.bound.beta(np.arange(rules.rounds + 1)), label=graph)
axes.set(xlabel="round n", ylabel="β(n), m")
axes.legend(frameon=False, bbox_to_anchor=(1.0, 1.0))
