"""Compiled array kernels (numba), one file per subject; each has a plain NumPy reference in its test."""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
"""An array of numbers or indices; the compiler checks what mypy cannot."""
