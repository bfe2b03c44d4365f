"""Outlines and lines as arrays of points, float [n, 2]. x runs right and y down, in pixels of the finished picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Step = tuple[float, ...]
SAMPLES = 12
"""Points along each curve of a path."""


def trace(start: tuple[float, float], *steps: Step) -> Points:
    """The points along a path.

    Each step has 2, 4 or 6 numbers: a line, a quadratic or a cubic Bézier curve, as in SVG.
    """
    points = [np.array([start], dtype=np.float64)]
    for step in steps:
        controls = np.array([points[-1][-1], *zip(step[0::2], step[1::2], strict=True)])
        points.append(_bezier(controls)[1:])
    return np.concatenate(points)


def _bezier(controls: Points) -> Points:
    degree = len(controls) - 1
    if degree == 1:
        return controls
    t = np.linspace(0, 1, SAMPLES + 1)[:, None]
    return sum(math.comb(degree, i) * (1 - t) ** (degree - i) * t**i * controls[i] for i in range(degree + 1))


def mirrored(points: Points) -> Points:
    """The points mirrored at the vertical axis x = 0."""
    return points * (-1, 1)


def symmetric(half: Points) -> Points:
    """The outline whose right half is given, from its top on the axis x = 0 to its bottom."""
    return np.concatenate([half, mirrored(half)[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0, stop: float = 360) -> Points:
    """An ellipse, or the arc of it between two angles in degrees, which run clockwise from the right."""
    angles = np.radians(np.linspace(start, stop, 49))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)


def box(x: float, y: float, width: float, height: float, radius: float = 0) -> Points:
    """A rectangle around (x, y), with round corners if `radius` is given."""
    if radius <= 0:
        corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        return np.array([(x + sx * width / 2, y + sy * height / 2) for sx, sy in corners])
    radius = min(radius, width / 2, height / 2)
    angles = np.radians(np.arange(0, 91, 15))
    right, low = width / 2 - radius, height / 2 - radius
    quarters = [(right, low, 0.0), (-right, low, math.pi / 2), (-right, -low, math.pi), (right, -low, 1.5 * math.pi)]
    return np.concatenate(
        [
            np.stack([x + cx + radius * np.cos(angles + turn), y + cy + radius * np.sin(angles + turn)], axis=1)
            for cx, cy, turn in quarters
        ]
    )


def ribbon(line: Points, widths: float | Sequence[float]) -> Points:
    """The outline of a band along a line. Several widths apply at equal distances from its start to its end."""
    direction = np.gradient(line, axis=0)
    normal = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    stops = np.atleast_1d(np.asarray(widths, dtype=np.float64))
    width = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(stops)), stops)[:, None]
    return np.concatenate([line + normal * width / 2, (line - normal * width / 2)[::-1]])


def rotated(points: Points, degrees: float, x: float = 0, y: float = 0) -> Points:
    """The points rotated clockwise around (x, y)."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    dx, dy = points[:, 0] - x, points[:, 1] - y
    return np.stack([x + dx * cos - dy * sin, y + dx * sin + dy * cos], axis=1)


def along(line: Points, count: int, start: float = 0, stop: float = 1) -> Points:
    """`count` points at equal distances along a line, between two fractions of its length."""
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(start, stop, count) * lengths[-1]
    return np.stack([np.interp(at, lengths, line[:, 0]), np.interp(at, lengths, line[:, 1])], axis=1)
