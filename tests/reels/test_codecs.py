"""Whatever the encoder: exact frames, exact tags, and nothing that FFmpeg does not know."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from reels import ffmpeg
from reels.codecs import CODECS, options
from reels.encode import _drawn, encode, encode_all
from reels.frames import Painter
from reels.grid import CodecName, Encoder, plan
from reels.hardware import best_encoder
from reels.join import join
from reels.preview import PREVIEW_ENCODER
from reels.probe import probe
from tests.reels.render_kit import SMALL, timeline

pytestmark = pytest.mark.slow

BT709, LIMITED = 1, 1
HARDWARE = [name for name in CODECS if name != "libx264"]
ON_LINUX: list[CodecName] = ["h264_nvenc", "h264_qsv"]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encoders")


def _encoder(name: CodecName, memory: Path) -> Encoder:
    found = best_encoder(name, memory)
    if found.codec != name:
        pytest.skip(f"This machine has no {name}.")
    return found


@pytest.mark.parametrize("fps", [24, 30, 60])
@pytest.mark.parametrize("name", CODECS)
def test_every_encoder_gives_exact_frames_and_tags(
    tmp_path: Path, memory: Path, name: CodecName, fps: int
) -> None:
    _check(_encoder(name, memory), fps, tmp_path)


@pytest.mark.parametrize("preset", ["superfast", "veryfast", "medium"])
def test_every_preset_of_x264_gives_exact_frames_and_tags(tmp_path: Path, preset: str) -> None:
    _check(Encoder(preset=preset), 30, tmp_path)


def test_a_preview_has_exact_frames_and_tags_in_a_profile_that_all_players_take(
    tmp_path: Path,
) -> None:
    _check(PREVIEW_ENCODER, 30, tmp_path, "Constrained Baseline")


def _check(encoder: Encoder, fps: int, folder: Path, profile: str = "High") -> None:
    """Parts of many and few frames, down to one, make a video that is even and tagged."""
    made = timeline(folder, (2 * fps + 5, 1, 2, 7), fps=fps, transition="cut", size_px=(360, 640))
    segments = plan(made, encoder)
    parts = encode_all(segments, folder / "parts", 2)
    for segment, part in zip(segments, parts, strict=True):
        video = probe(part).video
        assert video is not None
        assert (video.frames, video.keyframes) == (segment.frames, (0,))
    video = probe(join(parts, None, folder / "out.mp4", work=folder)).video
    assert video is not None
    assert (video.frames, video.fps, video.is_even) == (2 * fps + 15, fps, True)
    assert video.start_s == 0
    assert video.keyframes == tuple(segment.first_frame for segment in segments)
    assert (video.codec, video.profile, video.pixel_format) == ("h264", profile, "yuv420p")
    colours = video.colour_space, video.colour_primaries, video.colour_transfer
    assert (*colours, video.colour_range) == (BT709, BT709, BT709, LIMITED)


@pytest.mark.parametrize("encoder", [Encoder(), PREVIEW_ENCODER], ids=lambda each: each.preset)
def test_x264_is_told_nothing_that_it_does_not_know(encoder: Encoder) -> None:
    assert _untaken(options(encoder, 30)) == set()


@pytest.mark.parametrize("name", ON_LINUX)
def test_a_hardware_encoder_is_told_nothing_that_it_does_not_know(name: CodecName) -> None:
    told = options(CODECS[name].usual, 30)
    own = _help(name)
    for option in told.keys() & own.keys():
        assert not own[option] or told[option] in own[option], option
    assert _untaken({option: told[option] for option in told.keys() - own.keys()}) == set()


def _untaken(told: dict[str, str]) -> set[str]:
    """The options that are neither any encoder's nor x264's own. PyAV leaves them unsaid."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = *SMALL, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.options = told
    frame = VideoFrame(*SMALL, "yuv420p")
    frame.pts = 0
    context.encode(frame)
    return set(context.options)


def _help(name: CodecName) -> dict[str, set[str]]:
    """An encoder's own options and, where those have names, their values."""
    said = subprocess.run(
        [ffmpeg.binary(), "-hide_banner", "-h", f"encoder={name}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found: dict[str, set[str]] = {}
    option = ""
    for line in said.splitlines():
        if head := re.match(r"  -(\S+) +<", line):
            option = head[1]
            found[option] = set()
        elif option and (value := re.match(r"     (\S+) +\S* +E\.", line)):
            found[option].add(value[1])
    assert found
    return found


def test_an_encoder_that_keeps_frames_never_sees_one_change(tmp_path: Path) -> None:
    """Each frame that it is handed still holds its own picture at the end."""
    made = timeline(tmp_path, (8,), fade_in_frames=0, fade_out_frames=0)
    segment = plan(made, Encoder(codec="h264_qsv"))[0]
    with Painter(segment, tmp_path) as painter:
        kept = list(_drawn(segment, painter, Event()))
    lumas = [frame.to_ndarray(format="gray") for frame in kept]
    assert {frame.format.name for frame in kept} == {"nv12"}
    assert all(np.abs(lumas[0].astype(int) - luma).mean() > 0.05 for luma in lumas[1:])


def test_frames_of_their_own_in_another_order_of_bytes_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """x264 takes the way of the hardware encoders: fresh frames, in NV12."""
    segment = plan(timeline(tmp_path, (20,)))[0]
    usual = encode(segment, tmp_path / "usual.mp4", tmp_path)
    like_hardware = CODECS["libx264"]._replace(keeps_frames=True, pixel_format="nv12")
    monkeypatch.setitem(CODECS, "libx264", like_hardware)
    other = encode(segment, tmp_path / "other.mp4", tmp_path)
    assert other.read_bytes() == usual.read_bytes()
