"""A certificate: how much one selfish agent could gain, or why nobody can say."""

from __future__ import annotations

from dataclasses import dataclass

from robosim.agent import Array
from robosim.records.record import Epsilon


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """ε of the all-faithful mission, in the unit of the private cost.

    `exact` and `bounded` are (agents,), or None where they do not exist or would take longer than allowed; `certified`
    holds at these types, `over_types` for every type in the type space. `void` says why there is no certificate.
    """

    rounds: int
    alpha: float | None = None
    beta: float | None = None
    certified: float | None = None
    over_types: float | None = None
    exact: Array | None = None
    bounded: Array | None = None
    void: str | None = None

    @property
    def epsilon(self) -> Epsilon:
        """The largest figure over agents."""
        return Epsilon(certified=self.certified, exact=_largest(self.exact), bounded=_largest(self.bounded))


def _largest(gains: Array | None) -> float | None:
    return None if gains is None else float(gains.max())
