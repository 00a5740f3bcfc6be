"""The filters from a film to all its encoded sizes, which share one decoder."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from reels.conform import graph as conformed
from reels.hls.grid import Grid
from reels.hls.source import Source

#: The steps between two frames of the grid: time stamps are rounded to it.
_TICKS_PER_FRAME = 1000
#: Down four steps to 360x640, beside `bicubic`: 3.3 points of VMAF more, for a hundredth of the
#: ladder's work. `bilinear` loses 12 points in one step.
_SCALE = "flags=lanczos"


class Branch(NamedTuple):
    """One encoded size, which starts with frame `first` of the film. `label` is its output."""

    label: str
    size_px: tuple[int, int]
    first: int


def filters(source: Source, grid: Grid, branches: Sequence[Branch]) -> str:
    """A filter graph from `0:V:0` to the labels of all branches.

    Frames are those of the grid, whatever the film's own times are: upright, square pixels,
    BT.709 in limited range. Each size is scaled from the next larger one. A branch that
    starts later than another one passes over the frames before.
    """
    steps = sorted(branches, key=lambda branch: -branch.size_px[0] * branch.size_px[1])
    first = min(branch.first for branch in branches)
    chains = [f"[0:V:0]{_stem(source, grid, first, steps[0].size_px)}[s0]"]
    for number, branch in enumerate(steps):
        own, is_last = f"[s{number}]", number == len(steps) - 1
        if not is_last:
            width, height = steps[number + 1].size_px
            chains.append(f"{own}split[b{number}][d{number}]")
            scaled = f"scale={width}:{height}:{_SCALE},setsar=1"
            chains.append(f"[d{number}]{scaled}[s{number + 1}]")
            own = f"[b{number}]"
        skip = f"trim=start_frame={branch.first - first}," if branch.first > first else ""
        chains.append(f"{own}{skip}setpts=N[{branch.label}]")
    return ";".join(chains)


def seek_s(source: Source, grid: Grid, first: int) -> float | None:
    """Where to start reading for frame `first`, in the container's clock; None is its start."""
    at_s = float(source.start_s + Fraction(first) / grid.fps) - source.reach_s
    return at_s if at_s > float(source.start_s) else None


def clock(source: Source, fps: Fraction, first: int) -> tuple[str, ...]:
    """Filters that give a film the frames of an even clock, from number `first` on, for ever.

    A frame is the picture whose time is nearest, so it does not depend on where reading
    starts; the last one stays.
    """
    ticks = fps * _TICKS_PER_FRAME
    at = round(source.start_s * ticks) + first * _TICKS_PER_FRAME
    return (
        *(("bwdif=mode=send_frame:deint=interlaced",) if source.is_interlaced else ()),
        f"settb={ticks.denominator}/{ticks.numerator}",
        f"setpts=PTS-({at})",
        "tpad=stop=-1:stop_mode=clone",
        f"fps={fps}:start_time=0:round=near",
    )


def _stem(source: Source, grid: Grid, first: int, size_px: tuple[int, int]) -> str:
    parts = (
        *clock(source, grid.fps, first),
        f"trim=end_frame={grid.frames - first}",
        conformed(source.look, size_px, "cover"),
        "setsar=1",
    )
    return ",".join(parts)
