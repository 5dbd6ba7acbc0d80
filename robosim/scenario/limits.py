"""Worlds too large for this machine are refused before anything is allocated."""

from __future__ import annotations

import math
import os

from robosim.errors import BadInput, TooLarge
from robosim.scenario.origin import Place
from robosim.scenario.problem import line
from robosim.scenario.words import shown
from robosim.scenario.world_file import WorldFile

VARIABLE = "ROBOSIM_MEMORY_GB"
UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
GIGABYTE = 10**9


def estimate_bytes(scenario: WorldFile) -> int:
    """About how many bytes a mission in this world takes; nothing is allocated."""
    return sum(need.size for need in scenario.needs())


def limit_bytes() -> int:
    """Half of the machine's memory, or the environment variable ROBOSIM_MEMORY_GB.

    Raises
    ------
    BadInput
        The variable is no positive number.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    try:
        gigabytes = float(given)
    except ValueError:
        gigabytes = math.nan
    if not 0 < gigabytes < math.inf:
        message = f"must be a number of gigabytes > 0, got {shown(given)} (for example {VARIABLE}=4)"
        raise BadInput(line(Place(True, "environment", 1), (VARIABLE,), message))
    return int(gigabytes * GIGABYTE)


def refuse_too_large(scenario: WorldFile) -> None:
    """Raise `TooLarge`, naming the estimate and the limit, when a mission would not fit."""
    total, limit = estimate_bytes(scenario), limit_bytes()
    if total > limit:
        worst = max(scenario.needs(), key=lambda need: need.size)
        message = f"{worst.what} need about {amount(total)}, the limit is {amount(limit)}"
        raise TooLarge(scenario.complaint(worst.key, f"{message} ({worst.fix}; {VARIABLE} raises the limit)"))


def amount(size: int) -> str:
    """Bytes in the largest unit that leaves a whole number.

    >>> amount(1_400_000_000_000)
    '1.4 TB'
    """
    power = min((len(str(size)) - 1) // 3, len(UNITS) - 1)
    return f"{size / 1000**power:.4g} {UNITS[power]}"
