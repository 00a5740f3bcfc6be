"""CMAF segments, written: times are ours, so that joints after a crash do not show."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from reels.hls.boxes import Sample

_TRACK = 1
_KEY, _NO_KEY = 0x0200_0000, 0x0101_0000
_BASE_IS_MOOF, _DURATION, _FLAGS = 0x02_0000, 0x08, 0x20
_DATA_OFFSET, _FIRST_FLAGS, _SIZES, _OFFSETS = 0x1, 0x4, 0x200, 0x800


def segment_type() -> bytes:
    """The box that a media segment starts with."""
    return _box(b"styp", b"msdh" + bytes(4) + b"msdh" + b"msix" + b"cmfs")


def fragment(number: int, decode_time: int, samples: Sequence[Sample], data: bytes) -> bytes:
    """A `moof` and its `mdat`. All samples last as long as the first one; it alone is a key.

    Of sound, which has no `offset`s, all are. `decode_time` is in ticks of the track.
    """
    is_sound = all(sample.is_key and not sample.offset for sample in samples)
    flags = _DATA_OFFSET | _SIZES | (0 if is_sound else _FIRST_FLAGS | _OFFSETS)
    if is_sound:
        table = struct.pack(f">{len(samples)}I", *(sample.size for sample in samples))
    else:
        rows = (struct.pack(">Ii", sample.size, sample.offset) for sample in samples)
        table = struct.pack(">I", _KEY) + b"".join(rows)
    header = _full(b"mfhd", 0, 0, struct.pack(">I", number))
    track = _full(
        b"tfhd",
        0,
        _BASE_IS_MOOF | _DURATION | _FLAGS,
        struct.pack(">III", _TRACK, samples[0].duration, _KEY if is_sound else _NO_KEY),
    ) + _full(b"tfdt", 1, 0, struct.pack(">Q", decode_time))
    # moof, traf and trun have headers of 8 bytes, trun 12 more up to its table.
    size = 8 + len(header) + 8 + len(track) + 8 + 12 + len(table)
    run = struct.pack(">Ii", len(samples), size + 8) + table
    track += _full(b"trun", 1, flags, run)
    return _box(b"moof", header + _box(b"traf", track)) + _box(b"mdat", data)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _full(kind: bytes, version: int, flags: int, body: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + body)
