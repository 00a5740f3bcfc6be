"""One ffmpeg with several outputs, each read from its own pipe while it runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from reels import ffmpeg, tether
from reels.child import Child
from reels.errors import FfmpegFailed, FfmpegTimedOut
from reels.limits import Limits

#: Fragmented MP4 as `reels.hls.cutting` reads it, without what changes from run to run.
FORM = (
    *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
    *("-use_editlist", "0", "-f", "mp4"),
)
_BRANDS = "+empty_moov+default_base_moof+negative_cts_offsets+skip_sidx+skip_trailer"

_BUFFER_BYTES = 1 << 16


class Output(NamedTuple):
    """An output: ffmpeg's arguments for it, and who reads it to its end, in a thread."""

    args: Sequence[str]
    reader: Callable[[IO[bytes]], None]


def fragmented(flags: str = "") -> tuple[str, ...]:
    """The arguments of an output that is cut where `flags` say."""
    return (*FORM, "-movflags", f"{_BRANDS}{flags}")


def run_into(
    before: Sequence[str],
    outputs: Sequence[Output],
    work: Path,
    timeout_s: float,
    limits: Limits,
    group: ffmpeg.Group | None = None,
) -> None:
    """Run ffmpeg with the arguments `before` and those of all outputs.

    The first reader that fails ends all; its error is raised.

    Raises:
        FfmpegFailed, FfmpegTimedOut: as `ffmpeg.run` does.
    """
    pipes = [os.pipe() for _ in outputs]
    args = list(before)
    for output, (_, end) in zip(outputs, pipes, strict=True):
        args += [*output.args, f"pipe:{end}"]
    ends = [end for _, end in pipes]
    readings = [
        _Reading(os.fdopen(start, "rb", buffering=_BUFFER_BYTES), output.reader)
        for output, (start, _) in zip(outputs, pipes, strict=True)
    ]
    try:
        with ffmpeg.feed(
            args, work, timeout_s, piped=False, group=group, limits=limits, pass_fds=ends
        ) as child:
            _close(ends)
            for reading in readings:
                reading.start(child)
    except (FfmpegFailed, FfmpegTimedOut):
        _raise_from(reading for reading in readings if reading.has_ended_child)
        raise
    finally:
        _close(ends)
        for reading in readings:
            reading.close()
    _raise_from(readings)


class _Reading:
    """A thread that reads one pipe."""

    def __init__(self, stream: IO[bytes], reader: Callable[[IO[bytes]], None]) -> None:
        self._stream, self._reader = stream, reader
        self._thread: threading.Thread | None = None
        self.failure: Exception | None = None
        self.has_ended_child = False

    def start(self, child: Child) -> None:
        self._thread = threading.Thread(target=self._run, args=(child,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the end, which comes with that of ffmpeg."""
        if self._thread:
            self._thread.join()
        self._stream.close()

    def _run(self, child: Child) -> None:
        try:
            self._reader(self._stream)
            return
        except Exception as error:
            self.failure = error
        # Output that ends too soon is ffmpeg's failure, and is told by its status.
        if self._stream.read(1):
            self.has_ended_child = True
            tether.kill(child.popen)


def _raise_from(readings: Iterable[_Reading]) -> None:
    for reading in readings:
        if reading.failure:
            raise reading.failure


def _close(ends: list[int]) -> None:
    while ends:
        os.close(ends.pop())
