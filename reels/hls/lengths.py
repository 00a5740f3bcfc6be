"""Whether tracks last as long as the film: nothing is shown as ready before."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from reels.errors import CheckFailed
from reels.hls.ladder import Ladder, Variant
from reels.hls.pieces import finished, measure, piece_name, read_head

#: Half a packet of AAC, at either end.
_PACKET_S = Fraction(1024, 48_000)


def check_lengths(ladder: Ladder, root: Path, variants: Sequence[Variant]) -> None:
    """Check these variants and their sounds: each starts at 0 and ends with the film, within
    one frame. Read from the first and the last segment.

    Raises:
        CheckFailed: one does not.
        RenderError: a segment is not whole.
    """
    frame_s = 1 / ladder.grid.fps
    names = dict.fromkeys((each.name, frame_s) for each in variants)
    sounds = {each.sound: max(frame_s, _PACKET_S) for each in variants if each.sound}
    for name, most_s in (*names, *sounds.items()):
        _check(root / name, len(ladder.grid.segments), ladder.source.length_s, most_s)


def _check(folder: Path, count: int, length_s: Fraction, most_s: Fraction) -> None:
    found = finished(folder)
    if found < count:
        raise CheckFailed(f"The track {folder.name} has {found} of {count} segments.")
    track = read_head(folder)
    first, last = (
        measure((folder / piece_name(number)).read_bytes(), number, track)
        for number in (0, count - 1)
    )
    end_s = last.start_s + last.duration_s
    if first.start_s > most_s or abs(end_s - length_s) > most_s:
        raise CheckFailed(
            f"The track {folder.name} goes from {float(first.start_s):.3f} s to "
            f"{float(end_s):.3f} s, and the film to {float(length_s):.3f} s."
        )
