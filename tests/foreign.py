"""Twelve programs of robots that are not robosim's: sound ones, clumsy ones, liars and thieves. Plain classes."""

import numpy as np

from robosim.controllers.consensus import Consensus


class HalfStep:
    """Average consensus with a share `gain` of the announced step size; reports its squared displacement."""

    def __init__(self, gain: float = 0.5) -> None:
        self.gain = gain

    def start(self, own, rules, links):
        return (0, rules["alpha"] * self.gain, rules["rounds"], None), {"z": own["start"].copy()}

    def step(self, state, heard):
        k, alpha, n, last = state
        return (k + 1, alpha, n, last), {"z": heard.own["z"] + alpha * pull(heard)}

    def report(self, own, decision, meter):
        return {"cost": ((decision - own["start"]) ** 2).sum(axis=-1, keepdims=True)}


def pull(heard, key="z"):
    """-L z, (missions, agents, d)."""
    return heard.total(key) - heard.links.degree[:, None] * heard.own[key]


class HeavyBall(HalfStep):
    """z⁺ = z - αL z + μ (z - z of the round before); keeps what it heard, as it is lent."""

    def __init__(self, momentum: float = 0.5) -> None:
        super().__init__(gain=1.0)
        self.momentum = momentum

    def step(self, state, heard):
        k, alpha, n, last = state
        z = heard.own["z"]
        push = 0.0 if last is None else self.momentum * (z - last)
        return (k + 1, alpha, n, z), {"z": z + alpha * pull(heard) + push}


class Chebyshev(HalfStep):
    """Chebyshev's semi-iteration for Laplacian eigenvalues between `slow` and `fast`."""

    def __init__(self, slow: float = 0.2, fast: float = 4.0) -> None:
        super().__init__()
        self.middle, self.half = (slow + fast) / 2, (fast - slow) / 2

    def start(self, own, rules, links):
        return (0, None, 2.0), {"z": own["start"].copy()}

    def step(self, state, heard):
        k, last, omega = state
        z = heard.own["z"]
        here = z + pull(heard) / self.middle
        if k == 0:
            return (1, z, 2.0), {"z": here}
        omega = 1 / (1 - (self.half / self.middle) ** 2 * omega / 4)
        return (k + 1, z, omega), {"z": omega * (here - last) + last}


class PushSum(HalfStep):
    """Ratio consensus: says where it drives, z = x/w, and the shares of x and w that every neighbour may add."""

    def start(self, own, rules, links):
        share = 1 / (1 + links.degree[:, None])
        start = own["start"]
        return None, {"z": start.copy(), "x": start * share, "w": np.ones((*start.shape[:2], 1)) * share}

    def step(self, state, heard):
        x, w = (heard.own[key] + heard.total(key) for key in ("x", "w"))
        share = 1 / (1 + heard.links.degree[:, None])
        return None, {"z": x / w, "x": x * share, "w": w * share}


class ReportsZero(HalfStep):
    """Says that nothing cost it anything."""

    def report(self, own, decision, meter):
        return {"cost": np.zeros((*decision.shape[:2], 1))}


class ReportsOtherUnits(HalfStep):
    """Reports joules, whatever robots pay for."""

    def report(self, own, decision, meter):
        return {"cost": np.array(meter["energy_j"])}


class ReportsWrongShape(HalfStep):
    """Reports (missions, agents)."""

    def report(self, own, decision, meter):
        return {"cost": ((decision - own["start"]) ** 2).sum(axis=-1)}


class NoReport:
    """Half a step, and no report."""

    def __init__(self) -> None:
        self.inner = HalfStep()

    def start(self, own, rules, links):
        return self.inner.start(own, rules, links)

    def step(self, state, heard):
        return self.inner.step(state, heard)


class Wrapped:
    """robosim's own consensus with half of the step size."""

    def __init__(self) -> None:
        self.consensus = Consensus()

    def start(self, own, rules, links):
        return self.consensus.start(own, {**rules, "alpha": rules["alpha"] / 2}, links)

    def step(self, state, heard):
        return self.consensus.step(state, heard)

    def report(self, own, decision, meter):
        return self.consensus.report(own, decision, meter)


class Centralised(HalfStep):
    """Goes half way to the mean of everybody, which no robot can know."""

    def step(self, state, heard):
        z = heard.own["z"]
        return state, {"z": 0.5 * z + 0.5 * z.mean(axis=1, keepdims=True)}


class Thief(HalfStep):
    """Writes into what it hears."""

    def step(self, state, heard):
        z = heard.own["z"]
        z *= 0.9
        return state, {"z": z}


class StopsHalfway(HalfStep):
    """Stays where it is in the second half of the rounds."""

    def step(self, state, heard):
        state, said = super().step(state, heard)
        return state, said if state[0] <= state[2] // 2 else {"z": heard.own["z"].copy()}


SOUND = (
    HalfStep, HeavyBall, Chebyshev, PushSum, ReportsZero, ReportsOtherUnits, NoReport, Wrapped, StopsHalfway
)  # fmt: skip
"""Programs that keep the protocol, whatever they report."""
BROKEN = (ReportsWrongShape, Thief)
"""Programs that end with an agent failure."""
ALL = (*SOUND, Centralised, *BROKEN)
