"""What parameters of bodies must be: said at once, with the name, the value and the fix."""

from __future__ import annotations

import math

from robosim.errors import BadInput


def positive(body: object, **values: float) -> None:
    """Raise `BadInput` for the first value that is not above 0 and finite."""
    for name, value in values.items():
        if not 0.0 < value < math.inf:
            raise BadInput(
                f"{type(body).__name__}: {name} must be above 0 and finite, got {value!r} (write such a number)"
            )


def not_negative(body: object, **values: float) -> None:
    """Raise `BadInput` for the first value that is below 0 or not finite."""
    for name, value in values.items():
        if not 0.0 <= value < math.inf:
            raise BadInput(f"{type(body).__name__}: {name} must be 0 or more, got {value!r} (write such a number)")
