"""Compiled array kernels (numba), one file per subject; each has a plain NumPy reference in its test."""

from typing import Any

from numpy.typing import NDArray

from robosim.kernels.cache import find_place

Array = NDArray[Any]
"""An array of numbers or indices; the compiler checks what mypy cannot."""

find_place()


class Unsettled(ArithmeticError):
    """A method of robosim's own ended without its answer: its fault, never that of who asked; says how far it came."""
