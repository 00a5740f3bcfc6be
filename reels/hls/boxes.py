"""What MP4 files are made of: boxes, read as far as HLS needs (ISO/IEC 14496-12, -14, -15)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from reels.errors import RenderError

#: Bytes of a sample entry before the boxes in it: of a picture, of a sound.
_ENTRY_BYTES = {b"avc1": 78, b"mp4a": 28}
#: In `esds`: tags of descriptors, and the bytes of their own before those inside.
_DESCRIPTORS = {3: 3, 4: 13}
_DECODER_SPECIFIC = 5
_NOT_SYNC = 0x0001_0000


class Box(NamedTuple):
    """`start` is where its header is, `body` where its content is, `end` what follows."""

    kind: bytes
    start: int
    body: int
    end: int


class Head(NamedTuple):
    """What an init segment says of its only track.

    `codec` is as in RFC 6381. `size_px` is nothing for sound. `setup` is what a decoder
    is set up with: the avcC box's content, or the AudioSpecificConfig.
    """

    timescale: int
    codec: str
    size_px: tuple[int, int] | None
    setup: bytes


class Sample(NamedTuple):
    """One picture, or one packet of sound. Times are ticks of its track."""

    size: int
    duration: int
    offset: int
    is_key: bool


class Run(NamedTuple):
    """A fragment. `data` is where its samples' bytes start, `end` where the fragment ends."""

    start: int
    data: int
    end: int
    number: int
    decode_time: int
    samples: tuple[Sample, ...]


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes from `start` to `end`.

    Raises:
        RenderError: they are not whole.
    """
    end = len(data) if end is None else end
    while start < end:
        size, body = int.from_bytes(data[start : start + 4], "big"), start + 8
        if size == 1:
            size, body = int.from_bytes(data[start + 8 : start + 16], "big"), start + 16
        if size < body - start or start + size > end:
            raise RenderError("A segment holds a box that is cut off.")
        yield Box(data[start + 4 : start + 8], start, body, start + size)
        start += size


def find(data: bytes, *path: bytes, within: Box | None = None) -> Box:
    """The first box at this path. Raises RenderError when there is none."""
    start, end = (within.body, within.end) if within else (0, len(data))
    found = within
    for kind in path:
        found = next((box for box in boxes(data, start, end) if box.kind == kind), None)
        if found is None:
            raise RenderError(f"A segment lacks its box {kind.decode('ascii')}.")
        start, end = found.body, found.end
    assert found is not None
    return found


def head(init: bytes) -> Head:
    """Read an init segment of one track. Raises RenderError."""
    media = find(init, b"moov", b"trak", b"mdia")
    header = find(init, b"mdhd", within=media)
    version = init[header.body]
    (timescale,) = struct.unpack_from(">I", init, header.body + (20 if version else 12))
    table = find(init, b"minf", b"stbl", b"stsd", within=media)
    entry = next(boxes(init, table.body + 8, table.end))
    skip = _ENTRY_BYTES.get(entry.kind)
    if skip is None:
        raise RenderError(f"A track is of {entry.kind!r}, and not of avc1 or mp4a.")
    inside = entry._replace(body=entry.body + skip)
    if entry.kind == b"avc1":
        size_px = struct.unpack_from(">HH", init, entry.body + 24)
        config = find(init, b"avcC", within=inside)
        setup = init[config.body : config.end]
        return Head(timescale, f"avc1.{setup[1:4].hex()}", (size_px[0], size_px[1]), setup)
    config = find(init, b"esds", within=inside)
    object_type, setup = _audio_setup(init[config.body + 4 : config.end])
    kind = setup[0] >> 3
    return Head(timescale, f"mp4a.{object_type:x}.{kind}", None, setup)


def _audio_setup(data: bytes) -> tuple[int, bytes]:
    """The object type, and the AudioSpecificConfig, of nested descriptors."""
    at, object_type = 0, 0
    while at < len(data):
        tag, size, at = data[at], 0, at + 1
        while True:
            size = size << 7 | data[at] & 0x7F
            at += 1
            if not data[at - 1] & 0x80:
                break
        if tag == _DECODER_SPECIFIC:
            return object_type, data[at : at + size]
        if tag == 4:
            object_type = data[at]
        at += _DESCRIPTORS.get(tag, size)
    raise RenderError("A track of sound does not say how it is to be decoded.")


def runs(segment: bytes) -> Iterator[Run]:
    """The fragments of a segment. Raises RenderError."""
    moof: Box | None = None
    for box in boxes(segment):
        if box.kind == b"moof":
            moof = box
        elif box.kind == b"mdat" and moof:
            yield run(segment, moof, box.body, box.end)
            moof = None


def run(data: bytes, moof: Box, body: int, end: int) -> Run:
    """The fragment that `moof` describes, whose `mdat` has its content from `body` to `end`."""
    number = find(data, b"mfhd", within=moof)
    track = find(data, b"traf", within=moof)
    defaults = _defaults(data, find(data, b"tfhd", within=track))
    time = find(data, b"tfdt", within=track)
    form = ">Q" if data[time.body] else ">I"
    samples = tuple(_samples(data, find(data, b"trun", within=track), defaults))
    return Run(
        start=moof.start,
        data=body,
        end=end,
        number=struct.unpack_from(">I", data, number.body + 4)[0],
        decode_time=struct.unpack_from(form, data, time.body + 4)[0],
        samples=samples,
    )


def _defaults(data: bytes, box: Box) -> dict[str, int]:
    flags = int.from_bytes(data[box.body + 1 : box.body + 4], "big")
    at = box.body + 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    found = {"duration": 0, "size": 0, "flags": 0}
    for bit, name in ((8, "duration"), (0x10, "size"), (0x20, "flags")):
        if flags & bit:
            found[name] = int.from_bytes(data[at : at + 4], "big")
            at += 4
    return found


def _samples(data: bytes, box: Box, defaults: dict[str, int]) -> Iterator[Sample]:
    flags = int.from_bytes(data[box.body + 1 : box.body + 4], "big")
    (count,) = struct.unpack_from(">I", data, box.body + 4)
    at = box.body + 8 + (4 if flags & 1 else 0)
    first: int | None = None
    if flags & 4:
        first, at = int.from_bytes(data[at : at + 4], "big"), at + 4
    names = [
        name
        for bit, name in ((0x100, "duration"), (0x200, "size"), (0x400, "flags"), (0x800, "offset"))
        if flags & bit
    ]
    if count * 4 * len(names) != box.end - at:
        raise RenderError("A fragment's table of samples is cut off.")
    for index in range(count):
        row = dict(zip(names, struct.unpack_from(f">{len(names)}I", data, at), strict=True))
        at += 4 * len(names)
        own = row.get("flags", first if index == 0 and first is not None else defaults["flags"])
        offset = row.get("offset", 0)
        yield Sample(
            size=row.get("size", defaults["size"]),
            duration=row.get("duration", defaults["duration"]),
            offset=offset - (1 << 32) if offset >= 1 << 31 else offset,
            is_key=not own & _NOT_SYNC,
        )
