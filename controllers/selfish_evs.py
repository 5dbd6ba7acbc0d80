"""Selfish EVs: one deviation from faithful charging per class, and the table of their names."""

from __future__ import annotations

from robosim.agent import Strategy

EV_DEVIATIONS: dict[str, type[Strategy]] = {}
"""What EVs may play in a station, by name."""
