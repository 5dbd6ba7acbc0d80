"""Bodies by name: robosim's own, a file of one's own, a package's; checked for promises, rehearsed without a theory."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest

import robosim
from robosim.errors import AgentFailure, BadInput, CheckFailed
from robosim.rendezvous.bodies.car import Car
from robosim.rendezvous.bodies.catalogue import BODIES, bodies, body_named, body_of
from robosim.rendezvous.bodies.check import check_body
from robosim.rendezvous.bodies.double_integrator import DoubleIntegrator
from robosim.rendezvous.bodies.point import Point
from robosim.rendezvous.bodies.rehearsal import rehearsed_tracking, tracked
from robosim.rendezvous.bodies.unicycle import Unicycle
from tests.driving import DT_S, drive, walk
from tests.installing import install
from tests.own_project import project

LAZY = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Lazy:
    """Goes a share of the way that is left in each control step, no faster than its limit."""

    dimensions: ClassVar[tuple[int, ...]] = (1, 2, 3)
    stops: ClassVar[bool] = True

    share: float = 0.2
    speed_mps: float = 1.0

    def inner(self, d):
        return 0

    def begin(self, position, heading):
        return np.empty((*position.shape[:2], 0))

    def drive(self, at, inner, goal, pace, steps, dt_s, meters):
        for _ in range(steps):
            way = self.share * (goal - at)
            far = np.sqrt((way * way).sum(axis=-1))
            way *= np.minimum(1.0, self.speed_mps * dt_s * pace / np.maximum(far, 1e-300))[..., None]
            length = np.sqrt((way * way).sum(axis=-1))
            at += way
            meters[..., 0] += length
            meters[..., 1] += length**2 / dt_s

    def steered(self, at, inner):
        return at

    def heading(self, inner):
        return None

    def tube_m(self, dt_s):
        return 0.0
'''


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return project(tmp_path, "rendezvous", lazy=LAZY)


@pytest.mark.parametrize("name", BODIES)
def test_robosims_own_keep_their_promises_and_are_set_by_their_fields(name: str) -> None:
    kind = BODIES[name]
    assert len(check_body(kind.body()).lines) == 4
    assert kind.parameters == tuple(field.name for field in fields(kind.kind))
    assert kind.body({"radius_m": 0.5}).radius_m == 0.5


def test_a_preset_can_be_changed_and_a_single_integrator_is_a_point() -> None:
    assert body_named("gritsbot", {"track_m": 0.105}) == Unicycle(wheel_speed_mps=0.2, track_m=0.105, radius_m=0.055)
    assert body_named("turtlebot3").track_m == 0.16
    assert body_named("single-integrator", {"speed_limit_mps": 1}) == Point(speed_limit_mps=1.0)


def test_a_file_of_ones_own_comes_first_and_is_tried_as_it_says_nothing_of_its_tracking(world: Path, caplog) -> None:
    with caplog.at_level("INFO"):
        lazy = body_named("lazy", {"share": 0.5}, world)
    assert f"runs the code of {world.parent / 'controllers' / 'lazy.py'}" in caplog.text
    assert lazy.share == 0.5
    checked = str(check_body(lazy))
    assert "by trial, not proven (5,600 rounds tried, the worst miss times 1.5)" in checked
    assert "lazy" not in bodies(None)


def test_one_of_a_package_is_found_and_what_is_none_is_refused(monkeypatch) -> None:
    install(monkeypatch, "fast", "package:Fast", "robosim.bodies", Point)
    assert body_named("fast", {"speed_limit_mps": 9.0}) == Point(speed_limit_mps=9.0)
    install(monkeypatch, "fast", "package:fast", "robosim.bodies", 3)
    with pytest.raises(BadInput, match=r"package:fast: is no class of bodies, got 3 \(correct its package\)"):
        bodies()


def test_a_name_that_is_nowhere_is_refused_at_its_key_with_every_place_tried(world: Path) -> None:
    scenario = robosim.load(str(world)).scenario
    with pytest.raises(BadInput) as problem:
        body_of(scenario, "unicicle", {})
    assert problem.value.exit_code == 2
    text = str(problem.value)
    assert text.startswith(f'{world}:4: robots.body: no body "unicicle" in {world.parent}/controllers/unicicle.py; ')
    assert "robosim's own point, single-integrator, double-integrator, unicycle" in text
    assert text.endswith('entry point "unicicle" in group "robosim.bodies" (did you mean "unicycle"?)')
    with pytest.raises(BadInput, match=r'no body "lasy" .*\(did you mean "lazy"\?\)'):
        body_of(scenario, "lasy", {})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"track": 1.0}, r'Unicycle has no parameter "track" \(did you mean "track_m"\?\)'),
        ({"track_m": "wide"}, r'Unicycle: track_m must be a number, got "wide" \(leave it out for the default\)'),
        ({"track_m": 0.0}, r"Unicycle: track_m must be above 0 and finite, got 0.0 \(write such a number\)"),
    ],
)
def test_wrong_parameters_are_refused(given, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        body_named("unicycle", given)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("def tube_m", "def tub_m", r"lazy.py: Lazy is no body: it has no tube_m \(see "),
        ("@dataclass(frozen=True, kw_only=True)", "", "lazy.py: Lazy must be a dataclass"),
        ("class Lazy", "class Idle", r"lazy.py has no class Lazy \(a body's class is named after its file\)"),
        ("import numpy", "import nunpy", "lazy.py:5: ModuleNotFoundError"),
    ],
)
def test_a_file_that_holds_no_body_is_refused_where_it_stands(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        body_named("lazy", {}, project(tmp_path, "rendezvous", lazy=LAZY.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("at += way", "at += way * np.random.rand()", "the same goals a second time lead elsewhere"),
        ("at += way", "at += way; at /= (at.sum() != at.sum()) - 0.0", "is not finite"),
        ("at += way", "at += way; goal += 1.0", "it wrote into goal or pace"),
        ("at += way", "at += way / len(at[0])", "agent 0 alone differs"),
        ("* pace", "", "at pace 0 it moved"),
        ("+= length**2", "-= length**2", "a meter ran backwards"),
        ("return 0\n", "return 1\n", r"begin gave \(3, 4, 0\), inner\(3\) says \(3, 4, 1\)"),
        ("return at\n", "return at + 1.0\n", "it is 1.73205 m from its steered point, tube_m says 0"),
        ("self.speed_mps * dt_s", "2.0 * self.speed_mps * dt_s", "its steered point moved 0.1 m in a control step"),
        ("return None", "return np.full(inner.shape[:2], 4.0)", r"heading must be in \(-π, π\], got 4.0"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
def test_each_broken_promise_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in LAZY
    broken = body_named("lazy", {"share": 1.0}, project(tmp_path, "rendezvous", lazy=LAZY.replace(old, new)))
    with pytest.raises(CheckFailed, match=f"Lazy: .*{words}"):
        check_body(broken)


def test_a_body_that_fails_is_told_where(tmp_path: Path) -> None:
    broken = body_named("lazy", {}, project(tmp_path, "rendezvous", lazy=LAZY.replace("return 0\n", "return 1 // 0\n")))
    with pytest.raises(AgentFailure, match=r"lazy.py:19.*ZeroDivisionError"):
        check_body(broken)


def test_a_claim_that_does_not_hold_is_named() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Boaster(Unicycle):
        def tracking(self, round_s, dt_s):
            return Point(speed_limit_mps=self.wheel_speed_mps).tracking(round_s, dt_s)

    with pytest.raises(CheckFailed, match=r"Boaster: it missed by .* m, its tracking says at most 0 m"):
        check_body(Boaster())


@pytest.mark.parametrize(
    ("body", "d"),
    [(Point(speed_limit_mps=0.2), 3), (Unicycle(), 2), (Car(), 2), (DoubleIntegrator(), 1)],
)
def test_what_is_found_by_trial_holds_for_other_goals_and_is_near_the_theory(body, d: int) -> None:
    found, theory = rehearsed_tracking(body, 2.0, DT_S, d), body.tracking(2.0, DT_S)
    assert 0.7 * theory.reach_m < found.reach_m < 2.0 * theory.reach_m
    rng, steps = np.random.default_rng(99), round(2.0 / DT_S)
    start = rng.uniform(-1, 1, (50, 2, d))
    played = drive(body, start, rng.uniform(-3, 3, 2), walk(rng, start, 15, found.reach_m), steps=steps)
    flat = played.ways.reshape(15, -1)
    claimed = np.stack([found.misses(ways) for ways in flat.T], axis=-1).reshape(played.misses.shape)
    assert (played.misses <= claimed + 1e-12).all()


def test_a_body_that_gets_nowhere_has_no_reach_by_trial_and_words_say_how_it_is_known(world: Path) -> None:
    slow = body_named("lazy", {"share": 1e-4}, world)
    assert rehearsed_tracking(slow, 1.0, 0.1, 2).reach_m == 0.0
    assert tracked(Point(), 1.0, 0.1, 2).how == "Point: by its author"
    assert tracked(slow, 1.0, 0.1, 2).how.startswith("Lazy: by trial, not proven")
