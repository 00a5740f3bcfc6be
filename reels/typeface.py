"""Font files measured as libass will set them."""

from __future__ import annotations

import struct
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont

#: Widths are measured at this size and scaled, so that hinting does not round them.
_MEASURE_PX = 1000

#: Entries of the name table (OpenType specification 1.9, "name").
_FULL_NAME = 4
_POSTSCRIPT_NAME = 6


class Typeface:
    """One font file: widths of text, and the sizes and names that libass wants."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._font = ImageFont.truetype(str(path), _MEASURE_PX)

    def width_px(self, text: str, em_px: float) -> float:
        """The advance width of one line of `text`."""
        return float(self._font.getlength(text)) * em_px / _MEASURE_PX

    def script_size(self, em_px: float) -> float:
        """The ASS `Fontsize` that gives an em of `em_px`.

        libass, like VSFilter, scales a font until usWinAscent + usWinDescent is that high.
        """
        return em_px * self._metrics.line_units / self._metrics.em_units

    @property
    def script_name(self) -> str:
        """The name by which libass finds exactly this file, whatever else is installed.

        libass matches CFF fonts by their PostScript name and others by their full name.
        """
        return self._metrics.name

    @cached_property
    def _metrics(self) -> _Metrics:
        return _read_metrics(self.path.read_bytes())


class _Metrics(NamedTuple):
    em_units: int
    line_units: int
    name: str


@cache
def typeface(path: Path) -> Typeface:
    """The face at `path`, opened once."""
    return Typeface(path)


def _read_metrics(data: bytes) -> _Metrics:
    """Units per em (head), the line height that libass uses (OS/2, hhea) and a name."""
    tables = _tables(data)
    (em_units,) = struct.unpack_from(">H", data, tables["head"] + 18)
    ascent, descent = struct.unpack_from(">HH", data, tables["OS/2"] + 74)
    if ascent + descent == 0:
        ascent, below = struct.unpack_from(">hh", data, tables["hhea"] + 4)
        descent = -below
    wanted = _POSTSCRIPT_NAME if data[:4] == b"OTTO" else _FULL_NAME
    return _Metrics(em_units, ascent + descent, _name(data, tables["name"], wanted))


def _tables(data: bytes) -> dict[str, int]:
    (count,) = struct.unpack_from(">H", data, 4)
    records = (struct.unpack_from(">4sLLL", data, 12 + 16 * i) for i in range(count))
    return {tag.decode("latin-1"): offset for tag, _, offset, _ in records}


def _name(data: bytes, table: int, wanted: int) -> str:
    """An entry of the name table, of the Windows platform in Unicode."""
    _, count, strings = struct.unpack_from(">HHH", data, table)
    for i in range(count):
        platform, _, _, name, length, offset = struct.unpack_from(">6H", data, table + 6 + 12 * i)
        if (platform, name) == (3, wanted):
            start = table + strings + offset
            return data[start : start + length].decode("utf-16-be")
    raise ValueError(f"the font has no name {wanted}")
