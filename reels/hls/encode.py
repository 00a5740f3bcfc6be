"""The pictures of a package: all encoded variants from one decoder, the top one by copy."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from reels import ffmpeg, guarded
from reels.codecs import COLOUR
from reels.errors import FfmpegFailed, FfmpegTimedOut
from reels.hls.cutting import OnPiece, Track, cut_pictures
from reels.hls.graph import Branch, filters, seek_s
from reels.hls.grid import Grid
from reels.hls.ladder import Ladder, Variant
from reels.hls.packets import guarded_source
from reels.hls.pieces import finished
from reels.hls.piping import Output, fragmented, run_into
from reels.limits import Limits
from reels.machine import cores

#: At the ladder's rates it looks better than `veryfast` by 1.4 points of VMAF (540x960) to 2.7
#: (360x640), for half as much work again; `fast` adds 0.4 for an eighth more.
PRESET = "faster"
_PROFILE = "high"
#: One of these bounds, whichever is larger in proportion to the film's length: 60 frames of
#: 4K HDR a second take 17 CPU seconds to decode, six rungs of them 6 to encode.
_LEAST_S, _CPU_PER_S, _WALL_PER_S = 300, 30, 60
_MEMORY_BYTES = 3 << 30
#: More threads of a decoder take memory and give little: encoding takes most of the time.
_DECODERS = 4
#: The pixels of all rungs of a film in full size.
_ALL_PX = 4_200_000


def encode(
    path: Path,
    ladder: Ladder,
    root: Path,
    work: Path,
    *,
    only: Collection[str] | None = None,
    on_piece: OnPiece | None = None,
    group: ffmpeg.Group | None = None,
    preset: str = PRESET,
) -> None:
    """Encode the variants of `ladder` into folders of their names in `root`, by one decoder.

    What lies there is kept: a variant goes on with its first missing segment. `only` names
    the variants to look after. `on_piece` is called, in other threads, for every new segment.

    Raises:
        RenderError: the film cannot be decoded, or what is there was encoded otherwise.
    """
    todo = [
        (variant, done)
        for variant in ladder.variants
        if variant.way == "encode" and (only is None or variant.name in only)
        if (done := finished(root / variant.name)) < len(ladder.grid.segments)
    ]
    if not todo:
        return
    grid = ladder.grid
    branches = [
        Branch(variant.name, variant.size_px, grid.segments[done]) for variant, done in todo
    ]
    outputs = [_encoding(variant, grid, root, done, preset, on_piece) for variant, done in todo]
    source = ladder.source
    from_s = seek_s(source, grid, min(branch.first for branch in branches))
    before = [
        *("-copyts", *(_seek(from_s) if from_s is not None else ())),
        *guarded_source(path, decoder=source.decoder, threads=min(cores(), _DECODERS)),
        *("-filter_complex_threads", "1", "-max_error_rate", "1"),
        *("-filter_complex", filters(source, grid, branches)),
    ]
    _run(path, ladder, before, outputs, work, group)


def copy(
    path: Path,
    ladder: Ladder,
    root: Path,
    work: Path,
    *,
    on_piece: OnPiece | None = None,
    group: ffmpeg.Group | None = None,
) -> None:
    """Copy the film's own pictures into the variant that has them; see `encode`.

    All are read again after a crash, which costs next to nothing; none is written again.

    Raises:
        RenderError: the film cannot be read.
    """
    grid = ladder.grid
    for variant in ladder.variants:
        done = finished(root / variant.name)
        if variant.way == "copy" and done < len(grid.segments):
            # What players need stands in the init segment.
            clean = "filter_units=remove_types=7-9|12"
            track = Track(root / variant.name, done, on_piece)
            args = ["-map", "0:V:0", "-c", "copy", "-bsf:v", clean]
            output = Output(
                [*args, *fragmented("+frag_keyframe")],
                partial(cut_pictures, grid=grid, track=track, skip=grid.segments[done]),
            )
            _run(path, ladder, ["-copyts", *guarded_source(path)], [output], work, group)


def _encoding(
    variant: Variant, grid: Grid, root: Path, done: int, preset: str, on_piece: OnPiece | None
) -> Output:
    track = Track(root / variant.name, done, on_piece)
    args = [
        *("-map", f"[{variant.name}]"),
        *encoder_args(variant, grid, grid.segments[done], preset),
        *("-enc_time_base:v", "filter", *fragmented("+frag_keyframe")),
    ]
    return Output(args, partial(cut_pictures, grid=grid, track=track))


def _run(
    path: Path,
    ladder: Ladder,
    before: list[str],
    outputs: list[Output],
    work: Path,
    group: ffmpeg.Group | None,
) -> None:
    work.mkdir(parents=True, exist_ok=True)
    length_s = float(ladder.grid.length_s)
    timeout_s = _LEAST_S + _WALL_PER_S * length_s
    try:
        run_into(before, outputs, work, timeout_s, _limits(length_s), group)
    except (FfmpegFailed, FfmpegTimedOut) as error:
        raise guarded.unreadable(path, error) from error


def _limits(length_s: float) -> Limits:
    """What ffmpeg may use for a film of this length; it writes nothing but its pipes."""
    return Limits(_MEMORY_BYTES, round(_LEAST_S + _CPU_PER_S * length_s), 0)


def _seek(from_s: float) -> tuple[str, ...]:
    return ("-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{from_s:.6f}")


def encoder_args(variant: Variant, grid: Grid, first: int, preset: str) -> list[str]:
    """ffmpeg's arguments for the pictures of one variant from frame `first` of the film on."""
    args = [
        *("-c:v", "libx264", "-preset", preset, "-profile:v", _PROFILE),
        *("-threads", str(_threads(variant)), "-fps_mode", "passthrough"),
        *("-b:v", str(variant.rate_bps), "-maxrate:v", str(variant.max_bps)),
        *("-bufsize:v", str(variant.buffer_bits), "-flags:v", "+cgop", "-forced-idr", "1"),
        *("-sc_threshold", "0", *_groups(grid, first)),
    ]
    for name, value in COLOUR.items():
        args += [f"-{name}:v", value]
    return args


def _groups(grid: Grid, first: int) -> list[str]:
    """Where IDR pictures are: every so many frames, or at times that are listed."""
    if grid.is_even and len(grid.groups) > 1:
        step = str(grid.groups[1])
        return ["-g", step, "-keyint_min", step]
    # Half a frame sooner, so that rounding does not put it off to the next one.
    starts = ((group - first - 0.5) / float(grid.fps) for group in grid.groups if group > first)
    most = str(grid.frames + 1)
    times = ",".join(f"{at:.6f}" for at in starts)
    return ["-g", most, "-keyint_min", "1", *(("-force_key_frames", times) if times else ())]


def _threads(variant: Variant) -> int:
    """All variants are encoded side by side: the large ones get what cores are left."""
    share = variant.size_px[0] * variant.size_px[1] / _ALL_PX
    return max(1, round(cores() * share))
