"""Reads from a font file which characters it has: the `cmap` table, formats 4 and 12.

Layouts: OpenType specification 1.9, "cmap".
"""

from __future__ import annotations

import struct
from pathlib import Path


def code_points(path: Path) -> frozenset[int]:
    """Every code point that the font at `path` maps to a glyph.

    Raises:
        ValueError: the file is no OpenType font, or has no Unicode `cmap`.
    """
    data = path.read_bytes()
    start = _table_offset(data, b"cmap")
    if start is None:
        raise ValueError(f"{path.name} has no cmap table")
    found: set[int] = set()
    (count,) = struct.unpack_from(">H", data, start + 2)
    for index in range(count):
        platform, _, offset = struct.unpack_from(">HHL", data, start + 4 + 8 * index)
        if platform in (0, 3):
            found |= _subtable(data, start + offset)
    if not found:
        raise ValueError(f"{path.name} has no Unicode cmap that can be read")
    return frozenset(found)


def _table_offset(data: bytes, tag: bytes) -> int | None:
    if data[:4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        return None
    (count,) = struct.unpack_from(">H", data, 4)
    for index in range(count):
        name, _, offset, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        if name == tag:
            return int(offset)
    return None


def _subtable(data: bytes, at: int) -> set[int]:
    (form,) = struct.unpack_from(">H", data, at)
    if form == 4:
        return _segments(data, at)
    if form == 12:
        return _groups(data, at)
    return set()


def _segments(data: bytes, at: int) -> set[int]:
    (doubled,) = struct.unpack_from(">H", data, at + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", data, at + 16 + 2 * doubled)
    ranges_at = at + 16 + 3 * doubled
    ranges = struct.unpack_from(f">{count}H", data, ranges_at)
    found: set[int] = set()
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            if ranges[index] == 0:
                glyph = (code + deltas[index]) & 0xFFFF
            else:
                place = ranges_at + 2 * index + ranges[index] + 2 * (code - start)
                (glyph,) = struct.unpack_from(">H", data, place)
            if glyph:
                found.add(code)
    return found


def _groups(data: bytes, at: int) -> set[int]:
    (count,) = struct.unpack_from(">L", data, at + 12)
    found: set[int] = set()
    for index in range(count):
        start, end, glyph = struct.unpack_from(">LLL", data, at + 16 + 12 * index)
        found.update(range(start if glyph else start + 1, end + 1))
    return found
