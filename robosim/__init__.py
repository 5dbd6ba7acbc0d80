"""robosim: missions in which every agent may be selfish, a leader settles the bill, and ε says what cheating could pay.

    import robosim
    record = robosim.run("rendezvous")
    print(record.settlement.tax, record.verdict.epsilon)

Names are imported when first used, so that `import robosim` and the command line start at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from robosim.agent import Array as Array
    from robosim.agent import BestResponse as BestResponse
    from robosim.agent import Controller as Controller
    from robosim.agent import Coordinator as Coordinator
    from robosim.agent import Deviation as Deviation
    from robosim.agent import Heard as Heard
    from robosim.agent import Links as Links
    from robosim.agent import Rules as Rules
    from robosim.agent import Said as Said
    from robosim.agent import Strategy as Strategy
    from robosim.agent import View as View
    from robosim.attacks import Attack as Attack
    from robosim.attacks import Attacks as Attacks
    from robosim.attacks import attack as attack
    from robosim.auction.mission import Auction as Auction
    from robosim.auction.record import AuctionRecord as AuctionRecord
    from robosim.build import load as load
    from robosim.build import run as run
    from robosim.certificate import Certificate as Certificate
    from robosim.certificate import certify as certify
    from robosim.charging.mission import Charging as Charging
    from robosim.charging.record import ChargingRecord as ChargingRecord
    from robosim.checks import check_controller as check_controller
    from robosim.errors import AgentFailure as AgentFailure
    from robosim.errors import BadInput as BadInput
    from robosim.errors import CheckFailed as CheckFailed
    from robosim.errors import RobosimError as RobosimError
    from robosim.errors import TooLarge as TooLarge
    from robosim.exporting import export as export
    from robosim.figures import figure as figure
    from robosim.figures import figures_of as figures_of
    from robosim.figures import plot as plot
    from robosim.freight.coupled.file import save_problem as save_problem
    from robosim.freight.coupled.problem import Coupled as Coupled
    from robosim.freight.mission import Freight as Freight
    from robosim.freight.record import FreightRecord as FreightRecord
    from robosim.kind import Kind as Kind
    from robosim.leader.settle import Settlement as Settlement
    from robosim.leader.tax_rule import Case as Case
    from robosim.leader.tax_rule import TaxRule as TaxRule
    from robosim.mission import Mission as Mission
    from robosim.mission import Snapshot as Snapshot
    from robosim.network.network import Network as Network
    from robosim.record import Record as Record
    from robosim.rendezvous.mission import Rendezvous as Rendezvous
    from robosim.rendezvous.record import RendezvousRecord as RendezvousRecord
    from robosim.report import save_page as save_page
    from robosim.rl import env as env
    from robosim.rl import parallel_env as parallel_env
    from robosim.scenario.reading import bundled_worlds as bundled_worlds
    from robosim.stored import load_record as load_record
    from robosim.strategy_checks import check_strategy as check_strategy
    from robosim.verdict import Epsilon as Epsilon
    from robosim.verdict import Gain as Gain
    from robosim.verdict import Verdict as Verdict

__version__ = "0.1.0"

_HOMES = {
    "robosim.agent": "Array BestResponse Controller Coordinator Deviation Heard Links Rules Said Strategy View",
    "robosim.attacks": "Attack Attacks attack",
    "robosim.auction.mission": "Auction",
    "robosim.auction.record": "AuctionRecord",
    "robosim.build": "load run",
    "robosim.certificate": "Certificate certify",
    "robosim.charging.mission": "Charging",
    "robosim.charging.record": "ChargingRecord",
    "robosim.checks": "check_controller",
    "robosim.errors": "AgentFailure BadInput CheckFailed RobosimError TooLarge",
    "robosim.exporting": "export",
    "robosim.figures": "figure figures_of plot",
    "robosim.freight.coupled.file": "save_problem",
    "robosim.freight.coupled.problem": "Coupled",
    "robosim.freight.mission": "Freight",
    "robosim.freight.record": "FreightRecord",
    "robosim.kind": "Kind",
    "robosim.leader.settle": "Settlement",
    "robosim.leader.tax_rule": "Case TaxRule",
    "robosim.mission": "Mission Snapshot",
    "robosim.network.network": "Network",
    "robosim.record": "Record",
    "robosim.rendezvous.mission": "Rendezvous",
    "robosim.rendezvous.record": "RendezvousRecord",
    "robosim.report": "save_page",
    "robosim.rl": "env parallel_env",
    "robosim.scenario.reading": "bundled_worlds",
    "robosim.stored": "load_record",
    "robosim.strategy_checks": "check_strategy",
    "robosim.verdict": "Epsilon Gain Verdict",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", *sorted(_HOME)]


if not TYPE_CHECKING:  # a type checker that saw it would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module 'robosim' has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
