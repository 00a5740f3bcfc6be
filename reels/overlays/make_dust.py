"""Makes `dust.mp4`: what settles on old film. Run as `python -m reels.overlays.make_dust`.

Grey light on black, 960 x 960 at 15 frames a second, 4 s that join without a seam: specks
that last a frame, a hair now and then, thin scratches that stand for a few frames. The
same at every run.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reels import ffmpeg

SIDE_PX, FRAMES, RATE = 960, 60, 15
_SEED = 1897
#: Shapes are drawn so many times larger and made smaller, which smooths their edges.
_FINER = 4
_FRACTION_BITS = 4

Light: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float64]


def frames() -> NDArray[np.uint8]:
    """All frames, (60, 960, 960), 0 to 255."""
    random = np.random.default_rng(_SEED)
    light = np.zeros((FRAMES, SIDE_PX, SIDE_PX), np.float32)
    for frame in light:
        _settle(random, frame)
    for start, lasts in ((9, 7), (38, 9)):
        _catch_hair(random, light, start, lasts)
    for _ in range(7):
        _scratch(random, light)
    return np.clip(np.rint(255 * light), 0, 255).astype(np.uint8)


def _settle(random: np.random.Generator, frame: Light) -> None:
    """Specks, a few in every frame, and now and then a clot or a hair."""
    for _ in range(random.poisson(26)):
        radius = min(0.7 + random.gamma(1.5, 0.8), 5.5)
        level = random.uniform(0.3, 0.85) * min(1, 1.9 / radius + 0.35)
        at = random.uniform(0, SIDE_PX, 2)
        _fill(frame, _blob(random, radius) + at, level, random.uniform(0.35, 0.7))
    if random.random() < 0.3:
        radius, at = random.uniform(4.5, 8.5), random.uniform(0, SIDE_PX, 2)
        for _ in range(int(random.integers(2, 5))):
            blob = _blob(random, radius * random.uniform(0.4, 0.9))
            place = at + random.normal(0, radius * 0.6, 2)
            _fill(frame, blob + place, random.uniform(0.16, 0.34), random.uniform(0.8, 1.5))
    if random.random() < 0.25:
        hair, widths = _hair(random)
        at = random.uniform(0, SIDE_PX, 2)
        _stroke(frame, hair + at, widths, random.uniform(0.22, 0.5), random.uniform(0.45, 0.8))


def _catch_hair(random: np.random.Generator, light: Light, start: int, lasts: int) -> None:
    """A hair that hangs in the gate and trembles."""
    hair, widths = _hair(random)
    at, level = random.uniform(0.2 * SIDE_PX, 0.8 * SIDE_PX, 2), random.uniform(0.25, 0.36)
    for n in range(start, start + lasts):
        place = at + random.normal(0, 1.1, 2)
        _stroke(light[n % FRAMES], hair + place, widths, level * random.uniform(0.8, 1), 0.6)


def _scratch(random: np.random.Generator, light: Light) -> None:
    """An upright scratch that wanders a little."""
    start, lasts = int(random.integers(FRAMES)), int(random.integers(5, 14))
    x, level = random.uniform(0.06 * SIDE_PX, 0.94 * SIDE_PX), random.uniform(0.10, 0.22)
    drift = random.normal(0, 0.5)
    for n in range(start, start + lasts):
        x += drift + random.normal(0, 0.35)
        top = -10.0 if random.random() < 0.6 else random.uniform(0, 0.6 * SIDE_PX)
        length = random.uniform(0.2, 0.6) * SIDE_PX
        end = SIDE_PX + 10.0 if random.random() < 0.6 else top + length
        ys, xs = np.linspace(top, end, 26), x + np.cumsum(random.normal(0, 0.06, 26))
        widths = np.full(25, random.uniform(0.6, 1.1))
        lit = level * random.uniform(0.45, 1)
        _stroke(light[n % FRAMES], np.stack([xs, ys], 1), widths, lit, 0.35)


def _blob(random: np.random.Generator, radius: float) -> Points:
    """The corners of an uneven speck about (0, 0)."""
    corners = int(random.integers(7, 13))
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    reach = radius * random.uniform(0.45, 1.25, corners)
    turn, flat = random.uniform(0, np.pi), random.uniform(0.45, 1.0)
    x, y = reach * np.cos(angles), reach * np.sin(angles) * flat
    return np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)


def _hair(random: np.random.Generator) -> tuple[Points, Points]:
    """A curl about (0, 0) and the widths of its pieces."""
    length, pieces = random.uniform(35, 150), 24
    bend, curl = random.normal(0, 0.035), random.normal(0, 0.005)
    turns = bend + curl * np.arange(pieces) + random.normal(0, 0.06, pieces)
    angles = random.uniform(0, 2 * np.pi) + np.cumsum(turns)
    steps = length / pieces * np.stack([np.cos(angles), np.sin(angles)], 1)
    points = np.vstack([np.zeros((1, 2)), np.cumsum(steps, 0)])
    taper = np.sin(np.linspace(0.25, np.pi - 0.12, pieces))
    return points - points.mean(0), 0.7 + random.uniform(0.5, 1.0) * taper


def _fill(frame: Light, corners: Points, level: float, soft_px: float) -> None:
    origin, tile = _tile(corners, soft_px)
    cv2.fillPoly(tile, [_fine(corners - origin)], 255, cv2.LINE_8, _FRACTION_BITS)
    _add(frame, tile, origin, level, soft_px)


def _stroke(frame: Light, points: Points, widths: Points, level: float, soft_px: float) -> None:
    origin, tile = _tile(points, soft_px + float(widths.max()))
    fine = _fine(points - origin).tolist()
    for start, end, width in zip(fine, fine[1:], widths, strict=False):
        thick = max(1, round(width * _FINER))
        cv2.line(tile, start, end, 255, thick, cv2.LINE_8, _FRACTION_BITS)
    _add(frame, tile, origin, level, soft_px)


def _tile(points: Points, margin_px: float) -> tuple[NDArray[np.int_], NDArray[np.uint8]]:
    """Where a shape's own picture lies, and that picture, empty."""
    low = np.floor(points.min(0) - 4 * margin_px - 3).astype(int)
    width, height = np.ceil(points.max(0) + 4 * margin_px + 3).astype(int) - low
    return low, np.zeros((height * _FINER, width * _FINER), np.uint8)


def _fine(points: Points) -> NDArray[np.int32]:
    return np.asarray(np.rint(points * _FINER * 2**_FRACTION_BITS), np.int32)


def _add(
    frame: Light, tile: NDArray[np.uint8], origin: NDArray[np.int_], level: float, soft_px: float
) -> None:
    size_px = tile.shape[1] // _FINER, tile.shape[0] // _FINER
    small = cv2.resize(tile, size_px, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), soft_px), np.float32)
    (x, y), (width, height) = origin, size_px
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(width, SIDE_PX - x), min(height, SIDE_PX - y)
    if left < right and top < bottom:
        part = frame[y + top : y + bottom, x + left : x + right]
        np.maximum(part, small[top:bottom, left:right] * level, out=part)


def main() -> None:
    to = Path(__file__).parent / "dust.mp4"
    source = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{SIDE_PX}x{SIDE_PX}", "-r", str(RATE)]
    # Without loss: dark stays dark, so only what is lit is ever laid.
    coded = ["-c:v", "libx264", "-preset", "veryslow", "-qp", "0", "-threads", "1"]
    coded += ["-pix_fmt", "yuv420p"]
    tagged = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags", "+bitexact"]
    command = [ffmpeg.binary(), "-v", "error", "-y", *source, "-i", "-"]
    command += ["-vf", "scale=out_range=tv", *coded, *tagged, *plain, str(to)]
    subprocess.run(command, input=frames().tobytes(), check=True)
    print(f"{to.name}: {to.stat().st_size} bytes")


if __name__ == "__main__":
    main()
