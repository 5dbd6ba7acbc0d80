"""What keys and mouse change in a window: where it is, how fast, who is chosen, from where one looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pygame

from robosim.errors import BadInput
from robosim.view.camera import Camera
from robosim.view.paint import Painted, agent_at
from robosim.view.picture import save
from robosim.view.playback import Playback
from robosim.view.scene import Map, Scene
from robosim.view.scenery import Told

Pixel = tuple[int, int]
STILL_PX = 4
"""A button that is let go so near to where it was pressed was a click."""
WHEEL = 1.2
SLOWEST, QUICKEST = 0.25, 1024.0


@dataclass(kw_only=True)
class Drag:
    """A button that is down: which, since where, and what it has hold of: "slider", "agent", "map", "turn"."""

    what: str
    begin: Pixel
    last: Pixel
    moved: bool = False
    agent: int | None = None


@dataclass(kw_only=True)
class Player:
    """One method a key, one for each thing that a mouse does; `surface` is what pictures are saved of: the
    moment `shown`."""

    playback: Playback
    paused: bool = False
    rounds_per_s: float = 8.0
    running: bool = True
    help: bool = False
    note: str = ""
    chosen: int | None = None
    camera: Camera = field(default_factory=Camera)
    surface: pygame.Surface | None = None
    shown: int = 0
    scene: Scene | None = None
    painted: Painted | None = None
    slider: pygame.Rect = field(default_factory=lambda: pygame.Rect(0, 0, 0, 0))
    drag: Drag | None = None
    _due: float = 0.0
    _told: tuple[tuple[int, int] | None, Told] = (None, ())

    @property
    def status(self) -> str:
        """What is going on, in a word."""
        if self.playback.settling:
            return self.note or "the rounds are over: the bill comes next"
        return self.note or ("paused" if self.paused else f"{self.rounds_per_s:g} rounds/s")

    @property
    def told(self) -> Told:
        """What is known of the chosen agent, asked once a moment."""
        if self.chosen is None:
            return ()
        place = (self.playback.position, self.chosen)
        if self._told[0] != place:
            self._told = (place, self.playback.told(self.chosen))
        return self._told[1]

    def press(self, key: int) -> None:
        """React to a key; others do nothing."""
        if key in KEYS:
            self.note = ""
            KEYS[key](self)

    def tick(self, seconds: float) -> None:
        """Play the rounds that became due."""
        self._due += 0.0 if self.paused else seconds * self.rounds_per_s
        while self._due >= 1.0:
            self._due -= 1.0
            self.playback.forward()

    def pause(self) -> None:
        """Stop or go on."""
        self.paused = not self.paused

    def step(self) -> None:
        """One moment forward, then wait."""
        self.paused = True
        self.playback.forward()

    def back(self) -> None:
        """One moment back, then wait."""
        self.paused = True
        self.playback.back()

    def faster(self) -> None:
        """Twice as many moments per second."""
        self.rounds_per_s = min(2 * self.rounds_per_s, QUICKEST)

    def slower(self) -> None:
        """Half as many."""
        self.rounds_per_s = max(self.rounds_per_s / 2, SLOWEST)

    def restart(self) -> None:
        """Back to the start, and wait there: robots may be dragged."""
        self.paused = True
        self.playback.restart()

    def whole(self) -> None:
        """Look at everything again."""
        self.camera = Camera()

    def explain(self) -> None:
        """Show or hide the keys."""
        self.help = not self.help

    def picture(self) -> None:
        """Save what is seen into the current directory."""
        name = f"{self.playback.name}-{self.shown}.png"  # keys may have gone on since
        if self.surface is None:
            return
        try:
            save(self.surface, Path(name))
            self.note = f"saved {name}"
        except BadInput as problem:
            self.note = str(problem)

    def quit(self) -> None:
        """Close the window."""
        self.running = False

    def down(self, button: int, at: Pixel) -> None:
        """A mouse button: the left one takes hold of slider, agent or map, the right one turns."""
        if button == pygame.BUTTON_LEFT and self.slider.inflate(0, 14).collidepoint(at):
            self.drag = Drag(what="slider", begin=at, last=at)
            self._slide(at)
        elif button in (pygame.BUTTON_LEFT, pygame.BUTTON_RIGHT, pygame.BUTTON_MIDDLE):
            agent = self._agent(at)
            held = "turn" if button != pygame.BUTTON_LEFT else "map" if agent is None else "agent"
            self.drag = Drag(what=held, begin=at, last=at, agent=agent)

    def motion(self, at: Pixel) -> None:
        """The mouse moves; with a button down it drags."""
        drag = self.drag
        if drag is None:
            return
        by = (at[0] - drag.last[0], at[1] - drag.last[1])
        drag.moved |= max(abs(at[0] - drag.begin[0]), abs(at[1] - drag.begin[1])) > STILL_PX
        if drag.what == "slider":
            self._slide(at)
        elif drag.what == "turn":
            self.camera = self.camera.turned(by)
        elif drag.moved and not (drag.what == "agent" and self._take(drag, at)):
            self.camera = self.camera.moved(by)
        drag.last = at

    def up(self, at: Pixel) -> None:
        """The button is let go: without a move it was a click, which chooses an agent, or nobody."""
        drag, self.drag = self.drag, None
        if drag is not None and not drag.moved and drag.what in ("map", "agent"):
            self.chosen = self._agent(at)

    def wheel(self, turns: float, at: Pixel) -> None:
        """Nearer or farther, what is under the mouse stays there."""
        if self.painted is None or not self.painted.main.collidepoint(at):
            return
        main = self.painted.main
        here = (float(at[0] - main.left), float(at[1] - main.top))
        self.camera = self.camera.nearer(WHEEL**turns, here, (main.width / 2, main.height / 2))

    def _agent(self, at: Pixel) -> int | None:
        return None if self.painted is None or self.scene is None else agent_at(self.painted, self.scene, at)

    def _slide(self, at: Pixel) -> None:
        share = (at[0] - self.slider.left) / max(1, self.slider.width)
        self.paused = True
        self.playback.seek(round(min(max(share, 0.0), 1.0) * (self.playback.length - 1)))

    def _take(self, drag: Drag, at: Pixel) -> bool:
        """Move an agent before the start; whether that is what the drag does."""
        movable = self.playback.mission is not None and self.playback.position == 0 and self.paused
        seen = None if self.painted is None else self.painted.projection
        if not movable or drag.agent is None or seen is None or not isinstance(self.scene and self.scene.main, Map):
            return False
        by = seen.places(at) - seen.places(drag.last)
        if not self.playback.move(drag.agent, by.tolist()):
            self.note = f"nobody can stand there, or {self.playback.name} moves nobody"
        return True


KEYS: dict[int, Callable[[Player], None]] = {
    pygame.K_SPACE: Player.pause,
    pygame.K_RIGHT: Player.step,
    pygame.K_LEFT: Player.back,
    pygame.K_PLUS: Player.faster,
    pygame.K_EQUALS: Player.faster,
    pygame.K_KP_PLUS: Player.faster,
    pygame.K_MINUS: Player.slower,
    pygame.K_KP_MINUS: Player.slower,
    pygame.K_s: Player.picture,
    pygame.K_r: Player.restart,
    pygame.K_0: Player.whole,
    pygame.K_h: Player.explain,
    pygame.K_q: Player.quit,
    pygame.K_ESCAPE: Player.quit,
}
HELP = (
    ("space", "pause, go on"),
    ("← →", "one moment back, forward"),
    ("+ −", "twice, half as fast"),
    ("slider", "any moment"),
    ("click", "an agent: its type, cost and tax so far"),
    ("wheel", "nearer, farther"),
    ("drag", "move the map"),
    ("right drag", "turn what has three dimensions"),
    ("0", "see everything again"),
    ("R", "back to the start; there drag robots elsewhere"),
    ("S", "save a picture"),
    ("H", "this list"),
    ("Q, Esc", "close"),
)
