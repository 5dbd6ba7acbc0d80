"""
The erratum: a published bound that fines the faithful
======================================================

Five faithful robots on a line. The bound of the paper's Algorithm 2 shrinks faster than robots can agree when the
step size is below 1/λmax: after about a hundred rounds they are outside of it. The corrected and the tight bound
shrink as consensus does.
"""

import warnings

import numpy as np
from matplotlib.figure import Figure

import robosim

warnings.simplefilter("ignore")  # robosim warns of the published bound
figure = Figure(figsize=(7, 3.2), layout="constrained")
axes = figure.subplots()
for bound, colour in (("paper", "#E69F00"), ("tight", "#009E73"), ("paper-as-published", "#D55E00")):
    record = robosim.run("erratum", set={"leader.bound": bound, "mission.rounds": 130})
    axes.semilogy(record.kept, record.beta, color=colour, label=f"β(n), {bound}")
axes.semilogy(record.kept, record.distance[0], "--", color="#0072B2", label="distance of the faithful team")
first = record.kept[np.argmax(record.distance[0] > record.beta)]
axes.axvline(first, color="#999999", lw=0.8)
axes.set(xlabel="round n", ylabel="m", title=f"outside the published bound from round {first} on")
axes.legend(frameon=False)
