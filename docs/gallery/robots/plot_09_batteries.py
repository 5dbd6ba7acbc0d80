"""
Batteries that do not last
==========================

Rovers drive to a charging pad when they are below 30 %. Who runs empty stands still, and is named in the report.
"""

from matplotlib.figure import Figure

import robosim

record = robosim.run("long-haul")
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
for robot, charge_j in enumerate(record.bodies.charge_j[0].T):
    emptied = record.bodies.emptied[0, robot]
    axes.plot(charge_j, label=f"robot {robot}" + (f": empty in round {emptied}" if emptied >= 0 else ""))
axes.set(xlabel="round", ylabel="charge, J")
axes.legend(frameon=False, bbox_to_anchor=(1.0, 1.0))
