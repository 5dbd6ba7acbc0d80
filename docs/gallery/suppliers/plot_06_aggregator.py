"""
An aggregator and four cars
===========================

The same algorithm on another problem: five agents agree on all powers of six hours by messages to neighbours (X,
Example 2).
"""

import numpy as np
from matplotlib.figure import Figure

import robosim

record = robosim.run("aggregator", set={"leader.tax": "none"})
cars_kw = record.decision[0, 1:]
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
axes.bar(np.arange(6), -record.decision[0, 0], width=0.9, color="none", edgecolor="#222222", label="bought")
below = np.zeros(6)
for car, power_kw in enumerate(cars_kw, start=1):
    axes.bar(np.arange(6), power_kw, bottom=below, width=0.8, label=f"car {car}")
    below = below + power_kw
axes.set(xlabel="hour", ylabel="kW")
axes.legend(frameon=False, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0))
