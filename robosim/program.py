"""The faithful program at work: whatever fails in it is named with its class and round, what it says is checked.

A mission calls programs through these functions only. Each raises `AgentFailure`, `file:line: Class: …`, for a program
that stops with an exception (or `sys.exit`), or whose answer has another form than `agent.Controller` says.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from robosim.agent import Array, Controller, Heard, Links, Rules, Said
from robosim.errors import AgentFailure, RobosimError
from robosim.kernels import Unsettled

FLOAT = np.dtype(np.float64)
FAILURES = (Exception, SystemExit)
"""What a program may end with; Ctrl-C is none of them."""


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


def begin(program: Controller, own: Said, rules: Rules, links: Links, form: Form) -> tuple[Any, Said]:
    """Round 0: the program's state and first words."""
    try:
        answer = program.start(own, rules, links)
    except FAILURES as problem:
        raise crashed("in round 0", program, problem) from problem
    state, said = _parts(0, program, answer)
    if not form.keeps(said):
        raise _unusable(0, program, said, str(form))
    if not callable(getattr(program, "step", None)):
        raise AgentFailure(f"{place(program)}has no step (a program has start and step, and report if it likes)")
    return state, said


def go_on(program: Controller, k: int, state: Any, heard: Heard) -> tuple[Any, Said]:
    """Round k: the next state and words, of the same form as the last ones."""
    try:
        answer = program.step(state, heard)
    except FAILURES as problem:
        raise crashed(f"in round {k}", program, problem) from problem
    if type(answer) is not tuple or len(answer) != 2 or type(answer[1]) is not dict:
        answer = _parts(k, program, answer)
    said, before = answer[1], heard.own
    for key in before:
        x = said.get(key)
        if type(x) is not np.ndarray or x.dtype is not FLOAT or x.shape != before[key].shape:
            _refuse_other(k, program, said, before)
    return answer


def reports_itself(program: object) -> bool:
    """Whether a program has a `report` of its own; for one that has none, the leader computes costs from its meter."""
    return callable(getattr(program, "report", None))


def reported(program: Controller, own: Said, decision: Array, meter: Said) -> Array:
    """After the last round: the reported costs (missions, agents) of a decision (missions, agents, n)."""
    try:
        said = program.report(own, decision, meter)
    except FAILURES as problem:
        raise crashed("in its report", program, problem) from problem
    missions, agents = decision.shape[:2]
    cost = said.get("cost") if isinstance(said, dict) else None
    usable = isinstance(cost, np.ndarray) and cost.dtype == FLOAT
    if cost is None or not usable or cost.shape not in ((missions, agents, 1), (1, agents, 1)):
        got = _forms(said) if isinstance(said, dict) else f"{type(said).__name__}"
        raise AgentFailure(
            f"{place(program)}its report is {got}, it must be 'cost' ({missions}, {agents}, 1) of float64 "
            "(return {'cost': …} with one number for each agent)"
        )
    return np.array(np.broadcast_to(cost[..., 0], (missions, agents)))


def crashed(when: str, program: object, problem: BaseException) -> BaseException:
    """An exception in somebody's program, as the agent failure that it is, with the line that raised it.

    Ctrl-C inside a compiled kernel arrives as a SystemError around it, and stays Ctrl-C; robosim's own errors stay too.
    """
    if isinstance(problem.__cause__, KeyboardInterrupt) or isinstance(problem.__context__, KeyboardInterrupt):
        return KeyboardInterrupt()
    if isinstance(problem, Unsettled):  # a method of robosim's own that did not end at its answer
        return Unsettled(f"{type(program).__name__} {when}: {problem}")
    if isinstance(problem, RobosimError):
        return problem
    where = traceback.extract_tb(problem.__traceback__)[-1]
    return AgentFailure(
        f"{where.filename}:{where.lineno}: {type(program).__name__}: {type(problem).__name__} {when}: {problem} "
        "(correct the program)"
    )


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
