"""The 25 ways in which agents of a distributed algorithm cheat, and what papers say stops each.

T and X are the papers that robosim implements: taxes for distributed algorithms, and coupled problems of suppliers.
G is an indirect Groves or VCG tax, P the clearing price, S the shadow price, V the VCG payment of X. "Stopped" speaks
of one deviator among faithful others, up to an ε that falls with the rounds. Strategies say themselves of which rows
they are examples (`Strategy.rows`); what is no move of one agent is out of scope, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from robosim.agent import Strategy
from robosim.controllers.selfish.programme import PROGRAMME
from robosim.kind import kinds


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way to cheat: z_i^k is what agent i says in round k, F the faithful program, v̂_i what it reports.

    `certified` is False where no certificate covers it: what it gains is measured. `out_of_scope` says why nobody can
    play it here.
    """

    number: int
    name: str
    definition: str
    stopped_by: str
    not_stopped_by: str
    certified: bool = True
    out_of_scope: str = ""


def _row(number: int, name: str, definition: str, stopped_by: str, not_stopped_by: str, **more: object) -> Row:
    return Row(
        number=number,
        name=name,
        definition=definition,
        stopped_by=stopped_by,
        not_stopped_by=not_stopped_by,
        **more,  # type: ignore[arg-type]
    )


ROWS: tuple[Row, ...] = (
    _row(
        1, "stationary", "z_i^k = θ_i for all k", "T Algorithm 2 (fine or Groves loss)",
        "no tax: saves its whole cost",
    ),
    _row(2, "stubborn leader", "z_i^k = a, a ≠ θ_i", "T Algorithm 2", "no tax"),
    _row(3, "initial-state lie", "z_i^0 = θ_i'", "G", "no tax: erases its whole cost"),
    _row(4, "foot-dragging", "z_i^k = (1-h) z_i^{k-1} + h F, 0 < h < 1", "G and the β test", "few rounds"),
    _row(5, "freeze", "z_i^k = z_i^{k-1} for k > τ", "the β(n) test", "few rounds"),
    _row(
        6, "β-hugging", "min F(z) with dist(z^n, agreement) ≤ β(n)", "more rounds: ε(n) is its gain",
        "any finite n",
    ),
    _row(7, "last-round snap", "z_i^n = θ_i, else F", "the β test", "no tax; a price alone"),
    _row(8, "cost misreport", "the answer of another type θ_i'", "G, V", "P, S (X, Example 3)"),
    _row(9, "bid shading", "z_i^k = x, or the faithful answer moved", "G", "P (T, section II: 1/3 gains 1/12)"),
    _row(10, "capacity withholding", "z_i ≤ κ·capacity, κ < 1", "G, V where limits are part of the type", "P, S"),
    _row(11, "bait and switch", "x₀ for k < n - m, x₁ after", "G (≤ the certificate)", "P: .24 at any n"),
    _row(12, "destabiliser", "a curvature so low that dual ascent diverges", "G; a safeguard of the step", "P"),
    _row(
        13, "over- or under-report", "v̂_i = v_i + δ, or a factor", "G: neutral for who does it",
        "others' taxes move by δ",
    ),
    _row(
        14, "v̂ ring", "members C report v̂ - M each", "audits and bounds only", "G: M(|C| - 1) each, unbounded",
        certified=False,
    ),
    _row(
        15, "marginal-problem sabotage", "deviates in P_-j only", "neutral for who does it",
        "G, V: moves p_j either way",
    ),
    _row(
        16, "coalition misreport", "θ_C' chosen jointly", "nothing: Groves is not group-strategy-proof", "G, V, P, S",
        certified=False,
    ),
    _row(
        17, "answer to a liar", "the best reply when j lies already", "V (dominant, exact, declared functions)",
        "G, indirect: T, Example 1", certified=False,
    ),
    _row(
        18, "drop-out", "silence, or absence from problems without another", "excluded by T, Remark 3; a bond",
        "G, V, P", certified=False,
    ),
    _row(
        19, "equivocation", "different z_i^k to different neighbours", "G where it is part of s_i",
        "signed logs show it",
        out_of_scope="a program says each word once, to all who hear it",
    ),
    _row(
        20, "forging", "says words as j, or alters those of j", "transport with keys", "every tax rule",
        certified=False,
        out_of_scope="no move of an agent: words carry their sender (T, Remark 3 excludes it)",
    ),
    _row(21, "tracker injection", "d_i^k += Δ once", "the leader checks Σd = ΣAx - b", "local signals"),
    _row(22, "griefing the fine", "dist > β at its own cost", "unprofitable, not prevented", "1:5 damage"),
    _row(23, "free-riding on computation", "says a stale F(z^{k-τ})", "G up to ε", "no tax"),
    _row(
        24, "sybil", "splits θ_i into two agents", "nothing", "VCG is not false-name-proof in general",
        certified=False,
        out_of_scope="no move of an agent: it changes who there is (try it as another world)",
    ),
    _row(25, "learning spy", "infers θ_-i from messages, then 8 or 11", "G: knowing θ_-i does not help", "P, S"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Example:
    """A strategy that is an example of a row: its name, what it does, the kinds of world, its parameters' ranges."""

    name: str
    says: str
    worlds: tuple[str, ...]
    ranges: dict[str, tuple[float, float]]


def examples(number: int) -> tuple[Example, ...]:
    """Who plays a row, in which kinds of world; strategies of one name in two kinds of world stand twice."""
    found: dict[type[Strategy], list[str]] = {}
    for noun, kind in kinds().items():
        for one in _played(kind.strategies()):
            if number in one.rows:
                found.setdefault(one, []).append(noun)
    return tuple(
        Example(name=one.name, says=first_line(one), worlds=tuple(nouns), ranges=dict(one.ranges))
        for one, nouns in found.items()
    )


def _played(known: Mapping[str, type[Strategy]]) -> Iterator[type[Strategy]]:
    yield from {**known, **PROGRAMME}.values()


def first_line(strategy: type[Strategy]) -> str:
    """What a strategy does, in the first line of its docstring."""
    return (strategy.__doc__ or "").strip().partition("\n")[0]
