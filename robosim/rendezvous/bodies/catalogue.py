"""stub"""

from robosim.rendezvous.bodies.body import Body
from robosim.rendezvous.bodies.point import Point
from robosim.rendezvous.scenario import RendezvousScenario


def body(scenario: RendezvousScenario) -> Body:
    """stub"""
    limit = scenario.robots.speed_limit_mps
    return Point() if limit is None else Point(speed_limit_mps=limit)
