"""A clip's frames one after the other, lap after lap, decoded by a child."""

from __future__ import annotations

import math
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from reels import ffmpeg, guarded
from reels.child import Child
from reels.errors import FfmpegFailed, FfmpegTimedOut, RenderError
from reels.footage import Footage
from reels.limits import READ_TIMEOUT_S, UNTRUSTED

#: A lap that takes no more is kept, so that a short loop is decoded once.
KEPT_BYTES = 32 << 20
#: The grid's steps between two frames: time stamps are rounded to it.
_TICKS_PER_FRAME = 1000


class Laps:
    """The frames of `footage` from `from_s` on, again and again, as bytes.

    A lap has as many frames as fit into what the clip has left; the first frame is number
    `offset` modulo that. A frame is the picture whose time stamp is nearest, so it does not
    depend on where reading starts. `graph` is the filters that a frame passes.

    Raises:
        RenderError: `from_s` lies past the clip's end.
    """

    def __init__(
        self,
        footage: Footage,
        fps: int,
        from_s: float,
        offset: int,
        graph: str,
        frame_bytes: int,
        work: Path,
        group: ffmpeg.Group | None,
    ) -> None:
        rest_s = footage.length_s - Fraction(from_s)
        if from_s and rest_s <= 0:
            raise RenderError(
                f"The clip {footage.path.name} lasts {float(footage.length_s):.2f} s, so it "
                f"cannot start at {from_s:g} s.",
                remedy="Start it earlier.",
            )
        self._footage, self._fps, self._graph = footage, fps, graph
        self._work, self._group = work, group
        self._first = round((footage.start_s + Fraction(from_s)) * fps * _TICKS_PER_FRAME)
        self._frames = max(1, round(rest_s * fps))
        self._next = offset % self._frames
        self._buffer = bytearray(frame_bytes)
        self._keeps = self._frames * frame_bytes <= KEPT_BYTES
        self._kept: list[bytes] = []
        self._open = ExitStack()
        self._child: Child | None = None

    def next(self) -> bytes | bytearray:
        """The next frame; it is valid until the one after it is asked for.

        Raises:
            RenderError: the clip cannot be decoded here.
        """
        if len(self._kept) == self._frames:
            frame: bytes | bytearray = self._kept[self._next]
        else:
            frame = self._decoded()
        self._next = (self._next + 1) % self._frames
        if self._next == 0:
            self.close()
        return frame

    def close(self) -> None:
        """End the child."""
        self._child = None
        self._open.close()

    def _decoded(self) -> bytearray:
        try:
            if self._child is None:
                self._start()
            else:
                self._read(self._child)
        except (FfmpegFailed, FfmpegTimedOut) as error:
            raise guarded.unreadable(self._footage.path, error) from error
        if self._keeps and len(self._kept) == self._next:
            self._kept.append(bytes(self._buffer))
        return self._buffer

    def _start(self) -> None:
        # Behind a damaged key frame there may be nothing more; what was before it stays.
        for reach_s in dict.fromkeys((self._footage.reach_s, math.inf)):
            args = self._args(reach_s)
            self._child = self._open.enter_context(
                ffmpeg.read(args, self._work, READ_TIMEOUT_S, group=self._group, limits=UNTRUSTED)
            )
            if self._read(self._child):
                return
            self.close()
        raise RenderError(
            f"The clip {self._footage.path.name} shows nothing that can be decoded.",
            remedy=guarded.USE_ANOTHER,
        )

    def _read(self, child: Child) -> bool:
        """Read a frame; at the end of what can be decoded, the last one stays."""
        return child.fill(memoryview(self._buffer)) > 0

    def _args(self, reach_s: float) -> list[str]:
        footage = self._footage
        ticks_per_s = self._fps * _TICKS_PER_FRAME
        at = self._first + self._next * _TICKS_PER_FRAME
        from_s = at / ticks_per_s - reach_s
        # Frames before the one that is wanted are dropped by the filters, not by seeking:
        # that compares exact time stamps, whatever the place that seeking found.
        seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{from_s:.6f}"]
        filters = (
            *(("bwdif=mode=send_frame:deint=interlaced",) if footage.look.is_interlaced else ()),
            f"settb=1/{ticks_per_s}",
            f"setpts=PTS-({at})",
            "tpad=stop=-1:stop_mode=clone",
            f"fps={self._fps}:start_time=0:round=near",
            self._graph,
        )
        return [
            *("-copyts", *(seek if from_s > footage.start_s else ())),
            *guarded.source(footage.path, footage.look.decoder),
            *("-map", "0:V:0", "-filter_threads", "1", "-vf", ",".join(filters)),
            *("-fps_mode", "passthrough", "-max_error_rate", "1"),
            *("-frames:v", str(self._frames - self._next), "-f", "rawvideo", "-"),
        ]
