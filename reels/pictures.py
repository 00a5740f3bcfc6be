"""Pictures: read with care, scaled once, kept as planes that a camera can move over."""

from __future__ import annotations

import hashlib
import io
import math
import threading
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from reels.errors import RenderError
from reels.limits import MAX_PIXELS
from reels.machine import cores
from reels.models import Fit
from reels.planes import Plane, Planes, from_rgb
from reels.timeline import Media

FORMATS = ("PNG", "JPEG", "WEBP")
#: Pixels of every plane repeated beyond its edges, so that a sampler may start outside.
PAD = 64

#: The blurred copy behind a whole picture: its blur as a share of the width, its light.
_BLUR, _BLUR_LIGHT = 0.03, 0.55
#: A blur this soft is the same when it is made small and enlarged.
_BLUR_WORK_PX = 180
_HIGH_DEPTH = ("I;16", "I;16B", "I;16L", "I")


class Source(NamedTuple):
    """A picture that covers a frame, `PAD` pixels wider on every side of every plane.

    `x`, `y`, `width` and `height` are what a frame shows of it when the camera is farthest,
    in its own pixels; they are hardly ever whole. Chroma is centred.
    """

    planes: Planes
    x: float
    y: float
    width: float
    height: float


class _Fitted(NamedTuple):
    """RGB pixels, and what of them the frame shows: x, y, width, height."""

    rgb: Plane
    shown: tuple[float, float, float, float]


def load(media: Media, size_px: tuple[int, int], fit: Fit, reserve: float = 1.0) -> Source:
    """The planes of a picture, scaled to `reserve` times a frame of `size_px`.

    It covers the frame, cropped about its middle, or with `blur` lies whole in it, over
    an enlarged, blurred copy of itself. The last few are kept; each is loaded once,
    however many ask at the same time.

    Raises:
        RenderError: not a PNG, JPEG or WebP, broken, of too many pixels, or not what it was
            when it was hashed: its pixels would stand under a key that is not theirs.
    """
    with _turn(media.sha256):
        return _load(media, size_px, fit, reserve)


def decode(path: Path, near_px: tuple[int, int] | None = None, sha256: str = "") -> Plane:
    """An upright picture in sRGB: RGBA where it is transparent, else RGB.

    `near_px` allows a JPEG to be read smaller, but not below that. `sha256` is what its
    content must have, if given.

    Raises:
        RenderError: not a PNG, JPEG or WebP, broken, of too many pixels, or of other content.
    """
    try:
        with path.open("rb") as file, Image.open(_known(file, sha256), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise RenderError(
                    f"The picture {path.name} has {image.width}x{image.height} pixels, "
                    f"more than {MAX_PIXELS}.",
                    remedy="Make it smaller.",
                )
            if near_px:
                # A picture that will be turned must not be read too small on either side.
                image.draft("RGB", (max(near_px), max(near_px)))
            ImageOps.exif_transpose(image, in_place=True)
            return np.asarray(_standard(image))
    except UnidentifiedImageError as error:
        raise RenderError(
            f"The picture {path.name} cannot be read: it is of no kind that is taken, or broken.",
            remedy="Use a PNG, JPEG or WebP file.",
        ) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RenderError(
            f"The picture {path.name} cannot be read: {error}.",
            remedy="Use a PNG, JPEG or WebP file.",
        ) from error


def decode_rgba(media: Media) -> Plane:
    """As `decode`, always with alpha."""
    pixels = decode(media.path, sha256=media.sha256)
    if pixels.shape[2] == 4:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA), np.uint8)


def _known(file: io.BufferedReader, sha256: str) -> io.BufferedReader:
    if sha256:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise RenderError(
                f"The picture {Path(file.name).name} was changed while the video was made.",
                remedy="Render again.",
            )
        file.seek(0)
    return file


_turns: dict[str, threading.Lock] = {}
_turns_lock = threading.Lock()


def _turn(sha256: str) -> threading.Lock:
    """One lock for each of 64 groups of pictures, so that they stay few."""
    with _turns_lock:
        return _turns.setdefault(sha256[:2].translate(_GROUPS), threading.Lock())


_GROUPS = str.maketrans("89abcdef", "01234567")


@lru_cache(maxsize=max(4, 2 * cores()))
def _load(media: Media, size_px: tuple[int, int], fit: Fit, reserve: float) -> Source:
    near_px = _even_up(size_px[0] * reserve), _even_up(size_px[1] * reserve)
    rgb = _opaque(decode(media.path, near_px, media.sha256))
    fitted = _over_blur(rgb, near_px) if fit == "blur" else _cover(rgb, size_px, reserve)
    padded = (
        cv2.copyMakeBorder(plane, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE)
        for plane in from_rgb(fitted.rgb)
    )
    y, u, v = (np.asarray(plane, np.uint8) for plane in padded)
    return Source(Planes(y, u, v), *fitted.shown)


def _even_up(value: float) -> int:
    return 2 * math.ceil(value / 2 - 1e-9)


def _standard(image: Image.Image) -> Image.Image:
    """8 bits a channel, sRGB, with alpha where there is any."""
    if image.mode in _HIGH_DEPTH:
        deep = np.asarray(image).astype(np.float32)
        image = Image.fromarray(np.clip(deep / 257, 0, 255).astype(np.uint8), "L")
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "L", "CMYK"):
        image = _in_srgb(image, profile)
    sees_through = "A" in image.getbands() or "transparency" in image.info
    wanted = "RGBA" if sees_through else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    flat = image.convert("RGB") if alpha else image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            flat, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A broken profile says nothing; the colours are taken as they are.
        return image
    if converted is None:
        return image
    if alpha:
        converted.putalpha(alpha)
    return converted


def _opaque(pixels: Plane) -> Plane:
    """Over black."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:] / np.float32(255)
    return np.asarray(pixels[..., :3] * alpha + 0.5, np.uint8)


def _cover(rgb: Plane, size_px: tuple[int, int], reserve: float) -> _Fitted:
    """The middle in the frame's shape, `reserve` times its size."""
    height, width = rgb.shape[:2]
    cover = max(size_px[0] / width, size_px[1] / height)
    shown_w, shown_h = min(width, size_px[0] / cover), min(height, size_px[1] / cover)
    x, y = (width - shown_w) / 2, (height - shown_h) / 2
    target = _even_up(shown_w * cover * reserve), _even_up(shown_h * cover * reserve)
    if cover * reserve >= 1:
        return _enlarged(rgb, (x, y, shown_w, shown_h), target, cover * reserve)
    # Averaging wants whole pixels: a little more is taken, and it is known how much.
    left, top = math.floor(x), math.floor(y)
    part = rgb[top : math.ceil(y + shown_h), left : math.ceil(x + shown_w)]
    across, down = target[0] / part.shape[1], target[1] / part.shape[0]
    shown = (x - left) * across, (y - top) * down, shown_w * across, shown_h * down
    return _Fitted(_resized(part, target), shown)


def _enlarged(
    rgb: Plane, part: tuple[float, float, float, float], target: tuple[int, int], scale: float
) -> _Fitted:
    """Scaled by exactly `scale` about the middle of `part`."""
    x, y, width, height = part
    left, top = (target[0] - width * scale) / 2, (target[1] - height * scale) / 2
    shown = left, top, width * scale, height * scale
    if scale == 1 and rgb.shape[1::-1] == target:
        return _Fitted(rgb, shown)
    # Pixel centres lie at halves.
    offsets = (at - from_ / scale + 0.5 / scale - 0.5 for at, from_ in ((x, left), (y, top)))
    matrix = np.array([[1 / scale, 0, next(offsets)], [0, 1 / scale, next(offsets)]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(rgb, matrix, target, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return _Fitted(np.asarray(warped, np.uint8), shown)


def _over_blur(rgb: Plane, target: tuple[int, int]) -> _Fitted:
    height, width = rgb.shape[:2]
    scale = min(target[0] / width, target[1] / height)
    inner_w, inner_h = (max(2, round(side * scale)) for side in (width, height))
    inner = min(target[0], inner_w), min(target[1], inner_h)
    ground = _blurred(rgb, target)
    x, y = (target[0] - inner[0]) // 2, (target[1] - inner[1]) // 2
    ground[y : y + inner[1], x : x + inner[0]] = _resized(rgb, inner)
    return _Fitted(ground, (0.0, 0.0, float(target[0]), float(target[1])))


def _blurred(rgb: Plane, target: tuple[int, int]) -> Plane:
    small_px = _BLUR_WORK_PX, _even_up(_BLUR_WORK_PX * target[1] / target[0])
    small = cv2.GaussianBlur(_cover(rgb, small_px, 1.0).rgb, (0, 0), _BLUR * _BLUR_WORK_PX)
    large = cv2.resize(small, target, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.convertScaleAbs(large, alpha=_BLUR_LIGHT), np.uint8)


def _resized(rgb: Plane, target: tuple[int, int]) -> Plane:
    shrinks = target[0] <= rgb.shape[1] and target[1] <= rgb.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, target, interpolation=way), np.uint8)
