"""
A radio that loses a third of all messages
==========================================

Running sums (ratio consensus) keep the average of the starts, whatever is lost. Using the last word of whom one does
not hear agrees as well, but elsewhere.
"""

from matplotlib.figure import Figure

import robosim

figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
for program in ("ratio-consensus", "hold-last"):
    record = robosim.run("lossy", set={"mission.controller": program})
    axes.semilogy(record.kept, record.distance[0], label=f"{program}: the mean moved by {record.mean_moved_m(0):.3f} m")
axes.set(xlabel="round", ylabel="distance from agreement, m")
axes.legend(frameon=False)
