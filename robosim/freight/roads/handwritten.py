"""Hand-written instances: a TOML file of suppliers, demanders, crossings and roads."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from robosim.files.complaint import Complaints, refusal
from robosim.files.content import text_of
from robosim.files.lines import line_of
from robosim.files.writing import shown, suggestion
from robosim.freight.roads.instance import Instance
from robosim.freight.roads.market import Crossing, Demander, Road, Section, Sections, Supplier, market

LARGEST = 10**6
PLACE = re.compile(r"(?P<what>.*) \(at (?:line (?P<line>\d+), column \d+|end of document)\)", re.DOTALL)
MODELS: dict[str, type[Section]] = {"supplier": Supplier, "demander": Demander, "crossing": Crossing, "road": Road}
WORDS = {
    "Input should be": "must be",
    "List should have": "must have",
    "String should match pattern": "must match",
    " after validation": "",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a valid list": "a list",
}
SAYS = re.compile("|".join(WORDS))
GRAMMAR = "TOML has key = value lines and [[supplier]] headers; text stands in double quotes"


def read_handwritten(path: str | Path) -> Instance:
    """The instance of a TOML file.

    ::

        goods = ["grain", "steel"]     # or leave it out: one good
        paths = 2                      # the shortest ones from each supplier to each demander
        graph = "ring"                 # who talks to whom; or links = [["mill", "port"]]
        congestion = 0.01              # of every road without its own; power = 1 is linear
        [[supplier]]
        name = "mill"
        stock = [80, 60]               # of each good; capacity: to each demander; left out: no limit
        cost_per_km = 1.2
        [[demander]]
        name = "town"
        demand = [50, 20]
        [[crossing]]
        name = "bridge"
        [[road]]
        between = ["mill", "bridge"]   # both ways; one_way = true: only from the first to the second
        length_km = 12                 # or `at = [x, y]` of its points, and it is straight
                                       # cost = [12, 14]: of each supplier, instead of cost_per_km · length
                                       # congestion = 0.02, power = 4: instead of the file's

    Pairs with fewer than `paths` paths, or none, have those that there are; the log says so.

    Raises
    ------
    BadInput
        Every error, one a line: `file:line: key: message (fix)`.
    TooLarge
        More than 1 MB.
    """
    text, file = text_of(path, LARGEST, "write large instances as npz archives"), str(path)
    complaints = Complaints(file)
    try:
        sections = Sections.model_validate(_table(text, file))
    except ValidationError as error:
        for found in error.errors():
            if not _other_branch(found):
                _complain(found, text, complaints)
        complaints.raise_any()
        raise
    return market(sections, text, complaints)


def _table(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise refusal(file, "brackets are nested too deeply", GRAMMAR, column="toml") from None
    except ValueError as error:
        found = PLACE.fullmatch(str(error))
        if found is None:
            raise refusal(file, "a number of thousands of digits", "shorten it", column="toml") from None
        line = int(found["line"] or max(text.count("\n"), 1))
        raise refusal(file, f"{found['what'][:1].lower()}{found['what'][1:]}", GRAMMAR, line, "toml") from None


def _complain(error: ErrorDetails, text: str, complaints: Complaints) -> None:
    """One finding of pydantic's in plain words."""
    unknown = error["type"] == "extra_forbidden"
    path = tuple(part for part in error["loc"] if unknown or not _is_branch(part))
    key = ".".join(str(part) for part in path)
    if unknown:
        known = MODELS.get(str(path[0]), Sections).model_fields if len(path) > 1 else Sections.model_fields
        fix = suggestion(str(path[-1]), known, f"known: {', '.join(known)}")
        complaints.add(line_of(text, path), key, "unknown key", fix)
    elif error["type"] == "missing":
        complaints.add(line_of(text, path), key, "is missing", _example(path))
    else:
        message = SAYS.sub(lambda found: WORDS[found[0]], error["msg"])
        complaints.add(line_of(text, path), key, f"{message}, got {shown(error['input'])}", _example(path))


def _is_branch(part: int | str) -> bool:
    """Whether pydantic names one of the types of a union here."""
    return isinstance(part, str) and (part.startswith("list[") or part in ("float", "constrained-float"))


def _other_branch(error: ErrorDetails) -> bool:
    """Whether the value is of the other type of a union, whose complaints are to be heard."""
    last = error["loc"][-1] if error["loc"] else ""
    return _is_branch(last) and str(last).startswith("list[") != isinstance(error["input"], list)


EXAMPLES = {
    "supplier": "write [[supplier]] and below it its name, stock, capacity, cost_per_km",
    "demander": "write [[demander]] and below it its name and demand",
    "road": 'write [[road]] and below it between = ["mill", "town"] and length_km',
    "name": 'for example name = "mill": letters, digits, _ . -',
    "goods": 'for example goods = ["grain", "steel"]',
    "graph": 'for example graph = "ring"',
    "links": 'pairs of suppliers, for example [["mill", "port"]]',
    "at": "for example at = [2.5, 10.0]",
    "demand": "one number for each good, 0 where it needs none",
    "stock": "one number for each good; leave it out where there is no limit",
    "capacity": "one number for each demander; leave it out where there is no limit",
    "between": 'two names of points, for example between = ["mill", "town"]',
    "power": "1 is linear congestion, 4 that of BPR",
    "one_way": "true or false",
}


def _example(path: tuple[str | int, ...]) -> str:
    words = [part for part in path if isinstance(part, str)]
    key = words[-1] if words else "paths"
    return EXAMPLES.get(key, f"for example {key} = 2")
