from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import reels
from reels import Cache, Progress, Timeline, load, render
from reels.errors import InvalidInput, RenderError
from reels.grid import Encoder, plan
from reels.loudness import measure
from reels.probe import probe
from reels.timeline import Shot
from tests.reels.clip_kit import numbered
from tests.reels.document.kit import write
from tests.reels.render_kit import (
    SMALL,
    decoded,
    flat,
    noisy,
    sound_of,
    speech_like,
    timeline,
    write_wav,
)

pytestmark = pytest.mark.slow

SOUNDS: dict[str, Any] = {
    "lines": [{"media": "line.wav", "start_s": 0.5}],
    "music": "music.wav",
    "effects": [{"name": "click", "at_s": 1.3}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_wav(tmp_path / "line.wav", speech_like(0.6, 0.1))
    write_wav(tmp_path / "music.wav", speech_like(1.5, 0.05, 2))
    return tmp_path


def test_a_timeline_file_becomes_a_checked_video_with_its_sound(folder: Path) -> None:
    file = write(folder, cues=[{"start_s": 0.3, "end_s": 1, "text": "Привет, мир"}], **SOUNDS)
    report = render(file, folder / "новое" / "видео.mp4", cache=folder / "cache")
    found = probe(report.video)
    assert found.video is not None
    assert found.audio is not None
    assert (found.video.frames, found.video.size_px) == (60, SMALL)
    assert found.is_fast_start
    assert (report.frames, report.duration_s, report.size_px) == (60, 2.0, SMALL)
    assert report.segments_encoded == report.segments_total == 3
    assert report.loudness is not None
    assert measure(report.video).integrated_lufs == report.loudness.integrated_lufs
    assert report.seconds > 0


def test_a_document_and_its_file_give_the_same_bytes(folder: Path) -> None:
    file = write(folder, **SOUNDS)
    one = render(file, folder / "1.mp4", cache=folder / "c1")
    other = render(load(file), folder / "2.mp4", cache=folder / "c2")
    assert one.video.read_bytes() == other.video.read_bytes()


def test_a_timeline_alone_has_no_sound(tmp_path: Path) -> None:
    report = render(timeline(tmp_path, (20, 10)), tmp_path / "video.mp4", cache=tmp_path / "c")
    assert report.loudness is None
    assert probe(report.video).audio is None
    assert len(decoded(report.video)) == 30


def test_the_same_again_makes_nothing_again(folder: Path) -> None:
    file = write(folder, **SOUNDS)
    first = render(file, folder / "1.mp4", cache=folder / "cache")
    made = {path.name: path.stat().st_ino for path in (folder / "cache").iterdir()}
    again = render(file, folder / "2.mp4", cache=folder / "cache")
    assert {path.name: path.stat().st_ino for path in (folder / "cache").iterdir()} == made
    assert (again.segments_encoded, again.loudness) == (0, first.loudness)
    assert first.video.read_bytes() == again.video.read_bytes()


def test_a_changed_caption_costs_the_segments_that_show_it(folder: Path) -> None:
    cue = {"start_s": 0.2, "end_s": 0.9, "text": "before"}
    render(write(folder, cues=[cue]), folder / "1.mp4", cache=folder / "cache")
    changed = write(folder, cues=[cue | {"text": "after"}])
    assert render(changed, folder / "2.mp4", cache=folder / "cache").segments_encoded == 1


def test_a_preview_is_half_as_wide_and_has_the_same_frames_and_sound(folder: Path) -> None:
    file = write(folder, **SOUNDS)
    final = render(file, folder / "final.mp4", cache=folder / "cache")
    tracks = list((folder / "cache").glob("*.m4a"))
    look = render(file, folder / "look.mp4", cache=folder / "cache", preview=True)
    found = probe(look.video)
    assert found.video is not None
    assert (found.video.size_px, found.video.frames) == ((90, 160), 60)
    assert look.segments_encoded == 3
    assert list((folder / "cache").glob("*.m4a")) == tracks
    assert (sound_of(look.video) == sound_of(final.video)).all()


def test_the_smallest_video_has_a_preview(tmp_path: Path) -> None:
    small = timeline(tmp_path, (5,), size_px=(32, 38))
    report = render(small, tmp_path / "look.mp4", cache=tmp_path / "c", preview=True)
    assert report.size_px == (32, 32)


def test_the_encoder_that_is_asked_for_is_used(tmp_path: Path) -> None:
    made, encoder = timeline(tmp_path, (10,)), Encoder(preset="ultrafast", crf=40)
    report = render(made, tmp_path / "v.mp4", cache=tmp_path / "c", encoder=encoder)
    assert report.segments_encoded == 1
    assert (tmp_path / "c" / f"{plan(made, encoder)[0].key}.mp4").exists()


def test_hardware_that_is_not_there_gives_way_to_libx264(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    elsewhere = Encoder(codec="h264_qsv" if sys.platform == "darwin" else "h264_videotoolbox")
    made = timeline(tmp_path, (10, 10))
    report = render(made, tmp_path / "v.mp4", cache=tmp_path / "c", encoder=elsewhere)
    assert (report.encoder, report.frames) == ("libx264", 20)


def test_progress_goes_from_nothing_to_all_frames(folder: Path) -> None:
    seen: list[Progress] = []
    file = write(folder, **SOUNDS)
    render(file, folder / "v.mp4", cache=folder / "cache", on_progress=seen.append)
    frames = [progress.frames_done for progress in seen]
    assert seen[0] == Progress("segments", 0, 60)
    assert seen[-1] == Progress("joining", 60, 60)
    assert [progress.stage for progress in seen[-2:]] == ["sound", "joining"]
    assert all(one <= other for one, other in pairwise(frames))
    assert len(seen) == 6


def test_a_bad_picture_is_named_before_anything_is_encoded(folder: Path) -> None:
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    shots = [{"media": "a.png", "frames": 9}, {"media": "bad.png", "frames": 9}]
    with pytest.raises(InvalidInput) as caught:
        render(write(folder, shots=shots), folder / "v.mp4", cache=folder / "cache")
    assert caught.value.field == "shots.1.media"
    assert not list((folder / "cache").glob("*.mp4"))


def test_a_bad_sound_ends_the_render_and_leaves_what_was_there(folder: Path) -> None:
    (folder / "music.wav").write_bytes(b"RIFF of no sound at all")
    (folder / "v.mp4").write_bytes(b"an older video")
    with pytest.raises(RenderError, match=r"music\.wav cannot be read"):
        render(write(folder, **SOUNDS), folder / "v.mp4", cache=folder / "cache")
    assert (folder / "v.mp4").read_bytes() == b"an older video"
    assert not list((folder / "cache").glob("work/*"))
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("name", ["line.wav", "music.wav", "logo.png", "clip.mp4", "t.json"])
def test_no_input_is_overwritten(folder: Path, name: str) -> None:
    clip = numbered(folder / "clip.mp4", 10)
    noisy(folder / "logo.png", 1)
    shots = [{"media": clip.path.name, "frames": 9}, {"media": "a.png", "frames": 9}]
    changes = SOUNDS | {"effects": []} | {"lines": [{"media": "line.wav", "start_s": 0}]}
    file = write(folder, shots=shots, logo={"media": "logo.png"}, **changes)
    file = file.rename(folder / "t.json")
    (folder / "out.mp4").symlink_to(folder / name)
    before = (folder / name).read_bytes()
    with pytest.raises(InvalidInput, match="of which it is made") as caught:
        render(file, folder / "out.mp4", cache=folder / "cache")
    assert caught.value.field == "to"
    assert (folder / name).read_bytes() == before


def test_a_picture_that_is_black_itself_may_be_shown(tmp_path: Path) -> None:
    black, light = flat(tmp_path / "black.png", (4, 4, 4)), noisy(tmp_path / "light.png", 1)
    for media in ((black,), (light, black), (black, light)):
        shots = tuple(Shot(media=each, frames=45) for each in media)
        made = Timeline(size_px=SMALL, shots=shots)
        report = render(made, tmp_path / "v.mp4", cache=tmp_path / "cache")
        assert report.frames == 45 * len(media)


def test_a_cache_may_be_kept_small(folder: Path) -> None:
    cache = Cache(folder / "cache", limit_bytes=0)
    report = render(write(folder), folder / "v.mp4", cache=cache)
    assert report.segments_encoded == 3
    assert [path.name for path in cache.directory.iterdir()] == [".lock"]


def test_everything_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of overlay, a clip and every transition meet in one video; paths are relative."""
    monkeypatch.chdir(folder)
    numbered(folder / "clip.mp4", 30)
    noisy(folder / "logo.png", 4, (64, 32))
    kinds = ["cut", "slide", "fade_black", "crossfade"]
    shots: list[dict[str, Any]] = [
        {"media": "clip.mp4", "frames": 24, "fit": "blur", "from_s": 0.4},
        *({"media": "a.png", "frames": 20, "transition": kind} for kind in kinds),
    ]
    file = write(
        folder,
        shots=shots,
        overlay="dust",
        films=[{"media": "clip.mp4", "opacity": 0.2}],
        logo={"media": "logo.png"},
        title_card={"title": "Море", "frames": 20},
        cues=[{"start_s": 1, "end_s": 3, "text": "שלום 你好 мир 🐙"}],
        captions="box",
        language="ru",
        **SOUNDS,
    )
    report = render(file.name, "v.mp4", cache="cache")
    assert len(decoded(report.video)) == 104


def test_the_package_gives_its_names_and_no_others() -> None:
    assert reels.Timeline is Timeline
    for name in reels.__all__:
        assert getattr(reels, name)
    with pytest.raises(AttributeError, match="no attribute 'rendr'"):
        _ = reels.rendr  # type: ignore[attr-defined]


def test_the_models_are_imported_without_the_renderer() -> None:
    heavy = "{'reels.rendering', 'av', 'cv2', 'numpy', 'PIL', 'rich'}"
    code = f"import sys, reels.models; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
