"""Hardware that fails gives way to libx264, and is disabled only when it was to blame."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from reels.errors import RenderError
from reels.fallback import encoded_with_fallback, with_fallback
from reels.grid import CodecName, Encoder, Segment, plan
from reels.hardware import Answer, Memory, best_encoder
from reels.join import join
from reels.probe import probe
from reels.timeline import Media
from tests.reels.render_kit import timeline

pytestmark = pytest.mark.slow

HARDWARE: list[CodecName] = ["h264_nvenc", "h264_videotoolbox"]


def _broken(name: CodecName, memory: Path) -> Encoder:
    """Hardware that is trusted, as after a good trial, and fails when it is used."""
    if best_encoder(name, memory).codec == name:
        pytest.skip(f"This machine has {name}.")
    Memory(memory).keep("trial", name, Answer(works=True, until_s=2**40))
    found = best_encoder(name, memory)
    assert found.codec == name
    return found


@pytest.mark.parametrize("name", HARDWARE)
def test_a_video_is_made_by_libx264_when_hardware_fails_which_is_then_disabled(
    tmp_path: Path, name: CodecName, caplog: pytest.LogCaptureFixture
) -> None:
    made, memory = timeline(tmp_path, (70, 20)), tmp_path / "memory"
    told: list[Segment] = []
    with caplog.at_level(logging.WARNING):
        encoded = encoded_with_fallback(
            made, _broken(name, memory), tmp_path / "parts",
            on_done=lambda segment, _: told.append(segment), memory=memory,
        )  # fmt: skip
    assert encoded.encoder == Encoder()
    assert encoded.segments == plan(made)
    assert sorted(each.index for each in told) == [each.index for each in encoded.segments]
    video = probe(join(encoded.parts, None, tmp_path / "out.mp4", work=tmp_path)).video
    assert video is not None
    assert video.frames == 90
    kept = Memory(memory).recall("failure", name)
    assert kept is not None
    assert name in kept.reason
    assert best_encoder(name, memory) == Encoder()
    assert any(kept.reason in record.message for record in caplog.records)


@pytest.mark.parametrize("name", HARDWARE)
def test_a_broken_picture_fails_the_video_and_leaves_hardware_enabled(
    tmp_path: Path, name: CodecName
) -> None:
    made, memory = timeline(tmp_path, (40, 20)), tmp_path / "memory"
    good, bad = made.shots
    bad.media.path.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    bad = bad.model_copy(update={"media": Media.of(bad.media.path)})
    made = made.model_copy(update={"shots": (good, bad)})
    encoder = _broken(name, memory)
    with pytest.raises(RenderError, match=r"1\.png cannot be read"):
        encoded_with_fallback(made, encoder, tmp_path / "parts", memory=memory)
    assert Memory(memory).recall("failure", name) is None
    assert best_encoder(name, memory) == encoder


def test_a_failure_of_libx264_is_not_tried_again(tmp_path: Path) -> None:
    tried: list[Encoder] = []

    def render(encoder: Encoder) -> None:
        tried.append(encoder)
        raise RenderError("It failed.")

    with pytest.raises(RenderError, match="It failed"):
        with_fallback(Encoder(), render, tmp_path)
    assert tried == [Encoder()]
    assert not list(tmp_path.iterdir())


def test_who_interrupts_hardware_blames_nothing(tmp_path: Path) -> None:
    def render(encoder: Encoder) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_fallback(Encoder(codec="h264_nvenc"), render, tmp_path)
    assert not list(tmp_path.iterdir())


def test_hardware_that_works_is_left_at_work(tmp_path: Path) -> None:
    encoder = Encoder(codec="h264_nvenc")
    assert with_fallback(encoder, lambda used: used.codec, tmp_path) == ("h264_nvenc", encoder)
    assert not list(tmp_path.iterdir())
