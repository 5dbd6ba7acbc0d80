"""Speed of searched attacks: evaluations per second in one process, against a plain NumPy loop, one mission at a time.

An evaluation is a whole mission of average consensus with one deviator, its bill under the Groves tax and its gain. The
loop below does the same for the same programs, without meters, records, networks that fail, or checks of what is said.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from robosim.attacks import attack
from robosim.attacks.space import FEW, space_of
from robosim.attacks.trial import Bench, words_of
from robosim.build import load
from robosim.network.network import Network
from robosim.rendezvous.mission import Rendezvous

REPEATS = 5


def main() -> None:
    """Both sizes, and charging on request."""
    compare(10, at_least=10.0)
    compare(100, at_least=3.0)
    if "charging" in sys.argv:
        charging()


def compare(agents: int, at_least: float, rounds: int = 60, count: int = 256) -> None:
    """Both ways on the same programs: the gains agree, then the ratio of the best times of five."""
    mission = load("rendezvous-honest", set={"robots.count": agents, "mission.rounds": rounds, "network.graph": "ring"})
    honest = mission.faithful().whole()
    space = space_of(mission, 0, words_of(mission, honest, FEW), np.zeros((0, 0)))
    low, high = space.bounds
    x = low + (high - low) * np.random.default_rng(0).random((count, len(low)))
    bench, plan = Bench(mission.faithful(), honest), [space.played(x)]
    here, _ = space.phases(x)
    few = 32
    ours = bench.tries([0], [plan]).saved[:few, 0]
    theirs = plain(mission, here, space.ends, few)
    size = np.abs(theirs).max()
    assert np.allclose(ours, honest.net_cost[0, 0] - theirs, rtol=1e-9, atol=1e-9 * size), "the two ways differ"
    fast = min(timed(lambda: bench.tries([0], [plan])) for _ in range(REPEATS)) / count
    slow = min(timed(lambda: plain(mission, here, space.ends, few)) for _ in range(REPEATS)) / few
    ratio = slow / fast
    print(
        f"attack, N={agents}, n={rounds}: {1 / fast:,.0f} evaluations/s, plain NumPy {1 / slow:,.0f}/s, "
        f"ratio {ratio:.1f} (at least {at_least:g}){'' if ratio >= at_least else '  TOO SLOW'}"
    )


def plain(mission: Rendezvous, here, ends, count: int) -> np.ndarray:
    """Net cost of agent 0 in each of so many missions, one after the other, (count,)."""
    theta, rules = mission.own["start"][0], mission.announcement
    step, net = np.eye(len(theta)) - rules.alpha * laplacian(mission.network), []
    for k in range(count):
        net.append(alone(theta, rules, step, [x[k] for x in here[:5]], here.report[k], ends))
    return np.array(net)


def alone(theta, rules, step, phases, report, ends) -> float:
    """One mission of consensus with one deviator, and what it pays."""
    switches, hold, gain, _, bias = phases
    phase = int((switches <= 0).sum())
    z = theta.copy()
    z[0] = np.clip(hold[phase] * z[0] + gain[phase] * z[0] + bias[phase], *ends)
    for k in range(1, rules.rounds + 1):
        before = z[0].copy()
        z = step @ z
        phase = int((switches <= k).sum())
        z[0] = np.clip(hold[phase] * before + gain[phase] * z[0] + bias[phase], *ends)
    costs = ((z - theta) ** 2).sum(axis=1)
    tax, far = costs[1:].sum(), np.maximum(np.abs(z[0] - rules.lower), np.abs(z[0] - rules.upper))
    most = max(rules.penalty / len(theta), float(far @ far))  # claims range from 0 to that
    if np.sqrt(((z - z.mean(axis=0)) ** 2).sum()) > rules.beta or not 0.0 <= report[0] * costs[0] + report[1] <= most:
        tax = max(tax, rules.penalty)
    return float(costs[0] + tax)


def laplacian(network: Network) -> np.ndarray:
    """Of the graph, dense."""
    found = np.zeros((network.n, network.n))
    for i, j in network.edges:
        found[[i, j], [j, i]] = -1.0
    return found - np.diag(found.sum(axis=1))


def charging() -> None:
    """Every car by every strategy under two rules, CPU seconds of one core: planned day-ahead, and online."""
    for world in ("charging-day-ahead", "charging"):
        mission = load(world)
        began = time.process_time()
        found = attack(mission, taxes=["clearing-price", "groves"])
        names = len({one.strategy for one in found.attacks})
        spent = time.process_time() - began
        told = f"{spent:.1f} s CPU, {spent / names * 10:.1f} s for 10 (at most 60)"
        print(f"attack {world}, 50 cars × {names} strategies × 2 taxes: {told}")


def timed(work) -> float:
    """CPU seconds of one core."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
