"""The sound of a package: AAC renditions of their own, cut where the pictures are."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO

from reels import ffmpeg, guarded
from reels.errors import FfmpegFailed, FfmpegTimedOut, RenderError
from reels.hls.boxes import Sample
from reels.hls.cutting import OnPiece, Track, packets
from reels.hls.fragments import fragment
from reels.hls.grid import Grid
from reels.hls.ladder import MAIN_SOUND, Ladder, Sound
from reels.hls.packets import guarded_source
from reels.hls.pieces import finished
from reels.hls.piping import Output, fragmented, run_into
from reels.hls.source import PACKET, Source
from reels.limits import Limits
from reels.loudness import RATE

#: An encoder that starts anew is given so many packets to come to rest.
_RUN_UP = 24
#: So many packets last a whole number of samples at 44.1 kHz and at 32 kHz, and their parts:
#: between two samples the sound would come out a little otherwise.
_WHOLE = 15
#: A sound of more is encoded: the rates of the lower variants are not made for it.
_MOST_COPIED_BPS = 192_000
_LIMITS = Limits(memory_bytes=512 << 20, cpu_s=600, file_bytes=0)
_TIMEOUT_S = 1200.0


def cuts(grid: Grid) -> list[int]:
    """The packets with which segments start, as near to the pictures' as packets allow.

    After the last one comes the end: the first packet that starts when all is over.
    """
    starts = [round(Fraction(start) / grid.fps * RATE / PACKET) for start in grid.segments]
    end = max(round(grid.length_s * RATE / PACKET), starts[-1] + 1)
    return [*starts, end]


def main_sound(source: Source, grid: Grid) -> Sound:
    """The sound of all variants but the lowest: the film's own, where its packets fit."""
    sound = source.sound
    if sound is None or not sound.packets or sound.rate_bps > _MOST_COPIED_BPS:
        return MAIN_SOUND
    early = (source.start_s - sound.start_s) * RATE / PACKET
    is_aac = (sound.codec, sound.profile, sound.rate_hz, sound.channels) == ("aac", "LC", RATE, 2)
    fits = early >= 0 and early.denominator == 1 and early + cuts(grid)[-1] <= sound.packets
    if not is_aac or not fits:
        return MAIN_SOUND
    own = {"rate_bps": sound.rate_bps, "way": "copy", "skip": int(early)}
    return MAIN_SOUND.model_copy(update=own)


def encode_sounds(
    path: Path,
    ladder: Ladder,
    root: Path,
    work: Path,
    *,
    on_piece: OnPiece | None = None,
    group: ffmpeg.Group | None = None,
) -> None:
    """Encode the sounds of `ladder` into folders of their names in `root`.

    What lies there is kept, as `reels.hls.encode` does. Where the film is silent before or
    after, or in a gap, so is the rendition: all last as long as the pictures.

    Raises:
        RenderError: the sound cannot be decoded.
    """
    ends = cuts(ladder.grid)
    for sound in ladder.sounds:
        done = finished(root / sound.name)
        if done < len(ends) - 1:
            _encode(path, ladder, sound, root / sound.name, done, work, on_piece, group)


def _encode(
    path: Path,
    ladder: Ladder,
    sound: Sound,
    folder: Path,
    done: int,
    work: Path,
    on_piece: OnPiece | None,
    group: ffmpeg.Group | None,
) -> None:
    ends = cuts(ladder.grid)
    track = Track(folder, done, on_piece)
    if sound.way == "copy":
        before, args, skip = _copying(path, sound.skip + ends[done])
    else:
        before, args, skip = _encoding(path, ladder, sound, ends[done], ends[-1])
    output = Output(args, partial(_cut, ends=ends, skip=skip, track=track))
    work.mkdir(parents=True, exist_ok=True)
    try:
        run_into(before, [output], work, _TIMEOUT_S, _LIMITS, group)
    except (FfmpegFailed, FfmpegTimedOut) as error:
        raise guarded.unreadable(path, error) from error


def _copying(path: Path, skip: int) -> tuple[list[str], list[str], int]:
    """ffmpeg's arguments before and for the output, and how many packets come before ours."""
    args = ["-map", "0:a:0", "-c", "copy", *fragmented(), "-frag_duration", "1000000"]
    return ["-copyts", *guarded_source(path), "-vn"], args, skip


def _encoding(
    path: Path, ladder: Ladder, sound: Sound, first: int, end: int
) -> tuple[list[str], list[str], int]:
    """As `_copying`, for the packets from `first` to `end`."""
    run_up = max(0, first - _RUN_UP) // _WHOLE * _WHOLE
    layout = "mono" if sound.channels == 1 else "stereo"
    start_s = ladder.source.start_s + Fraction(run_up * PACKET, RATE)
    args = [
        *("-map", "0:a:0", "-af", _filters(start_s, (end - run_up) * PACKET, layout)),
        *("-c:a", "aac", "-b:a", str(sound.rate_bps), "-aac_coder", "fast"),
        *(*fragmented(), "-frag_duration", "1000000"),
    ]
    seek = ("-seek_timestamp", "1", "-ss", f"{float(start_s) - 1:.6f}") if run_up else ()
    before = ["-copyts", *seek, *guarded_source(path), "-vn", "-max_error_rate", "1"]
    # The first packet out is the encoder's delay: what it starts to hear comes with the next.
    return before, args, first - run_up + 1


def _filters(start_s: Fraction, samples: int, layout: str) -> str:
    """48 kHz from `start_s` on, gaps filled with silence, of exactly so many samples."""
    start = round(start_s * RATE)
    return ",".join(
        (
            f"aresample={RATE}:async=1",
            f"aformat=sample_fmts=fltp:sample_rates={RATE}:channel_layouts={layout}",
            f"atrim=start_pts={start}",
            f"asetpts=PTS-({start})",
            # What is silent before the first sample is filled here: where rates differ,
            # FFmpeg counts `first_pts` in samples of either.
            "aresample=async=1:first_pts=0",
            "apad",
            f"atrim=end_sample={samples}",
        )
    )


def _cut(stream: IO[bytes], ends: list[int], skip: int, track: Track) -> None:
    source = islice(packets(stream, lambda init: track.begin(init, RATE)), skip, None)
    for number in range(track.first, len(ends) - 1):
        first, end = ends[number], ends[number + 1]
        found = list(islice(source, end - first))
        if len(found) < end - first:
            raise RenderError(f"The sound {track.name} ends too soon, in segment {number}.")
        samples = [Sample(len(packet.data), PACKET, 0, True) for packet in found]
        data = b"".join(packet.data for packet in found)
        track.put(number, [fragment(number + 1, first * PACKET, samples, data)])
