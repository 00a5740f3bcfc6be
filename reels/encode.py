"""A segment becomes a small MP4 of its own, ready to be joined by copy."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

from reels import ffmpeg, frames
from reels.errors import InvalidInput
from reels.fonts import FONTS_DIR
from reels.grid import Encoder, Segment

#: A 2 s segment takes about 2 s; one that takes this long is stuck.
SEGMENT_TIMEOUT_S = 180.0

#: Ticks per frame in the parts' time base, so that every time stamp is a whole number.
TICKS_PER_FRAME = 512

_BT709 = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def encode(segment: Segment, to: Path, work: Path, *, group: ffmpeg.Group | None = None) -> Path:
    """Encode `segment` into the MP4 file `to`, which appears whole or not at all.

    Exactly `segment.frames` frames of H.264 High, yuv420p, BT.709, constant frame rate,
    one closed GOP that starts with an IDR frame. `work` is a directory for passing files.

    Raises:
        RenderError: a picture cannot be read, or ffmpeg failed or took too long.
    """
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="segment-") as folder:
        desk = Path(folder)
        if segment.captions:
            _lay_out_captions(segment, desk)
        args = _arguments(segment)
        if segment.is_still:
            ffmpeg.run(args, desk, SEGMENT_TIMEOUT_S, [frames.first_frame(segment)], group=group)
        else:
            with closing(frames.frames(segment)) as drawn:
                ffmpeg.run(args, desk, SEGMENT_TIMEOUT_S, drawn, group=group)
        return publish(desk / "part.mp4", to)


def encode_all(
    segments: Sequence[Segment],
    directory: Path,
    workers: int | None = None,
    on_done: Callable[[Segment, Path], None] | None = None,
) -> tuple[Path, ...]:
    """Encode those of `segments` that `directory` does not hold yet, some at a time.

    Files are named by the segments' keys. `on_done` is called in this thread for every
    segment, found or made. `workers` is by default half the cores, for x264 uses two.
    Returns the files in the segments' order; the first failure stops all.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = {segment.key: directory / f"{segment.key}.mp4" for segment in segments}
    group = ffmpeg.Group()
    pool = ThreadPoolExecutor(workers or max(1, (os.cpu_count() or 2) // 2))
    try:
        running: dict[Future[Path], Segment] = {}
        for key, segment in {segment.key: segment for segment in segments}.items():
            if files[key].exists():
                _tell(on_done, segment, files[key])
            else:
                future = pool.submit(encode, segment, files[key], directory / "work", group=group)
                running[future] = segment
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                _tell(on_done, running.pop(future), future.result())
    except BaseException:
        group.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return tuple(files[segment.key] for segment in segments)


def publish(source: Path, to: Path) -> Path:
    """Move `source` to `to` so that a reader sees all of it or nothing."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=to.parent, prefix=".part-", delete=False) as part:
        beside = Path(part.name)
    try:
        shutil.move(source, beside)
        beside.chmod(0o644)
        os.replace(beside, to)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return to


def _lay_out_captions(segment: Segment, desk: Path) -> None:
    """The script and its fonts under names that need no escaping in a filter."""
    (desk / "captions.ass").write_text(segment.captions, encoding="utf-8")
    (desk / "fonts").mkdir()
    for name in segment.faces:
        (desk / "fonts" / name).symlink_to((FONTS_DIR / name).resolve())


def _tell(on_done: Callable[[Segment, Path], None] | None, segment: Segment, file: Path) -> None:
    if on_done:
        on_done(segment, file)


def _arguments(segment: Segment) -> list[str]:
    width, height = segment.size_px
    source = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}"]
    return [
        *source, "-r", str(segment.fps), "-i", "pipe:0",
        "-vf", _filters(segment),
        "-frames:v", str(segment.frames), "-fps_mode", "passthrough",
        *_codec(segment.encoder, segment.fps),
        "-an", "-map_metadata", "-1", "-fflags", "+bitexact",
        "-video_track_timescale", str(segment.fps * TICKS_PER_FRAME),
        "-f", "mp4", "part.mp4",
    ]  # fmt: skip


def _filters(segment: Segment) -> str:
    chain = [f"setparams={_BT709}"]
    if segment.is_still:
        chain.append(f"loop=loop={segment.frames - 1}:size=1:start=0")
        chain.append(f"setpts=N/({segment.fps}*TB)")
    if segment.captions:
        chain.append("ass=filename=captions.ass:fontsdir=fonts")
    return ",".join(chain)


def _codec(encoder: Encoder, fps: int) -> list[str]:
    """x264, one closed GOP a segment, with headers that do not depend on the content.

    `stitchable` keeps the PPS the same in all parts; they share the first one's headers
    when joined.
    """
    if encoder.codec != "libx264":
        raise InvalidInput("encoder.codec", f"{encoder.codec} is not known.")
    return [
        "-c:v", "libx264", "-preset", encoder.preset, "-crf", str(encoder.crf),
        "-profile:v", "high", "-pix_fmt", "yuv420p", "-threads", str(encoder.threads),
        "-g", str(2 * fps), "-keyint_min", str(2 * fps), "-flags", "+cgop",
        "-x264-params", "stitchable=1",
        "-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709",
        "-color_trc", "bt709", "-chroma_sample_location", "left",
    ]  # fmt: skip
