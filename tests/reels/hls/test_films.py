"""Films of all kinds become packages that keep every clause that the checker knows."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import pytest

from reels import ffmpeg
from reels.hls import check, package, plan, source_of
from reels.hls.ladder import Ladder
from reels.hls.pieces import INIT, finished, piece_name
from tests.reels.hls.conftest import Made
from tests.reels.hls.films import film, rotated, uneven, with_keys

pytestmark = pytest.mark.slow

NTSC = Fraction(1001, 1000)
HDR = (
    *("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params"),
    "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"),
)
Make = Callable[[Path], Path]

#: By name: how it is made and called, what it lasts, and the largest variant's size and way.
FILMS: dict[str, tuple[str, Make, Fraction, tuple[int, int], str]] = {
    "vertical_23_976": (
        "a.mp4", partial(film, rate="24000/1001"), 168 * NTSC / 24, (270, 480), "encode"
    ),
    "horizontal_24": ("a.mp4", partial(film, size="480x270", rate="24"), Fraction(7),
                      (480, 270), "encode"),
    "square_25_transport_stream": ("a.ts", partial(film, size="300x300", rate="25"), Fraction(7),
                                   (300, 300), "encode"),
    "film_29_97_with_its_keys": (
        "a.mp4",
        partial(film, rate="30000/1001", video=with_keys(60)),
        210 * NTSC / 30,
        (270, 480),
        "copy",
    ),
    "fast_50_vp9": (
        "a.webm",
        partial(
            film,
            rate="50",
            seconds=5,
            video=("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "800k"),
            sound=("-c:a", "libopus", "-ac", "1"),
        ),
        Fraction(5),
        (270, 480),
        "encode",
    ),
    "fast_59_94": ("a.mov", partial(film, rate="60000/1001", seconds=5), 300 * NTSC / 60,
                   (270, 480), "encode"),
    "fast_60_hevc": (
        "a.mp4",
        partial(
            film,
            rate="60",
            seconds=4,
            video=("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"),
        ),
        Fraction(4),
        (270, 480),
        "encode",
    ),
    "mpeg4_in_avi": (
        "a.avi",
        partial(film, video=("-c:v", "mpeg4", "-q:v", "5"), sound=("-c:a", "libmp3lame")),
        Fraction(7),
        (270, 480),
        "encode",
    ),
    "silent": ("a.mp4", partial(film, tone=(), video=with_keys(60)), Fraction(7),
               (270, 480), "copy"),
    "one_second_mono": ("a.mp4", partial(film, seconds=1, sound=("-c:a", "aac", "-ac", "1")),
                        Fraction(1), (270, 480), "encode"),
    "uneven": ("a.mp4", uneven, Fraction(7), (270, 480), "encode"),
    "turned_by_90": ("a.mp4", partial(rotated, degrees=90), Fraction(5), (270, 480), "encode"),
    "turned_by_180": ("a.mp4", partial(rotated, degrees=180), Fraction(5), (480, 270), "encode"),
    "hdr": ("a.mp4", partial(film, seconds=5, video=HDR), Fraction(5), (270, 480), "encode"),
    "odd_size": ("a.mkv", partial(film, size="271x479", video=("-c:v", "ffv1"), seconds=5),
                 Fraction(5), (270, 478), "encode"),
    "wide_pixels": ("a.mp4", partial(film, size="240x480", seconds=5,
                    filters="noise=alls=14:allf=t,setsar=4/3"), Fraction(5), (320, 480), "encode"),
    "tiny": ("a.mp4", partial(film, size="128x96", video=with_keys(60)), Fraction(7),
             (128, 96), "copy"),
    "keys_of_its_own": ("a.mp4", partial(film, seconds=14, video=with_keys(43)), Fraction(14),
                        (270, 480), "copy"),
    "keys_in_a_transport_stream": (
        "a.ts", partial(film, rate="25", video=with_keys(50)), Fraction(7), (270, 480), "copy"
    ),
    "keys_and_a_clock_of_milliseconds": (
        "a.mkv",
        partial(film, rate="30000/1001", video=with_keys(30)),
        210 * NTSC / 30,
        (270, 480),
        "copy",
    ),
    "interlaced": (
        "a.ts",
        partial(film, rate="25", video=("-c:v", "mpeg2video", "-q:v", "4", "-flags", "+ildct+ilme"),
                filters="noise=alls=14:allf=t,setfield=tff"),
        Fraction(7),
        (270, 480),
        "encode",
    ),
    "slow_5": ("a.mp4", partial(film, rate="5"), Fraction(7), (270, 480), "encode"),
}  # fmt: skip


def packaged(path: Path, tmp_path: Path) -> tuple[Ladder, Path]:
    ladder = plan(source_of(path, tmp_path))
    root = tmp_path / "hls"
    package(path, ladder, root, tmp_path / "work", preset="ultrafast")
    return ladder, root


@pytest.mark.parametrize("name", FILMS)
def test_a_film_of_any_kind_becomes_a_package_that_keeps_the_rules(
    name: str, tmp_path: Path
) -> None:
    file, make, length_s, size_px, way = FILMS[name]
    ladder, root = packaged(make(tmp_path / file), tmp_path)
    check(root, ladder.grid.length_s)
    assert abs(ladder.grid.length_s - length_s) <= 1 / ladder.grid.fps
    top = ladder.variants[-1]
    assert (top.size_px, top.way) == (size_px, way)
    for variant in ladder.variants:
        assert decoded(root / variant.name) == [
            ladder.grid.segment_end(n) - first for n, first in enumerate(ladder.grid.segments)
        ]


def test_ten_minutes_keep_the_rules_too(tmp_path: Path) -> None:
    made = film(tmp_path / "long.mp4", "128x96", "12", 600)
    ladder, root = packaged(made, tmp_path)
    check(root, Fraction(600))
    assert len(ladder.grid.segments) == 100


def test_another_player_plays_it_from_the_master_to_the_end(finished_package: Made) -> None:
    """FFmpeg's own HLS reader, which is nobody's model of good behaviour, finds no fault."""
    frames: list[float] = []
    words = ["-allowed_extensions", "ALL", "-i", "master.m3u8", "-map", "0:v", "-map", "0:a"]
    log = ffmpeg.run(
        [*words, "-f", "null", "-"], finished_package.root, 60, on_progress=frames.append
    )
    assert log == ""
    assert frames[-1] == pytest.approx(8, abs=0.1)


def decoded(folder: Path) -> list[int]:
    """How many pictures each segment gives by itself, upright and in the usual colours."""
    counts = []
    for number in range(finished(folder)):
        alone = folder.parent / "alone.mp4"
        alone.write_bytes((folder / INIT).read_bytes() + (folder / piece_name(number)).read_bytes())
        with av.open(str(alone)) as container:
            stream = container.streams.video[0]
            frames = list(container.decode(stream))
            assert stream.codec_context.pix_fmt == "yuv420p"
        assert all(not frame.is_corrupt for frame in frames)
        counts.append(len(frames))
    return counts
