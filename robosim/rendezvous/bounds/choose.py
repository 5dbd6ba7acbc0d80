"""Which β(n) a leader announces: what `leader.bound` names, or a number of metres.

    tight, paper   theorems about average consensus (`robosim.leader.bound`), or what the program brings (`listed`)
    probed         sup over the type space of the distance of an affine program (`probed`)
    rehearsed      the largest distance in faithful runs: measured, not proven (`rehearsed`)

β rests on graph, box, program and seed, never on the starts of this mission: else an agent could move it by its type.
"""

from __future__ import annotations

from dataclasses import replace

from robosim.controllers.consensus import Consensus
from robosim.leader.bound import BOUNDS, Bound
from robosim.network.radio import Radio
from robosim.rendezvous.bounds.affine import apart
from robosim.rendezvous.bounds.announced import Announced
from robosim.rendezvous.bounds.probed import probed_bound
from robosim.rendezvous.bounds.rehearsed import rehearsed
from robosim.rendezvous.mission import Rendezvous


def is_consensus(program: object) -> bool:
    """Whether it is robosim's own average consensus: what derives from it may answer otherwise."""
    return type(program) is Consensus


def rule_of(wanted: str | float, program: object, network: object = None, doubt: str = "") -> str | float:
    """What `leader.bound = "auto"` stands for.

    Over a network that changes or loses, and where bodies may be elsewhere than told for the reason `doubt`, nothing
    but rehearsals is known.
    """
    if wanted != "auto":
        return wanted
    if doubt or isinstance(network, Radio):
        return "rehearsed"
    return "tight" if is_consensus(program) or hasattr(program, "proven_beta") else "probed"


def complaint(wanted: str | float, program: object) -> str | None:
    """What is said where a theorem about consensus is announced for another program."""
    if wanted not in BOUNDS or is_consensus(program) or hasattr(program, "proven_beta"):
        return None
    return (
        f"{wanted!r} is a theorem about average consensus, this program is {type(program).__name__}: faithful robots "
        'may be penalised (use "auto", "probed", "rehearsed" or a number of metres)'
    )


def bounded(mission: Rendezvous, wanted: str | float) -> Rendezvous:
    """The mission with the bound that `wanted` names, where that is no formula of `robosim.leader.bound`."""
    if wanted in BOUNDS:
        return mission
    found = announced(mission, wanted)
    rules = replace(mission.announcement, rule=found.rule, bound=found.bound, note=found.note)
    return replace(mission, announcement=rules)


def announced(mission: Rendezvous, wanted: str | float) -> Announced:
    """The bound: a number of metres as it is, "probed" where that is proven, "rehearsed" where it is not."""
    if not isinstance(wanted, str):
        number = Bound(factor=1.0, contraction=0.0, size=float(wanted), noise=0.0, floor=0.0)
        return Announced(
            rule="announced", bound=number, note=f"β(n) = {wanted:g} m is a number that the world announces"
        )
    apart(mission).played()  # before any batch of probes: what is wrong is said of the program's own mission
    found = probed_bound(mission) if wanted == "probed" else ""
    return rehearsed(mission, found) if isinstance(found, str) else found
