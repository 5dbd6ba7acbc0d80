"""X, Figures C.1 and C.2: the full form of Consensus-Tracking-ADMM against the reduced one at equal computing time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from robosim.agent import Array
from robosim.controllers.consensus_tracking_admm import ConsensusTrackingAdmm
from robosim.figures.style import INK, PAGE_IN, house_style
from robosim.freight.coupled.optimum import optimum
from robosim.freight.coupled.problem import Coupled
from robosim.freight.published import published
from robosim.freight.reproduce.full_form import FullForm
from robosim.freight.reproduce.panels import LEAST, MOST, below, grid
from robosim.freight.reproduce.runs import BOUNDS, settled
from robosim.freight.roads.generator import paper_instance
from robosim.freight.roads.instance import coupled
from robosim.network.network import Network
from robosim.palette import BLUE, ORANGE
from robosim.reproduction import Cell, Reproduction, Watch, until_stopped

if TYPE_CHECKING:
    pass

NAME = "xie-figure-c"
ROUNDS = {"example-4": 500, "example-5": 500, "example-6": 600}
FULL, REDUCED = "Algorithm 1 (full)", "Algorithm 2 (reduced)"
THEIRS_MS = {
    "example-4": {FULL: 12.0, REDUCED: 6.2},
    "example-5": {FULL: 85.4, REDUCED: 13.1},
}
"""A round of the authors' program, which builds a Gurobi model for every supplier and round."""
SAME = 1e-8
"""Iterates of both forms differ by less, as a share of the largest number."""
MS = 1e3
COLUMNS = (
    "example",
    "form",
    "unknowns",
    "ready ms",
    "ms a round",
    "authors' ms",
    "rounds to 1e-2",
    "CPU ms to 1e-2",
    "CPU ms to 1e-3",
    "CPU ms to 1e-4",
    "objective error",
    "demand violation",
    "times faster",
    "iterates differ",
    "matches",
)
NOTES = (
    "CPU time of all suppliers in turn, with what is prepared once (“ready”: matrices and the first round's solvers), "
    "without messages and without measuring errors. Both forms keep their solvers alive; the authors' program builds a "
    "Gurobi model for every supplier and round, which is most of its time.",
    "X prints no numbers here; it says that reducing the subproblems pays, and the more the larger they are. "
    "“Matches”: the iterates are the same, and the reduced form gains from example to example.",
    "Errors are relative and at the suppliers' own blocks, those in the table after the last round.",
)


class Trial(NamedTuple):
    """One form on one example: CPU seconds since its start and both errors, (rounds,), and the copies at the end."""

    example: str
    form: str
    unknowns: int
    ready: float
    cpu_s: Array
    objective: Array
    demand: Array
    y: Array

    @property
    def round_ms(self) -> float:
        """Of the median round after the first."""
        return MS * float(np.median(np.diff(self.cpu_s)))


def figure(watch: Watch | None = None, *, rounds: dict[str, int] | None = None) -> Reproduction:
    """Figures C.1 and C.2, on examples 4, 5 and 6, or with so many rounds on others."""
    wanted = ROUNDS if rounds is None else rounds
    trials, stopped = until_stopped(_trials(wanted), 2 * len(wanted), watch)
    rows = _rows(trials)
    return Reproduction(
        name=NAME,
        title="X, Figures C.1 and C.2: Algorithm 1 (full) against Algorithm 2 (reduced) at equal computing time",
        columns=COLUMNS,
        rows=rows,
        notes=NOTES,
        ok=all(one[-1] is not False for one in rows),
        interrupted=stopped,
        pictures={NAME: partial(times_picture, trials)} if trials else {},
    )


def _trials(wanted: dict[str, int]) -> Iterator[Trial]:
    """Each example's reduced form, then its full one."""
    for example, rounds in wanted.items():
        instance = paper_instance(example)
        problem, network = coupled(instance), Network(n=instance.N, edges=instance.comm_edges, margin=0.1)
        penalties = published("consensus_tracking_admm", example) or {}
        reduced_form(problem, network, penalties)()  # compiled before anything is timed
        for form, start in ((REDUCED, reduced_form), (FULL, full_form)):
            yield trial(example, form, problem, partial(start, problem, network, penalties), rounds)


def reduced_form(problem: Coupled, network: Network, penalties: dict[str, float]) -> Callable[[], Array]:
    """What plays one round of Algorithm 2 and returns all copies (N, N·n)."""
    rules = {"theta": problem.theta, "congestion": problem.congestion, "power": problem.power, "b": problem.b}
    program = ConsensusTrackingAdmm()
    now = program.start(problem.own(), rules | {"agents": problem.agents} | penalties, network.links)

    def advance() -> Array:
        nonlocal now
        now = program.step(now[0], network.deliver(0, None, now[1], {})[1])
        y: Array = now[1]["y"][0]
        return y

    return advance


def full_form(problem: Coupled, network: Network, penalties: dict[str, float]) -> Callable[[], Array]:
    """What plays one round of Algorithm 1 and returns all copies (N, N·n)."""
    form = FullForm(problem, network, penalties["rho"], penalties["sigma"])

    def advance() -> Array:
        form.advance()
        return form.y

    return advance


def trial(example: str, form: str, problem: Coupled, start: Callable[[], Callable[[], Array]], rounds: int) -> Trial:
    """So many rounds of one form, timed without what only the measurement needs."""
    began = time.process_time()
    advance = start()
    y, spent, seconds, kept = advance(), time.process_time() - began, [], []
    ready, me = spent, np.arange(problem.agents)
    for k in range(rounds):
        if k:
            began = time.process_time()
            y = advance()
            spent += time.process_time() - began
        seconds.append(spent)
        kept.append(y.reshape(problem.agents, problem.agents, -1)[me, me])
    x = np.stack(kept)
    objective = np.abs(problem.objective(x) / optimum(problem).objective - 1.0)
    demand = np.linalg.norm(problem.excess(x), axis=1) / np.linalg.norm(problem.b)
    unknowns = problem.slope.size if form == FULL else problem.variables
    return Trial(example, form, unknowns, ready, np.array(seconds), objective, demand, y)


def _rows(trials: list[Trial]) -> tuple[tuple[Cell, ...], ...]:
    """Both forms of each example; how they compare stands with the full one."""
    rows, faster = [], 0.0
    for k, one in enumerate(trials):
        if one.form != FULL:
            rows.append(row(one, None, None, None))
            continue
        reduced = trials[k - 1]
        times = one.round_ms / reduced.round_ms
        apart = float(np.abs(one.y - reduced.y).max() / np.abs(one.y).max())
        rows.append(row(one, float(f"{times:.3g}"), float(f"{apart:.1e}"), apart < SAME and times > faster))
        faster = times
    return tuple(rows)


def row(one: Trial, faster: float | None, apart: float | None, matches: bool | None) -> tuple[Cell, ...]:
    """One form on one example."""
    worse = np.maximum(one.objective, one.demand)
    to = [settled(worse, bound) for bound in BOUNDS]
    spent = [None if k is None else float(f"{MS * one.cpu_s[k - 1]:.3g}") for k in to]
    theirs = THEIRS_MS.get(one.example, {}).get(one.form)
    speed = (float(f"{MS * one.ready:.3g}"), float(f"{one.round_ms:.3g}"), theirs)
    last = (float(f"{one.objective[-1]:.2e}"), float(f"{one.demand[-1]:.2e}"))
    return (one.example, one.form, one.unknowns, *speed, to[0], *spent, *last, faster, apart, matches)


LOOKS: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "marker": "o"},
    {"color": ORANGE, "marker": "s", "ls": (0, (3, 1.5)), "mfc": "white"},
)


@house_style()
def times_picture(trials: Sequence[Trial]) -> Figure:
    """A column for each example; objective error above, demand violation below, both against CPU milliseconds."""
    examples, forms = (list(dict.fromkeys(getattr(one, name) for one in trials)) for name in ("example", "form"))
    figure, axes = grid(2, len(examples), PAGE_IN, 4.4, sharex="col", sharey=True)
    for one in trials:
        column, look = axes[:, examples.index(one.example)], LOOKS[forms.index(one.form)]
        for at, error in zip(column, (one.objective, one.demand), strict=True):
            at.plot(1e3 * one.cpu_s, error, label=one.form, ms=3.5, markevery=len(error) // 10, **look)
            at.set(xscale="log", yscale="log", ylim=(LEAST, MOST))
            at.grid(True)
        name = f"{one.example.replace('-', ' ')}: {one.y.shape[1]} copies, {one.y.shape[1] // len(one.y)} own"
        column[0].set_title(name, loc="left", color=INK)
        column[-1].set_xlabel("CPU time (ms)")
    axes[0, 0].set_ylabel("objective error")
    axes[1, 0].set_ylabel("demand violation")
    return below(figure, 2)
