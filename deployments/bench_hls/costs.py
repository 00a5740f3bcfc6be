"""Processor seconds of packaging, and of x264 on frames that are ready."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from reels import ffmpeg
from reels.codecs import COLOUR
from reels.hls.encode import copy, encode, encoder_args
from reels.hls.graph import Branch, filters
from reels.hls.ladder import Ladder, Variant
from reels.hls.packets import guarded_source
from reels.hls.piping import fragmented

_TIMEOUT_S = 3600.0


def spent(work: Callable[[], None]) -> float:
    """The processor seconds that a piece of work takes, those of its children included."""
    began = _so_far()
    work()
    return _so_far() - began


def _so_far() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def packaged(path: Path, ladder: Ladder, desk: Path, preset: str) -> float:
    """What all encoded variants of a film cost together, up to their segments."""
    root = desk / "package"
    shutil.rmtree(root, ignore_errors=True)
    return spent(lambda: encode(path, ladder, root, desk, preset=preset))


def copied(path: Path, ladder: Ladder, desk: Path) -> float:
    """What the variant that is copied costs, up to its segments."""
    root = desk / "copy"
    shutil.rmtree(root, ignore_errors=True)
    return spent(lambda: copy(path, ladder, root, desk))


def alone(path: Path, ladder: Ladder, variant: Variant, desk: Path, preset: str) -> float:
    """What x264 takes for one variant with the package's settings, of frames that are ready.

    They come through a pipe from a process whose own time does not count.
    """
    width, height = variant.size_px
    grid = ladder.grid
    made = [
        *guarded_source(path),
        *("-filter_complex", filters(ladder.source, grid, [Branch("v", variant.size_px, 0)])),
        *("-map", "[v]", "-f", "rawvideo", "-"),
    ]
    # Without its colours ffmpeg would convert what it reads, and that would count as x264's.
    colour = [word for name, value in COLOUR.items() for word in (f"-{name}", value)]
    ready = [*colour, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
    coded = [
        *(*ready, "-r", str(grid.fps), "-i", "pipe:0"),
        *encoder_args(variant, grid, 0, preset),
        *(*fragmented("+frag_keyframe"), os.devnull),
    ]
    command = [ffmpeg.binary(), "-hide_banner", "-loglevel", "error", "-y", "-nostdin"]
    drawing = subprocess.Popen([*command, *made], cwd=desk, stdout=subprocess.PIPE)
    coding = subprocess.Popen([*command[:-1], *coded], cwd=desk, stdin=drawing.stdout)
    assert drawing.stdout is not None
    drawing.stdout.close()
    _, status, used = os.wait4(coding.pid, 0)
    coding.returncode = os.waitstatus_to_exitcode(status)
    if drawing.wait(_TIMEOUT_S) or coding.returncode:
        raise RuntimeError(f"ffmpeg failed for {variant.name}")
    return used.ru_utime + used.ru_stime
