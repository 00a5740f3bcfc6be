"""Media playlists: of segments, of pictures to start from, of captions (RFC 8216)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from reels.hls.grid import SEGMENT_S
from reels.hls.pieces import INIT, Piece, piece_name

INDEX, KEYS = "index.m3u8", "keys.m3u8"
#: Fragmented MP4 needs 6, byte ranges 4, I-frame playlists with an EXT-X-MAP 5.
VERSION = 7


def media_playlist(pieces: Sequence[Piece]) -> str:
    """A track of pictures or of sound. URIs are relative to its folder."""
    entries = (f"{extinf(piece.duration_s)}\n{piece_name(piece.number)}" for piece in pieces)
    durations = (piece.duration_s for piece in pieces)
    return _playlist(durations, [f'#EXT-X-MAP:URI="{INIT}"', *entries])


def key_playlist(pieces: Sequence[Piece]) -> str:
    """Of a track's pictures to start from, as byte ranges of the same segments."""
    keys = [(piece, key) for piece in pieces for key in piece.keys]
    starts = [key.start_s for _, key in keys]
    ends = [*starts[1:], pieces[-1].start_s + pieces[-1].duration_s]
    durations = [end - start for start, end in zip(starts, ends, strict=True)]
    entries = (
        f"{extinf(length)}\n#EXT-X-BYTERANGE:{key.size_bytes}@{key.offset_bytes}\n"
        f"{piece_name(piece.number)}"
        for (piece, key), length in zip(keys, durations, strict=True)
    )
    only = ["#EXT-X-I-FRAMES-ONLY", f'#EXT-X-MAP:URI="{INIT}"']
    return _playlist(durations, [*only, *entries])


def caption_playlist(names: Sequence[str], durations_s: Sequence[Fraction]) -> str:
    """Of caption files, each of which lasts as long as the pictures' segment."""
    entries = (f"{extinf(length)}\n{name}" for name, length in zip(names, durations_s, strict=True))
    return _playlist(durations_s, entries)


def extinf(duration_s: Fraction) -> str:
    return f"#EXTINF:{float(duration_s):.6f},"


def _playlist(durations_s: Iterable[Fraction], entries: Iterable[str]) -> str:
    target = max(SEGMENT_S, *(round(length) for length in durations_s))
    lines = (
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *entries,
        "#EXT-X-ENDLIST",
    )
    return "\n".join(lines) + "\n"
