"""Films that mean harm end in a plain message; what they show stays what they show."""

from __future__ import annotations

import time
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from reels import ffmpeg
from reels.errors import FfmpegTimedOut, RenderError
from reels.hls import package, plan, source_of
from reels.hls.encode import encode
from reels.hls.pieces import INIT, finished, piece_name
from reels.limits import Limits
from tests.reels.hls.films import film
from tests.reels.hls.test_films import HDR
from tests.reels.test_hostile_media import BROKEN, PLAYLISTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", [*PLAYLISTS, *BROKEN])
def test_what_is_no_film_is_refused_in_plain_words(kind: str, tmp_path: Path) -> None:
    other = film(tmp_path / "other.ts", "64x64", seconds=1)
    path = tmp_path / "film.mp4"
    if kind in PLAYLISTS:
        path.write_text(PLAYLISTS[kind].format(other))
    else:
        path.write_bytes(BROKEN[kind])
    with pytest.raises(RenderError) as caught:
        source_of(path, tmp_path)
    assert "film.mp4" in caught.value.message
    assert str(tmp_path) not in str(caught.value)


def test_a_gap_of_ten_hours_in_its_times_is_not_filled(tmp_path: Path) -> None:
    film(tmp_path / "a.ts", "160x96", seconds=2)
    gap = ["-i", "a.ts", "-c", "copy", "-bsf:v", "setts=ts='if(gt(N,30),TS+36000/TB,TS)'"]
    ffmpeg.run([*gap, "gap.mkv"], tmp_path, 60)
    began = time.monotonic()
    ladder = plan(source_of(tmp_path / "gap.mkv", tmp_path))
    assert ladder.grid.length_s < 10
    package(tmp_path / "gap.mkv", ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
    assert time.monotonic() - began < 30


def test_a_film_that_is_cut_off_is_packaged_up_to_where_it_goes(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.ts", "160x96", seconds=6)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    ladder = plan(source_of(cut, tmp_path))
    assert 2 < ladder.grid.length_s < 4
    package(cut, ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
    assert finished(tmp_path / "hls" / ladder.variants[0].name) == 1


def test_an_encoding_at_its_limit_is_killed_and_leaves_only_whole_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "a.mp4", "432x768", seconds=14)
    ladder = plan(source_of(path, tmp_path))
    monkeypatch.setattr("reels.hls.encode._limits", lambda length_s: Limits(3 << 30, 1, 0))
    with pytest.raises(FfmpegTimedOut, match="takes too long"):
        encode(path, ladder, tmp_path / "hls", tmp_path, preset="slow")
    assert not list((tmp_path / "hls").rglob(".part-*"))


def first_picture(path: Path, tmp_path: Path) -> NDArray[np.uint8]:
    """The first picture of a film's largest variant, in RGB."""
    ladder = plan(source_of(path, tmp_path))
    root = tmp_path / "hls"
    package(path, ladder, root, tmp_path, preset="ultrafast")
    folder = root / ladder.variants[-1].name
    alone = tmp_path / "alone.mp4"
    alone.write_bytes((folder / INIT).read_bytes() + (folder / piece_name(0)).read_bytes())
    with av.open(str(alone)) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)
        return frame.to_ndarray(format="rgb24")


#: The left half of the picture is white in the film as it is stored.
HALF = "drawbox=c=black:t=fill,drawbox=w=iw/2:c=white:t=fill"


def test_a_film_on_its_side_is_set_upright(tmp_path: Path) -> None:
    upright = film(tmp_path / "upright.mp4", "480x270", seconds=1, filters=HALF)
    assert upright.exists()
    made = ["-display_rotation", "90", "-i", "upright.mp4", "-c", "copy", "turned.mp4"]
    ffmpeg.run(made, tmp_path, 60)
    seen = first_picture(tmp_path / "turned.mp4", tmp_path)
    height, width = seen.shape[:2]
    assert (width, height) == (270, 480)
    # Turned by a quarter against the clock, the left side comes to lie at the bottom.
    assert seen[: height // 2 - 8].mean() < 40
    assert seen[height // 2 + 8 :].mean() > 215


def test_hdr_white_becomes_white_and_not_grey(tmp_path: Path) -> None:
    # 203 cd/m², the white of HDR, is 58 % of the way up in PQ.
    light = "drawbox=c=0x949494:t=fill,format=yuv420p10le"
    seen = first_picture(
        film(tmp_path / "hdr.mp4", "270x480", seconds=1, video=HDR, filters=light), tmp_path
    )
    assert seen.mean() > 190
