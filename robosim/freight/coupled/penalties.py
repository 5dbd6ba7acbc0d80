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

Where costs do not bend (a = 0) prices still have to find their level: κ and χ are at least 3 % of mean |ψ'A⁺| over mean
|b|/N, rounded to a power of two: no more than the order of magnitude of private costs is public. Where congestion is
not linear, φ'(F)/F stands for φ'', its mean on the way from 0, at flows F half way between everybody's even share of b
and what would be best if congestion were all that counts: without private costs and limits.
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
from robosim.network.graphs import extremes
from robosim.network.network import Network

DIGITS = 3
"""Announced penalties are short numbers, which the last bits of an eigenvalue do not reach."""
FLOOR = 0.03


def penalties(problem: Coupled, network: Network, method: str = "consensus_tracking_admm") -> dict[str, float]:
    """What the leader announces for a method, by the names of its rules.

    Parameters
    ----------
    method : consensus_tracking_admm (rho, sigma), tracking_admm (sigma), dc_admm (sigma), dpmm (gamma, beta) or iplux
        (alpha, rho).

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
    return {key: _short(x) for key, x in RULES[method](problem, network).items()}


def _consensus_tracking_admm(problem: Coupled, network: Network) -> dict[str, float]:
    stiffness, climb = bends(problem)
    degree = float(network.links.degree.mean())
    return {"rho": 0.3 * stiffness / degree, "sigma": 5.0 * climb * mixing_gap(network) ** 0.75}


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


RULES: dict[str, Callable[[Coupled, Network], dict[str, float]]] = {
    "consensus_tracking_admm": _consensus_tracking_admm,
    "tracking_admm": _tracking_admm,
    "dc_admm": _dc_admm,
    "dpmm": _dpmm,
    "iplux": _iplux,
}


def bends(problem: Coupled) -> tuple[float, float]:
    """κ and χ, in cost per unit of b squared."""
    if problem.bends and not problem.b.any():
        return 1.0, 1.0  # nothing is asked for: flows are 0, where such congestion has no scale
    n, agents = problem.variables, problem.agents
    inverse = [np.linalg.pinv(rows) for rows in problem.A]
    met = [problem.theta[:, i * n : (i + 1) * n] @ each for i, each in enumerate(inverse)]
    bend = _bend(problem)
    least = _least(problem, inverse)
    stiffness = float(np.mean([_norm(each, bend) for each in met]))
    return max(stiffness, least), max(_norm(np.sum(met, axis=0) / agents, bend), least)


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
    flow = np.ones_like(problem.congestion) if not problem.bends else _public_flow(problem)
    return np.asarray((p + 1.0) * problem.congestion * flow ** (p - 1.0))


def _public_flow(problem: Coupled) -> Array:
    """Half way between everybody's even share and the best flows without private costs and limits; (E,)."""
    share = problem.b / problem.agents
    even = np.abs(problem.flow(np.stack([np.linalg.pinv(rows) @ share for rows in problem.A])))
    free = replace(problem, slope=np.zeros_like(problem.slope), most=np.full_like(problem.most, np.inf))
    try:
        return 0.5 * (even + np.abs(problem.flow(optimum(free).x)))
    except BadInput:
        return even


def _least(problem: Coupled, inverse: list[Array]) -> float:
    """What κ and χ are at least: a share of prices over quantities, as a power of two."""
    price = float(np.mean([np.abs(slope @ each).mean() for slope, each in zip(problem.slope, inverse, strict=True)]))
    quantity = float(np.abs(problem.b).mean()) / problem.agents
    if not (price > 0.0 and quantity > 0.0):
        return float(np.finfo(np.float64).tiny) if problem.congestion.any() else 1.0
    return float(2.0 ** np.round(np.log2(FLOOR * price / quantity)))


def _short(x: float) -> float:
    return float(f"{x:.{DIGITS - 1}e}")
