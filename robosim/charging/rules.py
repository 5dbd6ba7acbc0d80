"""What the keys of a station's world must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robosim.charging.days import ALL, days_of, objection
from robosim.charging.formats.dialects import FIELD_OF
from robosim.charging.keys import ACN, DAY_MIN, DRAWN, DRAWN_COSTS, KEYS_OF_SITE
from robosim.charging.values import iso_text
from robosim.files.complaint import Problem
from robosim.files.writing import shown, suggestion
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import SMALLEST
from robosim.scenario.selfish import SELFISH_RULES, agents_exist

LEAST_A = {"deadband": 6.0, "aerovironment": 6.0, "clippercreek": 8.0}
"""Kinds of charger that cannot be told a smaller current than this, but for 0."""


def completed(values: dict[str, Any]) -> dict[str, Any]:
    """Fill in count where sessions are drawn and costs are listed."""
    station = values["station"]
    if isinstance(station, dict) and station.get("sessions", DRAWN) == DRAWN:
        listed = [station[key] for key in DRAWN_COSTS if isinstance(station.get(key), list) and station[key]]
        if listed:
            station.setdefault("count", len(listed[0]))
    return values


def keys_of_a_site_are_used(world: Values) -> Iterator[Problem]:
    """A site takes its own keys only."""
    site = world["station.site"]
    for other, keys in KEYS_OF_SITE.items():
        for key in keys:
            if other != site and world.given(f"station.{key}"):
                yield _unused(key, f'site = "{other}"', site)


def ranges_are_used(world: Values) -> Iterator[Problem]:
    """Only what is drawn has a range."""
    for key, bounds in DRAWN_COSTS.items():
        if world.given(f"station.{bounds}") and world.sound(("station", key)) and world[f"station.{key}"] != "random":
            yield _unused(bounds, f'{key} = "random"', world[f"station.{key}"])


def _unused(key: str, wanted: str, got: object) -> Problem:
    return Problem(
        path=("station", key),
        message=f"is used only with {wanted}, got {shown(got)}",
        fix=f"set that, or remove {key}",
    )


def ranges_have_room(world: Values) -> Iterator[Problem]:
    """lo < hi."""
    for key in DRAWN_COSTS.values():
        if world.given(f"station.{key}"):
            lo, hi = world[f"station.{key}"]
            if hi - lo < SMALLEST:
                message = f"needs lo < hi, got {shown([lo, hi])}"
                yield Problem(path=("station", key), message=message, fix="for example [0.002, 0.02]")


def lists_name_every_session(world: Values) -> Iterator[Problem]:
    """As many numbers in each list as sessions; judged where they are drawn, else the file has to be read for it."""
    if world["station.sessions"] != DRAWN:
        return
    count = world["station.count"]
    for key in DRAWN_COSTS:
        listed = world[f"station.{key}"] if world.sound(("station", key)) else None
        if isinstance(listed, list) and len(listed) != count:
            yield Problem(
                path=("station", key),
                message=f"has {len(listed)} numbers, there are {shown(count)} sessions",
                fix="give one number for each session, or leave station.count to the list",
            )


def day_is_named(world: Values) -> Iterator[Problem]:
    """ACN-Data has many days, a drawn day none."""
    sessions, day = world["station.sessions"], world["station.day"]
    if sessions.startswith(ACN) and day is None:
        yield Problem(
            path=("station", "day"),
            message=f'is missing, sessions = "{sessions}" needs one',
            fix='for example day = "2019-10-29"',
        )
    if sessions.startswith(ACN) and day == ALL:
        message, fix = 'is "all", ACN-Data has more days than a mission', 'for example day = "2019-10-28..2019-10-30"'
        yield Problem(path=("station", "day"), message=message, fix=fix)
    if sessions == DRAWN and day is not None:
        yield Problem(
            path=("station", "day"),
            message='is used only with sessions from a file or "acn:…", got "drawn"',
            fix="name those, or write tariff_day for the day whose prices hold",
        )


def days_are_few(world: Values) -> Iterator[Problem]:
    """Days in a row begin before they end, and fit into a mission."""
    day = iso_text(world["station.day"])
    wrong = None if day in (None, ALL) else objection(days_of(day))
    if wrong is not None:
        yield Problem(path=("station", "day"), message=f"{wrong[0]}, got {shown(day)}", fix=wrong[1])


def columns_are_known(world: Values) -> Iterator[Problem]:
    """Names of columns are those that robosim has, and belong to a file."""
    columns = world["station.columns"] or {}
    if columns and (world["station.sessions"] == DRAWN or world["station.sessions"].startswith(ACN)):
        message = f"is used only with sessions from a table, got {shown(world['station.sessions'])}"
        yield Problem(path=("station", "columns"), message=message, fix="name a file, or remove columns")
    for name in columns:
        if name not in FIELD_OF:
            fix = suggestion(name, FIELD_OF, f"known: {', '.join(FIELD_OF)}")
            yield Problem(path=("station", "columns", name), message="robosim has no such column", fix=fix)


def minutes_divide(world: Values) -> Iterator[Problem]:
    """Steps fill periods, periods fill the day."""
    period = world["station.period_min"]
    if DAY_MIN % period:
        message = f"must divide the {DAY_MIN} minutes of a day, got {period}"
        yield Problem(path=("station", "period_min"), message=message, fix="for example period_min = 15")
    elif period % world["station.step_min"]:
        message = f"must divide period_min = {period}, got {world['station.step_min']}"
        yield Problem(path=("station", "step_min"), message=message, fix=f"for example step_min = {period}")


def chargers_can_start(world: Values) -> Iterator[Problem]:
    """The breaker lets the least current through that the kind of charger knows."""
    kind, most = world["station.charger"], world["station.charger_max_a"]
    least = LEAST_A.get(kind, 0.0)
    if most < least:
        yield Problem(
            path=("station", "charger_max_a"),
            message=f'is {shown(most)}, chargers of kind "{kind}" begin at {least:g} A',
            fix=f"write charger_max_a = {least}, or choose another charger",
        )


def epsilon_is_given_once(world: Values) -> Iterator[Problem]:
    """In dollars or as a share of the cost."""
    if world["leader.epsilon"] is not None and world["leader.epsilon_share"] is not None:
        path = ("leader", "epsilon_share")
        yield Problem(path=path, message="stands beside epsilon", fix="remove one of them")


def counted_agents_exist(world: Values) -> Iterator[Problem]:
    """Ids are those of the world, as far as the sessions are counted before any file is read."""
    if world["station.sessions"] == DRAWN:
        yield from agents_exist(world)


RULES: tuple[Check, ...] = (
    keys_of_a_site_are_used,
    ranges_are_used,
    ranges_have_room,
    lists_name_every_session,
    day_is_named,
    days_are_few,
    columns_are_known,
    minutes_divide,
    chargers_can_start,
    epsilon_is_given_once,
    *(counted_agents_exist if check is agents_exist else check for check in SELFISH_RULES),
)
