"""What the keys of a station's world must have to do with each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robosim.charging.days import ALL, days_of, objection
from robosim.charging.formats.dialects import FIELD_OF
from robosim.charging.keys import (
    ACN,
    CALTECH,
    DAY_MIN,
    DRAWN,
    DRAWN_COSTS,
    FORMS_OF,
    LISTED,
    OWN,
    PLAIN,
    form_of,
)
from robosim.charging.site_keys import PostTable
from robosim.charging.site_rules import breaker_fits, posts_problems
from robosim.charging.values import iso_text
from robosim.files.complaint import Problem
from robosim.files.writing import shown, suggestion
from robosim.scenario.checking import Check, Values
from robosim.scenario.fields import SMALLEST
from robosim.scenario.selfish import SELFISH_RULES, agents_exist

SAID = {PLAIN: 'site = "plain"', CALTECH: 'site = "caltech"', LISTED: "[[station.posts]]", OWN: "a file as site"}
"""Forms of a site in messages."""


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
    site, posts = world["station.site"], world.table["station"].get("posts")
    form = form_of(site, posts)
    for key, forms in FORMS_OF.items():
        if form not in forms and world.given(f"station.{key}"):
            got = SAID[form] if form == LISTED else shown(site)
            yield _unused(key, 'site = "plain"' if key == "posts" else " or ".join(SAID[one] for one in forms), got)


def posts_make_sense(world: Values) -> Iterator[Problem]:
    """Each of [[station.posts]] by itself, and no two of one name."""
    section = world.table.get("station")
    tables = section.get("posts") if isinstance(section, dict) else None
    path = ("station", "posts")
    for_each = enumerate(tables) if isinstance(tables, list) else ()
    posts = [PostTable.model_validate(one) if world.sound((*path, str(k))) else None for k, one in for_each]
    yield from posts_problems(path, posts)


def ranges_are_used(world: Values) -> Iterator[Problem]:
    """Only what is drawn has a range."""
    for key, bounds in DRAWN_COSTS.items():
        if world.given(f"station.{bounds}") and world.sound(("station", key)) and world[f"station.{key}"] != "random":
            yield _unused(bounds, f'{key} = "random"', shown(world[f"station.{key}"]))


def _unused(key: str, wanted: str, got: str) -> Problem:
    return Problem(
        path=("station", key),
        message=f"is used only with {wanted}, got {got}",
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


def agreements_fit(world: Values) -> Iterator[Problem]:
    """Online, steps fill the time between agreements, and those fill periods."""
    if world["mission.planning"] != "online":
        return
    every, step, period = world["station.replan_min"], world["station.step_min"], world["station.period_min"]
    if every % step or period % every:
        message = f"must be a multiple of step_min = {step} and divide period_min = {period}, got {every}"
        yield Problem(path=("station", "replan_min"), message=message, fix=f"for example replan_min = {step}")


def pivots_need_steps(world: Values) -> Iterator[Problem]:
    """What presence costs step by step is known where plans are made as time goes on."""
    if world["leader.tax"] == "dynamic-pivot" and world["mission.planning"] != "online":
        message = f"is {shown('dynamic-pivot')}, which needs plans that are made as time goes on"
        yield Problem(path=("leader", "tax"), message=message, fix='write mission.planning = "online", or tax = "vcg"')
    for key in ("demand_dollars_per_kw", "loss_dollars_per_kw2h"):
        if world["leader.tax"] == "dynamic-pivot" and world[f"station.{key}"] not in (0, 0.0):
            message = "is paid for the whole day, and the dynamic pivot leaves out what the aggregator pays"
            yield Problem(path=("station", key), message=message, fix='write 0, or leader.tax = "vcg"')


def online_bills_by_meter(world: Values) -> Iterator[Problem]:
    """Nobody decides a whole day online."""
    if world["mission.planning"] != "online":
        return
    if world["leader.bills"] == "decision":
        message = 'is "decision", a day that is planned as time goes on is billed by the meter'
        yield Problem(path=("leader", "bills"), message=message, fix='write bills = "meter", or leave it out')


def carbon_has_a_file(world: Values) -> Iterator[Problem]:
    """What emissions cost needs to know how much is emitted."""
    price = world["station.carbon_dollars_per_kg"]
    if price > 0 and world["station.carbon"] is None:
        message = f"is {price:g}, and nothing says what a kWh emits"
        path = ("station", "carbon_dollars_per_kg")
        yield Problem(path=path, message=message, fix='write carbon = "moer.csv", see docs/series.md')


def chargers_can_start(world: Values) -> Iterator[Problem]:
    """The breaker goes with the kind of charger."""
    yield from breaker_fits(("station", "charger_max_a"), world["station.charger"], world["station.charger_max_a"])


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
    agreements_fit,
    online_bills_by_meter,
    pivots_need_steps,
    carbon_has_a_file,
    chargers_can_start,
    posts_make_sense,
    epsilon_is_given_once,
    *(counted_agents_exist if check is agents_exist else check for check in SELFISH_RULES),
)
