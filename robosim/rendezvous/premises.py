"""What the certificate of a rendezvous rests on, and which of it holds here (theorem of the faithful bill).

It holds for any program, body, graph and noise, as long as the others' taxed reports are no less than what they pay in
every run in which one robot deviates. Reports that the leader computes from its own meter are; a program that reports
for itself is tested on outcomes that its faithful run does not show, and watched in every run that is attacked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robosim import program
from robosim.agent import Array
from robosim.controllers.consensus import Consensus
from robosim.errors import RobosimError
from robosim.premise import Premise
from robosim.rendezvous.mission import Rendezvous
from robosim.rendezvous.problem import ROUNDING, understated
from robosim.rendezvous.record import RendezvousRecord

OUTCOMES = 64
"""On so many outcomes a program's own reports are tested, on fewer where a team is so large that it takes `LARGEST`."""
LARGEST = 2_000_000
HONEST = "the others report at least what they pay"


def premises(mission: Rendezvous, faithful: RendezvousRecord) -> tuple[Premise, ...]:
    """Every premise of ε, in the order in which it is looked at."""
    there = (_there(mission, faithful),) if _may_leave(mission) else ()
    return (_tax(mission), _starts(faithful), *there, reports(mission, faithful), _alone())


def _tax(mission: Rendezvous) -> Premise:
    why = ""
    if not mission.tax.enforces:
        why = "without a tax nothing holds a selfish agent back"
    elif not mission.tax.groves:
        why = f"the tax rule {mission.tax.name} is not declared a Groves rule"
    return Premise(text="the tax is a Groves rule", how="read", ok=not why, detail=why)


def _starts(faithful: RendezvousRecord) -> Premise:
    rules, start = faithful.rules, faithful.start
    outside = np.flatnonzero(((start < rules.lower) | (start > rules.upper)).any(axis=1))
    why = f"robot {outside[0]} starts outside the announced space" if len(outside) else ""
    return Premise(text="every robot starts in the announced space", how="read", ok=not why, detail=why)


def _may_leave(mission: Rendezvous) -> bool:
    """Whether robots that run empty, or are switched off, are left out of the others' taxes."""
    return mission.scenario.leader.empty == "excused" and mission.world.may_leave(mission.rounds)


def _there(mission: Rendezvous, faithful: RendezvousRecord) -> Premise:
    """Taxes that leave somebody out do not add up to the social cost: what they hold back is not known."""
    excused = faithful.settlement.excused
    why = ""
    if excused is not None and excused[0].any():
        who = ", ".join(map(str, np.flatnonzero(excused[0])[:8]))
        why = f'robot {who} is empty or off at the end and left out of the taxes (leader.empty = "charged" counts it)'
    return Premise(text="no robot is empty or off at the end when one deviates", how="declared", ok=not why, detail=why)


def _alone() -> Premise:
    return Premise(text="one robot deviates alone", how="declared")


def reports(mission: Rendezvous, faithful: RendezvousRecord) -> Premise:
    """Whether reports are at least the true costs, also where runs end that are not faithful."""
    if truthful(mission):
        return Premise(text=HONEST, how="read")
    why = _shortfall(mission, faithful)
    return Premise(text=HONEST, how="tested", ok=not why, detail=why or f"on {_count(faithful)} outcomes")


def overstated(mission: Rendezvous, faithful: RendezvousRecord) -> str:
    """In words, where reports are above the true costs; "" where they never are.

    The bill's certificate holds all the same, but others' taxes are no longer what robots pay together: what follows
    from that, exact figures and bounds over all types, is for true reports.
    """
    if truthful(mission):
        return ""
    said, true = _tested(mission, faithful, _count(faithful))
    above = said > true + ROUNDING * np.abs(true)
    if not above.any():
        return ""
    return f"{_told(mission, said, true, above)}: exact figures and bounds over all types are for true reports"


def truthful(mission: Rendezvous) -> bool:
    """Whether reports are the true costs by construction: the leader's meter, or robosim's own program."""
    own = mission.controller
    return not program.reports_itself(own) or (type(own) is Consensus and own.pays_for == mission.problem.pays_for)


def _count(faithful: RendezvousRecord) -> int:
    return max(4, min(OUTCOMES, LARGEST // faithful.start.size))


def _shortfall(mission: Rendezvous, faithful: RendezvousRecord) -> str:
    try:
        said, true = _tested(mission, faithful, _count(faithful))
    except RobosimError as problem:
        return f"{type(mission.controller).__name__}'s reports are not known where a run ends elsewhere: {problem}"
    short = understated(said, true)
    if not short.any():
        return ""
    return f"{_told(mission, said, true, short)} (report the private cost, or leave reporting to the leader)"


def _told(mission: Rendezvous, said: Array, true: Array, where: NDArray[np.generic]) -> str:
    """The first report of some that are wrong, beside what it should be."""
    outcome, agent = np.argwhere(where)[0]
    told = f"{said[outcome, agent]:.6g} {mission.unit} where robot {agent} pays {true[outcome, agent]:.6g}"
    return f"{type(mission.controller).__name__} reports {told}"


def _tested(mission: Rendezvous, faithful: RendezvousRecord, count: int) -> tuple[Array, Array]:
    """What a program reports of `count` outcomes, and the true costs, (count, N) each."""
    start = np.repeat(faithful.start[None], count, axis=0)
    ends, energy = _outcomes(mission, faithful, count)
    true = mission.problem.private_cost(start, ends, energy)
    return program.reported(mission.controller, {"start": start}, ends, {"energy_j": energy[..., None]}), true


def _outcomes(mission: Rendezvous, faithful: RendezvousRecord, count: int) -> tuple[Array, Array]:
    """Where runs with one deviator may end, (count, N, d), and what they may cost, (count, N) J.

    Half are the faithful end, moved together by 10⁻⁶ to 1 boxes with one robot anywhere; half are anything.
    """
    rules, end = faithful.rules, faithful.decision[0]
    rng = np.random.default_rng(count)  # announced to nobody, and the same every time
    width = rules.upper - rules.lower
    ends = rng.uniform(rules.lower, rules.upper, (count, *end.shape))
    half = np.arange(count // 2)
    shift = rng.normal(size=(len(half), 1, end.shape[1])) * width * 10.0 ** rng.uniform(-6, 0, (len(half), 1, 1))
    moved = end + shift
    moved[half, rng.integers(len(end), size=len(half))] = ends[half, 0]
    ends[half] = moved
    return ends, _energy(mission, faithful, ends, rng)


def _energy(mission: Rendezvous, faithful: RendezvousRecord, ends: Array, rng: np.random.Generator) -> Array:
    """As the law says where energy follows from the ends, else anything above the faithful run's."""
    problem = mission.problem
    if problem.pays_for == "energy" and problem.unit is not None:
        way = ends - faithful.start
        return np.asarray(problem.idle + problem.unit * np.einsum("mid,mid->mi", way, way))
    spent = faithful.spent_j[0]
    return np.asarray(spent + np.abs(rng.normal(size=ends.shape[:2])) * spent.mean())
