"""Whether a package is what players are promised, by Apple's authoring specification.

Everything is read from the files, playlists first, as a player does; nothing is taken from
the plan but how long the film is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from reels.errors import CheckFailed, RenderError
from reels.hls.bandwidth import Rates, key_rates, rates
from reels.hls.check_tracks import CheckedTrack, check_captions, check_track
from reels.hls.ladder import CELLULAR_BPS, FIRST_BPS, RUNGS
from reels.hls.master import MASTER
from reels.hls.reading import Master, Stream, read_master

#: Stated rates may be off by a tenth, and a peak may be twice the average.
_OFF, _PEAK_SHARE = Fraction(1, 10), 2
_MUST = ("BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS", "RESOLUTION", "FRAME-RATE")
#: What a sound may be off the pictures: half a packet of it, at either end.
_PACKET_S = Fraction(1024, 48_000)
#: A start of about 2000k, as it was measured and with its sound.
_FIRST_SHARE = Fraction(6, 5)


def check(root: Path, length_s: Fraction, *, most_peak_share: float = _PEAK_SHARE) -> None:
    """Check the package in `root`, of a film of `length_s` seconds.

    `most_peak_share` is how much higher than its average a variant's peak may be. Apple asks
    for twice; a film that stands still for long and then moves has more, whoever encodes it,
    as has one of our own that is copied.

    Raises:
        CheckFailed: it is not what was promised; the message says all that is wrong.
    """
    try:
        faults = list(_faults(root, length_s, Fraction(most_peak_share)))
    except (RenderError, OSError, LookupError, ValueError, StopIteration, struct.error) as error:
        faults = [f"It cannot be read: {error}"]
    if faults:
        raise CheckFailed(f"The package {root.name} is not as it must be: {' '.join(faults)}")


def _faults(root: Path, length_s: Fraction, peak_share: Fraction) -> Iterator[str]:
    master = read_master(root / MASTER)
    if "#EXT-X-INDEPENDENT-SEGMENTS" not in master.tags:
        yield "The master does not say that segments are independent."
    tracks: dict[str, CheckedTrack] = {}
    named = [stream for stream in (*master.streams, *master.media) if _has_samples(stream)]
    for stream in named:
        track = check_track(root / stream.uri)
        tracks[stream.uri] = track
        yield from (f"{stream.uri}: {fault}" for fault in track.faults)
    yield from _order(master)
    for stream in master.streams:
        faults = _stream_faults(stream, master, tracks, peak_share)
        yield from (f"{stream.uri}: {fault}" for fault in faults)
    yield from _alignment(master, tracks, length_s)
    yield from _keys(master, root, tracks)
    starts = [piece.start_s for piece in tracks[master.streams[0].uri].pieces]
    for stream in master.media:
        if stream.attributes["TYPE"] == "SUBTITLES":
            faults = check_captions(root / stream.uri, starts, length_s)
            yield from (f"{stream.uri}: {fault}" for fault in faults)


def _has_samples(stream: Stream) -> bool:
    return stream.attributes.get("TYPE") != "SUBTITLES"


def _order(master: Master) -> Iterator[str]:
    peaks = [int(stream.attributes.get("BANDWIDTH", 0)) for stream in master.streams]
    averages = [int(stream.attributes.get("AVERAGE-BANDWIDTH", 0)) for stream in master.streams]
    if min(peaks) > CELLULAR_BPS:
        yield f"No variant has a peak of {CELLULAR_BPS} or less."
    if not _starts_well(averages, master.streams):
        yield "The variant of 2000k, or the next one below, is not the first."
    if peaks[1:] != sorted(peaks[1:]):
        yield "The variants are not in order."


def _starts_well(averages: list[int], streams: tuple[Stream, ...]) -> bool:
    """Whether the first variant has the highest rate up to 2000k, or the size of that rung.

    Of a picture that hardly changes the higher rungs have lower rates than they are named by.
    """
    below = [rate for rate in averages if rate <= FIRST_BPS]
    if FIRST_BPS * _FIRST_SHARE >= averages[0] >= max(below, default=min(averages)):
        return True
    sizes = [sorted(map(int, each.attributes["RESOLUTION"].split("x"))) for each in streams]
    rung = next(rung for rung in RUNGS if rung.rate_bps == FIRST_BPS)
    fitting = [(a, b) for a, b in sizes if a <= rung.width_px and b <= rung.height_px]
    return tuple(sizes[0]) == max(fitting, default=min(map(tuple, sizes)))


def _stream_faults(
    stream: Stream, master: Master, tracks: dict[str, CheckedTrack], peak_share: Fraction
) -> Iterator[str]:
    own, said = tracks[stream.uri], stream.attributes
    missing = [name for name in _MUST if not said.get(name)]
    if missing:
        yield f"It lacks {', '.join(missing)}."
        return
    codecs, found = [own.head.codec], rates(own.pieces)
    if group := said.get("AUDIO"):
        sound = next(
            media.uri
            for media in master.media
            if media.attributes["TYPE"] == "AUDIO" and media.attributes["GROUP-ID"] == group
        )
        codecs.append(tracks[sound].head.codec)
        found += rates(tracks[sound].pieces)
    if said["CODECS"].split(",") != codecs:
        yield f"Its CODECS are {said['CODECS']}, and the streams' {','.join(codecs)}."
    if own.head.size_px and said["RESOLUTION"] != "x".join(map(str, own.head.size_px)):
        yield f"Its RESOLUTION is {said['RESOLUTION']}, and the stream's {own.head.size_px}."
    if abs(Fraction(said["FRAME-RATE"]) - own.fps) > Fraction(1, 1000):
        yield f"Its FRAME-RATE is {said['FRAME-RATE']}, and the stream's {float(own.fps):.3f}."
    yield from _rate_faults(said, found)
    video = rates(own.pieces)
    if video.peak > peak_share * video.average:
        yield f"Its peak of {video.peak} is more than twice its average of {video.average}."


def _rate_faults(said: dict[str, str], found: Rates) -> Iterator[str]:
    pairs = (("BANDWIDTH", found.peak), ("AVERAGE-BANDWIDTH", found.average))
    for name, value in pairs:
        if name not in said:
            yield f"It lacks {name}."
        elif abs(int(said[name]) - value) > _OFF * value:
            yield f"Its {name} is {said[name]}, and {value} was measured."


def _alignment(
    master: Master, tracks: dict[str, CheckedTrack], length_s: Fraction
) -> Iterator[str]:
    first = tracks[master.streams[0].uri]
    cuts = [(piece.start_s, piece.duration_s) for piece in first.pieces]
    for uri, track in tracks.items():
        end_s = track.pieces[-1].start_s + track.pieces[-1].duration_s
        slack_s = 1 / first.fps if track.head.size_px else max(1 / first.fps, _PACKET_S)
        if abs(end_s - length_s) > slack_s:
            yield f"{uri}: It lasts {float(end_s):.3f} s, and the film {float(length_s):.3f} s."
        own = [(piece.start_s, piece.duration_s) for piece in track.pieces]
        if track.head.size_px and own != cuts:
            yield f"{uri}: It is not cut where the first variant is."
        if len(own) != len(cuts) or any(
            abs(a - b) > _PACKET_S for (a, _), (b, _) in zip(own, cuts, strict=False)
        ):
            yield f"{uri}: Its segments are not beside those of the first variant."


def _keys(master: Master, root: Path, tracks: dict[str, CheckedTrack]) -> Iterator[str]:
    if len(master.keys) != len(master.streams):
        yield "Not every variant has an I-frame playlist."
    by_folder = {uri.partition("/")[0]: track for uri, track in tracks.items()}
    for stream in master.keys:
        own = by_folder[stream.uri.partition("/")[0]]
        faults = [*own.key_faults(root / stream.uri)]
        faults += _rate_faults(stream.attributes, key_rates(own.pieces))
        yield from (f"{stream.uri}: {fault}" for fault in faults)
