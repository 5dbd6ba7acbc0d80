"""Speed of a rendezvous, everything metered and recorded, through Mission.advance: ratios in one run.

References: a loop of SciPy CSR products with the same metering and the same record, and, when the extra `bench` is
installed, ir-sim and VMAS doing the same consensus with saturated speeds.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from bench_peers import irsim_robot_steps, vmas_robot_steps
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from robosim import threads
from robosim.agent import Deviation
from robosim.build import load
from robosim.controllers.selfish.robots import FootDragging
from robosim.kernels.near import near
from robosim.network.network import Network
from robosim.rendezvous.gains.exact import exact_gains
from robosim.rendezvous.gains.probed import exact
from robosim.rendezvous.mission import Rendezvous
from robosim.tape import Tape

REPEATS = 5


def main() -> None:
    """Every line of the table."""
    against_csr("N=1 000 ring", honest(1_000, "ring", 400), at_least=2.5)
    against_csr("N=100 000 ring", honest(100_000, "ring", 40), at_least=3.0)
    against_csr("256 deviations, N=100", deviating(honest(100, "ring", 100), 256), at_least=2.5)
    hundred = honest(100, "ring", 200)
    ours = robot_steps(hundred)
    report("ir-sim, N=100", ours, irsim_robot_steps(hundred), 50)
    report("VMAS, N=100", ours, vmas_robot_steps(hundred, 1), 50)
    report(
        "VMAS, N=100, batch of 1 000",
        robot_steps(replace(honest(100, "ring", 50), batch=1_000)),
        vmas_robot_steps(hundred, 1_000),
        10,
    )
    growth()
    neighbours()
    probing()
    for n, rounds, most in ((100, 200, 0.1), (1_000, 100, 3.0)):
        mission = honest(n, "random-tree", rounds)
        certify_free(mission)
        print(
            f"certify, exact for all agents, N={n}, n={rounds}: {seconds(lambda m=mission: certify_free(m)):.3f} s CPU "
            f"(at most {most} s)"
        )


def neighbours() -> None:
    """Who is in range of whom at N = 10 000, about six neighbours, rebuilt each time: a cell list against cKDTree.

    SciPy finds pairs; ours are rows by receiver in order, which the round needs.
    """
    n = 10_000
    points = np.random.default_rng(0).uniform(size=(n, 2))
    reach = float(np.sqrt(6 / (np.pi * n)))
    near(points, reach)  # compiles
    pairs = [
        (
            seconds(lambda: near(points, reach)),
            seconds(lambda: cKDTree(points).query_pairs(reach, output_type="ndarray")),
        )
        for _ in range(41)
    ]
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    ours, theirs = (statistics.median(one) / n * 1e9 for one in zip(*pairs, strict=True))
    print(
        f"neighbours in range, N={n}: {ours:.0f} ns a robot, SciPy's cKDTree pairs {theirs:.0f} ns, {ratio:.1f} x "
        "slower (at least 4)"
    )


def probing() -> None:
    """Exact gains of all agents of a program of one's own, by probing, CPU of one core."""
    mission = load("rendezvous-honest", set={"robots.count": 100, "mission.rounds": 200, "network.graph": "ring"})
    end, agents = mission.whole().decision[0], np.arange(100, dtype=np.int32)
    small = load("rendezvous-honest", set={"robots.count": 5, "mission.rounds": 5})
    exact(small, small.whole().decision[0], agents[:5])  # compiles
    with threads.one():
        took = seconds(lambda: exact(mission, end, agents))
    print(f"exact by probing for all agents, N=100, n=200: {took:.2f} s CPU (at most 2)")


def honest(n: int, graph: str, rounds: int) -> Rendezvous:
    """All faithful, in the plane, with speed limit, walls and a full power model."""
    return load(
        "rendezvous-honest",
        set={
            "robots.count": n,
            "network.graph": graph,
            "mission.rounds": rounds,
            "robots.speed_limit_mps": 1.0,
            "energy.power": "custom",
            "energy.p0_w": 0.1,
            "energy.p1_j_per_m": 0.2,
            "energy.p2_js_per_m2": 0.3,
        },
    )


def deviating(mission: Rendezvous, batch: int) -> Rendezvous:
    """As many missions side by side, in each another robot drags its feet."""
    return mission.playing(
        (Deviation(strategy=FootDragging(), missions=np.arange(batch), agents=np.arange(batch) % mission.network.n),),
        batch=batch,
    )


def certify_free(mission: Rendezvous) -> None:
    """The faithful run and the exact figures of every robot, without walls."""
    links, record = mission.network.links, mission.whole()
    with threads.one():
        exact_gains(links.indptr, links.indices, record.start, record.decision[0], record.rules.beta, mission.rounds)


def against_csr(name: str, mission: Rendezvous, at_least: float) -> None:
    """One line: our robot-steps a second against the CSR loop's, run in turn."""
    play(mission)
    csr_loop(mission)
    pairs = [(seconds(lambda: play(mission)), seconds(lambda: csr_loop(mission))) for _ in range(REPEATS)]
    steps = mission.batch * mission.network.n * mission.rounds
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    ours = statistics.median(ours for ours, _ in pairs)
    print(
        f"{name}: {steps / ours / 1e6:.1f} M robot-steps/s, {ours / mission.rounds * 1e6:.1f} µs a round, "
        f"{ratio:.1f} x SciPy CSR (at least {at_least})"
    )


def play(mission: Rendezvous) -> Tape:
    """A mission as `Mission.run` plays it, without the settlement."""
    tape = mission.tape(1)
    snapshot = mission.start(tape)
    for _ in range(mission.rounds):
        snapshot = mission.advance(snapshot)
    return tape


def csr_loop(mission: Rendezvous) -> np.ndarray:
    """The same mission as array operations around one sparse product a round, (agents, missions·d) columns."""
    world, n, batch, d = mission.world, mission.network.n, mission.batch, mission.world.d
    laplacian, alpha = csr_array(mission.network.laplacian), mission.announcement.alpha
    idle, linear, quadratic = world.power.coefficients(world.dt_s)
    start = np.repeat(mission.own["start"], batch, axis=0)
    at, spent = np.ascontiguousarray(start.transpose(1, 0, 2).reshape(n, batch * d)), np.zeros((n, batch))
    positions, energy = np.zeros((mission.rounds + 1, n, batch * d)), np.zeros((mission.rounds + 1, n, batch))
    positions[0] = at
    lower, upper = np.tile(world.lower, batch), np.tile(world.upper, batch)
    lazy = mission.deviations[0] if mission.deviations else None
    for k in range(1, mission.rounds + 1):
        to = at - alpha * (laplacian @ at)
        if lazy is not None:
            own, view = at.reshape(n, batch, d), to.reshape(n, batch, d)
            view[lazy.agents, lazy.missions] = (own + view)[lazy.agents, lazy.missions] / 2
        way = np.clip(to, lower, upper) - at
        distance = np.sqrt((way.reshape(n, batch, d) ** 2).sum(axis=-1))
        share = np.minimum(1.0, world.reach_m / np.maximum(distance, 1e-300))
        length = share * distance
        spent = spent + idle + linear * length + quadratic * length**2
        at = at + np.repeat(share, d, axis=1) * way
        positions[k], energy[k] = at, spent
    return positions


def robot_steps(mission: Rendezvous) -> float:
    """Robot-steps a second through Mission.advance, median."""
    play(mission)
    steps = mission.batch * mission.network.n * mission.rounds
    return steps / statistics.median(seconds(lambda: play(mission)) for _ in range(REPEATS))


def report(name: str, ours: float, theirs: float | None, at_least: float) -> None:
    """One line against a peer."""
    said = (
        "not installed (pip install 'faithful-robosim[bench]')"
        if theirs is None
        else (f"{theirs / 1e3:.1f} k robot-steps/s, {ours / theirs:.0f} x slower than robosim (at least {at_least})")
    )
    print(f"{name}: {said}")


def growth() -> None:
    """Seconds a round against edges, random geometric graphs up to a million robots: the exponent of growth."""
    edges, times = [], []
    for n in (1_000, 10_000, 100_000, 1_000_000):
        mission = wide(n, rounds=max(3, 3_000_000 // n))
        play(mission)
        times.append(min(seconds(lambda m=mission: play(m)) for _ in range(3)) / mission.rounds)
        edges.append(len(mission.network.edges))
        print(f"growth: {n} robots, {edges[-1]} edges: {times[-1] * 1e6:.0f} µs a round")
    exponent = np.polyfit(np.log(edges), np.log(times), 1)[0]
    print(f"growth with edges: exponent {exponent:.2f} (at most 1.25)")


def wide(n: int, rounds: int) -> Rendezvous:
    """A grid of n robots by the names of a sorted square: six neighbours or fewer, any size, no eigenvalues needed."""
    small = honest(1_000, "ring", rounds)
    rng = np.random.default_rng(0)
    points = np.sort(rng.uniform(size=(n, 1)), axis=0)
    ids = np.arange(n)
    edges = np.concatenate([np.stack([ids[:-step], ids[step:]], 1) for step in (1, 2, max(3, int(n**0.5)))])
    return replace(
        small,
        own={"start": np.concatenate([points, rng.uniform(size=(n, 1))], axis=1)[None]},
        network=Network(n=n, edges=np.unique(edges, axis=0)),
    )


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call: everything here runs on one thread, and a shared machine stretches the wall clock."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    main()
