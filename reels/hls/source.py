"""What a film is, as far as its packaging depends on it; found out by children in limits."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reels import ffmpeg, guarded
from reels.errors import FfmpegFailed, FfmpegTimedOut, RenderError
from reels.footage import Look, footage
from reels.hls.packets import Listing, Track, idr_times, listing, parameter_sets
from reels.hls.rates import true_rate, usual_rate
from reels.models import Model
from reels.timeline import Media

_VIDEO = re.compile(r"Stream #0:\d+.*?: Video: (\w+)(?: \(([^)]*)\))?")
_AUDIO = re.compile(
    r"Stream #0:\d+.*?: Audio: (\w+)(?: \(([\w\-+]+)\))?[^\n]*?, (\d+) Hz, ([^,\n]+)"
)
_ROTATION = re.compile(r"rotation of -?(\d+)")
_SPS = 7
#: Samples in a packet of AAC.
PACKET = 1024
#: Sound that goes on for so long after the last picture is heard under it, held; and one
#: that starts so long before the first one, likewise.
HELD_S = Fraction(1, 2)
#: Peaks are looked for in windows of so many seconds.
PEAK_S = 6
_LAYOUTS = {"mono": 1, "stereo": 2}


class SourceSound(Model):
    """The first sound. Times are those of the container.

    `packets` is how many there are when each lasts 1024 samples and none is missing, else 0.
    """

    codec: str
    profile: str
    rate_hz: int
    channels: int
    start_s: Fraction
    end_s: Fraction
    rate_bps: int
    packets: int = 0


class Source(Model):
    """A film's facts.

    `size_px` is upright and stored; `pixel_aspect` is a pixel's width over its height.
    `profile` and `level` are H.264's numbers (100 and 42 for High 4.2), 0 for other codecs.
    `fps` is the true rate where it `is_constant`, else the usual one that is near.
    `keys` are the frames from which all can be decoded: IDR pictures, known for H.264 of
    constant rate only. `key_gap_s` is the longest way from one that is marked so to the next.
    `peak_bps` is the busiest of 6 s. Times count in the container's
    clock; `start_s` is when the package starts, `frames` how many it shows.
    """

    size_px: tuple[int, int]
    pixel_aspect: Fraction
    is_rotated: bool
    is_interlaced: bool
    codec: str
    profile: int
    level: int
    pixel_format: str
    matrix: str
    primaries: str
    transfer: str
    demuxer: str
    decoder: str
    fps: Fraction
    is_constant: bool
    is_held: bool
    start_s: Fraction
    frames: int
    reach_s: float
    key_gap_s: float
    keys: tuple[int, ...]
    has_one_setup: bool
    has_hidden: bool
    average_bps: int
    peak_bps: int
    sound: SourceSound | None

    @property
    def length_s(self) -> Fraction:
        return self.frames / self.fps

    @property
    def look(self) -> Look:
        """As `reels.conform` wants it."""
        return Look(
            start_s=self.start_s,
            size_px=self.size_px,
            pixel_aspect=self.pixel_aspect,
            pixel_format=self.pixel_format,
            is_interlaced=self.is_interlaced,
            matrix=self.matrix,
            primaries=self.primaries,
            transfer=self.transfer,
            demuxer=self.demuxer,
            decoder=self.decoder,
        )


class _H264(NamedTuple):
    profile: int = 0
    level: int = 0
    keys: tuple[int, ...] = ()
    has_one_setup: bool = False


def source_of(path: Path, work: Path, group: ffmpeg.Group | None = None) -> Source:
    """Look at a film of anybody's; `work` is a directory for passing files.

    Raises:
        RenderError: it is no film that is taken, is broken, or needs too much.
    """
    clip = footage(Media.of(path), work, group)
    try:
        listed = listing(path, work, group)
        video = listed.video
        if video is None:
            raise RenderError(f"The film {path.name} has no picture.", remedy=guarded.USE_ANOTHER)
        codec = _VIDEO.search(listed.log)
        rate = true_rate(video)
        h264 = _H264()
        if codec and codec[1] == "h264" and rate:
            h264 = _h264(path, video, rate, work, group)
    except (FfmpegFailed, FfmpegTimedOut) as error:
        raise guarded.unreadable(path, error) from error
    look, sound = clip.look, _sound(listed)
    start_s, end_s, is_held = _span(clip.start_s, video, sound, rate)
    fps = rate or usual_rate(video)
    average, peak = _bit_rates(video)
    return Source(
        size_px=look.size_px,
        pixel_aspect=look.pixel_aspect,
        is_rotated=any(int(turn) % 360 for turn in _ROTATION.findall(listed.log)),
        is_interlaced=look.is_interlaced,
        codec=codec[1] if codec else "",
        profile=h264.profile,
        level=h264.level,
        pixel_format=look.pixel_format,
        matrix=look.matrix,
        primaries=look.primaries,
        transfer=look.transfer,
        demuxer=look.demuxer,
        decoder=look.decoder,
        fps=fps,
        is_constant=rate is not None,
        is_held=is_held,
        start_s=start_s,
        frames=max(1, round((end_s - start_s) * fps)),
        reach_s=min(clip.reach_s, 1e6),
        key_gap_s=_key_gap_s(video),
        keys=h264.keys,
        has_one_setup=h264.has_one_setup,
        has_hidden=video.hidden > 0,
        average_bps=average,
        peak_bps=peak,
        sound=sound,
    )


def _span(
    start_s: Fraction, video: Track, sound: SourceSound | None, rate: Fraction | None
) -> tuple[Fraction, Fraction, bool]:
    """From when to when the package goes, and whether its first or last picture is held."""
    frame_s = 1 / rate if rate else Fraction(0)
    end_s = max(video.end_s, int(video.shown[-1]) * video.base + frame_s)
    if rate:
        end_s = start_s + len(video.shown) / rate
    if sound is None:
        return start_s, end_s, False
    starts_early = sound.start_s < start_s - HELD_S
    ends_late = sound.end_s > end_s + HELD_S
    return (
        sound.start_s if starts_early else start_s,
        sound.end_s if ends_late else end_s,
        starts_early or ends_late,
    )


def _sound(listed: Listing) -> SourceSound | None:
    said, track = _AUDIO.search(listed.log), listed.audio
    if said is None or track is None:
        return None
    length_s = track.end_s - track.start_s
    if length_s <= 0:
        return None
    step = Fraction(PACKET, int(said[3])) / track.base
    # The last packet may say that some of its samples are not to be heard.
    is_whole = bool((np.diff(track.shown) == step).all())
    return SourceSound(
        codec=said[1],
        profile=said[2] or "",
        rate_hz=int(said[3]),
        channels=_LAYOUTS.get(said[4].strip(), 6),
        start_s=track.start_s,
        end_s=track.end_s,
        rate_bps=round(8 * int(track.sizes.sum()) / length_s),
        packets=len(track.shown) if is_whole else 0,
    )


def _h264(
    path: Path, video: Track, rate: Fraction, work: Path, group: ffmpeg.Group | None
) -> _H264:
    sets = parameter_sets(path, work, group)
    setups = [unit for unit in sets if unit[0] & 0x1F == _SPS]
    found = idr_times(path, work, group)
    if not setups or found is None:
        return _H264()
    at = (found.shown * float(found.base) - float(video.start_s)) * float(rate)
    keys = tuple(int(number) for number in np.unique(np.round(at)) if number >= 0)
    return _H264(setups[0][1], setups[0][3], keys, len(sets) == 2)


def _key_gap_s(video: Track) -> float:
    """The longest way from a picture to start from to the next, or to the end."""
    keys = video.shown[video.is_key] * float(video.base)
    return float(np.diff(keys, append=float(video.end_s)).max(initial=0.0))


def _bit_rates(video: Track) -> tuple[int, int]:
    """Bits a second of the whole, and of the busiest seconds of it."""
    seconds = video.shown * float(video.base)
    seconds = seconds - seconds[0]
    length_s = max(float(video.end_s - video.start_s), 0.001)
    total = float(video.sizes.sum()) * 8
    bins = np.bincount(seconds.astype(np.int64), weights=video.sizes * 8.0)
    if len(bins) <= PEAK_S:
        return round(total / length_s), round(total / length_s)
    busiest = np.convolve(bins, np.ones(PEAK_S), "valid").max() / PEAK_S
    return round(total / length_s), round(max(busiest, total / length_s))
