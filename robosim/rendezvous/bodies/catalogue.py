"""stub"""

from robosim.rendezvous.bodies.body import Body
from robosim.rendezvous.bodies.car import Car
from robosim.rendezvous.bodies.point import Point
from robosim.rendezvous.bodies.presets import gritsbot, turtlebot3
from robosim.rendezvous.scenario import RendezvousScenario


def body(scenario: RendezvousScenario) -> Body:
    """stub"""
    limit = scenario.robots.speed_limit_mps
    name = scenario.robots.body
    if name == "gritsbot":
        return gritsbot()
    if name == "turtlebot3":
        return turtlebot3()
    if name == "car":
        return Car(**scenario.robots.bodies.get("car", {}))
    return Point() if limit is None else Point(speed_limit_mps=limit)
