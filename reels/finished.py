"""Whether a finished video is what was promised. Looked at after every render."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from reels.cuts import GRID_S
from reels.dark import dark_shots
from reels.errors import CheckFailed
from reels.grid import Segment
from reels.loudness import measure
from reels.mastering import MAX_PEAK_DBTP, TARGET_LUFS, TOLERANCE_LU
from reels.models import Loudness, Model
from reels.probe import AudioStream, Packets, Probe, VideoStream, scan
from reels.stems import FAINT_LUFS
from reels.stretches import FrameRange, black_stretches, frozen_stretches

#: EBU R37 lets sound lead by 40 ms and lag by 60; half of the stricter is ours.
MAX_DRIFT_S = 0.02
_BT709, _LIMITED = 1, 1
#: An AAC packet of silence takes 6 bytes, of the faintest room some 50.
_SILENT_BYTES = 10
#: A pause within a line is shorter, and takes less of it.
_MAX_PAUSE_S, _MAX_PAUSE_SHARE = 2.0, 0.6


class Promise(Model):
    """What a finished video must be.

    `cuts` are the first frames of its segments: each must be one to start from. `moving`
    names the shots whose picture moves all the time, `dark` the frames that may be black,
    `fades` those that come out of black or go into it.
    `loudness` is what was measured in its sound, when that is copied into the file as it
    is; else the file's own sound is measured. `spoken` says from when to when lines are
    spoken, in seconds.
    """

    frames: int
    size_px: tuple[int, int]
    fps: int
    sound: bool = True
    cuts: tuple[int, ...] = ()
    moving: tuple[FrameRange, ...] = ()
    dark: tuple[FrameRange, ...] = ()
    fades: tuple[FrameRange, ...] = ()
    loudness: Loudness | None = None
    spoken: tuple[tuple[float, float], ...] = ()


def promised(
    segments: Sequence[Segment],
    *,
    sound: bool = True,
    loudness: Loudness | None = None,
    spoken: Sequence[tuple[float, float]] = (),
) -> Promise:
    """What a video of these segments must be.

    A clip may be dark and may stand still: what is in it was not made here.
    """
    first = segments[0]
    return Promise(
        frames=sum(segment.frames for segment in segments),
        size_px=first.size_px,
        fps=first.fps,
        sound=sound,
        cuts=tuple(segment.first_frame for segment in segments),
        moving=tuple(_moving_shots(segments)),
        dark=tuple(
            (segment.first_frame, segment.first_frame + segment.frames)
            for segment in segments
            if any(span.media.kind == "clip" for span in segment.spans)
        ),
        fades=tuple(_fades(segments)),
        loudness=loudness,
        spoken=tuple(spoken),
    )


def check(path: Path, promise: Promise) -> Probe:
    """Make sure that a finished video is what was promised; returns what was found.

    Costs about 60 ms of work for 30 s of 1080x1920, and as much again for every stretch
    that looks suspicious; measuring the sound, when it was not before, takes 5 ms a second.

    Raises:
        CheckFailed: it is not; the message lists every fault in plain words.
        RenderError: the file cannot be read.
    """
    found, packets = scan(path)
    faults = [*_picture_faults(found.video, promise)]
    if not faults:
        faults += _stretch_faults(path, packets, promise)
    if promise.sound:
        faults += _sound_faults(path, found, packets, promise)
    if not found.is_fast_start:
        faults.append("its index stands behind the media, so playing starts late")
    if faults:
        raise CheckFailed(f"The finished video {path.name} is wrong: {'; '.join(faults)}.")
    return found


def check_rendered(path: Path, promise: Promise, segments: Sequence[Segment]) -> Probe:
    """As `check`, but a shot may be black where its picture is. Raises as `check` does.

    The pictures, which must be at hand, are looked at only when something is wrong.
    """
    try:
        return check(path, promise)
    except CheckFailed:
        dark = dark_shots(segments)
        if not dark:
            raise
    return check(path, promise.model_copy(update={"dark": (*promise.dark, *dark)}))


def _moving_shots(segments: Sequence[Segment]) -> list[FrameRange]:
    """Runs of segments that show one picture in one move, transitions left out."""
    shots: list[FrameRange] = []
    before: Segment | None = None
    for segment in segments:
        end = segment.first_frame + segment.frames
        if before and _goes_on(before, segment):
            shots[-1] = (shots[-1][0], end)
        elif _moves(segment):
            shots.append((segment.first_frame, end))
        before = segment
    return shots


def _fades(segments: Sequence[Segment]) -> list[FrameRange]:
    """The runs of frames that fade: of few frames a second, or of dark pictures, they may
    be black for longer than is allowed elsewhere."""
    runs: list[FrameRange] = []
    for frame in (s.first_frame + number for s in segments for number, _ in s.brightness):
        start = runs.pop()[0] if runs and runs[-1][1] == frame else frame
        runs.append((start, frame + 1))
    return runs


def _moves(segment: Segment) -> bool:
    span = segment.spans[0]
    return len(segment.spans) == 1 and span.media.kind == "picture" and span.motion != "none"


def _goes_on(before: Segment, after: Segment) -> bool:
    if not (_moves(before) and _moves(after)):
        return False
    one, other = before.spans[0], after.spans[0]
    return (one.media, one.motion) == (other.media, other.motion) and (
        other.offset == one.offset + before.frames
    )


def _picture_faults(video: VideoStream | None, promise: Promise) -> Iterator[str]:
    if video is None:
        yield "it has no picture"
        return
    colours = (video.colour_space, video.colour_primaries, video.colour_transfer)
    wanted: list[tuple[str, Any, Any]] = [
        ("codec", video.codec, "h264"),
        ("pixel format", video.pixel_format, "yuv420p"),
        ("size", video.size_px, promise.size_px),
        ("frames", video.frames, promise.frames),
        ("frames per second", video.fps, float(promise.fps)),
        ("first time stamp", video.start_s, 0.0),
    ]
    yield from (f"{name} is {is_}, not {should}" for name, is_, should in wanted if is_ != should)
    if not video.is_even:
        yield "its time stamps are not one frame apart"
    if colours != (_BT709,) * 3 or video.colour_range != _LIMITED:
        yield "its colours are not tagged as BT.709, limited range"
    yield from _start_faults(video, promise)
    lasts_s = promise.frames / promise.fps
    if video.frames == promise.frames and abs(video.duration_s - lasts_s) > MAX_DRIFT_S:
        yield f"its picture lasts {video.duration_s:.3f} s, not {lasts_s:.3f} s"


def _start_faults(video: VideoStream, promise: Promise) -> Iterator[str]:
    """What keeps a player from starting in its middle, as HLS and seeking want it."""
    keys = video.keyframes
    missing = sorted({0, *promise.cuts} - set(keys))
    if missing:
        yield f"no IDR frame stands where a segment starts, at frame {missing[0]}"
    gaps = pairwise([*keys, video.frames])
    late = [start for start, end in gaps if end - start > GRID_S * promise.fps]
    if late:
        yield f"no IDR frame comes within {GRID_S} s of frame {late[0]}"


def _stretch_faults(path: Path, packets: Packets, promise: Promise) -> Iterator[str]:
    where = path, packets, promise.size_px, promise.fps
    for start, end in black_stretches(*where, dark=promise.dark):
        if any(first <= start and end <= after for first, after in promise.fades):
            continue
        yield f"it is black from {start / promise.fps:.2f} s to {end / promise.fps:.2f} s"
    for start, end in frozen_stretches(*where, moving=promise.moving):
        yield (
            f"its picture should move but stands still from {start / promise.fps:.2f} s "
            f"to {end / promise.fps:.2f} s"
        )


def _sound_faults(path: Path, found: Probe, packets: Packets, promise: Promise) -> Iterator[str]:
    audio = found.audio
    if audio is None:
        yield "it has no sound"
        return
    yield from _stream_faults(audio, promise.frames / promise.fps)
    yield from _level_faults(promise.loudness or measure(path), promise)
    for start_s, end_s in promise.spoken:
        silent_s = _silence_s(packets, start_s, end_s)
        if silent_s > min(_MAX_PAUSE_S, _MAX_PAUSE_SHARE * (end_s - start_s)):
            yield f"the line at {start_s:.2f} s is silent for {silent_s:.1f} s"


def _stream_faults(audio: AudioStream, duration_s: float) -> Iterator[str]:
    if audio.codec != "aac":
        yield f"its sound is {audio.codec}, not aac"
    if abs(audio.duration_s - duration_s) > MAX_DRIFT_S:
        yield f"its sound lasts {audio.duration_s:.3f} s, its picture {duration_s:.3f} s"
    if abs(audio.start_s) > MAX_DRIFT_S:
        yield f"its sound starts at {audio.start_s:.3f} s"


def _level_faults(loudness: Loudness, promise: Promise) -> Iterator[str]:
    level, peak = loudness.integrated_lufs, loudness.true_peak_dbtp
    if peak >= MAX_PEAK_DBTP:
        yield f"its sound peaks at {peak:.1f} dBTP, not under {MAX_PEAK_DBTP:.0f}"
    if level < FAINT_LUFS:
        if promise.spoken:
            yield "nothing is heard though lines are spoken"
    elif loudness.shortfall is None and abs(level - TARGET_LUFS) > TOLERANCE_LU:
        yield f"its loudness is {level:.1f} LUFS, not {TARGET_LUFS:.0f}"


def _silence_s(packets: Packets, start_s: float, end_s: float) -> float:
    """The longest digital silence between two times."""
    inside = (packets.sound_at_s >= start_s) & (packets.sound_at_s < end_s)
    at_s, silent = packets.sound_at_s[inside], packets.sound[inside] <= _SILENT_BYTES
    loud_s = np.concatenate([[start_s], at_s[~silent], [end_s]])
    return float(np.diff(loud_s).max())
