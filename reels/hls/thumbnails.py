"""Pictures beside a film: small ones for seeking, in one sheet, and one to stand for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from reels import ffmpeg, guarded
from reels.conform import graph as conformed
from reels.errors import FfmpegFailed, FfmpegTimedOut, RenderError
from reels.hls.graph import clock
from reels.hls.ladder import Ladder
from reels.hls.packets import guarded_source
from reels.hls.pieces import INIT, piece_name, place
from reels.hls.piping import Output, run_into
from reels.limits import UNTRUSTED
from reels.models import Model
from reels.poster import poster

SHEET, INDEX = "thumbnails.jpg", "thumbnails.vtt"
POSTER = "poster.jpg"
#: The longer side of a small picture, how many lie side by side, and how many there may be.
_SIDE_PX, _ACROSS, _MOST = 160, 10, 100
_STEP_S = 2
_QUALITY = 78
_LEAST_S, _WALL_PER_S = 120, 10
#: A film starts with black or a title more often than it is dull after a tenth.
_POSTER_SHARE = Fraction(1, 10)


class Sheet(Model):
    """How the small pictures lie: from the left to the right, then from the top down."""

    size_px: tuple[int, int]
    every_s: int
    count: int

    def place_px(self, number: int) -> tuple[int, int]:
        width, height = self.size_px
        return number % _ACROSS * width, number // _ACROSS * height


def sheet_of(ladder: Ladder) -> Sheet:
    """A picture every 2 s, or so seldom that there are no more than 100."""
    length_s = ladder.grid.length_s
    every_s = _STEP_S * max(1, math.ceil(length_s / (_MOST * _STEP_S)))
    width, height = ladder.variants[-1].size_px
    scale = Fraction(_SIDE_PX, max(width, height))
    size_px = (max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2)))
    return Sheet(size_px=size_px, every_s=every_s, count=math.ceil(length_s / every_s))


def write_thumbnails(
    path: Path, ladder: Ladder, root: Path, work: Path, group: ffmpeg.Group | None = None
) -> Sheet:
    """Write the sheet, a JPEG, and the WebVTT file that says when which part of it is seen.

    Where keys lie close enough only they are decoded.

    Raises:
        RenderError: the film cannot be decoded.
    """
    sheet, source = sheet_of(ladder), ladder.source
    filters = ",".join(
        (
            *clock(source, Fraction(1, sheet.every_s), 0),
            f"trim=end_frame={sheet.count}",
            conformed(source.look, sheet.size_px, "cover"),
        )
    )
    pictures = bytearray()

    def read(stream: IO[bytes]) -> None:
        pictures.extend(stream.read())

    keys = ("-skip_frame", "nokey") if source.key_gap_s <= sheet.every_s else ()
    before = ["-copyts", *keys, *guarded_source(path, decoder=source.decoder)]
    args = ["-map", "0:V:0", "-vf", filters, "-fps_mode", "passthrough", "-f", "rawvideo"]
    output = Output([*args, "-pix_fmt", "rgb24"], read)
    timeout_s = _LEAST_S + _WALL_PER_S * float(ladder.grid.length_s)
    limits = UNTRUSTED._replace(cpu_s=round(timeout_s))
    work.mkdir(parents=True, exist_ok=True)
    try:
        run_into(["-max_error_rate", "1", *before], [output], work, timeout_s, limits, group)
    except (FfmpegFailed, FfmpegTimedOut) as error:
        raise guarded.unreadable(path, error) from error
    place(_jpeg(sheet, bytes(pictures), path.name), root / SHEET)
    place(_vtt(sheet, ladder.grid.length_s).encode(), root / INDEX)
    return sheet


def write_poster(ladder: Ladder, root: Path, work: Path) -> Path:
    """Write the picture that stands for the film, from its largest variant; returns its file.

    Raises:
        RenderError: the variant's segment is not there.
    """
    grid, top = ladder.grid, ladder.variants[-1]
    frame = int(grid.frames * _POSTER_SHARE)
    number = max(n for n, first in enumerate(grid.segments) if first <= frame)
    work.mkdir(parents=True, exist_ok=True)
    alone, made = work / "poster.mp4", work / POSTER
    try:
        parts = (root / top.name / name for name in (INIT, piece_name(number)))
        alone.write_bytes(b"".join(part.read_bytes() for part in parts))
        poster(alone, float(frame / grid.fps), made)
        place(made.read_bytes(), root / POSTER)
    except OSError as error:
        raise RenderError(f"The variant {top.name} lacks segment {number}.") from error
    finally:
        alone.unlink(missing_ok=True)
        made.unlink(missing_ok=True)
    return root / POSTER


def _jpeg(sheet: Sheet, pictures: bytes, name: str) -> bytes:
    width, height = sheet.size_px
    if len(pictures) != width * height * 3 * sheet.count:
        raise RenderError(f"The film {name} shows nothing that can be decoded.")
    rows = math.ceil(sheet.count / _ACROSS)
    whole = Image.new("RGB", (min(sheet.count, _ACROSS) * width, rows * height))
    each = np.frombuffer(pictures, np.uint8).reshape(sheet.count, height, width, 3)
    for number, picture in enumerate(each):
        whole.paste(Image.fromarray(picture), sheet.place_px(number))
    file = BytesIO()
    whole.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


def _vtt(sheet: Sheet, length_s: Fraction) -> str:
    width, height = sheet.size_px

    def cues() -> Iterator[str]:
        for number in range(sheet.count):
            start_s = number * sheet.every_s
            end_s = min(Fraction(start_s + sheet.every_s), length_s)
            x, y = sheet.place_px(number)
            yield f"{_time(start_s)} --> {_time(end_s)}\n{SHEET}#xywh={x},{y},{width},{height}\n"

    return "\n".join(["WEBVTT\n", *cues()])


def _time(seconds: Fraction | int) -> str:
    minutes, ms = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
