"""A site of a user's own, read from a file: TOML with posts and limits, or a network that acnportal wrote as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from robosim.charging.site_keys import LimitTable, PostTable, SiteTables
from robosim.charging.site_rules import limit_problems, posts_problems
from robosim.charging.station.acn_network import acn_site
from robosim.charging.station.limits import site_of_tables
from robosim.charging.station.site import Site
from robosim.files.complaint import Origin, Problem, report
from robosim.files.content import amount, text_of, too_large
from robosim.files.writing import plain_name
from robosim.scenario.checking import problems_of
from robosim.scenario.reading import LARGEST_FILE, parse

T = TypeVar("T", bound=BaseModel)
BEGIN = "a site file has [[posts]] and [[limits]], see docs/sites.md"


def read_site(path: str | Path) -> Site:
    """The site in a file.

    Raises
    ------
    BadInput
        Every error, one a line: `file:line: key: message (fix)`.
    TooLarge
        More than 1 MB of TOML, or 100 MB of JSON.
    """
    text, file = text_of(path, large="is this a site file?"), str(path)
    name = plain_name(Path(path).stem)
    if text.lstrip()[:1] == "{":
        return acn_site(text, file, name)
    if len(text) > LARGEST_FILE:
        raise too_large(file, f"more than {amount(LARGEST_FILE)}", "is this a site file?")
    return site_of_tables(_tables(Origin(file=file, name=name, path=Path(path), text=text)), name)


def _tables(origin: Origin) -> SiteTables:
    values, found = parse(origin, BEGIN), []
    try:
        whole = SiteTables.model_validate(values)
    except ValidationError as error:
        whole, found = SiteTables(), list(problems_of(error.errors(include_url=False), SiteTables))
    found += _joined(values)
    if found:
        raise report(origin, found)
    return whole


def _joined(values: dict[str, Any]) -> list[Problem]:
    """What is wrong between keys, where each is sound by itself."""
    posts, limits = values.get("posts", []), values.get("limits", [])
    if not (isinstance(posts, list) and isinstance(limits, list)):
        return []
    names = [post["id"] for post in posts if isinstance(post, dict) and isinstance(post.get("id"), str)]
    common = values.get("site", {})
    volts = common.get("line_volts") if isinstance(common, dict) else None
    sound = _sound(PostTable.model_validate, posts)
    return [
        *posts_problems(("posts",), sound),
        *limit_problems(sound, names, _sound(LimitTable.model_validate, limits), volts),
    ]


def _sound(validate: Callable[[Any], T], tables: list[Any]) -> list[T | None]:
    """Each table checked by itself, None where it is wrong."""
    return [_tried(validate, table) for table in tables]


def _tried(validate: Callable[[Any], T], table: Any) -> T | None:
    try:
        return validate(table)
    except ValidationError:
        return None
