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
    from robosim.attacks import attack as attack
    from robosim.building.build import load as load
    from robosim.building.build import run as run
    from robosim.certificates import certify as certify
    from robosim.checks import check_controller as check_controller
    from robosim.errors import RobosimError as RobosimError
    from robosim.figures import plot as plot
    from robosim.missions.mission import Mission as Mission
    from robosim.network import Network as Network
    from robosim.problems.coupled import Coupled as Coupled
    from robosim.problems.coupled_file import save_problem as save_problem
    from robosim.records.record import Record as Record
    from robosim.scenario import bundled_worlds as bundled_worlds
    from robosim.store import load_record as load_record

__version__ = "0.1.0"

_HOME = {
    "Coupled": "robosim.problems.coupled:Coupled",
    "Mission": "robosim.missions.mission:Mission",
    "Network": "robosim.network:Network",
    "Record": "robosim.records.record:Record",
    "RobosimError": "robosim.errors:RobosimError",
    "attack": "robosim.attacks:attack",
    "bundled_worlds": "robosim.scenario:bundled_worlds",
    "certify": "robosim.certificates:certify",
    "check_controller": "robosim.checks:check_controller",
    "load": "robosim.building.build:load",
    "load_record": "robosim.store:load_record",
    "plot": "robosim.figures:plot",
    "run": "robosim.building.build:run",
    "save_problem": "robosim.problems.coupled_file:save_problem",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'robosim' has no attribute {name!r}")
    module, attribute = _HOME[name].split(":")
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
