"""A world of kind "freight": suppliers share roads, or agents any problem with coupled costs and constraints (X)."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from robosim.errors import BadInput
from robosim.files.complaint import Origin
from robosim.freight.given import NET, GeneralProblem, completed, coupled, placed
from robosim.freight.keys import FreightLeader, FreightMethod, FreightMission, FreightNetwork, FreightSection
from robosim.freight.published import published
from robosim.freight.rules import RULES
from robosim.freight.size import Size, needs, size_of
from robosim.scenario.checking import Check
from robosim.scenario.fields import Id, Name, is_path
from robosim.scenario.selfish import SelfishTable
from robosim.scenario.world_file import Need, Recording, WorldFile

if TYPE_CHECKING:
    from robosim.freight.coupled.problem import Coupled


class SelfishSupplier(SelfishTable):
    """One `[[selfish]]` table of a freight world: suppliers that deviate."""

    noun: ClassVar[str] = "supplier"
    section: ClassVar[str] = "freight"

    one: Id | None = Field(default=None, alias="supplier", description="the supplier that deviates", examples=[0])
    several: Annotated[tuple[Id, ...], Field(min_length=1)] | None = Field(
        default=None, alias="suppliers", description="the suppliers that deviate alike", examples=[[0, 1]]
    )
    strategy: Name = Field(description="the name of the deviation", examples=["cost-misreport"])


class FreightScenario(WorldFile):
    """A checked world of kind "freight".

    How many suppliers there are, and how much memory they take, is sure when the files are read that it names.
    """

    rules: ClassVar[tuple[Check, ...]] = RULES
    mission: FreightMission
    freight: FreightSection = FreightSection()
    problem: GeneralProblem | None = None
    network: FreightNetwork = FreightNetwork()
    method: FreightMethod = FreightMethod()
    leader: FreightLeader = FreightLeader()
    record: Recording = Recording()
    selfish: tuple[SelfishSupplier, ...] = ()

    _size: Size | None = PrivateAttr(default=None)

    @classmethod
    def completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The first example of the paper where nothing is named."""
        return completed(values)

    def needs(self) -> tuple[Need, ...]:
        """Memory for the record, for what suppliers hold of each other, and for the problem itself."""
        return needs(self, self._size or size_of(self))

    def measured(self, problem: Coupled) -> FreightScenario:
        """The same world, which knows how large its problem is, so that `needs` guesses no longer."""
        known = self.model_copy()
        known._size = Size.of(problem)
        return known

    @property
    def published_penalties(self) -> dict[str, float] | None:
        """The authors' parameters, where they are wanted; `method.given` replaces single ones of these, too."""
        wanted = self.method.penalties == "published"
        return published(self.mission.controller, self.freight.instance) if wanted else None

    def general_problem(self) -> Coupled | None:
        """The problem of a world without roads, from its file or its [problem] section; None where there are roads.

        Raises
        ------
        BadInput
            There is no such file, or the arrays do not make a problem.
        TooLarge
            The file unpacks to more than 4 GB.
        """
        from robosim.freight.coupled.file import read_problem

        if self.problem is None:
            path = self.existing_file_of("problem")
            return None if path is None else read_problem(path)
        try:
            return coupled(self.problem.model_dump())
        except BadInput as fault:
            found = placed(fault)
            raise self.error(".".join(found.path), f"{found.message} ({found.fix})") from None

    def file_of(self, key: FileKey) -> Path | None:
        """Where the file is that `freight.key` names, None where it names none; there may be no such file.

        A file named in a world file is relative to that file's folder, one named by an option to the current one.
        Trips and nodes are looked for beside the roads; nodes that are not there are None.
        """
        return file_of(self.freight, self._origin, key)

    def existing_file_of(self, key: FileKey) -> Path | None:
        """`file_of(key)`, checked.

        Raises
        ------
        BadInput
            There is no such file; for road files, where they are to be had.
        """
        path = self.file_of(key)
        if path is not None and not os.path.exists(path):
            raise self.error(f"freight.{key}", f"no such file: {path} ({advice(key, path)})")
        return path

    def inputs(self) -> dict[str, Path]:
        """Instance, problem or road files, those beside the roads too."""
        return {f"freight.{key}": path for key in FILES if (path := self.file_of(key)) is not None}

    def to_toml(self) -> str:
        """A world file that loads to an equal scenario from any folder, as files have their full paths in it."""
        named = [key for key in FILES if getattr(self.freight, key) is not None]
        full: dict[str, Any] = {key: os.path.abspath(path) for key in named if (path := self.file_of(key)) is not None}
        freight = self.freight.model_copy(update=full)
        return WorldFile.to_toml(self.model_copy(update={"freight": freight}))


FileKey = Literal["instance", "roads", "trips", "nodes", "problem", "private_costs"]
FILES: tuple[FileKey, ...] = ("instance", "roads", "trips", "nodes", "problem", "private_costs")
"""Keys of [freight] that may name one."""
BESIDE: dict[FileKey, tuple[str, ...]] = {
    "trips": ("_trips.tntp",),
    "nodes": ("_node.tntp", "_nodes.tntp", "_node.geojson", "_nodes.geojson"),
}
"""How the files that go with a road file are called, in place of its `_net.tntp`; capitals do not count."""
SOURCE = "github.com/bstabler/TransportationNetworks"


def file_of(freight: FreightSection, origin: Origin, key: FileKey) -> Path | None:
    """Where the file is that `freight.key` names, None where it names none; there may be no such file."""
    given = getattr(freight, key)
    if key in BESIDE and given is None and freight.roads is not None:
        return _beside(Path(file_of(freight, origin, "roads") or ""), key)
    if not is_path(given):
        return None
    by_option = origin.place(("freight", key)).is_option
    return Path(given) if by_option or origin.path is None else origin.path.parent / given


def _beside(roads: Path, key: FileKey) -> Path | None:
    """The file that goes with a road file; coordinates that are not there are left out."""
    if not roads.stem.lower().endswith(NET):
        return None
    name = roads.stem[: -len(NET)]
    exact = roads.with_name(f"{name}{BESIDE[key][0].removesuffix('.tntp')}{roads.suffix}")
    if os.path.exists(exact):
        return exact
    try:
        there = {path.name.lower(): path for path in sorted(roads.parent.iterdir())}
    except OSError:
        there = {}
    found = next((there[wanted] for ending in BESIDE[key] if (wanted := f"{name}{ending}".lower()) in there), None)
    return exact if found is None and key != "nodes" else found


def advice(key: FileKey, path: PurePath) -> str:
    """What to do about a file that is not there."""
    if key in ("instance", "problem", "private_costs"):
        return "a path in a world file is relative to it, one in an option to the current folder"
    return f"get it from {SOURCE}, folder {path.stem.split('_')[0]}, or name it by --set freight.{key}=FILE"
