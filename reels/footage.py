"""What a user's clip is, found out with care: its picture, its colours, its times.

It is looked at by children that may open no other file, try no exotic decoder and use no
more than their share; see `reels.limits`.
"""

from __future__ import annotations

import math
import re
import threading
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from reels import ffmpeg, guarded
from reels.errors import FfmpegFailed, FfmpegTimedOut, RenderError
from reels.limits import LOOK_TIMEOUT_S, MIN_SIDE_PX, UNTRUSTED
from reels.pace import Pace, pace
from reels.timeline import Media

#: Pixels further from square than this are a mistake, and taken as square.
MAX_PIXEL_ASPECT = 4
_KEPT = 256

_ALPHA = re.compile(r"yuva|gbrap|rgba|bgra|argb|abgr|ya8|ya16|pal8")
_BASE = re.compile(r"config in time_base: (\d+)/(\d+)")
_FRAME = re.compile(r" pts: *(-?\d+) .*? fmt:(\w+) .*? sar:(\d+)/(\d+) s:(\d+)x(\d+) i:(\w)")
_COLOUR = re.compile(r"color_range:\S+ color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)")
_DEMUXER = re.compile(r"Input #0, ([\w,]+), from")
#: Photos of phones lie in the same container as clips; of a tiled one a tile would be seen.
_PHOTO = re.compile(r"major_brand +: (?:hei[cxms]|mif1|avif)\b")
_CODEC = re.compile(r"Stream #0:\d+.*?: Video: (\w+)")


class Look(NamedTuple):
    """The first picture, upright, with FFmpeg's names for its pixels and colours.

    `pixel_aspect` is a pixel's width over its height. `decoder` is one that sees
    transparency where the usual one does not, or nothing.
    """

    start_s: Fraction
    size_px: tuple[int, int]
    pixel_aspect: Fraction
    pixel_format: str
    is_interlaced: bool
    matrix: str
    primaries: str
    transfer: str
    demuxer: str
    decoder: str

    @property
    def has_alpha(self) -> bool:
        return bool(self.decoder or _ALPHA.search(self.pixel_format))


class Footage(NamedTuple):
    """A clip that can be decoded; `start_s`, when its first picture is shown, counts in the
    container's clock. To have the picture shown at a time, start `reach_s` before it.
    """

    path: Path
    look: Look
    start_s: Fraction
    length_s: Fraction
    reach_s: float


_known: dict[str, Footage] = {}
_lock = threading.Lock()


def footage(media: Media, work: Path, group: ffmpeg.Group | None = None) -> Footage:
    """Look at a clip; this process looks at each once, and knows it by its hash.

    Raises:
        RenderError: it is not a clip that is taken, is broken, or needs too much.
    """
    with _lock:
        found = _known.get(media.sha256)
    if found is None:
        found = _examined(media.path, work, group)
        with _lock:
            if len(_known) >= _KEPT:
                _known.clear()
            _known[media.sha256] = found
    return found._replace(path=media.path)


def _examined(path: Path, work: Path, group: ffmpeg.Group | None) -> Footage:
    try:
        look, timing = _look(path, work, group), pace(path, work, group)
    except (FfmpegFailed, FfmpegTimedOut) as error:
        raise guarded.unreadable(path, error) from error
    # Without time stamps of their own, pictures come out later than their packets say.
    start_s = look.start_s if timing.is_stamped else timing.start_s
    length_s = max(Fraction(0), timing.end_s - start_s)
    return Footage(path, look, look.start_s, length_s, _reach_s(look.demuxer, timing))


def _reach_s(demuxer: str, timing: Pace) -> float:
    reach_s = timing.longest_s + timing.reorder_s + Fraction(1, 50)
    if demuxer.startswith(("mov", "matroska")):
        return float(reach_s)
    # The others find a place, but not the key frame before it; GIF finds none.
    return float(reach_s + timing.key_gap_s) if demuxer != "gif" else math.inf


def _look(path: Path, work: Path, group: ffmpeg.Group | None) -> Look:
    args = ["-loglevel", "info", "-copyts", *guarded.source(path), "-map", "0:V:0"]
    args += ["-vf", "showinfo", "-frames:v", "1", "-f", "null", "-"]
    log = ffmpeg.run(args, work, LOOK_TIMEOUT_S, group=group, limits=UNTRUSTED)
    base, frame, colour = (p.search(log) for p in (_BASE, _FRAME, _COLOUR))
    if not base or not frame or not colour:
        raise RenderError(f"The clip {path.name} has no picture.", remedy=guarded.USE_ANOTHER)
    if _PHOTO.search(log):
        raise RenderError(
            f"The clip {path.name} is a photo, in HEIC or AVIF.", remedy="Use a JPEG of it."
        )
    width, height = int(frame[5]), int(frame[6])
    if min(width, height) < MIN_SIDE_PX:
        raise RenderError(
            f"The clip {path.name} is only {width}x{height} pixels large.",
            remedy=f"Use one of at least {MIN_SIDE_PX} pixels a side.",
        )
    return Look(
        start_s=int(frame[1]) * Fraction(int(base[1]), int(base[2])),
        size_px=(width, height),
        pixel_aspect=_pixel_aspect(int(frame[3]), int(frame[4])),
        pixel_format=frame[2],
        is_interlaced=frame[7] != "P",
        matrix=colour[1],
        primaries=colour[2],
        transfer=colour[3],
        demuxer=_first(_DEMUXER, log),
        decoder=_alpha_decoder(log),
    )


def _pixel_aspect(x: int, y: int) -> Fraction:
    aspect = Fraction(x, y) if x and y else Fraction(1)
    return aspect if Fraction(1, MAX_PIXEL_ASPECT) <= aspect <= MAX_PIXEL_ASPECT else Fraction(1)


def _alpha_decoder(log: str) -> str:
    """FFmpeg's own decoders of VP8 and VP9 leave transparency out; libvpx's do not."""
    if not re.search(r"alpha_mode +: 1", log):
        return ""
    return {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(_first(_CODEC, log), "")


def _first(pattern: re.Pattern[str], log: str) -> str:
    match = pattern.search(log)
    return match[1] if match else ""
