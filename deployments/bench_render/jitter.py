"""How far a point strays from its ideal path during a zoom, ours and the recipe's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from deployments.bench_render import dots, jitter_plot, material, zoompan
from deployments.bench_render.bench import Bench, Figures
from deployments.bench_render.clock import run, say
from reels.encode import encode_all
from reels.frames import Painter
from reels.grid import plan
from reels.motion import view
from reels.planes import empty
from reels.timeline import Timeline

DURATION_S = 4

Frames = Iterable[NDArray[np.uint8]]
#: Pixels off the ideal path, (frames, dots, 2).
Strayed = NDArray[np.float64]


class Jitter(NamedTuple):
    """In pixels. `shake` leaves out what of a dot's error stays the same over all frames;
    `step` is the greatest change from a frame to the next.
    """

    worst: float
    median: float
    shake: float
    step: float


def measure(bench: Bench) -> Figures:
    """Track dots over a whole shot, before and after encoding, and draw one dot's path."""
    desk = bench.folder("jitter")
    middles = dots.places()
    picture = dots.draw(desk / "dots.png", middles)
    timeline = material.timeline([picture], DURATION_S, captions="none")
    strayed = {
        "ours": stray(_drawn(timeline, desk), timeline, middles),
        "ours encoded": stray(_encoded(timeline, desk), timeline, middles),
        "zoompan": stray(_zoompanned(timeline, desk, 1), timeline, middles),
        "zoompan 4x": stray(_zoompanned(timeline, desk, 4), timeline, middles),
    }
    found = {name: summary(each) for name, each in strayed.items()}
    for name, each in found.items():
        say(f"  {name}: at worst {each.worst:.3f} px, about its mean {each.shake:.3f} px")
    jitter_plot.draw(strayed, bench.out / "jitter.png")
    return {
        "jitter_px": round(found["ours"].worst, 4),
        "jitter_shake_px": round(found["ours"].shake, 4),
        "jitter_encoded_px": round(found["ours encoded"].worst, 4),
        "zoompan_jitter_px": {
            "plain": round(found["zoompan"].worst, 4),
            "4x": round(found["zoompan 4x"].worst, 4),
        },
        "jitter": {
            name: {key: round(px, 4) for key, px in each._asdict().items()}
            for name, each in found.items()
        },
    }


def stray(frames: Frames, timeline: Timeline, middles: dots.Places) -> Strayed:
    """How far each dot lies from its ideal place in each frame of the only shot."""
    shot = timeline.shots[0]
    rows = []
    for number, luma in enumerate(frames):
        seen = view(shot.motion, number, shot.frames)
        wanted = dots.ideal(middles, seen, timeline.size_px)
        rows.append(dots.found(luma, wanted) - wanted)
    assert len(rows) == shot.frames
    return np.array(rows)


def summary(strayed: Strayed) -> Jitter:
    distance = np.linalg.norm(strayed, axis=-1)
    steps = np.linalg.norm(np.diff(strayed, axis=0), axis=-1)
    about = np.linalg.norm(strayed - strayed.mean(axis=0), axis=-1)
    return Jitter(
        worst=float(distance.max()),
        median=float(np.median(distance)),
        shake=float(about.max()),
        step=float(steps.max()),
    )


def _drawn(timeline: Timeline, desk: Path) -> Iterator[NDArray[np.uint8]]:
    target = empty(timeline.size_px)
    for segment in plan(timeline):
        with Painter(segment, desk) as painter:
            for frame in range(segment.frames):
                painter.paint(frame, target)
                yield target.y


def _encoded(timeline: Timeline, desk: Path) -> Iterator[NDArray[np.uint8]]:
    for part in encode_all(plan(timeline), desk / "parts"):
        with av.open(str(part)) as container:
            for frame in container.decode(video=0):
                yield np.asarray(frame.to_ndarray()[: timeline.size_px[1]], np.uint8)


def _zoompanned(timeline: Timeline, desk: Path, upscale: int) -> Iterator[NDArray[np.uint8]]:
    raw = desk / "zoompan.yuv"
    run(zoompan.raw_command(timeline, desk, raw, upscale), desk)
    width, height = timeline.size_px
    with raw.open("rb") as file:
        while frame := file.read(width * height * 3 // 2):
            yield np.frombuffer(frame, np.uint8)[: width * height].reshape(height, width)
    raw.unlink()
