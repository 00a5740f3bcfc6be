"""What ffmpeg writes into a pipe is cut into segments, each with times of its own.

ffmpeg's fragments hold the samples; their times, which start anew after a crash, are not
taken from it but counted.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from reels.errors import RenderError
from reels.hls.boxes import Box, Sample, boxes, head, run
from reels.hls.fragments import fragment, segment_type
from reels.hls.grid import Grid
from reels.hls.pieces import INIT, Piece, measure, piece_name, place, read_head

#: Called with a track's name and a segment that now lies in its folder.
OnPiece = Callable[[str, Piece], None]
_HEADER_BYTES = 8


class Packet(NamedTuple):
    """A sample and its bytes. `shown` orders the pictures; its unit is the stream's own."""

    data: bytes
    duration: int
    shown: int
    is_key: bool


def packets(stream: IO[bytes], on_init: Callable[[bytes], None]) -> Iterator[Packet]:
    """The samples of a fragmented MP4 of one track; `on_init` gets what comes before them.

    Raises:
        RenderError: the stream ends within a box.
    """
    init, moof, started = b"", b"", False
    while header := stream.read(_HEADER_BYTES):
        kind, content = header[4:], _content(stream, header)
        if kind in (b"ftyp", b"moov") and not started:
            init += header + content
        elif kind == b"moof":
            if not started:
                started = True
                on_init(init)
            moof = header + content
        elif kind == b"mdat" and moof:
            yield from _unpacked(moof, content)
            moof = b""
    if not started and init:
        on_init(init)


def _content(stream: IO[bytes], header: bytes) -> bytes:
    size = int.from_bytes(header[:4], "big") - _HEADER_BYTES
    content = stream.read(size) if size >= 0 else b""
    if len(header) < _HEADER_BYTES or len(content) != size:
        raise RenderError("ffmpeg's output was cut off.")
    return content


def _unpacked(moof: bytes, content: bytes) -> Iterator[Packet]:
    box = Box(b"moof", 0, _HEADER_BYTES, len(moof))
    found = run(moof, box, 0, 0)
    at, decoded = 0, found.decode_time
    for sample in found.samples:
        data = content[at : at + sample.size]
        yield Packet(data, sample.duration, decoded + sample.offset, sample.is_key)
        at += sample.size
        decoded += sample.duration


class Track(NamedTuple):
    """A folder that gets the segments of one track, from number `first` on."""

    folder: Path
    first: int
    on_piece: OnPiece | None = None

    @property
    def name(self) -> str:
        return self.folder.name

    def begin(self, init: bytes, timescale: int) -> None:
        """Put down the init segment; one that is there must set up the same decoder.

        Raises:
            RenderError: the segments that are there were encoded otherwise.
        """
        found = head(init)
        if found.timescale != timescale:
            init = _rescaled(init, timescale)
        file = self.folder / INIT
        if self.first and file.exists():
            if head(file.read_bytes()).setup != found.setup:
                raise RenderError(
                    f"The segments of {self.name} were encoded otherwise than they would be now.",
                    remedy="Remove them, and package the film anew.",
                )
            return
        place(init, file)

    def put(self, number: int, fragments: list[bytes]) -> None:
        """Put down a segment."""
        content = b"".join([segment_type(), *fragments])
        place(content, self.folder / piece_name(number))
        if self.on_piece:
            self.on_piece(self.name, measure(content, number, read_head(self.folder)))


def cut_pictures(stream: IO[bytes], grid: Grid, track: Track, skip: int = 0) -> None:
    """Cut the pictures of one variant, which start with those of segment `track.first`.

    Before these there are `skip` pictures more, which are passed over.

    Raises:
        RenderError: pictures are missing, or a group starts with none to start from.
    """
    source = packets(stream, lambda init: track.begin(init, grid.timescale))
    for _ in range(skip):
        next(source, None)
    order = {group: number for number, group in enumerate(grid.groups)}
    for number in range(track.first, len(grid.segments)):
        fragments = []
        for start, end in grid.groups_of(number):
            group = [packet for _, packet in zip(range(end - start), source, strict=False)]
            if len(group) < end - start or not group[0].is_key:
                raise RenderError(
                    f"The variant {track.name} cannot be cut at frame {start}: ffmpeg made "
                    f"{len(group)} of {end - start} pictures there, in another order."
                )
            fragments.append(_group(group, order[start] + 1, start, grid))
        track.put(number, fragments)
    if next(source, None) is not None:
        raise RenderError(f"The variant {track.name} has more pictures than were planned.")


def _group(group: list[Packet], number: int, start: int, grid: Grid) -> bytes:
    """One closed group, whose pictures are shown one frame apart, in the order of their times."""
    by_time = sorted(range(len(group)), key=lambda index: group[index].shown)
    ranks = {index: rank for rank, index in enumerate(by_time)}
    ticks = grid.ticks_per_frame
    samples = [
        Sample(len(packet.data), ticks, (ranks[index] - index) * ticks, index == 0)
        for index, packet in enumerate(group)
    ]
    data = b"".join(packet.data for packet in group)
    return fragment(number, start * ticks, samples, data)


def _rescaled(init: bytes, timescale: int) -> bytes:
    """An init segment whose track has another clock."""
    track = next(box for box in _inside(init, b"moov") if box.kind == b"trak")
    media = next(box for box in boxes(init, track.body, track.end) if box.kind == b"mdia")
    clock = next(box for box in boxes(init, media.body, media.end) if box.kind == b"mdhd")
    at = clock.body + (20 if init[clock.body] else 12)
    return init[:at] + struct.pack(">I", timescale) + init[at + 4 :]


def _inside(data: bytes, kind: bytes) -> Iterator[Box]:
    outer = next(box for box in boxes(data) if box.kind == kind)
    return boxes(data, outer.body, outer.end)
