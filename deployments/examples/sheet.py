"""A contact sheet: many pictures on one, a row for each theme."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

_GAP_PX = 12


def contact_sheet(rows: Sequence[Sequence[Path]], cell_px: tuple[int, int], to: Path) -> Path:
    """The pictures of `rows` in cells of that size, cut to them as the renderer does."""
    columns = max(len(row) for row in rows)
    width = columns * (cell_px[0] + _GAP_PX) + _GAP_PX
    height = len(rows) * (cell_px[1] + _GAP_PX) + _GAP_PX
    sheet = Image.new("RGB", (width, height), (128, 128, 128))
    for down, row in enumerate(rows):
        for across, path in enumerate(row):
            with Image.open(path) as picture:
                small = ImageOps.fit(picture.convert("RGB"), cell_px)
            at = (
                _GAP_PX + across * (cell_px[0] + _GAP_PX),
                _GAP_PX + down * (cell_px[1] + _GAP_PX),
            )
            sheet.paste(small, at)
    sheet.save(to)
    return to
