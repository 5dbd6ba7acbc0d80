"""Penalty parameters of the methods that share roads: which each takes, and what the authors of X took."""

from __future__ import annotations

from collections.abc import Iterator

from robosim.files.complaint import Problem
from robosim.files.writing import quoted
from robosim.freight.given import in_words
from robosim.scenario.checking import Check, Values

PENALTIES = ("rho", "sigma", "gamma", "beta", "alpha")
TAKEN = {
    "consensus_tracking_admm": ("rho", "sigma"),
    "tracking_admm": ("sigma",),
    "dc_admm": ("sigma",),
    "dpmm": ("gamma", "beta"),
    "iplux": ("alpha", "rho"),
    "dual_subgradient": ("sigma", "gamma"),
    "dot_admm": ("sigma", "gamma"),
}
"""By controller; others may take any."""
BASELINES = ("tracking_admm", "dc_admm", "dpmm", "iplux")
"""Methods that price the copies' consensus as one more coupled constraint (X, section 6.1)."""
TWO_VARIANTS = ("tracking_admm", "iplux")
"""Methods whose published program departs from what its authors prove to converge."""

_OWN = {"example-1": 0.05, "example-2": 0.05, "example-3": 0.5, "example-4": 0.05, "example-5": 0.1, "example-6": 0.3}
PUBLISHED: dict[str, dict[str, tuple[float, ...]]] = {
    "consensus_tracking_admm": {name: (value, value) for name, value in _OWN.items()},
    "tracking_admm": {"example-1": (0.1,), "example-2": (0.5,), "example-3": (0.5,)},
    "dc_admm": dict.fromkeys(("example-1", "example-2", "example-3"), (0.1,)),
    "dpmm": {"example-1": (0.5, 0.1), "example-2": (0.8, 0.1), "example-3": (0.8, 0.1)},
    "iplux": dict.fromkeys(("example-1", "example-2", "example-3"), (0.5, 0.5)),
}
"""By controller and instance, in the order of `TAKEN` (X, section 6.1 and supplement C, and the program behind)."""


def published(controller: str, instance: str | None) -> dict[str, float] | None:
    """The authors' parameters by name, None where they give none.

    >>> published("dpmm", "example-2")
    {'gamma': 0.8, 'beta': 0.1}
    """
    name = controller.replace("-", "_")
    values = PUBLISHED.get(name, {}).get(instance or "")
    return None if values is None else dict(zip(TAKEN[name], values, strict=True))


def authors_gave_penalties(world: Values) -> Iterator[Problem]:
    """The authors' parameters are known for their examples only, and not for every method."""
    controller, instance = world["mission.controller"], world["freight.instance"]
    if world["method.penalties"] != "published" or published(controller, instance):
        return
    known = ", ".join(PUBLISHED.get(controller.replace("-", "_"), ()))
    yield Problem(
        path=("method", "penalties"),
        message=f'is "published", and X has none for {controller} with {in_words(world.table["freight"])}',
        fix='write penalties = "auto"' + (f", or take one of {known}" if known else ""),
    )


def penalties_are_taken(world: Values) -> Iterator[Problem]:
    """A method takes its own parameters only; those of unknown methods are unknown."""
    controller = world["mission.controller"]
    taken = TAKEN.get(controller.replace("-", "_"), PENALTIES)
    for key in PENALTIES:
        if key not in taken and world.given(f"method.{key}"):
            fix = f"it takes {' and '.join(taken)}"
            yield Problem(path=("method", key), message=f"is no parameter of {controller}", fix=fix)


def variants_are_two(world: Values) -> Iterator[Problem]:
    """Only where the published program and the proven one differ."""
    controller = world["mission.controller"]
    if world["method.variant"] == "as-published" and controller.replace("-", "_") not in TWO_VARIANTS:
        wanted = " or ".join(map(quoted, TWO_VARIANTS))
        yield Problem(
            path=("method", "variant"),
            message=f'is used only with mission.controller = {wanted}, got "{controller}"',
            fix="set one of those, or remove variant",
        )


PENALTY_RULES: tuple[Check, ...] = (authors_gave_penalties, penalties_are_taken, variants_are_two)
