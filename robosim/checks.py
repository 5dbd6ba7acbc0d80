"""Check anyone's controller for what its types cannot say: row independence, populations of one, replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from robosim.agent import Array, Controller, Heard, Links, Rules, Said
from robosim.errors import CheckFailed
from robosim.network.network import Network

AGENTS, ROUNDS = 9, 20


def check_controller(
    controller: Callable[[], Controller],
    *,
    own: Said | None = None,
    rules: Rules | None = None,
    network: Network | None = None,
    rounds: int = ROUNDS,
) -> None:
    """Raise `CheckFailed` unless a controller keeps the promises that make its missions trustworthy.

    1. Row independence: agent j's private type changes nothing that the others say in round 0, and in round 1 only what
       j and its neighbours say.
    2. A population of one is the batch: each agent alone, hearing its neighbours, says the same bits.
    3. Replay: the same mission says the same bits again.
    4. Fresh words: what it says in a round is no array that it was given, as the mission puts the selfish rows into it.

    Parameters
    ----------
    controller : makes a controller, usually its class.
    own, rules, network : a mission to try it on; by default nine robots on a ring with two chords, in the plane.

    >>> from robosim.controllers.consensus import Consensus
    >>> check_controller(Consensus)
    """
    network = network or Network.of([*((i, (i + 1) % AGENTS) for i in range(AGENTS)), (0, 4), (2, 7)])
    own = own or {"start": np.random.default_rng(7).uniform(-1, 1, (1, network.n, 2))}
    rules = rules or {"alpha": 0.2, "rounds": rounds, "lower": np.full(2, -1.0), "upper": np.full(2, 1.0)}
    first = _together(controller(), own, rules, network.links, rounds)
    _compare(first, _together(controller(), own, rules, network.links, rounds), "replay: the second run differs")
    _compare(first, _alone(controller, own, rules, network.links, rounds), "population of one: an agent alone differs")
    for agent in range(network.n):
        _check_rows(controller, own, rules, network.links, first, agent)


def _together(controller: Controller, own: Said, rules: Rules, links: Links, rounds: int) -> list[Said]:
    state, said = controller.start(own, rules, links)
    spoken = [_copy(said)]
    for k in range(1, rounds + 1):
        heard = said
        state, said = controller.step(state, Heard(heard, {}, links, heard))
        _check_fresh(k, said, heard, own)
        spoken.append(_copy(said))
    return spoken


def _check_fresh(k: int, said: Said, heard: Said, own: Said) -> None:
    for key, x in said.items():
        for name, other in (*heard.items(), *own.items()):
            if np.shares_memory(x, other):
                raise CheckFailed(
                    f"fresh words: in round {k} {key!r} is the array {name!r} that it was given (say a copy)"
                )


def _alone(controller: Callable[[], Controller], own: Said, rules: Rules, links: Links, rounds: int) -> list[Said]:
    """Every agent is a program of its own with its own links; voices are what its neighbours said."""
    count = len(links.own_weight)
    programs, ones = [controller() for _ in range(count)], [links.only(i) for i in range(count)]
    states, words = _apart([programs[i].start(_row(own, i), rules, ones[i]) for i in range(count)])
    spoken = [_join(words)]
    for _ in range(rounds):
        voices = [{key: _join(words)[key][:, one.ids] for key in words[0]} for one in ones]
        states, words = _apart(
            [programs[i].step(states[i], Heard(words[i], {}, ones[i], voices[i])) for i in range(count)]
        )
        spoken.append(_join(words))
    return spoken


def _check_rows(
    controller: Callable[[], Controller], own: Said, rules: Rules, links: Links, first: list[Said], agent: int
) -> None:
    other = {key: x + 0.25 * (np.arange(x.shape[1]) == agent)[None, :, None] for key, x in own.items()}
    changed = _together(controller(), other, rules, links, 1)
    near = links.ids[links.indptr[agent] : links.indptr[agent + 1]]
    for k, may in ((0, {agent}), (1, {agent, *near.tolist()})):
        for key, x in changed[k].items():
            touched = np.flatnonzero((x != first[k][key]).any(axis=(0, 2))).tolist()
            foreign = sorted({*touched} - may)
            if foreign:
                raise CheckFailed(
                    f"row independence: agent {agent}'s type changed what {foreign} said under {key!r} in "
                    f"round {k} (row i may use row i and what i heard)"
                )


def _compare(expected: list[Said], got: list[Said], what: str) -> None:
    for k, (a, b) in enumerate(zip(expected, got, strict=True)):
        for key in a:
            if not np.array_equal(a[key], b[key]):
                agent = int(np.flatnonzero((a[key] != b[key]).any(axis=(0, 2)))[0])
                raise CheckFailed(
                    f"{what} at round {k}, agent {agent}, message {key!r} (use no state outside `state`, no "
                    "global random numbers, and the same order of sums)"
                )


def _row(said: Said, i: int) -> Said:
    return {key: x[:, i : i + 1] for key, x in said.items()}


def _copy(said: Said) -> Said:
    return {key: np.array(x) for key, x in said.items()}


def _join(words: list[Said]) -> Said:
    return {key: np.concatenate([said[key] for said in words], axis=1) for key in words[0]}


def _apart(pairs: list[tuple[Any, Said]]) -> tuple[list[Any], list[dict[str, Array]]]:
    return [state for state, _ in pairs], [said for _, said in pairs]
