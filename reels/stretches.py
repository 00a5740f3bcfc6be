"""Where a finished video is black, and where it stands still though it should move.

Sizes of packets are looked at first, which costs nothing: where nothing changes, H.264
needs a byte for a hundred blocks. Only what is suspicious is decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import cv2
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from reels.probe import Packets

#: Number of the first frame, and of the one after the last.
FrameRange: TypeAlias = tuple[int, int]
Luma = NDArray[np.uint8]
_Marks: TypeAlias = NDArray[np.bool_]

#: A stretch that is no fault: fades, cuts through black.
ALLOWED_S = 1.0
#: Of a shot, the share that may pass as standing still: the slowest moves are slow.
_ALLOWED_SHARE = 0.2
#: Suspicious stretches that are decoded, the longest ones, so that a check costs little.
_LOOKED_AT = 3

#: A frame in which all blocks are skipped takes 68 bytes for 8160 blocks and 12 for 16, and
#: some more in several slices (x264).
_SLACK_BYTES, _SKIPPED_BYTES_PER_BLOCK = 36, 0.0085
#: A second stands still when many of its frames are small (up to 1100 bytes for 8160 blocks,
#: 4000 and more in one that moves) and all of them together are: up to 10 bytes a block with
#: changing captions, half of that without; 26 and more in one that moves.
_STILL_BYTES_PER_BLOCK, _STILL_SHARE = 0.15, 0.4
_SECOND_BYTES, _SECOND_BYTES_PER_BLOCK = 6000, 12.0
#: Larger key frames show something: a flat one takes 0.1 bytes a block and 700.
_DARK_KEY_BYTES, _DARK_KEY_BYTES_PER_BLOCK = 700, 3.0

#: Luma up to which nothing is seen (black is 16), and the share of pixels that may be over it.
_DARK_LUMA, _SEEN_SHARE = 32, 0.001
#: The picture is judged in cells, across and down, of which half must have detail (squared
#: slopes, after a blur): captions or a logo alone are not what should move.
_CELLS, _DETAIL, _JUDGED, _BLUR_PX = (4, 6), 0.05, 0.5, 1.5
#: What has moved, and changed, by less stands still; encoding twice changes it by 1.3.
_STILL_PX, _STILL_LUMA = 0.1, 4.0


def black_stretches(
    path: Path,
    packets: Packets,
    size_px: tuple[int, int],
    fps: float,
    *,
    dark: Sequence[FrameRange],
) -> list[FrameRange]:
    """Stretches of more than a second in which nothing is seen, outside of `dark`."""
    black = np.zeros(len(packets.frames), np.bool_)
    empty = _small(packets, size_px, _SKIPPED_BYTES_PER_BLOCK)
    for key in _black_keys(path, packets, size_px):
        black[key : _end_of_run(empty, key + 1)] = True
    for start, end in _unseen(empty, black, packets.is_key, round(ALLOWED_S * fps)):
        if _is_black(_pictures(path, packets, [end - 1])[0]):
            black[start:end] = True
    for start, end in dark:
        black[start:end] = False
    return [run for run in _runs(black) if run[1] - run[0] > ALLOWED_S * fps]


def frozen_stretches(
    path: Path,
    packets: Packets,
    size_px: tuple[int, int],
    fps: float,
    *,
    moving: Sequence[FrameRange],
) -> list[FrameRange]:
    """Stretches of more than a second, and a fifth of a shot, that stand still.

    `moving` names the shots whose picture moves all the time. Pictures without detail
    cannot be judged and pass.
    """
    suspicious: list[FrameRange] = []
    for shot in moving:
        least = max(ALLOWED_S * fps, _ALLOWED_SHARE * (shot[1] - shot[0]))
        runs = _quiet(packets, size_px, shot, round(fps))
        suspicious += (run for run in runs if run[1] - run[0] > least)
    frozen = []
    for start, end in _longest(suspicious):
        # Not at its ends, where a fade may be.
        margin = (end - start) // 5
        if _stands(*_pictures(path, packets, [start + margin, end - 1 - margin])):
            frozen.append((start, end))
    return sorted(frozen)


def _unseen(empty: _Marks, black: _Marks, is_key: _Marks, least: int) -> list[FrameRange]:
    """Empty runs that start within a group of pictures, and so show what no key frame did.

    Those that are too long for a cut through black, with the blackness that follows.
    """
    runs = {
        (start, _end_of_run(black, end)): (start, end)
        for start, end in _runs(empty)
        if not is_key[start - 1] and not black[start]
    }
    return [runs[whole] for whole in _longest(runs) if whole[1] - whole[0] > least]


def _small(packets: Packets, size_px: tuple[int, int], bytes_per_block: float) -> _Marks:
    limit = _SLACK_BYTES + bytes_per_block * _blocks(size_px)
    return np.asarray((packets.frames <= limit) & ~packets.is_key)


def _blocks(size_px: tuple[int, int]) -> int:
    return -(-size_px[0] // 16) * -(-size_px[1] // 16)


def _quiet(
    packets: Packets, size_px: tuple[int, int], shot: FrameRange, window: int
) -> list[FrameRange]:
    """Runs of seconds that seem to stand still, from the first to the last small frame."""
    part = slice(*shot)
    small = _small(packets, size_px, _STILL_BYTES_PER_BLOCK)[part]
    if len(small) < window:
        return []
    between = ~packets.is_key[part]
    count, many, size = (
        np.convolve(each, np.ones(window), "valid")
        for each in (between, small, packets.frames[part] * between)
    )
    limit = _SECOND_BYTES + _SECOND_BYTES_PER_BLOCK * _blocks(size_px)
    quiet = np.zeros(len(small), np.bool_)
    for at in np.flatnonzero((many >= _STILL_SHARE * count) & (size <= limit)):
        quiet[at : at + window] = True
    inside = (shot[0] + a + np.flatnonzero(small[a:b]) for a, b in _runs(quiet))
    return [(int(frames[0]), int(frames[-1]) + 1) for frames in inside if len(frames)]


def _longest(runs: Iterable[FrameRange]) -> list[FrameRange]:
    return sorted(runs, key=lambda run: run[0] - run[1])[:_LOOKED_AT]


def _runs(marks: _Marks) -> list[FrameRange]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marks.view(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _end_of_run(marks: _Marks, start: int) -> int:
    ends = np.flatnonzero(~marks[start:])
    return start + int(ends[0]) if len(ends) else len(marks)


def _black_keys(path: Path, packets: Packets, size_px: tuple[int, int]) -> list[int]:
    limit = _DARK_KEY_BYTES + _DARK_KEY_BYTES_PER_BLOCK * _blocks(size_px)
    small = np.flatnonzero(packets.is_key & (packets.frames <= limit)).tolist()
    if not small:
        return []
    wanted, black = set(small), []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            if packet.pts is None or _number(packet, stream) in wanted:
                black += [_number(f, stream) for f in stream.decode(packet) if _is_black(_luma(f))]
    return black


def _pictures(path: Path, packets: Packets, numbers: Sequence[int]) -> list[Luma]:
    """The luma of these frames, each decoded from the key frame before it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = []
        for number in numbers:
            key = int(np.flatnonzero(packets.is_key[: number + 1])[-1])
            container.seek(round(key / _ticks(stream)), stream=stream)
            shown = next(f for f in container.decode(stream) if _number(f, stream) == number)
            found.append(_luma(shown).copy())
        return found


def _ticks(stream: VideoStream) -> Fraction:
    """Frames per tick of the stream's clock."""
    assert stream.time_base
    assert stream.average_rate
    return stream.time_base * stream.average_rate


def _number(shown: Packet[VideoStream] | VideoFrame, stream: VideoStream) -> int:
    assert shown.pts is not None
    return round(shown.pts * _ticks(stream))


def _luma(frame: VideoFrame) -> Luma:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _is_black(luma: Luma) -> bool:
    return float(np.mean(luma[::4, ::4] > _DARK_LUMA)) < _SEEN_SHARE


def _stands(before: Luma, after: Luma) -> bool:
    """Whether the picture has detail, and is where it was.

    In cells, the shift is found by least squares from slopes and changes (Lucas and Kanade),
    so that the noise of the encoder cancels out.
    """
    a, b = (cv2.GaussianBlur(luma.astype(np.float32), (0, 0), _BLUR_PX) for luma in (before, after))
    slope_x = cv2.Sobel(a, cv2.CV_32F, 1, 0, scale=1 / 8)
    slope_y = cv2.Sobel(a, cv2.CV_32F, 0, 1, scale=1 / 8)
    change = b - a
    terms = (slope_x**2, slope_x * slope_y, slope_y**2, slope_x * change, slope_y * change)
    xx, xy, yy, xc, yc = (cv2.resize(t, _CELLS, interpolation=cv2.INTER_AREA) for t in terms)
    weakest = (xx + yy) / 2 - np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    judged = weakest > _DETAIL
    if judged.mean() < _JUDGED:
        return False
    det = np.maximum(xx * yy - xy**2, 1e-9)
    shift = np.hypot(yy * xc - xy * yc, xx * yc - xy * xc) / det
    changed = cv2.resize(np.abs(change), _CELLS, interpolation=cv2.INTER_AREA)
    return bool(np.median(shift[judged]) < _STILL_PX and np.median(changed[judged]) < _STILL_LUMA)
