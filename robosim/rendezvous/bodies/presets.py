"""Robots that can be bought or built, as bodies: what their data sheets say."""

from __future__ import annotations

from robosim.rendezvous.bodies.unicycle import Unicycle

GRITSBOT = {"wheel_speed_mps": 0.016 * 12.5, "track_m": 0.11, "radius_m": 0.055}
"""The Robotarium's GRITSBot X: wheels of 16 mm radius that turn at most 12.5 rad/s; 11 cm across.

(robotarium_python_simulator, `rps/robotarium_abc.py`: wheel_radius, max_wheel_velocity = 0.2 m/s / wheel_radius,
robot_diameter. Its wheels are 10.5 cm apart there, and its turns are clipped as if they were 11 cm apart.)
"""
TURTLEBOT3 = {"wheel_speed_mps": 0.22, "track_m": 0.16, "radius_m": 0.105}
"""TurtleBot 3 Burger: at most 0.22 m/s, wheels 16 cm apart, `robot_radius` 10.5 cm.

(ROBOTIS e-manual, specifications; turtlebot3_gazebo, model.sdf: wheels at y = ±0.08 m; turtlebot3_navigation, costmap
of the Burger. Its data sheet's 2.84 rad/s are what 0.22 m/s and 15.5 cm give: turns are a little slower here.)
"""


def gritsbot() -> Unicycle:
    """The Robotarium's GRITSBot X."""
    return Unicycle(**GRITSBOT)


def turtlebot3() -> Unicycle:
    """TurtleBot 3 Burger."""
    return Unicycle(**TURTLEBOT3)
