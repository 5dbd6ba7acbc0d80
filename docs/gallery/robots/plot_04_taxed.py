"""
What each robot pays under the Groves tax
=========================================

Robot 3 drags its feet only a little, stays inside β(n), and pays what the others paid: its net cost is that of the
whole team, so that what costs the team costs the robot.
"""

import robosim

slow = {"selfish.0.strategy": "foot-dragging", "selfish.0.stride": 0.9}
record = robosim.run("rendezvous", set=slow)
figure = robosim.figures_of(record)["costs"](record)
