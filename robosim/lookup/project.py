"""A user's project: `controllers/NAME.py` beside a world, or beside the `worlds/` folder that the world stands in.

Only a file that is asked for by name is imported, and only once as long as it stays as it is: what is made of it by the
check of a world is then what its mission plays.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

from robosim.errors import BadInput
from robosim.files.content import bytes_of

T = TypeVar("T")
LOG = logging.getLogger(__name__)
_loaded: dict[Path, tuple[bytes, ModuleType]] = {}


def folders(world: Path | None) -> list[Path]:
    """Where the code of a world file's project stands: worlds/my.toml beside controllers/mine.py; none for None."""
    if world is None:
        return []
    here = world.resolve().parent
    found = [here / "controllers"]
    return [*found, here.parent / "controllers"] if here.name == "worlds" else found


def places(world: Path | None, name: str) -> list[Path]:
    """The files in which `name` may stand; names of strategies and rules have dashes where files have underscores."""
    return [folder / f"{name}.py" for folder in folders(world)]


def file_of(world: Path | None, name: str) -> Path | None:
    """The file that `name` stands for, as it is or with underscores for dashes; nothing is imported."""
    stem = name.replace("-", "_")
    if stem.startswith("_") or not stem.isidentifier():
        return None
    return next((path for path in places(world, stem) if path.is_file()), None)


def names(world: Path | None) -> list[str]:
    """What stands in the project's folders, as world files may name it; nothing is imported."""
    files = (path for folder in folders(world) if folder.is_dir() for path in folder.glob("*.py"))
    return sorted({path.stem.replace("_", "-") for path in files if not path.stem.startswith("_")})


def camel_case(name: str) -> str:
    """consensus_tracking_admm → ConsensusTrackingAdmm."""
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))


def module(path: Path) -> ModuleType:
    """The module in a file. Raises `BadInput` at the line where it does not run."""
    source, known = bytes_of(path), _loaded.get(path)
    if known is None or known[0] != source:
        known = source, _run(path, source)
        _loaded[path] = known
    return known[1]


def class_named(found: ModuleType, name: str) -> type[Any] | None:
    """The class that is named after its file."""
    classes = ((key, value) for key, value in vars(found).items() if isinstance(value, type))
    return next((value for key, value in classes if key.lower() == camel_case(name).lower()), None)


class Unfit(NamedTuple):
    """Why a file of the project does not hold what its name was asked for, and what would help."""

    message: str
    fix: str


class Unread(Exception):
    """A file of the project has the name, and may not be imported."""


class Misfit(BadInput):
    """The same, raised where nothing else has the name."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(f"{why.message} ({why.fix})")
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Named(Mapping[str, T]):
    """What stands behind names: a file of the project, robosim's own, what is installed; in this order.

    Only `listed` names are listed: what stands in the project is imported, and logged, when it is asked for.

    Parameters
    ----------
    world : the world file, whose project is meant.
    listed : robosim's own and what is installed.
    made : (file, name) → what the file holds, or why not. Raises `BadInput` where it does not run.
    code : whether files of the project may be imported; if not, `[name]` raises `Unread` where there is one.
    """

    world: Path | None
    listed: Mapping[str, T]
    made: Callable[[Path, str], T | Unfit]
    code: bool = True
    found: dict[str, T] = field(default_factory=dict)

    def __getitem__(self, name: str) -> T:
        if name not in self.found:
            self.found[name] = self._sought(name)
        return self.found[name]

    def _sought(self, name: str) -> T:
        path = file_of(self.world, name)
        if path is None:
            return self.listed[name]
        if not self.code:
            raise Unread(str(path))
        one = self.made(path, name)
        if not isinstance(one, Unfit):
            LOG.info(
                "runs the code of %s%s", path, f", in place of robosim's own {name}" if name in self.listed else ""
            )
            return one
        if name not in self.listed:
            raise Misfit(one)
        LOG.info("robosim's own %s is meant: %s", name, one.message)
        return self.listed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self.listed)


def _run(path: Path, source: bytes) -> ModuleType:
    """Type hints of dataclasses are found through `sys.modules`, so each file has a name of its own there."""
    stem = f"robosim_project_{path.stem}"
    mine = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
    name = next(
        one for one in mine if one not in sys.modules or getattr(sys.modules[one], "__file__", None) == str(path)
    )
    found = ModuleType(name)
    found.__file__ = str(path)
    sys.modules[name] = found
    try:
        exec(compile(source, str(path), "exec"), vars(found))  # noqa: S102  # what was read, no stale .pyc
    except (Exception, SystemExit) as problem:
        del sys.modules[name]
        raise BadInput(
            f"{path}:{_line(problem, path)}: {type(problem).__name__}: {problem} (correct the file)"
        ) from problem
    return found


def _line(problem: BaseException, path: Path) -> int:
    """The last line of `path` that ran, or where its syntax is wrong."""
    if isinstance(problem, SyntaxError) and problem.lineno:
        return problem.lineno
    frames = traceback.extract_tb(problem.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == str(path)), 1)
