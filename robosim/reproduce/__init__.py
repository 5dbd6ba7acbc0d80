"""What the papers print, computed again: every printed number beside ours."""

from __future__ import annotations

from robosim.reproduce.freight_tables import TABLES
from robosim.reproduce.reproduction import Reproduction

__all__ = ["TABLES", "Reproduction"]
