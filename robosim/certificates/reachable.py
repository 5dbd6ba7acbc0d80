"""Where one agent can steer its team by announcements that float64 can carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robosim.certificates.deviation import Array, Deviation, norm, spread
from robosim.kernels.ball import attainable, coordinates, optimum
from robosim.kernels.steering import gram_schmidt, impulse_responses, triangular_solve

RANK = 1e-14
"""Responses below this share of the largest are rounding."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Reachable:
    """Impulse responses H = Q R Z of the agent of `game`.

    Attributes
    ----------
    outputs : (r, N) array
        Qᵀ, orthonormal.
    triangle : (r, r) array
        R, upper triangular.
    inputs : (r, rounds+1) array
        Z, orthonormal.
    way, apart : (d, N) arrays
        z_f - θ and (I-J) z_f.
    """

    outputs: Array
    triangle: Array
    inputs: Array
    way: Array
    apart: Array
    game: Deviation

    @classmethod
    def of(cls, game: Deviation) -> Reachable:
        """Factor the impulse responses: pivoted rows for Z, then H Zᵀ = Q R in that order."""
        rounds = len(game.faithful) - 1
        responses = impulse_responses(game.indptr, game.indices, game.alpha, rounds, game.agent)
        inputs = gram_schmidt(responses, RANK, True)
        reached = np.einsum("kr,ir->ki", inputs, responses)  # not matmul: scripts enter trajectories
        outputs = gram_schmidt(reached, 0.0, False)
        return cls(
            outputs=outputs,
            triangle=np.einsum("ji,ki->jk", outputs, reached),
            inputs=inputs,
            way=np.ascontiguousarray((game.final - game.theta).T),
            apart=np.ascontiguousarray(spread(game.final).T),
            game=game,
        )

    def best(self, k: int, radius: float) -> tuple[float, Array]:
        """Gain and coordinates, (k, d), of the best point of the first k outputs within `radius` of consensus."""
        n = self.way.shape[1]
        seen = coordinates(self.outputs[:k], np.full(n, 1.0 / np.sqrt(n)), self.way, self.apart)
        gain, tau = attainable(*seen, norm(self.apart) ** 2, max(radius, 0.0))
        return gain, optimum(*seen, tau)

    def deviation(self, k: int, radius: float) -> Array:
        """u - u_faithful, (rounds+1, d), that reaches that point."""
        weights = triangular_solve(self.triangle[:k, :k], self.best(k, radius)[1])
        result: Array = np.einsum("kr,kc->rc", self.inputs[:k], weights)
        return result

    def towards(self, enough: float, limit: float) -> Array:
        """The deviation that gains `enough`, or as much of it as can be played with a rounding error of `limit`."""
        radius, sizes = self.game.radius - 2.0 * limit, range(1, len(self.outputs) + 1)
        k = next((k for k in sizes if self.best(k, radius)[0] >= enough), len(sizes))
        wild = tame = self.deviation(k, radius)
        while self.game.rounding(tame) > limit:
            k, wild = k - 1, tame
            tame = self.deviation(k, radius) if k else np.zeros_like(wild)
        if wild is tame:
            return tame
        step = self.game.rounding(tame), self.game.rounding(wild)
        return tame + (limit - step[0]) / (step[1] - step[0]) * (wild - tame)
