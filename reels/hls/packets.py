"""The packets of a user's file, listed by a child that decodes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reels import ffmpeg
from reels.errors import RenderError
from reels.limits import (
    CLIP_DECODERS,
    CLIP_FORMATS,
    LOOK_TIMEOUT_S,
    MAX_FRAMES,
    MAX_MEDIA_S,
    MAX_PIXELS,
    SOUND_DECODERS,
    UNTRUSTED,
)

#: AV_NOPTS_VALUE, and AV_PKT_FLAG_KEY and _DISCARD, as FFmpeg's `framecrc` prints them.
_UNSTAMPED, _KEY, _DISCARD = -(1 << 63), 1, 4
#: Sound has more packets than a film has pictures; beyond, the file is not a film.
_MAX_PACKETS = 4 * MAX_FRAMES
_PICTURE_ONLY = "h264_mp4toannexb,filter_units=pass_types="


class Track(NamedTuple):
    """One stream's packets in order of time: when each is shown, for how long, its bytes, and
    whether it is marked as one to start from.

    Times are in ticks of `base` seconds. `hidden` packets more are there to be decoded only.
    """

    base: Fraction
    shown: NDArray[np.int64]
    lengths: NDArray[np.int64]
    sizes: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    hidden: int = 0

    @property
    def start_s(self) -> Fraction:
        return int(self.shown[0]) * self.base

    @property
    def end_s(self) -> Fraction:
        return int((self.shown + self.lengths).max()) * self.base


class Listing(NamedTuple):
    """What the child said of the file, and its first video and audio stream."""

    log: str
    video: Track | None
    audio: Track | None


def guarded_source(path: Path, *, decoder: str = "", threads: int = 1) -> list[str]:
    """ffmpeg's input arguments for a user's film: its picture and its sound, no other file."""
    decoders = ",".join(dict.fromkeys((*CLIP_DECODERS, *SOUND_DECODERS)))
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(CLIP_FORMATS)),
        *("-codec_whitelist", decoders, "-max_pixels", str(MAX_PIXELS)),
        *(("-c:v", decoder) if decoder else ()),
        *("-threads", str(threads), "-sn", "-dn", "-i", f"file:{path.resolve()}"),
    ]


def listing(path: Path, work: Path, group: ffmpeg.Group | None = None) -> Listing:
    """List the packets of the first two hours.

    Raises:
        FfmpegFailed, FfmpegTimedOut: the child failed.
        RenderError: there are too many.
    """
    args = ["-loglevel", "info", "-copyts", *guarded_source(path)]
    args += ["-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-f", "framecrc", "-"]
    with ffmpeg.read(args, work, LOOK_TIMEOUT_S, group=group, limits=UNTRUSTED) as child:
        lines = (line.decode("ascii", "replace") for line in child.lines())
        tracks = _tracks(lines, path)
        return Listing(child.log, tracks.get(0), tracks.get(1))


def idr_times(path: Path, work: Path, group: ffmpeg.Group | None = None) -> Track | None:
    """The IDR pictures of an H.264 stream, from which all that follows can be decoded."""
    args = ["-copyts", *guarded_source(path), "-map", "0:V:0", "-c", "copy"]
    args += ["-bsf:v", f"{_PICTURE_ONLY}5", "-f", "framecrc", "-"]
    with ffmpeg.read(args, work, LOOK_TIMEOUT_S, group=group, limits=UNTRUSTED) as child:
        lines = (line.decode("ascii", "replace") for line in child.lines())
        return _tracks(lines, path).get(0)


def parameter_sets(path: Path, work: Path, group: ffmpeg.Group | None = None) -> set[bytes]:
    """The different SPS and PPS units of an H.264 stream; more than a few are cut off."""
    args = ["-copyts", *guarded_source(path), "-map", "0:V:0", "-c", "copy"]
    args += ["-bsf:v", f"{_PICTURE_ONLY}7-8", "-f", "h264", "-"]
    found: set[bytes] = set()
    with ffmpeg.read(args, work, LOOK_TIMEOUT_S, group=group, limits=UNTRUSTED) as child:
        rest = b""
        buffer = bytearray(1 << 16)
        while count := child.fill(memoryview(buffer)):
            # Three-byte start codes end in the same bytes as those of four.
            *units, rest = (rest + bytes(buffer[:count])).split(b"\0\0\1")
            found |= {unit.rstrip(b"\0") for unit in units}
            if len(found) > 64 or len(rest) > len(buffer):
                break
    return (found | {rest.rstrip(b"\0")}) - {b""}


def _tracks(lines: Iterable[str], path: Path) -> dict[int, Track]:
    bases: dict[int, Fraction] = {}
    rows: dict[int, list[tuple[int, int, int, int]]] = {}
    hidden: Counter[int] = Counter()
    for line in lines:
        if line.startswith("#tb "):
            stream, _, base = line[4:].partition(":")
            bases[int(stream)] = Fraction(base.strip())
        fields = line.split(",")
        if line.startswith("#") or len(fields) < 6:
            continue
        index, stored, shown, length, size = (int(field) for field in fields[:5])
        shown = shown if shown != _UNSTAMPED else stored
        own = rows.setdefault(index, [])
        base_s = bases.get(index, Fraction(1))
        flags = next((int(f.strip()[2:], 16) for f in fields[6:] if f.startswith(" F=")), _KEY)
        is_late = own and (shown - own[0][0]) * base_s > MAX_MEDIA_S
        # Sound that only fills an encoder's delay is marked so, but takes its place in time.
        if shown == _UNSTAMPED or (index == 0 and flags & _DISCARD) or is_late:
            hidden[index] += 1
            continue
        own.append((shown, max(0, length), size, flags & _KEY))
        if len(own) > _MAX_PACKETS:
            raise RenderError(f"The film {path.name} has too many pictures.", remedy="Shorten it.")
    return {
        stream: _track(bases[stream], own)._replace(hidden=hidden[stream])
        for stream, own in rows.items()
        if own
    }


def _track(base: Fraction, rows: list[tuple[int, int, int, int]]) -> Track:
    table = np.array(sorted(rows), np.int64)
    return Track(base, table[:, 0], table[:, 1], table[:, 2], table[:, 3] > 0)
