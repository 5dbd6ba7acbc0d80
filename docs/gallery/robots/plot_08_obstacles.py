"""
Around a wall, a pillar and a block
===================================

Keeping clear of obstacles is metered and never counted as misbehaviour.
"""

import robosim

record = robosim.run("obstacles")
figure = robosim.figures_of(record)["trajectories"](record)
