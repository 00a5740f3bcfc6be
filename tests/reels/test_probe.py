from __future__ import annotations

from pathlib import Path

import pytest

from reels import ffmpeg
from reels.audio import Line, mix
from reels.errors import RenderError
from reels.probe import probe, scan
from reels.segments import encode_all, join, plan
from tests.reels.render_kit import SMALL, speech_like, timeline, write_wav


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with sound, as a job makes them."""
    folder = tmp_path_factory.mktemp("video")
    made = timeline(folder, (50, 40), captions="none")
    voice = write_wav(folder / "v.wav", speech_like(2, 0.2))
    mix([Line(voice, 0.5)], None, made.duration_s, folder / "mix.m4a", folder)
    parts = encode_all(plan(made), folder / "parts", 2)
    return join(parts, folder / "mix.m4a", folder / "final.mp4", work=folder)


def test_a_file_is_described_as_a_player_finds_it(video: Path) -> None:
    found = probe(video)
    assert found.video is not None
    assert found.audio is not None
    assert (found.video.codec, found.video.profile) == ("h264", "High")
    assert (found.video.size_px, found.video.fps, found.video.frames) == (SMALL, 30, 90)
    assert found.video.is_even
    assert found.video.keyframes == (0, 46, 54)
    assert (found.video.colour_space, found.video.colour_range) == (1, 1)
    assert (found.audio.codec, found.audio.rate_hz, found.audio.channels) == ("aac", 48_000, 2)
    assert found.video.duration_s == found.audio.duration_s == found.duration_s == 3.0
    assert found.video.start_s == found.audio.start_s == 0.0
    assert found.size_bytes == video.stat().st_size
    assert found.is_fast_start


def test_every_frame_and_every_piece_of_sound_is_counted(video: Path) -> None:
    """A piece of AAC is 1024 samples; one is the encoder's delay, heard before the start."""
    _, packets = scan(video)
    assert len(packets.frames) == len(packets.is_key) == 90
    assert packets.is_key.nonzero()[0].tolist() == [0, 46, 54]
    assert packets.frames[packets.is_key].min() > 5 * packets.frames[~packets.is_key].mean()
    assert len(packets.sound) == 3 * 48_000 // 1024 + 2
    assert packets.sound_at_s[0] == pytest.approx(-1024 / 48_000)


def test_a_key_frame_from_which_not_all_can_be_decoded_is_none(video: Path, tmp_path: Path) -> None:
    """An open group of pictures starts with an I frame that is marked, but no IDR."""
    open_gop = tmp_path / "open.mp4"
    options = ["-x264-params", "open-gop=1:keyint=20:min-keyint=20:scenecut=0"]
    ffmpeg.run(["-i", str(video), "-an", "-c:v", "libx264", *options, open_gop.name], tmp_path, 60)
    found = probe(open_gop).video
    assert found is not None
    assert found.keyframes == (0,)


@pytest.mark.parametrize("content", [b"", b"not a video", b"\0\0\0\x18ftypmp42" + b"\0" * 64])
def test_what_is_no_media_cannot_be_probed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    with pytest.raises(RenderError, match=r"x\.mp4 cannot be read"):
        probe(tmp_path / "x.mp4")
