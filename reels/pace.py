"""When the pictures of a clip are shown, read off its packets; nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reels import ffmpeg, guarded
from reels.errors import RenderError
from reels.limits import LOOK_TIMEOUT_S, MAX_FRAMES, MAX_MEDIA_S, UNTRUSTED

#: AV_NOPTS_VALUE, and AV_PKT_FLAG_KEY and _DISCARD, as FFmpeg's `framecrc` prints them.
_UNSTAMPED = -(1 << 63)
_KEY, _DISCARD = 1, 4


class Pace(NamedTuple):
    """Times in the container's clock.

    `longest_s` is the longest that one picture stays, `reorder_s` how much sooner than it
    is shown one may be stored, `key_gap_s` the longest way from a key frame to the next.
    `is_stamped`: pictures have time stamps of their own, and not of their packets.
    """

    start_s: Fraction
    end_s: Fraction
    longest_s: Fraction
    reorder_s: Fraction
    key_gap_s: Fraction
    is_stamped: bool


class _Packet(NamedTuple):
    """Times in ticks."""

    stored: int
    shown: int
    end: int
    is_key: bool
    is_stamped: bool


def pace(path: Path, work: Path, group: ffmpeg.Group | None = None) -> Pace:
    """Read the time stamps of the first two hours.

    Raises:
        FfmpegFailed, FfmpegTimedOut: the child failed.
        RenderError: there are no pictures, or too many.
    """
    args = ["-copyts", *guarded.source(path), "-map", "0:V:0", "-c", "copy"]
    args += ["-copypriorss", "1", "-f", "framecrc", "-"]
    with ffmpeg.read(args, work, LOOK_TIMEOUT_S, group=group, limits=UNTRUSTED) as child:
        lines = (line.decode("ascii", "replace") for line in child.lines())
        base = next((_base(line) for line in lines if line.startswith("#tb 0:")), Fraction(1))
        packets = list(_packets(lines, round(MAX_MEDIA_S / base)))
    if not packets:
        raise RenderError(f"The clip {path.name} has no picture.", remedy=guarded.USE_ANOTHER)
    if len(packets) > MAX_FRAMES:
        raise RenderError(
            f"The clip {path.name} has more than {MAX_FRAMES} pictures.", remedy="Shorten it."
        )
    return _summed(packets, base)


def _base(line: str) -> Fraction:
    numerator, denominator = line.partition(":")[2].split("/")
    return Fraction(int(numerator), int(denominator))


def _packets(lines: Iterable[str], most: int) -> Iterator[_Packet]:
    """The packets that are shown, up to `most` ticks from the first and one too many."""
    first: int | None = None
    count = 0
    for line in lines:
        fields = line.split(",")
        if line.startswith("#") or len(fields) < 6:
            continue
        stored, shown, length = (int(field) for field in fields[1:4])
        flags = next((int(f.strip()[2:], 16) for f in fields[6:] if f.startswith(" F=")), _KEY)
        is_stamped = shown != _UNSTAMPED
        shown = shown if is_stamped else stored
        first = shown if first is None else first
        if flags & _DISCARD or shown == _UNSTAMPED or abs(shown - first) > most:
            continue
        length = max(0, min(length, most))
        yield _Packet(stored, shown, shown + length, bool(flags & _KEY), is_stamped)
        count += 1
        if count > MAX_FRAMES:
            return


def _summed(packets: list[_Packet], base: Fraction) -> Pace:
    shown = np.array([p.shown for p in packets], np.int64)
    keys = np.array([p.shown for p in packets if p.is_key], np.int64)
    end = max(p.end for p in packets)
    return Pace(
        start_s=int(shown.min()) * base,
        end_s=end * base,
        longest_s=_longest(shown, end) * base,
        reorder_s=max(0, *(p.shown - p.stored for p in packets)) * base,
        key_gap_s=_longest(keys, end) * base,
        is_stamped=all(p.is_stamped for p in packets),
    )


def _longest(times: NDArray[np.int64], end: int) -> int:
    return int(np.diff(np.sort(times), append=end).max(initial=0))
