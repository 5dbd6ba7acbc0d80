"""IPLUX, an integrated primal-dual proximal method: the objective is linearised, the constraint is not (X's baseline).

With W the announced weights, P_W = (I + W)/2, P_H = (I - W)/2 and Φ_i, D_i of `robosim.controllers.parts.agreement`,
each round

    η_i = Σ_j P_W,ij u_j - (z_i + D_i)/ρ
    y_i⁺ = argmin ∇f_i(y_i)'y + (α/2)‖y - y_i‖² + η_i'Φ_i y + (1/(2ρ))‖Φ_i y‖²    over copies y with x_i ∈ X_i
    u_i⁺ = η_i + Φ_i y_i⁺/ρ,   z_i⁺ = z_i + ρ Σ_j P_H,ij u_j⁺

from y = u = z = 0; one exchange of u a round, so z_i⁺ is computed in the round after. u_i⁺ is then the multiplier at
which y_i⁺ is stationary. Reference: X. Wu, H. Wang, J. Lu, IEEE Transactions on Automatic Control 68 (2023) 1847-1854:
O(1/k) in optimality and feasibility. With α below the largest curvature of f_i the linearised step may overshoot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from robosim.agent import Array, Heard, Links, Rules, Said
from robosim.controllers.parts.agreement import Agreement
from robosim.controllers.parts.local_problem import borne
from robosim.kernels.congestion import powered
from robosim.kernels.mixing import mix


class Slope(NamedTuple):
    """∇f_i of all agents, f_i(y) = ψ_i'x_i + Σ_e s_ie a_e |F_e|^{p+1} with F = Θ y."""

    theta: csr_array
    theta_t: csr_array
    toll: Array
    power: float | Array
    private: Array

    @classmethod
    def of(cls, own: Said, rules: Rules) -> Slope:
        """From announced Θ, a and p and the agents' own parts s_i, (1|M, N, E), and ψ_i, (1|M, N, n)."""
        power, theta, (missions, agents, n) = rules["power"], rules["theta"], own["slope"].shape
        private = np.zeros((missions, agents, rules["agents"], n))
        private[:, np.arange(agents), own["id"][0, :, 0].astype(np.intp)] = own["slope"]
        toll = (power + 1) * rules["congestion"] * own["part"]
        return cls(theta, csr_array(theta.T), toll, power, private.reshape(missions, agents, -1))

    def at(self, y: Array) -> Array:
        """∇f_i(y_i), (M, N, copies·n)."""
        flow = times(self.theta, y)
        return self.private + times(self.theta_t, self.toll * powered(flow, self.power))


def times(matrix: csr_array, x: Array) -> Array:
    """One product for every row of x, (M, N, columns): (M, N, rows), summed in the matrix's order."""
    voices = np.ascontiguousarray(x.swapaxes(1, 2))
    out = np.empty((len(x), matrix.shape[0], x.shape[1]))
    return np.asarray(mix(matrix.indptr, matrix.indices, matrix.data, voices, out).swapaxes(1, 2))


class Linearised(NamedTuple):
    """What an agent keeps between rounds: its coupling, its gradient, α, ρ, and z, what others are to make up for."""

    agreement: Agreement
    slope: Slope
    alpha: float
    rho: float
    z: Array


@dataclass(frozen=True, kw_only=True)
class Iplux:
    """The faithful agent. Says `y` and `multiplier` u, every block of it.

    Parameters
    ----------
    consistent : u_i⁺ takes the new copies; False is the program behind X's figures, which puts the old y_i there and
        needs more rounds for it.
    """

    serves: ClassVar[tuple[str, ...]] = ("freight",)
    sends: ClassVar[tuple[str, ...]] = ("multiplier",)
    tracks: ClassVar[bool] = False
    """No words of it add up to what Σ A_i x_i lacks of b."""

    consistent: bool = True

    def start(self, own: Said, rules: Rules, links: Links) -> tuple[Linearised, Said]:
        """Round 0: zeros; `rules["alpha"]` is α, `rules["rho"]` is ρ."""
        alpha, rho = rules["alpha"], rules["rho"]
        agreement = Agreement.of(own, rules, links, c=1 / rho, proximity=alpha, with_cost=False)
        said = agreement.start(own)
        return Linearised(agreement, Slope.of(own, rules), alpha, rho, np.zeros_like(said["multiplier"])), said

    def step(self, state: Linearised, heard: Heard) -> tuple[Linearised, Said]:
        """Finish z of the last round, then answer it."""
        agreement, slope, alpha, rho, z = state
        u, mixed, old = heard.own["multiplier"], heard.mixed("multiplier"), heard.own["y"]
        z = z + 0.5 * rho * (u - mixed)
        price = agreement.less_share(0.5 * (u + mixed) - z / rho, 1 / rho)
        y = agreement.answer(price, towards=alpha * old - slope.at(old))
        load = agreement.load(y if self.consistent else old)
        return state._replace(z=z), {"y": y, "multiplier": price + load / rho}

    def report(self, own: Said, decision: Array, meter: Said) -> Said:
        """What the agent itself bears of the decision (X, (B.2))."""
        return borne(own, decision, meter)
