"""One track of a package, looked at segment by segment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from reels.cuts import GRID_S
from reels.hls.boxes import Box, Head, Run, boxes, head, run, runs
from reels.hls.captions import TIMESTAMP_MAP
from reels.hls.grid import OVER_S, SEGMENT_S
from reels.hls.pieces import Piece, measure
from reels.hls.reading import Entry, Playlist, read_playlist

_IDR, _SPS, _PPS = 5, 7, 8
_HIGH, _MOST_LEVEL = 100, 42
#: Playlists round to microseconds.
_ROUNDING_S = Fraction(1, 100_000)
_TIMES = re.compile(r"(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})")


class CheckedTrack(NamedTuple):
    """`fps` is 0 for sound."""

    head: Head
    pieces: tuple[Piece, ...]
    fps: Fraction
    faults: tuple[str, ...]

    def key_faults(self, path: Path) -> Iterator[str]:
        """What is wrong with the playlist of pictures to start from."""
        playlist = read_playlist(path)
        if "#EXT-X-I-FRAMES-ONLY" not in playlist.tags:
            yield "It does not say that it holds only I-frames."
        keys = [key for piece in self.pieces for key in piece.keys]
        total_s = sum((entry.duration_s for entry in playlist.entries), Fraction(0))
        end_s = self.pieces[-1].start_s + self.pieces[-1].duration_s
        if len(playlist.entries) != len(keys) or abs(total_s - end_s) > len(keys) * _ROUNDING_S:
            yield "It does not hold all pictures to start from, up to the end."
        for number, entry in enumerate(playlist.entries):
            if not _is_one_idr(path.parent, entry):
                yield f"The bytes of entry {number} are not one IDR picture."


def check_track(path: Path) -> CheckedTrack:
    """Check a media playlist and all that it names."""
    playlist = read_playlist(path)
    init = (path.parent / playlist.init).read_bytes()
    track = head(init)
    faults = [*_playlist_faults(playlist), *_init_faults(init, track)]
    pieces, fps, at, count = [], Fraction(0), 0, 0
    for number, entry in enumerate(playlist.entries):
        content = (path.parent / entry.uri).read_bytes()
        piece, found = measure(content, number, track), list(runs(content))
        pieces.append(piece)
        step = found[0].samples[0].duration
        fps = Fraction(track.timescale, step) if track.size_px else fps
        is_last = number == len(playlist.entries) - 1
        own = [*_length_faults(entry, piece, is_last=is_last)]
        own += _order_faults(content, found, at, count)
        if track.size_px:
            for each in found:
                own += _group_faults(content, each, track)
        faults += [f"Segment {number}: {fault}" for fault in own]
        count += len(found)
        at = found[-1].decode_time + sum(sample.duration for sample in found[-1].samples)
    return CheckedTrack(track, tuple(pieces), fps, tuple(faults))


def check_captions(path: Path, starts: Sequence[Fraction], length_s: Fraction) -> Iterator[str]:
    """Check a playlist of captions, cut at `starts`."""
    playlist = read_playlist(path)
    yield from _playlist_faults(playlist, has_init=False)
    ends = [*starts[1:], length_s]
    if len(playlist.entries) != len(starts):
        yield "It has not as many segments as the pictures."
    for entry, start, end in zip(playlist.entries, starts, ends, strict=False):
        text = (path.parent / entry.uri).read_text(encoding="utf-8")
        lines = text.splitlines()
        if lines[:2] != ["WEBVTT", TIMESTAMP_MAP]:
            yield f"{entry.uri} does not map its times to those of the pictures."
        if abs(entry.duration_s - (end - start)) > _ROUNDING_S:
            yield f"{entry.uri} is not as long as its segment of pictures."
        for match in _TIMES.finditer(text):
            from_s, to_s = (_seconds(*match.groups()[at : at + 3]) for at in (0, 3))
            if not (from_s < end and to_s > start):
                yield f"{entry.uri} holds a cue of another segment."


def _seconds(hours: str, minutes: str, seconds: str) -> Fraction:
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)


def _playlist_faults(playlist: Playlist, *, has_init: bool = True) -> Iterator[str]:
    if playlist.tags.get("#EXT-X-PLAYLIST-TYPE") != "VOD" or "#EXT-X-ENDLIST" not in playlist.tags:
        yield "Its playlist is not one of a finished film."
    if "#EXT-X-INDEPENDENT-SEGMENTS" not in playlist.tags:
        yield "It does not say that segments are independent."
    if has_init and not playlist.init:
        yield "It names no init segment."
    target = int(playlist.tags.get("#EXT-X-TARGETDURATION", 0))
    if any(round(entry.duration_s) > target for entry in playlist.entries):
        yield "A segment is longer than the target duration."


def _init_faults(init: bytes, track: Head) -> Iterator[str]:
    kinds = [box.kind for box in boxes(init)]
    if kinds != [b"ftyp", b"moov"]:
        yield f"Its init segment holds {kinds}."
    if track.size_px is None:
        if track.codec != "mp4a.40.2":
            yield f"Its sound is {track.codec}, not AAC-LC."
        return
    profile, level = track.setup[1], track.setup[3]
    # Behind the number of parameter sets and the length of the first one, the unit itself.
    if track.setup[8] & 0x1F != _SPS or track.setup[9:12] != track.setup[1:4]:
        yield "Its avcC box and its parameter set are of different profiles."
    if profile > _HIGH or level > _MOST_LEVEL:
        yield f"It is of profile {profile} and level {level}, over High 4.2."
    if track.setup[4] & 3 != 3:
        yield "The units of its pictures do not have lengths of four bytes."


def _length_faults(entry: Entry, piece: Piece, *, is_last: bool) -> Iterator[str]:
    if abs(entry.duration_s - piece.duration_s) > _ROUNDING_S:
        yield f"It lasts {float(piece.duration_s):.3f} s, not {float(entry.duration_s):.3f} s."
    if piece.duration_s > SEGMENT_S + OVER_S:
        yield f"It lasts {float(piece.duration_s):.3f} s, more than 6.5 s."
    if not is_last and piece.duration_s < SEGMENT_S - GRID_S:
        yield f"It lasts only {float(piece.duration_s):.3f} s."


def _order_faults(content: bytes, found: Sequence[Run], at: int, count: int) -> Iterator[str]:
    kinds = [box.kind for box in boxes(content)]
    if kinds != [b"styp", *([b"moof", b"mdat"] * len(found))]:
        yield f"It holds the boxes {kinds}."
    for number, each in enumerate(found, count + 1):
        if each.number != number:
            yield f"Its fragment {each.number} should be number {number}."
        if each.decode_time != at:
            yield f"It starts at {each.decode_time} ticks, and what is before ends at {at}."
        if sum(sample.size for sample in each.samples) != each.end - each.data:
            yield "Its samples are not all of its data."
        at += sum(sample.duration for sample in each.samples)


def _group_faults(content: bytes, group: Run, track: Head) -> Iterator[str]:
    step = group.samples[0].duration
    if {sample.duration for sample in group.samples} != {step}:
        yield "Its pictures are not evenly spaced."
    if len(group.samples) * step > GRID_S * track.timescale + step:
        yield "It has no IDR picture for more than 2 s."
    shown = [number * step + sample.offset for number, sample in enumerate(group.samples)]
    if shown[0] != 0 or sorted(shown) != [number * step for number in range(len(shown))]:
        yield "A group of its pictures is not closed."
    at = group.data
    for number, sample in enumerate(group.samples):
        kinds = _units(content[at : at + sample.size])
        at += sample.size
        if (number == 0) != (_IDR in kinds) and number == 0:
            yield "A group does not start with an IDR picture."
        if sample.is_key != (number == 0):
            yield "Its pictures to start from are not marked as such."
        if {_SPS, _PPS} & set(kinds):
            yield "Its parameter sets change under way."


def _units(sample: bytes) -> list[int]:
    """The kinds of NAL units in a picture. A negative one says that it is cut off."""
    kinds, at = [], 0
    while at + 4 < len(sample):
        kinds.append(sample[at + 4] & 0x1F)
        at += 4 + int.from_bytes(sample[at : at + 4], "big")
    return kinds if at == len(sample) else [*kinds, -1]


def _is_one_idr(folder: Path, entry: Entry) -> bool:
    if entry.span is None:
        return False
    offset, size = entry.span
    with (folder / entry.uri).open("rb") as file:
        file.seek(offset)
        part = file.read(size)
    length = int.from_bytes(part[:4], "big")
    if len(part) != size or part[4:8] != b"moof" or part[length + 4 : length + 8] != b"mdat":
        return False
    found = run(part, Box(b"moof", 0, 8, length), length + 8, size)
    kinds = _units(part[found.data :])
    return found.samples[0].size == size - found.data and _IDR in kinds and -1 not in kinds
