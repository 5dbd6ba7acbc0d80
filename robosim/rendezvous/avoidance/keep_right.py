"""Robots that stand in each other's way turn to the right, so that nobody waits for ever where there is a way around.

Who could do less than half of what it wants for `WAIT` control steps in a row turns what it wants clockwise, a little
more in each further step; with every step in which it could do half it turns back a little. Who is not free after that
turns around for a while, and tries again: a jam opens from its border, as periods differ from robot to robot. Who has
turned for very long without getting free leaves it: a crowd around one point comes to rest. Safety does not depend on
any of this.
"""

from __future__ import annotations

import numpy as np

from robosim.agent import Array

SLOW = 0.5
"""Share of what is wanted below which a robot is held up."""
WAIT, RAMP_RAD, TOP_RAD = 3.0, np.pi / 12, 2 * np.pi / 3
BACK_RAD = np.pi
MOST = WAIT + BACK_RAD / RAMP_RAD
PERIOD, SPREAD, KINDS = 150, 30, 5
"""Turned control steps after which a robot has turned right and back once; they differ by its id mod KINDS."""
PATIENCE = 20_000
"""Control steps of turning, less those in which it was free, after which a robot leaves it."""


def angle(held: Array, turned: Array) -> Array:
    """How far to turn, rad clockwise, from counts of held-up and of turned control steps, each (missions, agents)."""
    period = PERIOD + SPREAD * (np.arange(held.shape[-1]) % KINDS)
    top = np.where(turned % period < period // 2, TOP_RAD, BACK_RAD)
    return np.where(turned < PATIENCE, np.clip((held - WAIT) * RAMP_RAD, 0.0, top), 0.0)


def counted(held: Array, straight: Array, wanted: Array) -> Array:
    """The count of held-up control steps after one in which `straight` of `wanted` could be done, (…, d) each."""
    slow = np.einsum("...d,...d->...", straight, straight) < SLOW**2 * np.einsum("...d,...d->...", wanted, wanted)
    return np.where(slow, np.minimum(held + 1.0, MOST), np.maximum(held - 1.0, 0.0))


def to_the_right(wanted: Array, by: Array) -> Array:
    """`wanted` (…, d) turned by angles (…) rad clockwise as seen from above; in one dimension there is no right.

    In space, who wants straight up turns to where the first axis points, who wants straight down away from there.
    """
    if wanted.shape[-1] == 1:
        return wanted
    right = np.zeros_like(wanted)
    right[..., 0], right[..., 1] = wanted[..., 1], -wanted[..., 0]
    if wanted.shape[-1] == 3:
        flat = np.sqrt(right[..., 0] ** 2 + right[..., 1] ** 2)
        size = np.sqrt(np.einsum("...d,...d->...", wanted, wanted))
        steep = flat <= 1e-9 * size
        right *= (size / np.where(steep, 1.0, flat))[..., None]
        right[steep] = 0.0
        right[..., 0] += np.where(steep, wanted[..., 2], 0.0)
    return np.cos(by)[..., None] * wanted + np.sin(by)[..., None] * right
