"""Frames to lay things over, and the looks that are held by pictures."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reels.planes import Planes, empty, from_rgb
from tests.reels.ssim import ssim

SIZE = (270, 480)
GOLDEN = Path(__file__).parent / "golden"


def flat(luma: int, size_px: tuple[int, int] = SIZE) -> Planes:
    """A grey frame."""
    planes = empty(size_px)
    for plane, value in zip(planes, (luma, 128, 128), strict=True):
        plane[:] = value
    return planes


def photo(size_px: tuple[int, int] = SIZE) -> Planes:
    """A frame with soft structure, as a photo has."""
    coarse = np.random.default_rng(4).integers(30, 225, (9, 5, 3), dtype=np.uint8)
    return from_rgb(np.asarray(cv2.resize(coarse, size_px, interpolation=cv2.INTER_CUBIC)))


def at(planes: Planes, x: int, y: int) -> list[int]:
    """Y, U and V of one place."""
    return [int(plane[y // s, x // s]) for plane, s in zip(planes, (1, 2, 2), strict=True)]


def golden(name: str, shown: NDArray[np.uint8], alike: float) -> None:
    """Hold a grey picture against the one that was looked at; `alike` is the least SSIM."""
    file = GOLDEN / f"{name}.png"
    if os.environ.get("REELS_REMAKE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        Image.fromarray(shown).quantize(32).save(file, optimize=True)
    kept = np.asarray(Image.open(file).convert("L"))
    assert ssim(kept, shown) > alike
