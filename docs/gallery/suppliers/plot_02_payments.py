"""
What each supplier is paid
==========================

VCG payments: what each supplier saves the others.
"""

import robosim

record = robosim.run("freight")
figure = robosim.figures_of(record)["payments"](record)
