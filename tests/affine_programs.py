"""Programs that are not robosim's own, each a plain class written against the public protocol; some are not affine."""

from __future__ import annotations

import numpy as np


class Half:
    """Average consensus with half of the announced step; the base of the others, which change its step."""

    serves = ("rendezvous",)

    def start(self, own, rules, links):
        return {"k": 0, "alpha": rules["alpha"], "n": rules["rounds"], "last": own["start"]}, {"z": own["start"].copy()}

    def step(self, state, heard):
        here = heard.own["z"]
        return {**state, "k": state["k"] + 1, "last": here.copy()}, {"z": here + self.pull(state, heard)}

    def pull(self, state, heard):
        return 0.5 * state["alpha"] * self.apart(heard)

    def apart(self, heard):
        return heard.total("z") - heard.links.degree[:, None] * heard.own["z"]

    def report(self, own, decision, meter):
        return {"cost": ((decision - own["start"]) ** 2).sum(axis=-1)[..., None]}


class HeavyBall(Half):
    """Momentum: remembers where it was."""

    def pull(self, state, heard):
        return state["alpha"] * self.apart(heard) + 0.5 * (heard.own["z"] - state["last"])


class Chebyshev(Half):
    """Semi-iteration with weights that change from round to round."""

    def start(self, own, rules, links):
        state, said = super().start(own, rules, links)
        n = len(links.own_weight)
        near = np.zeros((n, n))
        near[np.repeat(np.arange(n), np.diff(links.indptr)), links.indices] = 1.0
        values = np.linalg.eigvalsh(np.diag(near.sum(axis=1)) - near)
        low, high = values[1], values[-1]
        return {**state, "mid": (low + high) / 2, "rho": (high - low) / (high + low), "omega": 1.0}, said

    def step(self, state, heard):
        here, k, rho = heard.own["z"], state["k"], state["rho"]
        there = here + self.apart(heard) / state["mid"]
        omega = 1.0 if k == 0 else 1 / (1 - rho**2 / 2) if k == 1 else 1 / (1 - rho**2 * state["omega"] / 4)
        said = there if k == 0 else omega * (there - state["last"]) + state["last"]
        return {**state, "k": k + 1, "last": here.copy(), "omega": omega}, {"z": said}


class PerLink(Half):
    """A weight for each link and round: `weight(i, j, k)` with which i follows j."""

    def step(self, state, heard):
        here, links = heard.own["z"], heard.links
        to = np.repeat(np.arange(here.shape[1]), np.diff(links.indptr))
        pull = (heard.each("z") - here[:, to]) * self.weight(to, links.indices, state)[:, None]
        said = here.copy()
        np.add.at(said, (slice(None), to), pull)
        return {**state, "k": state["k"] + 1}, {"z": said}

    def weight(self, i, j, state):
        raise NotImplementedError


class Weighted(PerLink):
    """Symmetric weights of the links."""

    def weight(self, i, j, state):
        return state["alpha"] * (0.2 + 0.2 * ((np.minimum(i, j) * 7 + np.maximum(i, j) * 3) % 5))


class Lossy(PerLink):
    """A third of the links is silent in each round, both ways."""

    def weight(self, i, j, state):
        heard = np.random.default_rng([5, state["k"]]).random((64, 64)) > 0.3
        return state["alpha"] * heard[np.minimum(i, j), np.maximum(i, j)]


class Leader(PerLink):
    """Everybody follows lower numbers only: the mean moves."""

    def weight(self, i, j, state):
        return state["alpha"] * (j < i)


class PushSum(PerLink):
    """Directed links with column-stochastic weights; what is said are the ratios."""

    def start(self, own, rules, links):
        state, said = super().start(own, rules, links)
        n = len(links.own_weight)
        to = np.repeat(np.arange(n), np.diff(links.indptr))
        share = np.eye(n)
        share[to, links.indices] = ((to + links.indices) % 3 != 0) | (to == (links.indices + 1) % n)
        return {**state, "share": share / share.sum(axis=0), "mass": np.ones(n)}, said

    def step(self, state, heard):
        here, links, share, mass = heard.own["z"], heard.links, state["share"], state["mass"]
        after = share @ mass
        ratio = share * mass / after[:, None]
        to = np.repeat(np.arange(len(mass)), np.diff(links.indptr))
        said = here * np.diag(ratio)[:, None]
        np.add.at(said, (slice(None), to), heard.each("z") * ratio[to, links.indices][:, None])
        return {**state, "mass": after}, {"z": said}


class Quits(Half):
    """Stops after a third of the rounds."""

    def pull(self, state, heard):
        return state["alpha"] * self.apart(heard) * (state["k"] < state["n"] // 3)


class Central(Half):
    """Goes half way to the mean of all, which nobody can hear."""

    def pull(self, state, heard):
        here = heard.own["z"]
        return 0.5 * (here.mean(axis=1, keepdims=True) - here)


class Rotating(Half):
    """Turns each step: one axis moves the other."""

    def pull(self, state, heard):
        turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
        return state["alpha"] * np.einsum("mid,ed->mie", self.apart(heard), turn)


class Saturated(Half):
    """No step is longer than 5 cm: not affine."""

    def pull(self, state, heard):
        pull = state["alpha"] * self.apart(heard)
        length = np.sqrt((pull**2).sum(axis=-1, keepdims=True))
        return pull * np.minimum(1.0, 0.05 / np.maximum(length, 1e-300))


class Eager(PerLink):
    """Gains that fall with distance: not affine."""

    def step(self, state, heard):
        here, links = heard.own["z"], heard.links
        to = np.repeat(np.arange(here.shape[1]), np.diff(links.indptr))
        pull = heard.each("z") - here[:, to]
        length = np.sqrt((pull**2).sum(axis=-1, keepdims=True)) + 1e-300
        said = here.copy()
        np.add.at(said, (slice(None), to), state["alpha"] * pull * (2 * np.tanh(length / 2) / length))
        return {**state, "k": state["k"] + 1}, {"z": said}


class TwoWords(Half):
    """Says a word of its own beside its waypoint."""

    def start(self, own, rules, links):
        state, said = super().start(own, rules, links)
        return state, {**said, "w": np.ones_like(said["z"])}

    def step(self, state, heard):
        state, said = super().step(state, heard)
        return state, {**said, "w": np.ones_like(said["z"])}


AFFINE = (Half, HeavyBall, Chebyshev, Weighted, Lossy, Leader, PushSum, Quits, Central, Rotating)
CURVED = (Saturated, Eager)
