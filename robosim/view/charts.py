"""Charts and gauges on surfaces: axes with numbers, curves that may be dashed, stepped, filled, marked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pygame

from robosim.agent import Array
from robosim.view.marks import stamp
from robosim.view.scene import INKS, Chart, Curve, Gauge
from robosim.view.strokes import thin_line
from robosim.view.text import BODY, SMALL, Labels, fitted, width, write
from robosim.view.ticks import DECADES, decades, finite, shown, spaced, steps

LEFT, BOTTOM, TOP, RIGHT = 50, 32, 20, 12
ROW = 17
FLAT = 0.25
"""Decades around a curve that is flat."""


class Axes(NamedTuple):
    """Where a chart's numbers stand: `frame` in pixels, ranges of x and of y (its logarithm where `log`)."""

    frame: pygame.Rect
    x: tuple[float, float]
    y: tuple[float, float]
    log: bool

    def pixels(self, x: Array, y: Array) -> Array:
        """(m, 2); what is no number or has no logarithm is NaN."""
        with np.errstate(divide="ignore", invalid="ignore"):
            height = np.where(y > 0.0, np.log10(y), np.nan) if self.log else y
        right = self.frame.left + self.frame.width * (x - self.x[0]) / (self.x[1] - self.x[0])
        up = self.frame.bottom - self.frame.height * (height - self.y[0]) / (self.y[1] - self.y[0])
        return np.stack([right, np.clip(up, self.frame.top - 2, self.frame.bottom + 2)], axis=-1)


def axes_of(chart: Chart, rect: pygame.Rect) -> Axes:
    """Frame and ranges of a chart in a rectangle."""
    frame = pygame.Rect(rect.left + LEFT, rect.top + TOP, rect.width - LEFT - RIGHT, rect.height - TOP - BOTTOM)
    frame.width, frame.height = max(frame.width, 4), max(frame.height, 4)
    x = finite(np.concatenate([*(curve.x for curve in chart.curves), np.array(chart.x_range or ())]))
    y = finite(np.concatenate([*(curve.y for curve in chart.curves), np.array(chart.y_range or ())]))
    if chart.log:
        y = np.log10(y[y > 0.0])
    if chart.now is not None:
        x = np.append(x, chart.now)
    marked = any(curve.mark is not None for curve in chart.curves)
    return Axes(frame, _range(x, 0.03 if marked else 0.0), _range(y, 0.04, FLAT if chart.log else None), chart.log)


def _range(numbers: Array, margin: float, flat: float | None = None) -> tuple[float, float]:
    """From the least to the largest with a margin; around numbers that are all one, `flat` or half of it."""
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 1.0)
    if not high - low > 1e-12 * max(abs(low), abs(high)):
        half = flat or (0.5 if low == 0.0 else abs(low) / 2)
        return low - half, low + half
    return low - margin * (high - low), high + margin * (high - low)


def draw_chart(surface: pygame.Surface, chart: Chart, rect: pygame.Rect, chosen: int | None = None) -> Axes:
    """All of a chart; where its numbers stand."""
    axes = axes_of(chart, rect)
    write(surface, fitted(chart.title, rect.width - LEFT, BODY, True), (axes.frame.left, rect.top), BODY, bold=True)
    _grid(surface, chart, axes)
    inside = surface.get_clip()
    surface.set_clip(axes.frame.inflate(4, 4).clip(inside))
    for curve in sorted(chart.curves, key=lambda one: (not one.filled, one.agent is not None and one.agent == chosen)):
        _curve(surface, curve, axes, curve.agent is not None and curve.agent == chosen)
    if chart.now is not None:
        x = float(axes.pixels(np.array([chart.now]), np.ones(1))[0, 0])
        pygame.draw.line(surface, INKS["faint"], (x, axes.frame.top), (x, axes.frame.bottom))
    surface.set_clip(inside)
    _named(surface, chart, axes)
    _legend(surface, chart, axes)
    return axes


def _grid(surface: pygame.Surface, chart: Chart, axes: Axes) -> None:
    frame = axes.frame
    pygame.draw.rect(surface, INKS["frame"], frame, width=1)
    used = frame.left - 1e9
    for tick in spaced(*axes.x, max(2, frame.width // 60)):
        x = float(axes.pixels(np.array([tick]), np.ones(1))[0, 0])
        pygame.draw.line(surface, INKS["frame"], (x, frame.bottom), (x, frame.bottom + 3))
        half = width(shown(tick), SMALL) / 2
        if x - half > used + 4:
            write(surface, shown(tick), (x, frame.bottom + 4), SMALL, INKS["faint"], anchor=(0.5, 0.0))
            used = x + half
    for tick in _rungs(axes):
        y = float(axes.pixels(np.zeros(1), np.array([tick]))[0, 1])
        pygame.draw.line(surface, "#ececec", (frame.left + 1, y), (frame.right - 2, y))
        write(surface, shown(tick), (frame.left - 4, y), SMALL, INKS["faint"], anchor=(1.0, 0.5))
    write(surface, chart.x, (frame.right, frame.bottom + 17), SMALL, INKS["ink"], anchor=(1.0, 0.0))
    title_end = frame.left + width(fitted(chart.title, frame.width, BODY, True), BODY, True)
    if title_end + 8 + width(chart.y, SMALL) <= frame.right:
        write(surface, chart.y, (frame.right, frame.top - 3), SMALL, INKS["ink"], anchor=(1.0, 1.0))
    else:
        write(surface, chart.y, (frame.left + 4, frame.top + 2), SMALL, INKS["ink"])


def _rungs(axes: Axes) -> list[float]:
    """Numbers at the y axis: powers of ten where it spans several, else round numbers."""
    most = min(max(2, axes.frame.height // 28), 9)
    if not axes.log:
        return spaced(*axes.y, most)
    low, high = (10.0**end for end in axes.y)
    if axes.y[1] - axes.y[0] > 2 * DECADES:
        return decades(low, high, most)
    if axes.y[1] - axes.y[0] > DECADES:
        return steps(low, high)[:: max(1, 6 // most)]
    return [one for one in spaced(low, high, most) if one > 0.0]


def _curve(surface: pygame.Surface, curve: Curve, axes: Axes, chosen: bool) -> None:
    x, y = (
        (np.repeat(curve.x, 2)[1:], np.repeat(curve.y, 2)[:-1])
        if curve.stairs and len(curve.x) > 1
        else (curve.x, curve.y)
    )
    at, colour = (
        axes.pixels(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)),
        INKS.get(curve.ink, curve.ink),
    )
    for part in _unbroken(at):
        if curve.filled and len(part) > 1:
            ground = axes.pixels(np.zeros(1), np.zeros(1))[0, 1] if not axes.log else float(axes.frame.bottom)
            under = [*part.tolist(), [part[-1, 0], ground], [part[0, 0], ground]]
            pygame.draw.polygon(surface, pygame.Color(colour).lerp("#ffffff", 0.7), under)
        if len(part) > 1:
            _stroke(surface, colour, part, curve.dashed, 3 if chosen else 1)
        elif curve.mark is None:
            pygame.draw.circle(surface, colour, part[0], 2)
    if curve.mark is not None and len(at) and np.isfinite(at[-1]).all():
        stamp(surface, curve.mark, at[-1:], 8.0 if chosen else 5.0)


def _unbroken(at: Array) -> list[Array]:
    """Runs of points that are numbers."""
    known = np.isfinite(at).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    return [at[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _stroke(surface: pygame.Surface, colour: str, at: Array, dashed: bool, wide: int) -> None:
    if not dashed:
        if wide == 1:
            thin_line(surface, colour, at)
        else:
            pygame.draw.lines(surface, colour, False, at.tolist(), wide)
        return
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(at, axis=0).T))])
    for begin in np.arange(0.0, way[-1], 9.0):
        stops = np.concatenate([[begin], way[(way > begin) & (way < begin + 5.0)], [min(begin + 5.0, way[-1])]])
        piece = np.stack([np.interp(stops, way, at[:, side]) for side in range(2)], axis=1)
        thin_line(surface, colour, piece)


def _named(surface: pygame.Surface, chart: Chart, axes: Axes) -> None:
    """Numbers of agents at the ends of their curves, as far as there is room; the selfish, drawn last, come first."""
    ends = [
        (one, axes.pixels(one.x[-1:], one.y[-1:])[0]) for one in chart.curves if one.mark is not None and len(one.x)
    ]
    labels = Labels(surface, axes.frame)
    for _, place in ends:
        if np.isfinite(place).all():
            labels.avoid(pygame.Rect(round(place[0]) - 5, round(place[1]) - 5, 10, 10))
    for one, place in reversed(ends):
        if one.agent is not None and np.isfinite(place).all():
            labels.put(str(one.agent), (float(place[0]), float(place[1])), 8.0)


def _legend(surface: pygame.Surface, chart: Chart, axes: Axes) -> None:
    """Names of curves in their colours below the frame, as far as there is room."""
    left, low = float(axes.frame.left), axes.frame.bottom + 17
    room = axes.frame.right - width(chart.x, SMALL) - 10
    for curve in chart.curves:
        wide = 20 + width(curve.name, SMALL)
        if not curve.name or left + wide > room:
            continue
        colour = INKS.get(curve.ink, curve.ink)
        ends = np.array([[left, low + 7.0], [left + 15.0, low + 7.0]])
        _stroke(surface, colour, ends, curve.dashed, 2)
        write(surface, curve.name, (left + 19, low), SMALL)
        left += wide + 10


def draw_gauge(surface: pygame.Surface, gauge: Gauge, rect: pygame.Rect) -> None:
    """A bar that is full at the limit, and red above it."""
    limited = np.isfinite(gauge.limit) and gauge.limit > 0.0
    of = f" of {gauge.limit:.4g}" if np.isfinite(gauge.limit) else ""
    write(surface, fitted(f"{gauge.title}: {gauge.value:.4g}{of} {gauge.unit}", rect.width), rect.topleft)
    bar = pygame.Rect(rect.left, rect.top + 19, rect.width, 10)
    pygame.draw.rect(surface, INKS["frame"], bar, width=1)
    if limited:
        share = gauge.value / gauge.limit
        inside = bar.inflate(-2, -2)
        inside.width = round(inside.width * min(max(share, 0.0), 1.0))
        pygame.draw.rect(surface, INKS["bad" if share > 1.0 + 1e-9 else "load"], inside)
