"""
Online and day-ahead
====================

The same day planned by those who are plugged in, anew every five minutes, and by somebody who knew who would come.
The plan of the day before uses whole quarters of an hour of each stay, plans online every minute of it, which is why
they are cheaper here.
"""

import numpy as np
from matplotlib.figure import Figure

import robosim

small = {"station.count": 16, "station.limit_kw": 16.0, "leader.tax": "none", "station.unmet": "allowed"}
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
for world in ("charging-day-ahead", "charging"):
    record = robosim.run(world, set=small)
    power_kw = record.day.metered_kwh.sum(axis=0) / record.day.step_h
    hours = record.day.step_h * np.arange(len(power_kw))
    axes.step(hours, power_kw, where="post", label=f"{world}: {record.private_cost.sum():.2f} $")
axes.axhline(16.0, color="#999999", lw=0.8)
axes.set(xlabel="hour", ylabel="all cars, kW", title=f"the day costs at least {record.verdict.optimum:.2f} $")
axes.legend(frameon=False)
