"""The drawn motifs of a backdrop: one function each, listed in `MOTIFS`.

A motif answers with layers: masks of the whole picture and how strongly they are inked. It
keeps its accents out of the upper left, where words begin.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reels.visuals.theme import Metrics

Mask = npt.NDArray[np.uint8]
_SHIFT = 4
_ONE = 1 << _SHIFT


@dataclass(frozen=True)
class Layer:
    """A mask (255 is fully inked), its opacity, and whether it takes the accent colour."""

    mask: Mask
    opacity: float
    accent: bool = False


Motif = Callable[[Metrics, int], list[Layer]]


def _blank(metrics: Metrics) -> Mask:
    width, height = metrics.size_px
    return np.zeros((height, width), np.uint8)


def _disc(mask: Mask, x: float, y: float, radius: float, ink: int = 255) -> None:
    centre = (round(x * _ONE), round(y * _ONE))
    cv2.circle(mask, centre, max(1, round(radius * _ONE)), (ink,), -1, cv2.LINE_AA, _SHIFT)


def _ring(mask: Mask, x: float, y: float, radius: float, thick: float, ink: int = 255) -> None:
    centre = (round(x * _ONE), round(y * _ONE))
    line = max(1, round(thick))
    cv2.circle(mask, centre, round(radius * _ONE), (ink,), line, cv2.LINE_AA, _SHIFT)


def _line(mask: Mask, points: list[tuple[float, float]], thick: float) -> None:
    path = np.round(np.array(points, np.float64) * _ONE).astype(np.int32)
    line = max(1, round(thick))
    cv2.polylines(mask, [path], False, (255,), line, cv2.LINE_AA, _SHIFT)


def _stage(metrics: Metrics) -> tuple[float, float, float]:
    """The centre and the reach of where a motif may be strong: low, or to the right."""
    width, height = metrics.size_px
    if metrics.upright:
        return width * 0.66, height * 0.80, width * 0.62
    if metrics.lying:
        return width * 0.86, height * 0.46, height * 0.52
    return width * 0.90, height * 0.90, width * 0.44


def disc(metrics: Metrics, seed: int) -> list[Layer]:
    """A large disc that leaves the frame, and a small one beside it."""
    x, y, reach = _stage(metrics)
    big, small = _blank(metrics), _blank(metrics)
    _disc(big, x + reach * 0.12, y, reach * 0.72)
    angle = 3.6 + seed % 5 * 0.25
    _disc(
        small,
        x + reach * 0.12 + math.cos(angle) * reach * 0.72,
        y + math.sin(angle) * reach * 0.72,
        reach * 0.09,
    )
    return [Layer(big, 0.34), Layer(small, 1.0, accent=True)]


def rings(metrics: Metrics, seed: int) -> list[Layer]:
    """Rings about one centre, one of them bright."""
    x, y, reach = _stage(metrics)
    plain, bright = _blank(metrics), _blank(metrics)
    for index in range(7):
        target = bright if index == 1 + seed % 3 else plain
        _ring(target, x + reach * 0.3, y + reach * 0.1, reach * (0.2 + 0.17 * index), reach * 0.035)
    return [Layer(plain, 0.38), Layer(bright, 0.9, accent=True)]


def halftone(metrics: Metrics, seed: int) -> list[Layer]:
    """A field of dots that swell towards one side."""
    width, height = metrics.size_px
    x, y, reach = _stage(metrics)
    dots = _blank(metrics)
    step = metrics.unit * (38 + seed % 3 * 6)
    for row in range(int(height / step) + 2):
        for column in range(int(width / step) + 2):
            at = ((column + row % 2 / 2) * step, row * step)
            near = 1 - math.hypot(at[0] - x, at[1] - y) / (reach * 1.25)
            if near > 0.02:
                _disc(dots, at[0], at[1], step * 0.46 * near**0.8)
    return [Layer(dots, 0.55)]


def waves(metrics: Metrics, seed: int) -> list[Layer]:
    """Lines like water or strings, one of them bright."""
    width, _ = metrics.size_px
    _, y, reach = _stage(metrics)
    plain, bright = _blank(metrics), _blank(metrics)
    start = width * 0.55 if metrics.lying else -20.0
    for index in range(15):
        points = []
        for place in np.linspace(start, width + 20, 90):
            share = (place - start) / (width - start)
            swing = math.sin(share * 5 + index * 0.32 + seed % 7) * reach * 0.13 * share
            points.append((float(place), y + (index - 7) * reach * 0.085 + swing))
        _line(bright if index == 4 + seed % 6 else plain, points, metrics.unit * 3.2)
    return [Layer(plain, 0.6), Layer(bright, 0.95, accent=True)]


def contours(metrics: Metrics, seed: int) -> list[Layer]:
    """Height lines of a hill, as on a map."""
    width, height = metrics.size_px
    x, y, reach = _stage(metrics)
    rows, columns = np.mgrid[0:height:4, 0:width:4].astype(np.float32)
    dx, dy = (columns - x) / reach, (rows - y) / reach
    turn = seed % 6
    hill = np.exp(-(dx**2 + dy**2) * 1.3) * 9
    hill += np.sin(dx * 2.3 + turn) * 0.9 + np.cos(dy * 2.9 - turn + dx) * 0.8
    hill = cv2.resize(hill, (width, height), interpolation=cv2.INTER_CUBIC)
    fade = cv2.resize(np.exp(-(dx**2 + dy**2) * 0.9), (width, height))
    slope = np.maximum(
        cv2.magnitude(cv2.Sobel(hill, -1, 1, 0), cv2.Sobel(hill, -1, 0, 1)) / 8, 1e-4
    )
    away = np.abs(hill - np.round(hill)) / slope
    ink = np.clip(metrics.unit * 1.6 + 0.5 - away, 0, 1) * np.clip(fade * 1.6, 0, 1)
    return [Layer((ink * 255).astype(np.uint8), 0.7)]


def columns(metrics: Metrics, seed: int) -> list[Layer]:
    """Upright bars of different heights, one of them bright."""
    width, height = metrics.size_px
    _, _, reach = _stage(metrics)
    plain, bright = _blank(metrics), _blank(metrics)
    rng = np.random.default_rng(seed % 1000)
    start = width * 0.60 if metrics.lying else 0
    count = 11
    step = (width - start) / count
    heights = rng.uniform(0.2, 1.0, count) * reach * (1.2 if metrics.upright else 0.9)
    for index, tall in enumerate(heights):
        x0 = round(start + index * step + step * 0.2)
        target = bright if index == count - 2 - seed % 3 else plain
        target[round(height - tall) :, x0 : round(x0 + step * 0.6)] = 255
    return [Layer(plain, 0.30), Layer(bright, 0.9, accent=True)]


def orbits(metrics: Metrics, seed: int) -> list[Layer]:
    """Tilted orbits with a body on each of two."""
    x, y, reach = _stage(metrics)
    lines, bodies = _blank(metrics), _blank(metrics)
    tilt = -24 + seed % 4 * 6
    for index in range(5):
        axes = (
            round(reach * (0.3 + 0.2 * index) * _ONE),
            round(reach * (0.13 + 0.10 * index) * _ONE),
        )
        centre = (round(x * _ONE), round(y * _ONE))
        cv2.ellipse(
            lines,
            centre,
            axes,
            tilt,
            0,
            360,
            (255,),
            max(1, round(metrics.unit * 3)),
            cv2.LINE_AA,
            _SHIFT,
        )
    _disc(lines, x, y, reach * 0.13)
    for index, angle in ((1, 3.5 + seed % 5), (3, 5.4 + seed % 3)):
        a, b = reach * (0.3 + 0.2 * index), reach * (0.13 + 0.10 * index)
        turn = math.radians(tilt)
        px, py = a * math.cos(angle), b * math.sin(angle)
        _disc(
            bodies,
            x + px * math.cos(turn) - py * math.sin(turn),
            y + px * math.sin(turn) + py * math.cos(turn),
            reach * (0.05 if index == 1 else 0.035),
        )
    return [Layer(lines, 0.65), Layer(bodies, 1.0, accent=True)]


def tiles(metrics: Metrics, seed: int) -> list[Layer]:
    """A band of quarter discs and squares."""
    width, height = metrics.size_px
    plain, bright = _blank(metrics), _blank(metrics)
    rng = np.random.default_rng(seed % 1000)
    side = metrics.unit * (216 if not metrics.lying else 180)
    columns_, rows = (
        (math.ceil(width / side), 3 if metrics.upright else 2)
        if not metrics.lying
        else (3, math.ceil(height / side))
    )
    x0 = width - columns_ * side if metrics.lying else 0.0
    y0 = 0.0 if metrics.lying else height - rows * side
    for row in range(rows):
        for column in range(columns_):
            corner, kind, lit = rng.integers(4), rng.random(), rng.random()
            target = bright if lit > 0.92 else plain
            _tile(target, x0 + column * side, y0 + row * side, side, int(corner), float(kind))
    return [Layer(plain, 0.30), Layer(bright, 0.85, accent=True)]


def _tile(mask: Mask, x: float, y: float, side: float, corner: int, kind: float) -> None:
    left, top = round(x), round(y)
    cell = mask[max(0, top) : round(y + side), max(0, left) : round(x + side)]
    if not cell.size or kind > 0.85:
        return
    size = cell.shape[1], cell.shape[0]
    if kind > 0.7:
        _disc(cell, size[0] / 2, size[1] / 2, side * 0.24)
        return
    _disc(
        cell, size[0] * (corner % 2), size[1] * (corner // 2), side * (0.98 if kind > 0.25 else 0.5)
    )


MOTIFS: tuple[Motif, ...] = (disc, rings, halftone, waves, contours, columns, orbits, tiles)
