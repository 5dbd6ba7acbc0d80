"""How far a body gets in a round, as a function of how long the round lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from robosim.rendezvous.bodies.body import Body, Tracking
from robosim.rendezvous.bodies.rehearsal import tracked

STEPS = 20
"""Control steps of a round, where nobody says how long one lasts."""
USUAL_S = 0.05
"""Length of a control step where nobody says how long it, or a round, lasts."""
LONGEST_S = 1e6


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Of points with a top speed, or of bodies.

    Parameters
    ----------
    speed_mps : of points; infinite without a limit.
    body : what drives in their place, in
    d : dimensions.
    control_s : seconds of a control step; None where that is free, and a round has
    steps : so many.
    share : of its reach, what a body is asked for: less than 1 leaves room for what it missed before.
    """

    speed_mps: float = math.inf
    body: Body | None = None
    d: int = 2
    control_s: float | None = None
    steps: int = STEPS
    share: float = 1.0

    @property
    def bounded(self) -> bool:
        """Whether there is any limit."""
        return self.body is not None or math.isfinite(self.speed_mps)

    def control(self, dt_s: float) -> tuple[float, int]:
        """Seconds of a control step, and how many a round of `dt_s` seconds has."""
        if self.control_s is None:
            return dt_s / self.steps, self.steps
        steps = max(1, round(dt_s / self.control_s))
        return dt_s / steps, steps

    def tracking(self, dt_s: float) -> Tracking:
        """How well the body tracks in rounds of so many seconds."""
        if self.body is None:
            return Tracking(reach_m=self.speed_mps * dt_s)
        return tracked(self.body, dt_s, self.control(dt_s)[0], self.d).tracking

    def within(self, dt_s: float) -> float:
        """Metres in a round."""
        if self.body is None:
            return self.speed_mps * dt_s
        return self.share * self.tracking(dt_s).reach_m

    def needs(self, way_m: float) -> float:
        """Seconds of a round in which a step of so many metres is tracked; infinite where none is long enough."""
        if self.body is None:
            return way_m / self.speed_mps
        each = self.control_s or USUAL_S
        most = 1
        while self.within(most * each) < way_m:
            most *= 2
            if most * each > LONGEST_S:
                return math.inf
        least = most // 2
        while most - least > 1:
            middle = (most + least) // 2
            least, most = (least, middle) if self.within(middle * each) >= way_m else (middle, most)
        return most * each
