"""The list of tables that a JSON file of sessions is, by itself or under a key."""

from __future__ import annotations

from robosim.files.complaint import Complaints
from robosim.files.lines import Located, elements
from robosim.files.writing import shown


def tables(text: str, key: str, file: str, fix: str) -> tuple[list[tuple[str, Located]], Complaints]:
    """The tables of a sound JSON text's list, each with name and line, and what is wrong with elements that are none.

    Parameters
    ----------
    key : under which the list stands, "" where it is the whole.
    """
    found = elements(text, key) if key else elements(f'{{"_":{text}}}', "_")
    wrong = Complaints(file)
    for index, item in enumerate(found):
        if not isinstance(item.value, dict):
            wrong.add(item.line, f"{key}.{index}".lstrip("."), f"must be a table, got {shown(item.value)}", fix)
    return [(f"{key}.{k}".lstrip("."), item) for k, item in enumerate(found) if isinstance(item.value, dict)], wrong
