"""
Market power vanishes as the market grows
=========================================

What a bidder could gain at most under the clearing price, by the number of bidders: its exact best bids are computed.
"""

from matplotlib.figure import Figure

import robosim

sizes, gains = [2, 4, 8, 16, 32], []
for count in sizes:
    some = {"bidders.count": count, "bidders.bid_limits_kw": [-1, 3]}
    mission = robosim.load("market", set=some)
    found = robosim.attack(mission, agents=[0, 1], strategies=["best-response"])
    gains.append(max(one.gain for one in found.attacks))
figure = Figure(figsize=(7, 3), layout="constrained")
axes = figure.subplots()
axes.loglog(sizes, gains, "o-")
axes.set_xticks(sizes, [str(size) for size in sizes])
axes.set_xticks([], minor=True)
axes.set(xlabel="bidders", ylabel="largest gain, $")
