"""Segments as files: written so that they appear whole, and measured as they lie there."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from reels.errors import RenderError
from reels.hls.boxes import Head, Run, head, runs
from reels.models import Model

INIT = "init.mp4"
_NAME = re.compile(r"s(\d{5})\.(?:m4s|json)")


class Key(Model):
    """A picture to start from: its bytes in the segment, from its fragment's header on."""

    start_s: Fraction
    offset_bytes: int
    size_bytes: int


class Piece(Model):
    """What was measured in a segment."""

    number: int
    start_s: Fraction
    duration_s: Fraction
    size_bytes: int
    keys: tuple[Key, ...] = ()


def piece_name(number: int) -> str:
    """The file name of a segment, counted from 0."""
    return f"s{number:05}.m4s"


def place(content: bytes, to: Path) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        RenderError: it cannot be written.
    """
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=to.parent, prefix=".part-")
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            beside.chmod(0o644)
            os.replace(beside, to)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RenderError(
            f"The file {to.name} of the package cannot be written: {error.strerror}."
        ) from error


def finished(folder: Path) -> int:
    """How many segments lie in `folder`, from the first one on without a gap.

    None count without their init segment. One that is noted counts as one that lies there.
    """
    if not (folder / INIT).is_file():
        return 0
    numbers = {int(match[1]) for file in folder.iterdir() if (match := _NAME.fullmatch(file.name))}
    return next(number for number in range(len(numbers) + 1) if number not in numbers)


def read_head(folder: Path) -> Head:
    """What a track's init segment says. Raises RenderError."""
    try:
        return head((folder / INIT).read_bytes())
    except OSError as error:
        raise RenderError(f"The track {folder.name} has no init segment.") from error


def measured(folder: Path) -> tuple[Piece, ...]:
    """All finished segments of a track. Raises RenderError."""
    track = read_head(folder)
    return tuple(_found(folder, number, track) for number in range(finished(folder)))


def note(folder: Path, piece: Piece) -> Path:
    """Write down what was measured in a segment that lies elsewhere; returns the file.

    With the notes of all its segments and its init segment a track is complete: the segments
    themselves are needed no more, neither to go on with a package nor for its playlists.
    """
    file = folder / f"s{piece.number:05}.json"
    place(piece.model_dump_json().encode(), file)
    return file


def _found(folder: Path, number: int, track: Head) -> Piece:
    file = folder / piece_name(number)
    try:
        if file.exists():
            return measure(file.read_bytes(), number, track)
        return Piece.model_validate_json(file.with_suffix(".json").read_bytes())
    except (OSError, ValueError) as error:
        raise RenderError(f"Segment {number} of {folder.name} cannot be read: {error}.") from error


def measure(segment: bytes, number: int, track: Head) -> Piece:
    """Measure a segment of a track. Raises RenderError when it is not whole."""
    found = list(runs(segment))
    if not found:
        raise RenderError(f"Segment {number} holds no samples.")
    last = found[-1]
    end = last.decode_time + sum(sample.duration for sample in last.samples)
    start = Fraction(found[0].decode_time, track.timescale)
    return Piece(
        number=number,
        start_s=start,
        duration_s=Fraction(end, track.timescale) - start,
        size_bytes=len(segment),
        keys=tuple(_keys(found, track.timescale)) if track.size_px else (),
    )


def _keys(found: list[Run], timescale: int) -> Iterator[Key]:
    for run in found:
        if run.samples[0].is_key:
            yield Key(
                start_s=Fraction(run.decode_time, timescale),
                offset_bytes=run.start,
                size_bytes=run.data + run.samples[0].size - run.start,
            )
