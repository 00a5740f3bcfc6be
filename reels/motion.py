"""Frames of a still picture under a slow camera, as raw planar YUV.

A recipe with `zoompan` moves in whole pixels and jitters. Here the Y, U and V planes are
warped by an affine map with sub-pixel steps (OpenCV, 1/32 pixel), which is smooth and
costs a quarter of what the encoder takes. BT.709, limited range, 4:2:0 with chroma
samples sited left, as H.264 decoders assume.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from reels.errors import RenderError
from reels.models import Motion
from reels.timeline import Media

#: How far a zoom goes, and how close a pan is: enough to live, too little to push a
#: slide's text out of the frame (a zoom of 1.08 crops 4 % on each side).
ZOOM = 1.08
PAN_ZOOM = 1.06
#: Pictures with more pixels are refused; a bomb of 15000² takes 764 MB.
MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP")

#: Share of ease-in-ease-out in the movement; the rest is even, so that a shot never stands.
_EASE = 0.5

Plane = NDArray[np.uint8]

#: R, G, B in 0..255 -> Y, Cb, Cr in 16..235 and 16..240 (ITU-R BT.709, section 3).
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_BT709 = np.array(
    [
        [_KR * 219 / 255, _KG * 219 / 255, _KB * 219 / 255, 16],
        np.array([-_KR, -_KG, 1 - _KB, 0]) * (112 / 255 / (1 - _KB)) + [0, 0, 0, 128],
        np.array([1 - _KR, -_KG, -_KB, 0]) * (112 / 255 / (1 - _KR)) + [0, 0, 0, 128],
    ]
)


class View(NamedTuple):
    """What the camera sees: the zoom, and where in the room left it looks (0 to 1)."""

    zoom: float
    x: float
    y: float


class Picture(NamedTuple):
    """A picture's planes, covering the frame and then some. Chroma is centred here."""

    y: Plane
    u: Plane
    v: Plane


def view(motion: Motion, frame: int, frames: int) -> View:
    """What the camera sees at `frame` of a shot that is on screen for `frames` frames."""
    t = frame / max(1, frames - 1)
    eased = (1 - _EASE) * t + _EASE * t * t * (3 - 2 * t)
    if motion == "zoom_in":
        return View(ZOOM**eased, 0.5, 0.5)
    if motion == "zoom_out":
        return View(ZOOM ** (1 - eased), 0.5, 0.5)
    if motion == "pan_left":
        return View(PAN_ZOOM, 1 - eased, 0.5)
    if motion == "pan_right":
        return View(PAN_ZOOM, eased, 0.5)
    if motion == "pan_up":
        return View(PAN_ZOOM, 0.5, 1 - eased)
    if motion == "pan_down":
        return View(PAN_ZOOM, 0.5, eased)
    return View(1.0, 0.5, 0.5)


@lru_cache(maxsize=3)
def load(picture: Media, size_px: tuple[int, int], moves: bool) -> Picture:
    """The planes of a picture, scaled to cover a frame of `size_px` and cropped about it.

    A picture that `moves` and has pixels to spare keeps as many as the closest zoom shows.

    Raises:
        RenderError: not a PNG, JPEG or WebP, broken, or of too many pixels.
    """
    rgb = _decode(picture.path)
    height, width = rgb.shape[:2]
    cover = max(size_px[0] / width, size_px[1] / height)
    scale = min(max(cover, 1.0), cover * ZOOM) if moves else cover
    relative = scale / cover
    target = tuple(2 * round(side * relative / 2) for side in size_px)
    return _planes(_crop(rgb, (target[0], target[1])))


def _decode(path: Path) -> Plane:
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise RenderError(
                    f"The picture {path.name} has {image.width}x{image.height} pixels, "
                    f"more than {MAX_PIXELS}."
                )
            upright = ImageOps.exif_transpose(image)
            return np.asarray(_opaque(upright))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise RenderError(
            f"The picture {path.name} cannot be read: {error}.",
            remedy="Use a PNG, JPEG or WebP file.",
        ) from error


def _opaque(image: Image.Image) -> Image.Image:
    if "A" in image.getbands() or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "black")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _crop(rgb: Plane, target: tuple[int, int]) -> Plane:
    """Cut the middle out in the target's shape, then scale it, in one go each."""
    height, width = rgb.shape[:2]
    if (width, height) == target:
        return rgb
    scale = max(target[0] / width, target[1] / height)
    crop_w, crop_h = min(width, target[0] / scale), min(height, target[1] / scale)
    x, y = (width - crop_w) / 2, (height - crop_h) / 2
    if scale < 1:
        left, top = round(x), round(y)
        part = rgb[top : top + max(1, round(crop_h)), left : left + max(1, round(crop_w))]
        return cv2.resize(part, target, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    matrix = np.array(
        [[1 / scale, 0, x + 0.5 / scale - 0.5], [0, 1 / scale, y + 0.5 / scale - 0.5]]
    )
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(rgb, matrix, target, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def _planes(rgb: Plane) -> Picture:
    # Chroma is averaged before it is rounded to 8 bits, so flat colours stay exact.
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    small = cv2.resize(rgb.astype(np.float32), half, interpolation=cv2.INTER_AREA)
    luma = cv2.transform(rgb, _BT709[:1])
    chroma = np.clip(np.rint(cv2.transform(small, _BT709[1:])), 16, 240).astype(np.uint8)
    return Picture(
        np.ascontiguousarray(luma.reshape(rgb.shape[:2]), dtype=np.uint8),
        np.ascontiguousarray(chroma[..., 0]),
        np.ascontiguousarray(chroma[..., 1]),
    )


def split(buffer: Plane, size_px: tuple[int, int]) -> Picture:
    """The Y, U and V planes as windows into one raw yuv420p frame."""
    width, height = size_px
    luma, quarter = width * height, width * height // 4
    return Picture(
        buffer[:luma].reshape(height, width),
        buffer[luma : luma + quarter].reshape(height // 2, width // 2),
        buffer[luma + quarter : luma + 2 * quarter].reshape(height // 2, width // 2),
    )


def draw(picture: Picture, seen: View, target: Picture) -> None:
    """Warp `picture`, as the camera sees it, into the planes of `target`."""
    height, width = target.y.shape
    source_h, source_w = picture.y.shape
    step = min(source_w / width, source_h / height) / seen.zoom
    left = (source_w - width * step) * seen.x
    top = (source_h - height * step) * seen.y
    # Pixel centres lie at halves: target x is seen at left + (x + 0.5) * step - 0.5.
    luma = np.array(
        [[step, 0, left + step / 2 - 0.5], [0, step, top + step / 2 - 0.5]], dtype=np.float64
    )
    # A target chroma sample stands on luma column 2x and between rows 2y and 2y+1; a
    # source one stands in the middle of its four luma pixels.
    chroma = np.array(
        [[step, 0, (left + step / 2 - 1) / 2], [0, step, (top + step - 1) / 2]], dtype=np.float64
    )
    for source, matrix, plane in (
        (picture.y, luma, target.y),
        (picture.u, chroma, target.u),
        (picture.v, chroma, target.v),
    ):
        cv2.warpAffine(
            source,
            matrix,
            (plane.shape[1], plane.shape[0]),
            dst=plane,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
