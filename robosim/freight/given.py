"""Where a freight world comes from: the paper, drawn or real roads, an instance, or [problem] (X, (P))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from robosim.errors import BadInput
from robosim.files.complaint import Origin, Problem
from robosim.files.lines import KeyPath
from robosim.files.writing import shown, written
from robosim.freight.roads.recipes import RECIPES
from robosim.freight.values import RANDOM, Limits, Matrices, Matrix, Numbers, Powers, Senses, Stack
from robosim.scenario.fields import Section

if TYPE_CHECKING:
    from robosim.freight.coupled.problem import Coupled

Source = Literal["paper", "random", "roads", "file", "problem"]
FIRST = "example-1"
"""What is shipped where a file names no source."""
NET = "_net"
"""At the end of the name of a road file, before its ending."""
SOURCES: tuple[KeyPath, ...] = (("freight", "instance"), ("freight", "roads"), ("freight", "problem"), ("problem",))
"""Keys that name one."""
DRAWN = dict.fromkeys(("suppliers", "demanders", "goods", "paths", "congestion", "slack"), ("random", "roads"))
OWNERS: dict[str, tuple[str, ...]] = {
    "ties": ("paper",),
    **DRAWN,
    **dict.fromkeys(("trips", "nodes", "by", "demand_scale", "demand", "toll_weight", "length_weight"), ("roads",)),
    **dict.fromkeys(("private_spread", "private_costs"), ("roads",)),
}
"""Keys of [freight] that belong to some sources only."""
WORDS = {"paper": "an instance of the paper", RANDOM: 'instance = "random"', "roads": "roads"}


def source_of(freight: Mapping[str, Any]) -> Source:
    """The source that keys of [freight] name; without one there is a `[problem]`."""
    instance = freight.get("instance")
    if freight.get("roads") is not None:
        return "roads"
    if instance is None:
        return "problem"
    if instance == RANDOM:
        return "random"
    return "paper" if isinstance(instance, str) and instance in RECIPES else "file"


def unused_in(source: str) -> list[str]:
    """Keys of [freight] that a source does not have."""
    return [key for key, owners in OWNERS.items() if source not in owners]


def in_words(freight: Mapping[str, Any]) -> str:
    """The source as it stands in a file."""
    named = [f"{key} = {shown(freight[key])}" for _, key in SOURCES[:3] if freight.get(key) is not None]
    return named[0] if named else "a [problem] section"


def wanted_for(key: str) -> str:
    """What must be set for a key of [freight] to be used."""
    return " or ".join(WORDS[owner] for owner in OWNERS[key])


def completed(values: dict[str, Any]) -> dict[str, Any]:
    """Name the first example where nothing is named."""
    freight = values.setdefault("freight", {})
    if isinstance(freight, dict) and "problem" not in values and not {"instance", "roads", "problem"} & freight.keys():
        freight["instance"] = FIRST
    return values


def displace(values: dict[str, Any], origin: Origin) -> None:
    """A source that an option names replaces the file's, with the keys that go with that one.

    So `--set freight.roads=FILE` needs no second option that unsays the instance of the file.
    """
    named = [path for path in SOURCES if path in origin.options]
    freight = values.get("freight", {})
    if not named or not isinstance(freight, dict):
        return
    for path in SOURCES:
        if not _by_option(path, origin):
            (freight if len(path) > 1 else values).pop(path[-1], None)
    for key in unused_in(source_of(freight)):
        if not _by_option(("freight", key), origin):
            freight.pop(key, None)


def _by_option(path: KeyPath, origin: Origin) -> bool:
    """Whether an option set the key, all of its table, or something in it."""
    return any(path[: len(other)] == other[: len(path)] for other in origin.options)


WHOLE = ("H", "power", "sense")
"""Arguments of `Coupled.of` that are no arrays: matrices of H may differ in form."""


class GeneralProblem(Section):
    """[problem]: min Σ ψ_i'x_i + ½ x_i'H_i x_i + Σ_e a_e F_e^(p+1), Σ A_i x_i = b, G_i x_i <= g_i, in a box (X, (P)).

    N agents with n variables each. What all agents have alike may stand there once.
    """

    slope: Matrix = Field(description="ψ: of the cost of each variable, N lists of n", examples=[[[1.0, 2.0]]])
    A: Stack = Field(description="of the coupling: m lists of n, or N of these", examples=[[[1.0, 0.0], [0.0, 1.0]]])
    b: Numbers = Field(description="what Σ A_i x_i must be, m numbers", examples=[[10.0, 20.0]])
    sense: Senses = Field(
        default="=", description='or "<=", ">=": Σ A_i x_i may be less or more than b; one, or one for each row of b'
    )
    H: Matrices | None = Field(
        default=None,
        description="own quadratic costs ½ x_i'H_i x_i: for each agent n lists of n, or n numbers for a diagonal",
        examples=[[[0.1, 0.1], [0.2, 0.2]]],
    )
    theta: Matrices | None = Field(
        default=None,
        description="Θ: how much each variable loads each edge, E lists of N·n, or N of E lists of n",
        examples=[[[1.0, 0.0, 1.0, 0.0]]],
    )
    congestion: Numbers = Field(default=0.0, description="a: of the edges' costs a F^(power + 1), E numbers")
    power: Powers = Field(default=1.0, description="p: 1 is linear congestion, 4 that of BPR; one, or E numbers")
    part: Matrix | None = Field(
        default=None,
        description="which part of an edge's cost is whose in the algorithm, N lists of E; left out: by use",
        examples=[[[0.5], [0.5]]],
    )
    limits: Matrices | None = Field(
        default=None, description="G: of private limits, r lists of n, or N of these", examples=[[[1.0, 1.0]]]
    )
    most: Limits | None = Field(
        default=None, description="g: what G_i x_i may be at most, N lists of r", examples=[[[10.0], [20.0]]]
    )
    lower: Limits | None = Field(default=None, description="of the variables, N lists of n, or -inf", examples=[0.0])
    upper: Limits | None = Field(default=None, description="of the variables, N lists of n, or inf", examples=[5.0])


def coupled(arrays: Mapping[str, Any]) -> Coupled:
    """The problem that the keys of [problem] describe.

    Raises
    ------
    BadInput
        What `Coupled.of` says about its numbers.
    """
    from robosim.freight.coupled.parts import numbers
    from robosim.freight.coupled.problem import Coupled

    given: dict[str, Any] = {key: value for key, value in arrays.items() if value is not None}
    return Coupled.of(**given | {key: numbers(key, given[key]) for key in given if key not in WHOLE})


def placed(fault: BadInput) -> Problem:
    """A fault of `Coupled.of`, `name: message (fix)`, at the key of [problem] that it names first."""
    name, _, text = str(fault).partition(": ")
    message, _, fix = text.rpartition(" (")
    key = re.match(r"\w*", name)
    return Problem(path=("problem", key[0] if key else ""), message=message, fix=fix.removesuffix(")"))


NAME = "problem"
PLAIN = ("slope", "A", "b", "lower", "upper")
EDGES = ("congestion", "power", "part")


def world_of(problem: Coupled) -> Origin:
    """A world whose problem has the same numbers, bit for bit, and whose other sections are as by default.

    Variables of slack and edges of quadratic costs stand there as what they are.
    """
    numbers: dict[str, Any] = {name: getattr(problem, name).tolist() for name in PLAIN}
    if problem.most.size:
        numbers |= {"limits": problem.limits.tolist(), "most": problem.most.tolist()}
    if problem.congestion.size:
        numbers |= {name: getattr(problem, name) for name in EDGES}
        numbers |= {"theta": problem.theta.toarray().tolist()}
    plain = {name: x if isinstance(x, float | list) else x.tolist() for name, x in numbers.items()}
    return Origin(file=NAME, name=NAME, text=written({"mission": {"kind": "freight"}, "problem": plain}))


def taken(world: object) -> Origin | None:
    """The world of a `Coupled` problem; None for anything else."""
    from robosim.freight.coupled.problem import Coupled

    return world_of(world) if isinstance(world, Coupled) else None
