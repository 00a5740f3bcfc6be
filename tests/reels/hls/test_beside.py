"""What lies beside the pictures: sound, captions, small pictures, a poster."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reels import ffmpeg
from reels.hls import check, package, plan, source_of
from reels.hls.pieces import INIT, finished, piece_name
from reels.hls.source import PACKET
from reels.hls.thumbnails import sheet_of, write_poster, write_thumbnails
from reels.loudness import RATE
from tests.reels.hls.conftest import Made
from tests.reels.hls.films import TONE, film

pytestmark = pytest.mark.slow

#: An encoder rings before a click by some samples, and a filter rounds.
NEAR_S = 0.004


def heard(root: Path, name: str) -> NDArray[np.float32]:
    names = [INIT, *(piece_name(n) for n in range(finished(root / name)))]
    joined = root.parent / f"{name}.m4a"
    joined.write_bytes(b"".join((root / name / each).read_bytes() for each in names))
    with av.open(str(joined)) as container:
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])


def clicks_at(samples: NDArray[np.float32]) -> float:
    return float(np.argmax(np.abs(samples) > 0.05)) / RATE


@pytest.mark.parametrize(
    ("file", "sound"),
    [
        ("a.mp4", ("-c:a", "aac", "-ac", "2")),
        ("a.ts", ("-c:a", "aac", "-ac", "2")),
        ("a.webm", ("-c:a", "libopus", "-ar", "48000")),
        ("a.mkv", ("-c:a", "flac", "-ac", "6")),
    ],
)
def test_what_is_heard_at_a_time_is_heard_then_in_the_package(
    file: str, sound: tuple[str, ...], tmp_path: Path
) -> None:
    tone = ("-f", "lavfi", "-i", "aevalsrc='0.5*sin(3000*t)*gte(t,3)':s=44100:c=mono")
    video = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime")
    encoder = {"video": video} if file.endswith("webm") else {}
    path = film(tmp_path / file, "270x480", seconds=7, sound=sound, tone=tone, **encoder)
    source = source_of(path, tmp_path)
    package(path, plan(source), tmp_path / "hls", tmp_path, preset="ultrafast")
    for name in ("audio", "audiolow"):
        if (tmp_path / "hls" / name).exists():
            assert abs(clicks_at(heard(tmp_path / "hls", name)) - 3) < NEAR_S


def test_sound_that_fits_is_copied_and_others_are_encoded(tmp_path: Path) -> None:
    encodings = {
        "copy": ("-c:a", "aac", "-ar", "48000", "-ac", "2", "-b:a", "160k"),
        "mono": ("-c:a", "aac", "-ar", "48000", "-ac", "1"),
        "slow": ("-c:a", "aac", "-ar", "44100", "-ac", "2"),
        "rich": ("-c:a", "aac", "-ar", "48000", "-ac", "2", "-b:a", "320k", "-cutoff", "20000"),
    }
    noise = ("-f", "lavfi", "-i", "anoisesrc=d=7:c=pink:r=48000:a=0.5")
    tone = ("-f", "lavfi", "-i", "aevalsrc='0.5*sin(3000*t)*gte(t,3)':s=44100:c=mono")
    found = {}
    for name, sound in encodings.items():
        source = noise if name == "rich" else tone
        path = film(tmp_path / f"{name}.mp4", "270x480", seconds=7, sound=sound, tone=source)
        ladder = plan(source_of(path, tmp_path))
        found[name] = {each.name: each.way for each in ladder.sounds}["audio"]
        if name == "copy":
            package(path, ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
            check(tmp_path / "hls", ladder.grid.length_s)
            (tmp_path / "hls" / "audio" / piece_name(1)).unlink()
            package(path, ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
            check(tmp_path / "hls", ladder.grid.length_s)
            assert abs(clicks_at(heard(tmp_path / "hls", "audio")) - 3) < NEAR_S
    assert found == {"copy": "copy", "mono": "encode", "slow": "encode", "rich": "encode"}


def test_sound_that_starts_late_and_ends_early_is_silent_there(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mkv",
        seconds=7,
        tone=("-itsoffset", "2", "-f", "lavfi", "-t", "3", "-i", "sine=330:sample_rate=48000"),
    )
    ladder = plan(source_of(path, tmp_path))
    package(path, ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
    check(tmp_path / "hls", Fraction(7))
    samples = heard(tmp_path / "hls", "audiolow")
    assert abs(clicks_at(samples) - 2) < NEAR_S
    assert np.abs(samples[round(5.1 * RATE) :]).max() < 0.01
    assert abs(len(samples) / RATE - 7) <= PACKET / RATE


def test_a_picture_is_held_while_the_sound_goes_on(tmp_path: Path) -> None:
    film(tmp_path / "short.mp4", seconds=3, tone=())
    args = ["-i", "short.mp4", *TONE, "-t", "8", "-c:v", "copy", "-c:a", "aac", "a.mp4"]
    ffmpeg.run(args, tmp_path, 60)
    ladder = plan(source_of(tmp_path / "a.mp4", tmp_path))
    package(tmp_path / "a.mp4", ladder, tmp_path / "hls", tmp_path, preset="ultrafast")
    assert abs(ladder.grid.length_s - 8) < Fraction(1, 20)
    # What stands still costs little, so that the peak is at the start.
    check(tmp_path / "hls", ladder.grid.length_s, most_peak_share=9)


def test_small_pictures_lie_where_the_text_file_says(
    finished_package: Made, tmp_path: Path
) -> None:
    path, ladder, _ = finished_package
    sheet = write_thumbnails(path, ladder, tmp_path, tmp_path / "work")
    assert (sheet.size_px, sheet.every_s, sheet.count) == ((90, 160), 2, 4)
    with Image.open(tmp_path / "thumbnails.jpg") as whole:
        assert whole.size == (360, 160)
        first, last = whole.crop((0, 0, 90, 160)), whole.crop((270, 0, 360, 160))
        assert np.abs(np.asarray(first, np.int16) - np.asarray(last, np.int16)).mean() > 5
    text = (tmp_path / "thumbnails.vtt").read_text()
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n")
    assert text.endswith("00:00:06.000 --> 00:00:08.000\nthumbnails.jpg#xywh=270,0,90,160\n")


def test_a_long_film_has_no_more_than_a_hundred_small_pictures(finished_package: Made) -> None:
    ladder = finished_package.ladder
    grid = ladder.grid.model_copy(update={"frames": 30 * 3600})
    sheet = sheet_of(ladder.model_copy(update={"grid": grid}))
    assert (sheet.every_s, sheet.count) == (36, 100)
    assert sheet.place_px(57) == (7 * 90, 5 * 160)


def test_the_poster_is_a_picture_of_the_largest_variant(
    finished_package: Made, tmp_path: Path
) -> None:
    with Image.open(write_poster(finished_package.ladder, finished_package.root, tmp_path)) as seen:
        assert seen.size == (432, 768)


def test_a_plan_knows_how_many_segments_there_will_be(finished_package: Made) -> None:
    _, ladder, root = finished_package
    assert ladder.pieces == len(list(root.rglob("*.m4s"))) == 10


def test_a_cue_is_in_every_segment_in_which_it_is_seen(finished_package: Made) -> None:
    first, second = (
        (finished_package.root / "text-ru" / f"s0000{n}.vtt").read_text(encoding="utf-8")
        for n in (0, 1)
    )
    assert "00:00:00.500 --> 00:00:02.000\nA &amp; B" in first
    across = "00:00:05.500 --> 00:00:07.000\nПривет, мир"
    assert across in first
    assert across in second
    assert "Too late" not in first + second
