"""
How suppliers come to agree
===========================

Consensus-Tracking-ADMM (X, Algorithm 1): objective, unmet demand, and how far copies differ.
"""

import robosim

record = robosim.run("freight")
figure = robosim.figures_of(record)["convergence"](record)
