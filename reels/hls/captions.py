"""Captions as WebVTT files, one for each segment of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reels.captions.files import to_vtt
from reels.hls.grid import Grid
from reels.hls.pieces import place
from reels.hls.playlists import INDEX, caption_playlist
from reels.models import Cue

#: Fragmented MP4 counts from 0, and so do the cues: the clock of MPEG-TS, which RFC 8216
#: speaks of, and the local one are the same.
TIMESTAMP_MAP = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"


def folder_of(language: str) -> str:
    """The folder of the captions in a language (BCP 47)."""
    return f"text-{language.lower()}"


def write_captions(cues: Sequence[Cue], language: str, grid: Grid, root: Path) -> Path:
    """Write captions and their playlist below `root`; returns their folder.

    A cue is in every segment during which it is seen, with its own times; what lies past
    the film's end is left out.
    """
    folder = root / folder_of(language)
    ends = [grid.segment_end(number) for number in range(len(grid.segments))]
    names, lengths = [], []
    for number, (start, end) in enumerate(zip(grid.segments, ends, strict=True)):
        start_s, end_s = start / grid.fps, end / grid.fps
        seen = [cue for cue in cues if cue.start_s < end_s and cue.end_s > start_s]
        name = f"s{number:05}.vtt"
        head, _, body = to_vtt(seen).partition("\n")
        place(f"{head}\n{TIMESTAMP_MAP}\n{body}".encode(), folder / name)
        names.append(name)
        lengths.append(end_s - start_s)
    place(caption_playlist(names, lengths).encode(), folder / INDEX)
    return folder
