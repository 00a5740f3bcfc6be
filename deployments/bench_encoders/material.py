"""Finished frames of the kinds that our videos show, captions and all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from deployments.bench_render.material import FPS, SIZE_PX, cues
from deployments.bench_render.pictures import make_pictures
from reels.frames import Painter
from reels.grid import Segment, plan
from reels.models import Motion
from reels.pictures import decode
from reels.planes import Plane, Planes, empty
from reels.timeline import Media, Shot, Timeline
from reels.visuals.base import Canvas
from reels.visuals.slide import draw_slide
from reels.visuals.slide_spec import SlideSpec

FRAMES = 2 * FPS


class Kind(NamedTuple):
    """Finished frames, in memory and as a raw file."""

    name: str
    segment: Segment
    frames: list[Planes]
    raw: Path


class Replay:
    """Copies finished frames into an encoder's memory; the copying costs 0.3 ms a frame."""

    def __init__(self, frames: Sequence[Planes]) -> None:
        self._frames = frames

    def paint(self, frame: int, onto: Planes, /) -> None:
        for source, target in zip(self._frames[frame], onto, strict=True):
            np.copyto(target, source)


def material(desk: Path) -> list[Kind]:
    """A sharp photo, a soft and dark one, and a slide, all under a slow camera."""
    sharp = make_pictures(desk, 1)[0]
    soft, slide = desk / "soft.png", desk / "slide.png"
    Image.fromarray(_soft(decode(sharp))).save(soft)
    spec = SlideSpec(
        eyebrow="How cities began",
        title="Streets follow the first steps: a path between two places",
        emphasis="a path between two places",
        seed="cities",
    )
    draw_slide(spec, Canvas(size_px=SIZE_PX)).save(slide)
    shown: list[tuple[str, Path, Motion]] = [
        ("photo", sharp, "zoom_in"), ("soft photo", soft, "pan_up"), ("slide", slide, "zoom_in"),
    ]  # fmt: skip
    return [_drawn(name, picture, motion, desk) for name, picture, motion in shown]


def _soft(picture: Plane) -> Plane:
    """As a dark sky out of focus: little light, no edges, a sensor's fine noise."""
    blurred = cv2.GaussianBlur(picture, (0, 0), 40).astype(np.float32)
    noise = np.random.default_rng(7).normal(0, 1.2, picture.shape)
    return np.clip(0.5 * blurred + 10 + noise, 0, 255).astype(np.uint8)


def _drawn(name: str, picture: Path, motion: Motion, desk: Path) -> Kind:
    """The second segment of a shot of four seconds."""
    shot = Shot(media=Media.of(picture), frames=2 * FRAMES, motion=motion)
    whole = Timeline(size_px=SIZE_PX, fps=FPS, shots=(shot,), cues=cues(2 * FRAMES / FPS))
    segment = plan(whole.model_copy(update={"fade_in_frames": 0, "fade_out_frames": 0}))[1]
    frames, raw = [], desk / f"{name}.yuv"
    with Painter(segment, desk) as painter, raw.open("wb") as file:
        for number in range(FRAMES):
            frames.append(empty(SIZE_PX))
            painter.paint(number, frames[-1])
            for plane in frames[-1]:
                file.write(plane.data)
    return Kind(name, segment, frames, raw)
