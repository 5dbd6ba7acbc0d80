"""The faithful program at work: whatever fails in it is named with its class and round, what it says is checked.

A mission calls programs through these functions only. Each raises `AgentFailure`, `file:line: Class: …`, for a program
that stops with an exception (or `sys.exit`), that writes into what it is lent, or whose answer has another form than
`agent.Controller` says. Programs that are not robosim's own get read-only copies (`robosim.lending`), and what they say
is copied when it arrives: nothing that they keep is part of a mission.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from robosim import lending
from robosim.agent import Array, Controller, Coordinator, Heard, Links, Rules, Said
from robosim.errors import AgentFailure, RobosimError
from robosim.kernels import Unsettled

FLOAT = np.dtype(np.float64)
FAILURES = (Exception, SystemExit)
"""What a program may end with; Ctrl-C is none of them."""
SILENT: tuple[None, Said] = (None, {})
"""State and words of a leader that says nothing between announcement and settlement (T, Remark 4)."""


class Form(NamedTuple):
    """What a program must say: arrays (missions, agents, components) of float64, more words than these if it likes."""

    missions: int
    agents: int
    components: Mapping[str, tuple[int, int | None]]
    """The least and the most components of each word (None: any number more)."""

    def __str__(self) -> str:
        """As people read it."""
        sizes = {key: f"{a}" if a == b else f"at least {a}" for key, (a, b) in self.components.items()}
        return " and ".join(f"'{key}' ({self.missions}, {self.agents}, {size})" for key, size in sizes.items())

    def keeps(self, said: Said) -> bool:
        """Whether all words are arrays for these missions and agents, and every one that is needed is there."""
        if not all(isinstance(x, np.ndarray) and x.dtype == FLOAT and x.ndim == 3 for x in said.values()):
            return False
        if not all(x.shape[:2] == (self.missions, self.agents) for x in said.values()):
            return False
        return all(
            key in said and least <= said[key].shape[2] and (most is None or said[key].shape[2] <= most)
            for key, (least, most) in self.components.items()
        )


def refuse_incomplete(program: Controller, metered: bool) -> None:
    """Raise `AgentFailure` for a program without start and step, or without report where no meter knows its costs.

    `metered` says whether the leader's own meter knows what a decision costs everybody (`Kind.meters`).
    """
    missing = [name for name in ("start", "step") if not callable(getattr(program, name, None))]
    if missing:
        raise AgentFailure(f"{place(program)}has no {missing[0]} (a program has start, step and report)")
    if not metered and not reports_itself(program):
        raise AgentFailure(
            f"{place(program)}has no report, and no meter knows what a decision costs its agents (add report, which "
            "returns {'cost': …})"
        )


def reports_itself(program: object) -> bool:
    """Whether a program reports its agents' costs; where it does not, the leader reads its own meter."""
    return callable(getattr(program, "report", None))


def begin(program: Controller, own: Said, rules: Rules, links: Links, form: Form) -> tuple[Any, Said]:
    """Round 0: the program's state and first words."""
    foreign = not lending.ours(type(program))
    if foreign:
        own, rules, links = lending.said("own", own), lending.rules(rules), lending.links(links)
    try:
        answer = program.start(own, rules, links)
    except FAILURES as problem:
        raise crashed("in round 0", program, problem, own, rules, links) from problem
    state, said = _parts(0, program, answer)
    if not form.keeps(said):
        raise _unusable(0, program, said, str(form))
    return state, _received(0, program, said) if foreign else said


def go_on(program: Controller, k: int, state: Any, heard: Heard) -> tuple[Any, Said]:
    """Round k: the next state and words, of the same form as the last ones.

    robosim's own programs are held to that form by its tests, not in every round.
    """
    if lending.ours(program.__class__):
        try:
            return program.step(state, heard)
        except FAILURES as problem:
            raise crashed(f"in round {k}", program, problem) from problem
    lent = lending.heard(heard)
    try:
        answer = program.step(state, lent)
    except FAILURES as problem:
        raise crashed(f"in round {k}", program, problem, lent) from problem
    if type(answer) is not tuple or len(answer) != 2 or type(answer[1]) is not dict:
        answer = _parts(k, program, answer)
    said, before = answer[1], heard.own
    for key in before:
        x = said.get(key)
        if type(x) is not np.ndarray or x.dtype is not FLOAT or x.shape != before[key].shape:
            _refuse_other(k, program, said, before)
    if len(said) > len(before):
        _refuse_new(k, program, said, before)
    return answer[0], _received(k, program, said)


def _received(k: int, program: object, said: Said) -> Said:
    """Copies of words that are finite, so that a program that keeps its arrays changes nothing any more."""
    for key, x in said.items():
        if not np.isfinite(x).all():
            _, agent, _ = np.argwhere(~np.isfinite(x))[0]
            number = x[~np.isfinite(x)][0]
            raise AgentFailure(
                f"{place(program)}in round {k} agent {agent} said {number} under {key!r} (say finite numbers)"
            )
    return {key: np.array(x, order="C", subok=False) for key, x in said.items()}


def announce(coordinator: Coordinator | None, rules: Rules) -> tuple[Any, Said]:
    """Round 0 of the leader's half, where there is one: its state and first words."""
    if coordinator is None:
        return SILENT
    if lending.ours(type(coordinator)):
        return coordinator.start(rules)
    lent = lending.rules(rules)
    try:
        return coordinator.start(lent)
    except FAILURES as problem:
        raise crashed("in round 0", coordinator, problem, lent) from problem


def lead(coordinator: Coordinator, k: int, state: Any, said: Said) -> tuple[Any, Said]:
    """Round k of the leader's half."""
    if lending.ours(type(coordinator)):
        return coordinator.step(state, said)
    lent = lending.said("said", said)
    try:
        return coordinator.step(state, lent)
    except FAILURES as problem:
        raise crashed(f"in round {k}", coordinator, problem, lent) from problem


def reported(program: Controller, own: Said, decision: Array, meter: Said, metered: Array | None = None) -> Array:
    """After the last round: the reported costs (missions, agents) of a decision (missions, agents, n).

    `metered` is what the leader's own meter says that it cost (missions, agents), None where no meter knows it: it
    stands for the report of a program that has none.
    """
    if metered is not None and not reports_itself(program):
        return np.array(metered)
    foreign = not lending.ours(type(program))
    if foreign:
        own, meter = lending.said("own", own), lending.said("meter", meter)
    lent = lending.frozen(decision) if foreign else decision
    try:
        said = program.report(own, lent, meter)
    except FAILURES as problem:
        raise crashed("in its report", program, problem, own, meter, lent) from problem
    missions, agents = decision.shape[:2]
    cost = said.get("cost") if isinstance(said, dict) else None
    usable = isinstance(cost, np.ndarray) and cost.dtype == FLOAT
    if cost is None or not usable or cost.shape not in ((missions, agents, 1), (1, agents, 1)):
        got = _forms(said) or "empty" if isinstance(said, dict) else f"{type(said).__name__}"
        raise AgentFailure(
            f"{place(program)}its report is {got}, it must be 'cost' ({missions}, {agents}, 1) of float64 "
            "(return {'cost': …} with one number for each agent)"
        )
    if foreign and not np.isfinite(cost).all():
        agent = int(np.argwhere(~np.isfinite(cost))[0][1])
        number = cost[~np.isfinite(cost)][0]
        raise AgentFailure(
            f"{place(program)}its report 'cost' {cost.shape} holds {number} for agent {agent}, it must be 'cost' "
            f"({missions}, {agents}, 1) of finite numbers (report what it cost)"
        )
    return np.array(np.broadcast_to(cost[..., 0], (missions, agents)))


def proven_beta(program: Controller, rules: Rules) -> Array | None:
    """The bound that a program brings with it, (rounds + 1,) metres for k = 0..n, as its author announces it.

    None where a program brings none (it has no `proven_beta`), or proves nothing for these rules (it returns None).
    """
    find = getattr(program, "proven_beta", None)
    if find is None:
        return None
    lent = lending.rules(rules)
    try:
        found = find(lent)
    except FAILURES as problem:
        raise crashed("in its proven_beta", program, problem, lent) from problem
    size = (rules["rounds"] + 1,)
    if found is None:
        return None
    if not (isinstance(found, np.ndarray) and found.dtype == FLOAT and found.shape == size):
        raise AgentFailure(f"{place(program)}its proven_beta is {_form(found)}, it must be {size} of float64, or None")
    if not (found >= 0).all() or not np.isfinite(found).all():
        bad = found[~((found >= 0) & np.isfinite(found))][0]
        raise AgentFailure(f"{place(program)}its proven_beta has {bad}, it must have finite distances >= 0, in metres")
    return found


def crashed(when: str, program: object, problem: BaseException, *lent: Any) -> BaseException:
    """An exception in somebody's program, as the agent failure that it is, with the line that raised it.

    Where it wrote into something that it was `lent`, that is what is said.
    Ctrl-C inside a compiled kernel arrives as a SystemError around it, and stays Ctrl-C; robosim's own errors stay too.
    """
    if isinstance(problem.__cause__, KeyboardInterrupt) or isinstance(problem.__context__, KeyboardInterrupt):
        return KeyboardInterrupt()
    if isinstance(problem, Unsettled):  # a method of robosim's own that did not end at its answer
        return Unsettled(f"{_called(program)} {when}: {problem}")
    if isinstance(problem, RobosimError):
        return problem
    wrote = lending.written_into(problem, lent)
    if wrote is not None:
        return AgentFailure(
            f"{wrote.file}:{wrote.line}: {_called(program)} wrote into {wrote.what}, which is lent to it: "
            "work on a copy"
        )
    frame, line = lending.statement(problem)
    where = "" if frame is None else f"{frame.f_code.co_filename}:{line}: "
    return AgentFailure(f"{where}{_called(program)}: {type(problem).__name__} {when}: {problem} (correct the program)")


def _called(program: object) -> str:
    """A tax rule is called by its name, anything else by its class."""
    return str(getattr(program, "title", type(program).__name__))


def place(program: object) -> str:
    """`file:line: Class: ` of a program, the line of its first method."""
    methods = (getattr(method, "__code__", None) for method in vars(type(program)).values())
    code = next((one for one in methods if one is not None and not one.co_filename.startswith("<")), None)
    where = "" if code is None else f"{code.co_filename}:{code.co_firstlineno}: "
    return f"{where}{type(program).__name__}: "


def _parts(k: int, program: object, answer: Any) -> tuple[Any, Said]:
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict):
        state, said = answer
        return state, said
    raise AgentFailure(
        f"{place(program)}in round {k} it returned {type(answer).__name__} (return state, said: a dict of arrays)"
    )


def _refuse_other(k: int, program: object, said: Said, before: Said) -> None:
    for key, old in before.items():
        x = said.get(key)
        if not (isinstance(x, np.ndarray) and x.dtype == FLOAT and x.shape == old.shape):
            raise _unusable(k, program, said, _forms(before))


def _refuse_new(k: int, program: object, said: Said, before: Said) -> None:
    """Words that it did not say before have the axes of all words."""
    rows = next(iter(before.values())).shape[:2]
    for key in said.keys() - before.keys():
        x = said[key]
        if not (isinstance(x, np.ndarray) and x.dtype == FLOAT and x.ndim == 3 and x.shape[:2] == rows):
            raise _unusable(k, program, said, f"{_forms(before)}, and {key!r} {(*rows, 'any number')}")


def _unusable(k: int, program: object, said: Said, wanted: str) -> AgentFailure:
    return AgentFailure(
        f"{place(program)}in round {k} it said {_forms(said) or 'nothing'}, it must say {wanted} of float64 "
        "(axes: missions, agents, components)"
    )


def _forms(said: Mapping[str, Any]) -> str:
    return " and ".join(f"{key!r} {_form(x)}" for key, x in said.items())


def _form(x: Any) -> str:
    if not isinstance(x, np.ndarray):
        return f"of type {type(x).__name__}"
    return f"{x.shape}" if x.dtype == FLOAT else f"{x.shape} of {x.dtype}"
