"""Bodies by name: of the project, robosim's own, of installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from robosim.errors import BadInput
from robosim.files.writing import shown, suggestion
from robosim.lookup import project
from robosim.lookup.installed import installed
from robosim.lookup.project import Misfit, Named, Unfit
from robosim.rendezvous.bodies.body import Body
from robosim.rendezvous.bodies.car import Car
from robosim.rendezvous.bodies.double_integrator import DoubleIntegrator
from robosim.rendezvous.bodies.point import Point
from robosim.rendezvous.bodies.presets import GRITSBOT, TURTLEBOT3
from robosim.rendezvous.bodies.quadrotor import Quadrotor
from robosim.rendezvous.bodies.unicycle import Unicycle
from robosim.scenario.checking import phrase
from robosim.scenario.selfish import made, parameter_kinds
from robosim.scenario.world_file import WorldFile

GROUP = "robosim.bodies"
NEEDED = ("dimensions", "stops", "inner", "begin", "drive", "steered", "heading", "speed_mps", "tube_m")
"""What a body must have; `tracking` is found by trial where it is missing."""


@dataclass(frozen=True, kw_only=True)
class BodyKind:
    """A class of bodies, with what its name sets of their parameters; others may be set too, or these differently."""

    kind: type[Any]
    preset: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of what can be set."""
        return tuple(self._kinds)

    @property
    def _kinds(self) -> dict[str, TypeAdapter[Any]]:
        return parameter_kinds(self.kind)  # type: ignore[arg-type]  # a class is hashable

    def body(self, given: Mapping[str, Any] | None = None) -> Body:
        """A body with these parameters. Raises `BadInput` for one that it does not have, or does not take."""
        kinds, chosen = self._kinds, dict(self.preset)
        for key, value in (given or {}).items():
            if key not in kinds:
                advice = suggestion(key, kinds, f"it takes {', '.join(kinds) or 'no parameters'}")
                raise BadInput(f"{self.kind.__name__} has no parameter {shown(key)} ({advice})")
            try:
                chosen[key] = kinds[key].validate_python(value)
            except ValidationError as error:
                wrong = phrase(error.errors()[0])
                raise BadInput(f"{self.kind.__name__}: {key} {wrong} (leave it out for the default)") from None
        found: Body = made(self.kind, chosen)
        return found


BODIES: dict[str, BodyKind] = {
    "point": BodyKind(kind=Point),
    "single-integrator": BodyKind(kind=Point),
    "double-integrator": BodyKind(kind=DoubleIntegrator),
    "unicycle": BodyKind(kind=Unicycle),
    "car": BodyKind(kind=Car),
    "quadrotor": BodyKind(kind=Quadrotor),
    "gritsbot": BodyKind(kind=Unicycle, preset=GRITSBOT),
    "turtlebot3": BodyKind(kind=Unicycle, preset=TURTLEBOT3),
}
"""robosim's own; a single integrator is a point."""


def bodies(world: Path | None = None, code: bool = True) -> Named[BodyKind]:
    """The bodies that robots can have, by name: the project's, robosim's own, installed ones.

    `world` and `code` as in `robosim.lookup.strategies`. A project's body is the class in `controllers/NAME.py` that is
    named after its file; a package's is the class, or a `BodyKind`, of an entry point in the group `robosim.bodies`.
    """

    def own(path: Path, name: str) -> BodyKind | Unfit:
        found = project.class_named(project.module(path), name)
        if found is None:
            return Unfit(f"{path} has no class {project.camel_case(name)}", "a body's class is named after its file")
        why = _lacking(found)
        return BodyKind(kind=found) if why is None else Unfit(f"{path}: {why}", "see robosim.rendezvous.bodies.body")

    listed = dict(BODIES)
    for entry in installed(GROUP):
        loaded = entry.load()
        kind = loaded if isinstance(loaded, BodyKind) else BodyKind(kind=loaded)
        why = _lacking(kind.kind)
        if why is not None:
            raise BadInput(f"{entry.value}: {why} (correct its package)")
        listed.setdefault(entry.name, kind)
    return Named(world=world, listed=listed, made=own, code=code)


def body_named(name: str, given: Mapping[str, Any] | None = None, world: Path | None = None) -> Body:
    """The body of this name with these parameters. Raises `BadInput`, with every place tried where there is none."""
    known = bodies(world)
    try:
        kind = known[name]
    except KeyError:
        raise BadInput(unknown_body(name, known)) from None
    return kind.body(given)


def body_of(scenario: WorldFile, name: str, given: Mapping[str, Any], key: str = "robots.body") -> Body:
    """The body that `key` of a world names, with the parameters that it gives. Raises `BadInput` at the key."""
    try:
        return body_named(name, given, scenario.source)
    except (BadInput, Misfit) as problem:
        raise scenario.error(key, str(problem)) from None


def unknown_body(name: str, known: Named[BodyKind]) -> str:
    """What is said of a body that is nowhere: every place tried, and what may have been meant."""
    places = [str(path) for path in project.places(known.world, name.replace("-", "_"))]
    tried = "; ".join([*places, f"robosim's own {', '.join(BODIES)}", f'entry point "{name}" in group "{GROUP}"'])
    return f"no body {shown(name)} in {tried} ({_advice(name, [*known, *project.names(known.world)])})"


def _advice(name: str, known: Iterable[str]) -> str:
    return suggestion(name, known, "fix the name, or add the file")


def _lacking(kind: Any) -> str | None:
    """Why a class is no body, if it is none; only what stands in the class itself is looked at."""
    if not isinstance(kind, type):
        return f"is no class of bodies, got {kind!r:.60}"
    missing = [one for one in NEEDED if not hasattr(kind, one)]
    if missing:
        return f"{kind.__name__} is no body: it has no {', '.join(missing)}"
    return None if is_dataclass(kind) else f"{kind.__name__} must be a dataclass: its fields are its parameters"
