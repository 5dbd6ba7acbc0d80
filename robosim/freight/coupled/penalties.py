"""Penalty parameters that nobody has to tune: from those scales of the problem and of the network that are public.

An agent that meets more of b, x_i = A_i⁺ b, loads edges V_i = Θ_i A_i⁺, whose costs bend by φ_e''. Of this

- stiffness κ, the mean over agents of ‖V_i' diag(φ'') V_i‖: how fast an agent's own marginal costs climb. Copies are
  drawn to the neighbours' mean by ρ deg, which has to be softer than that, or nobody moves.
- climb χ = ‖V' diag(φ'') V‖ with V = Σ V_i/N, what all meet if everybody takes on 1/N: how fast prices climb with b.
  The price moves by σ times what is left to meet; if σ is much less than χ it lags, if more it swings. News of that
  spreads at the rate 1 - λ₂(W); where that is slow, trackers are wrong for long, and σ has to be smaller.

    ρ = 0.3 κ/mean deg,   σ = 5 χ (1 - λ₂(W))^¾                                    (penalties of X, Algorithm 1)

The form follows from these reasons, the three numbers from 81 cases: X's examples 1, 2, 5 and the two of supplement E
on their own graphs, paths, rings, stars and complete graphs, congestion also at a tenth and ten times (41 cases), and
20 random problems with own quadratic costs and few rows, on paths and complete graphs (40). For each a grid of
penalties was run until objective and demand stayed within 1 %; the numbers (rounded) make the mean logarithm of rounds
least. In the geometric mean they need 1.4 times the rounds of the grid's best on the first 41 cases and 1.6 times on
the others. An exponent of N was fitted too and came out at -0.3, no better than 0.

The methods that X compares with get simpler rules, from their best on a grid over four of these instances:

    Tracking-ADMM σ = 0.2 κ;  DC-ADMM σ = 0.4/κ;  DPMM γ = 0.6 κ, β = 0.8/(γ λmax(Lap)), beyond 1 it was seen to
    diverge;  IPLUX α = max_i ‖Θ' S_i diag(φ'') Θ‖, the largest curvature of f_i, ρ = 3.4/κ.

Two methods price edges (`robosim.controllers.parts.flow_problem`), whose φ'' they know but for the flow F̄ at which it
counts: dual subgradient σ = 1.5 N χ, γ = 0.5 N p F̄^{p-1}; DOT-ADMM σ = 2 χ mean deg, γ = mean deg p F̄^{p-1}. From a
grid over examples 1, 2, 5, a path and Sioux Falls.

Where costs do not bend (a = 0) prices still have to find their level: κ and χ are at least 3 % of the agents' median of
mean |ψ'A⁺| over mean |b|/N, rounded to a power of two: no more than the order of magnitude of private costs is public.
Where congestion is not linear, φ'(F)/F stands for φ'', its mean on the way from 0, at flows F half way between
everybody's even share of b and what would be best if congestion were all that counts: without private costs and limits.

Where some edges are much steeper than most, see `robosim.freight.coupled.steep`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, diags_array, eye_array

from robosim.agent import Array
from robosim.errors import BadInput
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.coupled.reach import box
from robosim.network.graphs import extremes
from robosim.network.network import Network

DIGITS = 3
"""Announced penalties are short numbers, which the last bits of an eigenvalue do not reach."""
FLOOR = 0.03
KAPPA, CHI, SLOWNESS = 0.3, 5.0, 0.75
"""The three numbers of Algorithm 1's penalties."""


def penalties(problem: Coupled, network: Network, method: str = "consensus_tracking_admm") -> dict[str, float]:
    """What the leader announces for a method, by the names of its rules.

    Parameters
    ----------
    method : consensus_tracking_admm (rho, sigma), tracking_admm (sigma), dc_admm (sigma), dpmm (gamma, beta), iplux
        (alpha, rho), dual_subgradient or dot_admm (sigma, gamma).

    Raises
    ------
    BadInput
        Another method.

    >>> pair = Coupled.of([[1.0], [1.0]], 1.0, [2.0], H=[[[2.0]], [[2.0]]])
    >>> penalties(pair, Network.of([(0, 1)]))
    {'rho': 0.6, 'sigma': 5.0}
    """
    if method not in RULES:
        raise BadInput(f"method: no automatic penalties for {method!r} (known: {', '.join(RULES)})")
    return {key: float(short(np.array(x))) for key, x in RULES[method](problem, network).items()}


def penalties_at(problem: Coupled, network: Network, bend: Array, faster: float = 1.0) -> dict[str, float]:
    """ρ and σ of Algorithm 1 where edges bend by so much, (E,); `faster` times those."""
    found = _consensus_tracking_admm(problem, network, bend)
    return {key: float(short(np.array(faster * x))) for key, x in found.items()}


def _consensus_tracking_admm(problem: Coupled, network: Network, bend: Array | None = None) -> dict[str, float]:
    stiffness, climb = bends(problem, bend)
    degree = float(network.links.degree.mean())
    return {"rho": KAPPA * stiffness / degree, "sigma": CHI * climb * mixing_gap(network) ** SLOWNESS}


def _tracking_admm(problem: Coupled, network: Network) -> dict[str, float]:
    return {"sigma": 0.2 * bends(problem)[0]}


def _dc_admm(problem: Coupled, network: Network) -> dict[str, float]:
    return {"sigma": 0.4 / bends(problem)[0]}


def _dpmm(problem: Coupled, network: Network) -> dict[str, float]:
    gamma = 0.6 * bends(problem)[0]
    return {"gamma": gamma, "beta": 0.8 / (gamma * network.lambda_max)}


def _iplux(problem: Coupled, network: Network) -> dict[str, float]:
    stiffness, bend = bends(problem)[0], problem.power * _bend(problem)
    theta = problem.theta.toarray()
    steepest = max(_norm(theta, bend * part) for part in problem.part)
    return {"alpha": max(steepest, stiffness), "rho": 3.4 / stiffness}


def _dual_subgradient(problem: Coupled, network: Network) -> dict[str, float]:
    """Raises `BadInput` where an answer to linear costs need not exist: X_i must be bounded."""
    agents = problem.agents
    for i in range(agents):
        free = ~np.isfinite(np.stack(box(problem.limits[i], problem.most[i], problem.lower[i], problem.upper[i]))).all(
            0
        )
        if free.any() and not _own_curved(problem, i)[free].all():
            raise BadInput(
                f"dual_subgradient: variable {int(np.argmax(free))} of agent {i} has no limit, so that linear costs "
                "have no least (give lower, upper or limits ≥ 0, or take another method)"
            )
    return {"sigma": 1.5 * agents * bends(problem)[1], "gamma": 0.5 * agents * _lean(problem)}


def _own_curved(problem: Coupled, agent: int) -> Array:
    """Which of an agent's variables load an edge of power 1 that is its own alone, (n,)."""
    n = problem.variables
    loads = np.stack(
        [np.asarray(abs(problem.theta[:, i * n : (i + 1) * n]).sum(axis=1)) for i in range(problem.agents)]
    )
    alone = ((loads > 0).sum(axis=0) == 1) & (problem.congestion > 0) & (problem.power == 1.0)
    own = abs(problem.theta[:, agent * n : (agent + 1) * n]).toarray()[alone]
    return np.asarray((own > 0).any(axis=0))


def _dot_admm(problem: Coupled, network: Network) -> dict[str, float]:
    degree = float(network.links.degree.mean())
    return {"sigma": 2.0 * degree * bends(problem)[1], "gamma": degree * _lean(problem)}


def _lean(problem: Coupled) -> float:
    """φ'' over (p + 1) a at the flows that count, the root of their mean square; 1 with linear congestion."""
    p = problem.power
    flow = float(np.sqrt((public_flow(problem)[0] ** 2).mean())) if problem.bends else 1.0
    return float(np.mean(p * flow ** (p - 1.0)))


RULES: dict[str, Callable[[Coupled, Network], dict[str, float]]] = {
    "consensus_tracking_admm": _consensus_tracking_admm,
    "tracking_admm": _tracking_admm,
    "dc_admm": _dc_admm,
    "dpmm": _dpmm,
    "iplux": _iplux,
    "dual_subgradient": _dual_subgradient,
    "dot_admm": _dot_admm,
}


def bends(problem: Coupled, bend: Array | None = None) -> tuple[float, float]:
    """κ and χ, in cost per unit of b squared; where edges bend by `bend` (E,), if that is given."""
    if problem.bends and not problem.b.any():
        return 1.0, 1.0  # nothing is asked for: flows are 0, where such congestion has no scale
    n, agents = problem.variables, problem.agents
    inverse = [np.linalg.pinv(rows) for rows in problem.A]
    met = [problem.theta[:, i * n : (i + 1) * n] @ each for i, each in enumerate(inverse)]
    bend = _bend(problem) if bend is None else bend
    least = _least(problem, inverse)
    stiffness = float(np.mean([_norm(each, bend) for each in met]))
    return max(stiffness, least), max(_norm(np.sum(met, axis=0) / agents, bend), least)


def climb_factor(network: Network) -> float:
    """σ/χ of Algorithm 1."""
    return float(short(np.array(CHI * mixing_gap(network) ** SLOWNESS)))


def mixing_gap(network: Network) -> float:
    """1 - λ₂(W) of the announced weights W: the smallest but one eigenvalue of the weighted Laplacian I - W.

    1 where an agent is alone: nothing has to spread.
    """
    if network.n == 1:
        return 1.0
    links = network.links
    weights = csr_array((links.weight, links.indices, links.indptr), shape=(network.n, network.n))
    return extremes(csr_array(eye_array(network.n) - weights - diags_array(links.own_weight)))[0]


def _norm(load: Array, bend: Array) -> float:
    """‖V' diag(φ'') V‖, by its smaller side."""
    root = np.sqrt(bend)[:, None] * load
    return float(np.linalg.eigvalsh(root.T @ root if root.shape[0] > root.shape[1] else root @ root.T)[-1])


def _bend(problem: Coupled) -> Array:
    """φ'(F)/F = (p + 1) a F^{p-1} of every edge, (E,); with linear congestion φ''."""
    p = problem.power
    flow = np.ones_like(problem.congestion) if not problem.bends else public_flow(problem)[0]
    return np.asarray((p + 1.0) * problem.congestion * flow ** (p - 1.0))


def public_flow(problem: Coupled) -> tuple[Array, float]:
    """Half way between everybody's even share and the best flows without private costs and limits, (E,); and the
    largest price of b there, ∞ where these are not found."""
    share = problem.b / problem.agents
    even = np.abs(problem.flow(np.stack([np.linalg.pinv(rows) @ share for rows in problem.A])))
    free = replace(problem, slope=np.zeros_like(problem.slope), most=np.full_like(problem.most, np.inf))
    try:
        best = optimum(free)
    except BadInput:
        return even, np.inf
    return 0.5 * (even + np.abs(problem.flow(best.x))), float(np.abs(best.price).max(initial=0.0))


def _least(problem: Coupled, inverse: list[Array]) -> float:
    """What κ and χ are at least: a share of prices over quantities, as a power of two."""
    price = asked(problem, inverse)
    quantity = float(np.abs(problem.b).mean()) / problem.agents
    if not (price > 0.0 and quantity > 0.0):
        return float(np.finfo(np.float64).tiny) if problem.congestion.any() else 1.0
    return float(2.0 ** np.round(np.log2(FLOOR * price / quantity)))


def asked(problem: Coupled, inverse: list[Array]) -> float:
    """What most ask for a unit of b, but for congestion: who asks a million times as much stays at home."""
    each = [np.abs(slope @ one).mean() for slope, one in zip(problem.slope, inverse, strict=True)]
    return float(np.median(each))


def short(x: Array) -> Array:
    """Numbers of any shape, with `DIGITS` digits each."""
    return np.array([float(f"{one:.{DIGITS - 1}e}") for one in x.ravel()]).reshape(x.shape)
