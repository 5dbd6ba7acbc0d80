"""What people read of methods side by side."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table

from robosim.cli.tables import empty_table
from robosim.freight.methods.compare import AS_SET, Comparison
from robosim.freight.methods.curves import BOUNDS, Curve, Reached

NAMES = {
    "consensus_tracking_admm": "CT-ADMM",
    "tracking_admm": "Tracking-ADMM",
    "dc_admm": "DC-ADMM",
    "dpmm": "DPMM",
    "iplux": "IPLUX",
    "dual_subgradient": "dual subgradient",
    "dot_admm": "DOT-ADMM",
}
SHOWN = BOUNDS[0]
"""What a method is to reach on a network that fails."""


def title(name: str) -> str:
    """As papers write it."""
    return NAMES.get(name, name)


def tables(found: Comparison) -> list[Table]:
    """Rounds, numbers sent and CPU to each bound; or what is reached whatever fails."""
    return [failing(found)] if len(found.faults) > 1 else [reaching(found, *part) for part in PARTS]


def _rounds(one: Reached) -> str:
    return "-" if one.rounds is None else str(one.rounds)


def _sent(one: Reached) -> str:
    return "-" if one.floats is None else f"{one.floats:,.0f}" if one.floats < 1e7 else f"{one.floats:.3g}"


def _cpu(one: Reached) -> str:
    return "-" if one.cpu_s is None else f"{one.cpu_s:.2g}"


PARTS: tuple[tuple[str, Callable[[Reached], str]], ...] = (
    ("rounds to", _rounds),
    ("an agent sent to", _sent),
    ("CPU s of all agents to", _cpu),
)


def reaching(found: Comparison, what: str, show: Callable[[Reached], str]) -> Table:
    """A row a method, a column a bound."""
    heads = [f"{bound:.0e}".replace("e-0", "e-") for bound in BOUNDS]
    table = empty_table(what, *heads, "a message holds", left={what})
    for _, curve in found.curves:
        cells = [show(curve.reached(bound)) for bound in BOUNDS]
        table.add_row(title(curve.method), *cells, "-" if curve.void else str(curve.size))
    return table


def failing(found: Comparison) -> Table:
    """A row for what fails, a column a method: rounds to 1 %, or the error that it ends at in brackets."""
    methods = list(dict.fromkeys(curve.method for _, curve in found.curves))
    table = empty_table("what fails", *map(broken_title, methods), left={"what fails"})
    cells = {(fault, curve.method): _cell(curve) for fault, curve in found.curves}
    for fault in found.faults:
        table.add_row(fault, *(cells.get((fault, method), "") for method in methods))
    return table


def broken_title(name: str) -> str:
    """A title in two lines."""
    return title(name).replace("dual sub", "dual sub-\n").replace("-ADMM", "-\nADMM")


def _cell(curve: Curve) -> str:
    if curve.void:
        return "-"
    k, end = curve.reached(SHOWN).rounds, curve.ends_at
    shown = str(k) if k is not None else "(none)" if end is None else f"({end:.0e})".replace("e-0", "e-")
    return shown.replace("e+0", "e") + ("!" if curve.broken is not None else "")


def lines(found: Comparison) -> list[str]:
    """What the table means, whose trackers broke and how, and who could not be run."""
    said = [
        f"{found.world}, seed {found.seed}: {found.agents} agents, {found.unknowns} unknowns, at most "
        f"{found.planned_rounds} rounds; first round from which the errors of objective and demand, at the suppliers' "
        "own decisions, both stay below to the end"
    ]
    if len(found.faults) > 1:
        said.append(
            f"rounds to {SHOWN:.0%}, or in brackets the largest error of the last tenth of the rounds; ! trackers broke"
        )
        if AS_SET in found.faults:
            said.append(f"{AS_SET}: what [network.radio] says")
    said += [f"{title(curve.method)}: not run: {curve.void}" for _, curve in found.curves if curve.void]
    said += [broke(fault, curve) for fault, curve in found.curves if curve.broken is not None]
    return list(dict.fromkeys(said))


def broke(fault: str, curve: Curve) -> str:
    """When the sum of trackers left what is lacking, and how far it went."""
    return (
        f"{title(curve.method)}, {fault}: trackers stop adding up to what demand lacks in round {curve.broken}, by up "
        f"to {curve.worst:.2g} of the largest demand"
    )
