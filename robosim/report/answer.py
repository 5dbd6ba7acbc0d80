"""The verdict as a page shows it: one line on top, and a card for each thing that was asked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robosim.premise import unread
from robosim.record import Record
from robosim.verdict import Gain, Verdict

GAINED = 1e-9
"""Less than this is rounding."""
GOOD, BAD, OPEN = "good", "bad", "open"

Card = dict[str, str]


def headline(record: Record, agent: str) -> Card:
    """What it was all about: did selfishness pay?"""
    verdict, unit = record.verdict, record.unit
    winners = [one for one in verdict.gains if one.gain > GAINED]
    if winners:
        best = max(winners, key=lambda one: one.gain)
        return _card("", f"Selfishness paid: {agent} {best.agent} gained {_number(best.gain)} {unit} by it", BAD)
    if verdict.gains:
        return _card("", "Selfishness did not pay: nobody who tried gained by it", GOOD)
    if record.strategies:
        return _card("", "Whether selfishness paid is not known", OPEN)
    certified = verdict.epsilon.certified
    if certified is None:
        return _card("", "Everybody was faithful; what a selfish one could have gained is not known", OPEN)
    return _card("", f"Everybody was faithful; nobody could have gained more than {_number(certified)} {unit}", GOOD)


def cards(record: Record, agent: str, agreed_in: str) -> list[Card]:
    """What the leader found, what anybody could gain, what the selfish did gain, and what it all cost.

    `agreed_in` is the unit of the distance that the leader bounds.
    """
    found = [*_interrupted(record), *_bound(record, agreed_in), _epsilon(record)]
    return [*found, *(_gain(record, one, agent) for one in record.verdict.gains), *_money(record), *_refused(record)]


def _card(name: str, value: str, state: str = OPEN, more: str = "") -> Card:
    return {"name": name, "value": value, "state": state, "more": more}


def _number(value: float, digits: int = 4) -> str:
    """So many digits, without an exponent where one can do without, as the tables of a page write them.

    >>> _number(96914.2), _number(0.00123456), _number(3e-08), _number(-2.5)
    ('96914', '0.001235', '3e-8', '−2.5')
    """
    head, _, power = (f"{value:.0f}" if 10**digits <= abs(value) < 1e9 else f"{value:.{digits}g}").partition("e")
    return (f"−{head[1:]}" if value < 0 else head) + (f"e{int(power)}" if power else "")


def _interrupted(record: Record) -> Iterator[Card]:
    if record.interrupted:
        yield _card("Stopped early", f"round {record.rounds} of {record.planned_rounds}", BAD)


def _bound(record: Record, agreed_in: str) -> Iterator[Card]:
    bill = record.settlement
    distance, beta = float(bill.distance[0]), float(bill.beta[0])
    if np.isfinite(beta):
        kept = distance <= beta
        more = f"distance {_number(distance)} {agreed_in} at the end, at most {_number(beta)} {agreed_in} allowed"
        fined = "; all are fined" if bill.penalised[0] else ""
        yield _card("The announced bound", "kept" if kept else "broken", GOOD if kept else BAD, more + fined)


def _epsilon(record: Record) -> Card:
    epsilon, name = record.verdict.epsilon, "One selfish agent could gain"
    if epsilon.certified is None:
        return _card(name, "no certificate", OPEN, "no bound of it is known")
    known = {"exact": epsilon.exact, "within the world's limits": epsilon.bounded}
    more = ", ".join(f"{_number(value)} {record.unit} {how}" for how, value in known.items() if value is not None)
    return _card(name, f"at most {_number(epsilon.certified)} {record.unit}", GOOD, more or "certified")


def _gain(record: Record, gain: Gain, agent: str) -> Card:
    won = gain.gain > GAINED
    value = f"{'gained' if won else 'lost'} {_number(abs(gain.gain))} {record.unit}"
    change = f"{_number(abs(gain.others_change))} {record.unit} {'more' if gain.others_change >= 0 else 'less'}"
    more = f"by {gain.strategy}; the others paid {change}"
    return _card(f"{agent[:1].upper()}{agent[1:]} {gain.agent}", value, BAD if won else GOOD, more)


def _money(record: Record) -> Iterator[Card]:
    verdict, unit = record.verdict, record.unit
    yield _card("Social cost", f"{_number(verdict.social_cost, 6)} {unit}", OPEN, _against(verdict, unit))
    way = "the leader takes in" if verdict.budget >= 0 else "the leader pays out"
    yield _card("Sum of taxes", f"{_number(verdict.budget, 6)} {unit}", OPEN, f"{way}, tax {record.tax_rule}")
    rational = verdict.individually_rational
    if rational is not None:
        name = "Worth taking part for everybody"
        yield _card(name, "yes" if rational else "no", GOOD if rational else BAD, "individual rationality")


def _against(verdict: Verdict, unit: str) -> str:
    if verdict.optimum is None:
        return "the optimum is not known"
    above = verdict.social_cost - verdict.optimum
    share = f" ({round(above / abs(verdict.optimum), 4) + 0.0:+.2%})" if abs(verdict.optimum) > 0 else ""
    return f"optimum {_number(verdict.optimum, 6)} {unit}{share}"


def _refused(record: Record) -> Iterator[Card]:
    refused = record.settlement.refused[0].nonzero()[0].tolist()
    if refused:
        yield _card("Reports refused", str(len(refused)), BAD, f"of {', '.join(map(str, refused[:20]))}")


def remarks(record: Record) -> list[str]:
    """What ε rests on, what should be known beside it, and what could not be found out; a line each."""
    verdict = record.verdict
    open_ones = unread(verdict.premises) if verdict.epsilon.certified is not None else []
    return [
        *(f"holds if: {one}" for one in open_ones),
        *verdict.notes,
        *(f"not found out: {why}" for why in verdict.unknown),
    ]
