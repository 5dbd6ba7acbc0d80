"""What the others would cost without one agent: P_-i, solved among themselves or by one mind (X, section 5.2).

No word, cost or limit of agent i enters P_-i, so that h_-i does not depend on what i does, bit for bit. All start as
the main run does, from nothing: copies and prices 0, everybody lacking its share of b (the values that the program
announces for round 0), and stop by the announced tolerance, or after rounds of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robosim.agent import Array, Deviation
from robosim.errors import BadInput
from robosim.freight.coupled.feasible import refuse_unmet
from robosim.freight.coupled.optimum import optimum
from robosim.network.graphs import component_labels
from robosim.network.network import Hub, Network


class Marginals(NamedTuple):
    """What became of P_-i for each agent i."""

    cost: Array
    """(M, N) h_-i, what the others report."""
    rounds: NDArray[np.int64]
    """(M, N) that were played; 0 where one mind solved it."""
    residuals: Array
    """(M, N, 2) as a mission's, at the end."""
    cut: NDArray[np.bool_]
    """(M, N) whether rounds ran out before the announced tolerance was reached."""

    @classmethod
    def solved(cls, cost: Array) -> Marginals:
        """By one mind; NaN where nobody needed it."""
        none = np.zeros((*cost.shape, 2))
        return cls(cost, np.zeros(cost.shape, dtype=np.int64), none, np.zeros(cost.shape, dtype=bool))


class End(NamedTuple):
    """How one run ended: `cost`, `rounds`, `cut` (M,), `residuals` (M, 2)."""

    cost: Array
    rounds: NDArray[np.int64]
    residuals: Array
    cut: NDArray[np.bool_]


def network_without(network: Network, agent: int) -> Network | Hub:
    """The network of those who are left; one who is left alone has a hub without links.

    Raises
    ------
    BadInput
        naming the agent whose absence cuts the others apart, and who would be cut off.
    """
    others = np.delete(np.arange(network.n), agent)
    if len(others) == 1:
        return Hub(n=1)
    edges = np.searchsorted(others, network.edges[(network.edges != agent).all(axis=1)])
    labels = component_labels(len(others), edges)
    if labels.any():
        apart = others[labels == np.bincount(labels).argmin()]
        shown = ", ".join(str(i) for i in apart[:6]) + (", …" if len(apart) > 6 else "")
        raise BadInput(
            f"without agent {agent} the others cannot talk: {shown} would be cut off (VCG needs a network that holds "
            "without any one agent: join its neighbours, or set leader.marginals=central)"
        )
    left = Network(n=len(others), edges=edges, margin=network.margin)
    over = getattr(network, "over", None)  # what fails, fails there too
    return left if over is None else over(left)


def mission_without(mission: Any, agent: int) -> Any:
    """P_-i as a mission: the others alone, on what is left of the network; who deviates here does so there.

    Raises `BadInput` where they cannot talk, or one is left alone, who has nobody to talk to.
    """
    network, problem = network_without(mission.network, agent), mission.problem.without(agent)
    if isinstance(network, Hub):
        raise BadInput(f"without agent {agent} one is left alone (set leader.marginals=central)")
    staying = tuple(found for one in mission.deviations if (found := _staying(one, agent)) is not None)
    known = {key: np.delete(x, agent, axis=1) for key, x in mission.own.items() if key == "goods"}
    most = mission.marginal_rounds
    return replace(
        mission, problem=problem, own=known | problem.own(), network=network, deviations=staying, instance=None,
        rounds=most, rules={**mission.rules, "rounds": most},
    )  # fmt: skip


def costs_without(mission: Any) -> Marginals:
    """h_-i for each agent and how it was found; in a pair who is left has nobody to talk to, and solves it alone."""
    if mission.marginals == "central" or mission.network.n == 2:
        return Marginals.solved(np.array([_central(mission, row) for row in range(mission.batch)]))
    ends = [_distributed(mission, agent) for agent in range(mission.network.n)]
    return Marginals(*(np.stack(each, axis=1) for each in zip(*ends, strict=True)))


def _central(mission: Any, row: int) -> list[float]:
    """One programme for each absence: in a common one i's costs would reach the last digits of h_-i."""
    declared = mission.declared(row)
    return [optimum(declared.without(agent)).objective for agent in range(declared.agents)]


def _distributed(mission: Any, agent: int) -> End:
    """How the others end in P_-i; some of them may stay out of it, too."""
    smaller = mission_without(mission, agent)
    end = _end(smaller)
    lazy = [one for one in smaller.deviations if one.strategy.stays_out]
    for i in sorted({int(i) for one in lazy for i in one.agents}):
        rest = _rest(smaller, i)
        if rest is not None:
            rows = np.concatenate([one.missions[one.agents == i] for one in lazy])
            for these, those in zip(end, _end(rest), strict=True):
                these[rows] = those
    return end


def _rest(smaller: Any, agent: int) -> Any:
    """P_-i without one more, who stays out of it; None where the others can neither talk nor meet b without it."""
    try:
        rest = replace(mission_without(smaller, agent), batch=1, deviations=())
        refuse_unmet(rest.problem)
    except BadInput:
        return None
    return rest


def _end(mission: Any) -> End:
    snapshot = mission.played()
    cost = np.asarray(mission.usable_reports(mission.decide(snapshot)).sum(axis=1))
    books = snapshot.leader
    return End(cost, books.counted.copy(), books.residuals.copy(), mission.cut(snapshot))


def _staying(one: Deviation, absent: int) -> Deviation | None:
    """The deviation among those who are left, under their new numbers: what it plays in problems without another."""
    here = one.agents != absent
    if not here.any():
        return None
    agents = one.agents[here]
    moved = agents - (agents > absent)
    return replace(one, strategy=one.strategy.apart(), missions=one.missions[here], agents=moved)
