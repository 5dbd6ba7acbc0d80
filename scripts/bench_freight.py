"""Speed of freight in one run, CPU seconds: local programmes against Gurobi, whole rounds, rounds to 1 %, and
rounds where roads are steep (`bench_steep`).

Reference: a Gurobi model built anew for every supplier and round, as behind the paper's figures, where the extra
`bench` is installed; its size-limited licence takes these programmes.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import bench_steep
import numpy as np

from robosim.agent import Said
from robosim.build import load
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm
from robosim.controllers.parts.local_solvers import Programmes
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.penalties import penalties
from robosim.freight.coupled.problem import Coupled
from robosim.freight.equilibrium.assignment import assigned
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.freight.roads.tntp import read_tntp
from robosim.network.network import Network

Array = np.ndarray[Any, Any]
REPEATS = 5
ROUNDS = 60
SOLVED = 40
"""Programmes that Gurobi is given."""
PUBLISHED = {"example-1": 0.05, "example-2": 0.05, "example-5": 0.1, "semi-balanced": 0.05, "unbalanced": 0.05}
"""ρ = σ of the paper's authors."""


def main() -> None:
    """Every line of the table."""
    for name, early, count in (("example-1", 0, 300), ("example-2", 0, 60), ("example-2", 800, 60)):
        programmes(name, early, count, at_least=100.0)
    for name, kind, count, most_ms in (
        ("example-1", "published", 1_000, 0.4),
        ("example-2", "published", 300, 1.5),
        ("example-2", "auto", 300, 1.5),
        ("example-3", "published", 60, 12.0),
    ):
        whole_rounds(name, kind, count, most_ms)
    for name, penalty in PUBLISHED.items():
        rounds_to_one_percent(name, penalty)
    for size in ((4, 3), (8, 6), (8, 24)):
        bent_rounds({"freight.instance": "random", "freight.suppliers": size[0], "freight.demanders": size[1]})
    for net in NETWORKS:
        if (SHARED / f"{net}_net.tntp").is_file():
            bent_rounds({"freight.roads": str(SHARED / f"{net}_net.tntp")})
    large_network()
    equilibria()
    bench_steep.main()


@cache
def market(name: str) -> tuple[Coupled, Network]:
    """An instance of the paper with its authors' weights."""
    instance = paper_instance(name)
    return coupled(instance), Network(n=instance.N, edges=instance.comm_edges, margin=0.1)


SHARED = Path(__file__).parents[1] / ".." / "shared"
NETWORKS = ("data/roads/SiouxFalls", "data/roads/Anaheim", "faults/roads/Barcelona", "faults/roads/Winnipeg-Asym",
            "faults/roads/Hessen-Asym")  # fmt: skip
AT_MOST = 5.0
"""Times a linear round of the same size."""
SIDE = 51
"""Of a grid of nodes whose roads, both ways, are more than 10 000 links."""


def bent_rounds(where: dict[str, Any]) -> None:
    """One line: rounds with BPR against rounds with linear congestion on the same roads, in turns."""
    missions = [
        load("freight", set={**where, "freight.congestion": kind, "leader.tax": "none"}) for kind in ("linear", "bpr")
    ]
    snapshots, each = [one.start() for one in missions], [[], []]
    for _ in range(REPEATS):
        for k, mission in enumerate(missions):
            start = time.process_time()
            for _ in range(ROUNDS):
                snapshots[k] = mission.advance(snapshots[k])
            each[k].append((time.process_time() - start) / ROUNDS * 1e3)
    linear, bent = (statistics.median(one) for one in each)
    name = Path(str(where.get("freight.roads", "random"))).name.removesuffix("_net.tntp")
    size = missions[1].problem.slope.shape
    print(
        f"a BPR round, {name}, {size[0]} suppliers with {size[1]} unknowns each: {bent:.3f} ms, "
        f"linear {linear:.3f} ms: {bent / linear:.1f} x (at most {AT_MOST:g})"
    )


def large_network() -> None:
    """One line: a grid of more than 10 000 links, 4 suppliers and 4 demanders, from its files to a mission."""
    rng, count = np.random.default_rng(0), SIDE**2
    number = np.arange(1, count + 1).reshape(SIDE, SIDE)
    ends = np.concatenate([np.stack([number[:, :-1], number[:, 1:]], -1).reshape(-1, 2),
                           np.stack([number[:-1], number[1:]], -1).reshape(-1, 2)])  # fmt: skip
    ends = np.concatenate([ends, ends[:, ::-1]])
    rows = [f"{a} {b} {rng.uniform(500, 2000):.3f} 1 {rng.uniform(1, 2):.6f} 0.15 4 0 0 1 ;" for a, b in ends]
    head = f"<NUMBER OF ZONES> {count // 10}\n<NUMBER OF NODES> {count}\n<FIRST THRU NODE> 1\n"
    trips = [f"Origin {a}\n" + "".join(f" {b} : {rng.uniform(1, 9):.2f};" for b in range(1, count // 10 + 1))
             for a in range(1, count // 10 + 1)]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder) / "Grid_net.tntp"
        net.write_text(f"{head}<NUMBER OF LINKS> {len(rows)}\n<END OF METADATA>\n" + "\n".join(rows))
        table = f"<NUMBER OF ZONES> {count // 10}\n<END OF METADATA>\n" + "\n".join(trips)
        (Path(folder) / "Grid_trips.tntp").write_text(table)
        options = {"freight.roads": str(net), "freight.suppliers": 4, "freight.demanders": 4, "freight.paths": 3}
        spent = cpu(lambda: load("freight", set=options))
    print(f"loading {len(rows)} links, {count // 10} zones, 4 suppliers x 4 demanders: {spent:.2f} s CPU (at most 5)")


def equilibria() -> None:
    """One line a network: all its trips at the user equilibrium."""
    for net, gap in (("data/roads/SiouxFalls", 1e-10), ("data/roads/Anaheim", 1e-8), ("faults/roads/Barcelona", 1e-8)):
        files = [SHARED / f"{net}_{kind}.tntp" for kind in ("net", "trips")]
        if files[0].is_file():
            network = read_tntp(*files)
            assigned(network, rounds=1)
            found: list[Any] = []
            spent = cpu(lambda network=network, gap=gap, found=found: found.append(assigned(network, gap=gap)))
            print(
                f"user equilibrium of {Path(net).name}: {spent:.2f} s CPU to a gap of {found[0].gap:.1e}, Beckmann's "
                f"objective {found[0].objective:.10g}"
            )


class Run:
    """Everybody's programs and the perfect network."""

    def __init__(self, name: str, rho: float, sigma: float) -> None:
        self.problem, self.network = market(name)
        one = self.problem
        announced = {"theta": one.theta, "congestion": one.congestion, "power": one.power, "b": one.b}
        rules = {**announced, "agents": one.agents, "rounds": 0, "rho": rho, "sigma": sigma}
        self.program = ConsensusTrackingAdmm()
        self.state, self.said = self.program.start(one.own(), rules, self.network.links)

    def advance(self) -> Said:
        """One round."""
        self.state, self.said = self.program.step(self.state, self.network.deliver(0, None, self.said, {})[1])
        return self.said


def programmes(name: str, skipped: int, count: int, at_least: float) -> None:
    """One line: live solvers on the programmes of `count` rounds against a Gurobi model for each."""
    run, linears = Run(name, PUBLISHED[name], PUBLISHED[name]), []
    for _ in range(skipped):
        run.advance()
    local = run.state.problem
    spied = _Spy(local.programmes, linears)
    object.__setattr__(local, "programmes", spied)
    for _ in range(count):
        run.advance()
    solver = Programmes(me=local.me, own=run.problem.own())
    answers = [solver.solve(local.curvature, each) for each in linears[:1]]
    ours = cpu(lambda: answers.extend(solver.solve(local.curvature, each) for each in linears[1:]))
    each_us = ours / ((count - 1) * run.problem.agents) * 1e6
    label = f"local programme, {name}, rounds {skipped + 1}..{skipped + count}, n={run.problem.variables}"
    if importlib.util.find_spec("gurobipy") is None:
        print(f"{label}: {each_us:.1f} us; NOT COMPARED: gurobipy is not installed (pip install the extra `bench`)")
        return
    agents = run.problem.agents
    chosen = [(t, i) for t in np.linspace(1, count - 1, SOLVED // agents + 1).astype(int) for i in range(agents)]
    found: list[Array] = []
    theirs = cpu(
        lambda: found.extend(gurobi(run.problem, i, local.curvature[0, i], linears[t][0, i]) for t, i in chosen)
    )
    apart = (
        max(np.abs(x - answers[t][0, i]).max() for x, (t, i) in zip(found, chosen, strict=True)) / run.problem.b.max()
    )
    their_us = theirs / len(chosen) * 1e6
    print(
        f"{label}: {each_us:.1f} us, a Gurobi model built anew {their_us:.0f} us: {their_us / each_us:.0f} x "
        f"(at least {at_least:.0f}); answers differ by {apart:.0e} of the largest demand"
    )


class _Spy:
    """Keeps what is asked of the solvers."""

    def __init__(self, programmes: Programmes, linears: list[Array]) -> None:
        self.programmes, self.linears = programmes, linears

    def solve(self, curvature: Array, linear: Array) -> Array:
        self.linears.append(linear.copy())
        return self.programmes.solve(curvature, linear)


@cache
def silent() -> Any:
    """Gurobi without its output, one thread."""
    import gurobipy

    environment = gurobipy.Env(params={"OutputFlag": 0, "Threads": 1})
    return gurobipy, environment


def gurobi(problem: Coupled, i: int, curvature: Array, linear: Array) -> Array:
    """One supplier's programme as a new model."""
    gurobipy, environment = silent()
    model = gurobipy.Model(env=environment)
    upper = np.where(np.isfinite(problem.upper[i]), problem.upper[i], gurobipy.GRB.INFINITY)
    x = model.addMVar(linear.size, lb=problem.lower[i], ub=upper)
    model.setObjective(0.5 * (x @ curvature @ x) + linear @ x)
    model.addConstr(problem.limits[i] @ x <= problem.most[i])
    model.optimize()
    return np.asarray(x.X)


def whole_rounds(name: str, chosen: str, count: int, most_ms: float) -> None:
    """One line: everything in a round of the mission, through Mission.advance."""
    changed = {"freight.instance": name, "method.penalties": chosen, "network.weights": "authors"}
    mission = load("freight", set={**changed, "leader.marginals": "central"})
    snapshot = mission.start()
    for _ in range(5):
        snapshot = mission.advance(snapshot)
    each = []
    for _ in range(REPEATS):
        start = time.process_time()
        for _ in range(count // REPEATS):
            snapshot = mission.advance(snapshot)
        each.append((time.process_time() - start) / (count // REPEATS) * 1e3)
    print(
        f"a round of {name}, {chosen} penalties: {statistics.median(each):.3f} ms "
        f"(slowest fifth {max(each):.3f}; at most {most_ms})"
    )


def rounds_to_one_percent(name: str, penalty: float) -> None:
    """One line: rounds until objective and demand stay within 1 %, automatic penalties and published ones."""
    ours = penalties(*market(name))
    automatic = settled(name, ours["rho"], ours["sigma"], 500)
    published = settled(name, penalty, penalty, 1_100 if name == "example-2" else 500)
    most = 60 if name == "example-1" else int(1.1 * published)
    print(
        f"rounds to 1 % of objective and demand, {name}: {automatic} with rho, sigma = {ours['rho']}, {ours['sigma']} "
        f"(at most {most}); {published} with the published {penalty}"
    )


def settled(name: str, rho: float, sigma: float, count: int) -> int:
    """The first round after which both stay within 1 % for the rest of `count` rounds."""
    run, best, late = Run(name, rho, sigma), optimum(market(name)[0]).objective, 0
    one = run.problem
    for k in range(1, count + 1):
        y = run.advance()["y"][0]
        x = np.stack([y[i, i * one.variables : (i + 1) * one.variables] for i in range(one.agents)])
        short = np.linalg.norm(one.excess(x)) / np.linalg.norm(one.b)
        late = k if max(abs(float(one.objective(x)) / best - 1.0), short) >= 1e-2 else late
    return late + 1


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
