"""The master playlist: what is in it was measured, and read from the streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from reels.hls.bandwidth import Rates, key_rates, rates
from reels.hls.boxes import Head
from reels.hls.captions import folder_of
from reels.hls.grid import Grid
from reels.hls.ladder import Ladder, Variant, first_variant
from reels.hls.pieces import Piece, finished, measured, read_head
from reels.hls.playlists import INDEX, KEYS, VERSION
from reels.models import Model

MASTER = "master.m3u8"
_CAPTIONS = "captions"


class Captions(Model):
    """A language in which there are captions, and its name for people.

    Those whose words are `in_picture` anyway are shown to nobody who does not ask for them.
    """

    language: str
    name: str
    in_picture: bool = False


class TrackFacts(NamedTuple):
    """What was found in a track's folder."""

    head: Head
    pieces: tuple[Piece, ...]


def facts(folder: Path) -> TrackFacts:
    """Measure a complete track. Raises RenderError."""
    return TrackFacts(read_head(folder), measured(folder))


def complete(ladder: Ladder, root: Path) -> tuple[Variant, ...]:
    """The variants that a player could play to their end, their sound included."""
    count = len(ladder.grid.segments)

    def is_whole(name: str) -> bool:
        return not name or finished(root / name) == count

    return tuple(
        variant for variant in ladder.variants if is_whole(variant.name) and is_whole(variant.sound)
    )


def master_playlist(
    ladder: Ladder,
    variants: Sequence[Variant],
    tracks: Mapping[str, TrackFacts],
    captions: Sequence[Captions] = (),
) -> str:
    """The master playlist of those `variants`, which `tracks` has facts of, by name.

    The one to start with comes first, the others follow from the smallest on.
    """
    first = first_variant(variants)
    ordered = [first, *(variant for variant in variants if variant != first)]
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += _sounds(ladder, ordered)
    lines += caption_lines(captions)
    for variant in ordered:
        own = tracks[variant.name]
        measured_rates, codecs = rates(own.pieces), [own.head.codec]
        more = [("FRAME-RATE", f"{float(ladder.grid.fps):.3f}")]
        if variant.sound:
            sound = tracks[variant.sound]
            measured_rates += rates(sound.pieces)
            codecs.append(sound.head.codec)
            more.append(("AUDIO", f'"{variant.sound}"'))
        if captions:
            more.append(("SUBTITLES", f'"{_CAPTIONS}"'))
        more.append(("CLOSED-CAPTIONS", "NONE"))
        described = _described(measured_rates, codecs, own.head)
        lines.append(f"#EXT-X-STREAM-INF:{_attributes([*described, *more])}")
        lines.append(f"{variant.name}/{INDEX}")
    for variant in ordered:
        own = tracks[variant.name]
        described = _described(key_rates(own.pieces), [own.head.codec], own.head)
        uri = ("URI", f'"{variant.name}/{KEYS}"')
        lines.append(f"#EXT-X-I-FRAME-STREAM-INF:{_attributes([*described, uri])}")
    return "\n".join(lines) + "\n"


def segment_lengths(grid: Grid) -> list[Fraction]:
    """How long each segment of pictures lasts, in seconds."""
    ends = [grid.segment_end(number) for number in range(len(grid.segments))]
    return [(end - start) / grid.fps for start, end in zip(grid.segments, ends, strict=True)]


def _described(found: Rates, codecs: Sequence[str], head: Head) -> list[tuple[str, str]]:
    assert head.size_px is not None
    width, height = head.size_px
    return [
        ("BANDWIDTH", str(found.peak)),
        ("AVERAGE-BANDWIDTH", str(found.average)),
        ("CODECS", f'"{",".join(codecs)}"'),
        ("RESOLUTION", f"{width}x{height}"),
    ]


def _sounds(ladder: Ladder, variants: Iterable[Variant]) -> list[str]:
    used = {variant.sound for variant in variants}
    return [
        "#EXT-X-MEDIA:"
        + _attributes(
            [
                ("TYPE", "AUDIO"),
                ("GROUP-ID", f'"{sound.name}"'),
                ("NAME", '"Sound"'),
                ("DEFAULT", "YES"),
                ("AUTOSELECT", "YES"),
                ("CHANNELS", f'"{sound.channels}"'),
                ("URI", f'"{sound.name}/{INDEX}"'),
            ]
        )
        for sound in ladder.sounds
        if sound.name in used
    ]


def caption_lines(captions: Sequence[Captions]) -> list[str]:
    """A line of the master playlist for each language, the one to begin with first."""
    return [
        "#EXT-X-MEDIA:"
        + _attributes(
            [
                ("TYPE", "SUBTITLES"),
                ("GROUP-ID", f'"{_CAPTIONS}"'),
                ("NAME", f'"{each.name}"'),
                ("LANGUAGE", f'"{each.language}"'),
                ("DEFAULT", "YES" if number == 0 and not each.in_picture else "NO"),
                ("AUTOSELECT", "NO" if each.in_picture else "YES"),
                ("FORCED", "NO"),
                ("URI", f'"{folder_of(each.language)}/{INDEX}"'),
            ]
        )
        for number, each in enumerate(captions)
    ]


def _attributes(pairs: Iterable[tuple[str, str]]) -> str:
    return ",".join(f"{name}={value}" for name, value in pairs)
