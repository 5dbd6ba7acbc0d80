"""Parameters of tests whose quick twins are enough for every run: the others are for `-m deep`."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def but_deep(every: Iterable[Any], quick: Collection[Any]) -> list[Any]:
    """All parameters, those that are not among the `quick` ones marked as deep."""
    return [one if one in quick else pytest.param(one, marks=pytest.mark.deep) for one in every]
