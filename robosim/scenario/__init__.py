"""World files: TOML text → a checked `Scenario`, or every error at once, as `file:line: section.key: message (fix)`.

`load_scenario` is the way in. A new kind of world is a file like `rendezvous.py` and a line in `kinds.KINDS`.
"""

from robosim.scenario.bundled import bundled_worlds, template
from robosim.scenario.charging import ChargingScenario
from robosim.scenario.freight_world import FreightScenario, SelfishSupplier
from robosim.scenario.kinds import KINDS, Scenario, json_schema
from robosim.scenario.limits import estimate_bytes
from robosim.scenario.loading import load_scenario
from robosim.scenario.rendezvous import RendezvousScenario
from robosim.scenario.selfish import SelfishBidder, SelfishEntry
from robosim.scenario.station_world import SelfishEv, StationScenario

__all__ = [
    "KINDS",
    "ChargingScenario",
    "FreightScenario",
    "RendezvousScenario",
    "Scenario",
    "SelfishBidder",
    "SelfishEntry",
    "SelfishEv",
    "SelfishSupplier",
    "StationScenario",
    "bundled_worlds",
    "estimate_bytes",
    "json_schema",
    "load_scenario",
    "template",
]
