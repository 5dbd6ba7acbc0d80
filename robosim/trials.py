"""A mission in small, to try programs on: everybody together, or each agent alone, every word checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from robosim import lending, program
from robosim.agent import Array, Controller, Coordinator, Heard, Links, Rules, Said
from robosim.errors import AgentFailure, CheckFailed

MOVED = 0.25
"""By how much a type or a decision is changed."""


class Asked(NamedTuple):
    """What a program was asked to report about."""

    own: Said
    decision: Array
    meter: Said


class Trial(NamedTuple):
    """A mission to try programs on, with the leader's half where there is one."""

    own: Said
    rules: Rules
    links: Links
    rounds: int
    tried: tuple[int, ...]
    coordinator: Coordinator | None = None

    def with_other(self, agent: int, words: Said) -> Said:
        """Words or types in which one agent's are others: moved, or, where not every number is one, a neighbour's."""
        if self.coordinator is None:
            return {key: x + MOVED * (np.arange(x.shape[1]) == agent)[None, :, None] for key, x in words.items()}
        return {key: _swapped(x, agent) for key, x in words.items()}


def _call(when: str, one: object, function: Callable[..., Any], *given: Any) -> tuple[Any, Said]:
    """What a program answers to what it is lent. Raises `AgentFailure`."""
    try:
        answer = function(*given)
    except program.FAILURES as problem:
        raise program.crashed(when, one, problem, *given) from problem
    if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict)):
        raise CheckFailed(f"sound words: {when} it returned {type(answer).__name__} (return state, said)")
    return answer


def _start(one: Controller, own: Said, rules: Rules, links: Links) -> tuple[Any, Said]:
    state, said = _call(
        "in round 0", one, one.start, lending.said("own", own), lending.rules(rules), lending.links(links)
    )
    _check_sound(0, said, len(links.own_weight), None)
    return state, said


def _step(one: Controller, k: int, state: Any, heard: Heard) -> tuple[Any, Said]:
    lent = lending.heard(heard)
    state, said = _call(f"in round {k}", one, one.step, state, lent)
    _check_sound(k, said, len(heard.links.own_weight), heard.own)
    _check_fresh(k, said, lent)
    return state, said


def together(
    one: Controller, trial: Trial, own: Said | None = None, rounds: int | None = None, casts: list[Said] | None = None
) -> tuple[list[Said], list[Said]]:
    """What everybody says, and what the leader said; with `casts` it says that again, whatever it hears."""
    state, said = _start(one, trial.own if own is None else own, trial.rules, trial.links)
    leader, cast = program.announce(None if casts else trial.coordinator, trial.rules)
    spoken, led = [_copy(said)], [casts[0] if casts else _copy(cast)]
    for k in range(1, (trial.rounds if rounds is None else rounds) + 1):
        state, said = _step(one, k, state, Heard(spoken[-1], led[-1], trial.links, spoken[-1]))
        spoken.append(_copy(said))
        if trial.coordinator is not None and not casts:
            leader, cast = program.lead(trial.coordinator, k, leader, spoken[-1])
        led.append(casts[k] if casts else _copy(cast))
    return spoken, led


def _check_sound(k: int, said: Said, agents: int, before: Said | None) -> None:
    for key, x in said.items():
        if not (isinstance(x, np.ndarray) and x.dtype == np.float64 and x.ndim == 3 and x.shape[1] == agents):
            got = f"{x.shape} of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
            wanted = f"(missions, {agents}, components) of float64"
            raise CheckFailed(f"sound words: in round {k} {key!r} is {got}, it must be {wanted}")
        if not np.isfinite(x).all():
            agent, number = int(np.argwhere(~np.isfinite(x))[0][1]), x[~np.isfinite(x)][0]
            word = "NaN" if np.isnan(number) else str(number)
            raise CheckFailed(f"sound words: said {word} in round {k}, agent {agent}, message {key!r} (say numbers)")
    for key, x in (before or {}).items():
        if key not in said or said[key].shape != x.shape:
            got = f"has the shape {said[key].shape}" if key in said else "is missing"
            raise CheckFailed(f"sound words: in round {k} {key!r} {got}, it was {x.shape} (say the same words always)")


def _check_fresh(k: int, said: Said, heard: Heard) -> None:
    for key, x in said.items():
        for name, other in (*heard.own.items(), *heard.voices.items(), *heard.leader.items()):
            if np.shares_memory(x, other):
                raise CheckFailed(
                    f"fresh words: in round {k} {key!r} is the array {name!r} that it was given (say a copy)"
                )


def alone(controller: Callable[[], Controller], trial: Trial) -> list[Said]:
    """Every agent is a program of its own with its own links; voices are what its neighbours said."""
    count = len(trial.links.own_weight)
    programs, ones = [controller() for _ in range(count)], [trial.links.only(i) for i in range(count)]
    try:
        pairs = [_start(programs[i], _row(trial.own, i), trial.rules, ones[i]) for i in range(count)]
        spoken = [_join(said for _, said in pairs)]
        for k in range(1, trial.rounds + 1):
            all_ = spoken[-1]
            voices = [{key: x[:, one.ids] for key, x in all_.items()} for one in ones]
            heard = [Heard(_row(all_, i), {}, ones[i], voices[i]) for i in range(count)]
            pairs = [_step(programs[i], k, pairs[i][0], heard[i]) for i in range(count)]
            spoken.append(_join(said for _, said in pairs))
    except (AgentFailure, CheckFailed) as problem:
        raise CheckFailed(f"population of one: an agent alone fails: {problem}") from problem
    return spoken


def _swapped(x: Array, agent: int) -> Array:
    """The same with another agent's row in place of one agent's, one that differs where there is such a one."""
    others = [j for j in range(x.shape[1]) if not np.array_equal(x[:, j], x[:, agent])]
    out = x.copy()
    if others:
        out[:, agent] = x[:, others[0]]
    return out


def _row(said: Said, i: int) -> Said:
    return {key: x[:, i : i + 1] for key, x in said.items()}


def _copy(said: Said) -> Said:
    return {key: np.array(x) for key, x in said.items()}


def _join(words: Iterable[Said]) -> Said:
    every = list(words)
    return {key: np.concatenate([said[key] for said in every], axis=1) for key in every[0]}
