from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reels.document import load
from reels.document.gathering import Gathered, gather
from reels.document.looking import look_at_all, look_at_heads
from reels.errors import InvalidInput
from tests.reels.clip_kit import numbered
from tests.reels.document.kit import write
from tests.reels.render_kit import noisy, speech_like, write_wav


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, one that is cut off, one that is too large, a clip, sounds and a text."""
    tmp_path = tmp_path_factory.mktemp("media")
    whole = noisy(tmp_path / "whole.jpg", 1).path.read_bytes()
    (tmp_path / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    Image.new("1", (7000, 7000)).save(tmp_path / "huge.png")
    (tmp_path / "head.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (tmp_path / "text.txt").write_text("It was a dark and stormy night. " * 40)
    numbered(tmp_path / "clip.mp4", 30)
    write_wav(tmp_path / "line.wav", speech_like(0.5, 0.1))
    write_wav(tmp_path / "long.wav", speech_like(30.5, 0.1))
    return tmp_path


def _gathered(folder: Path, **changes: Any) -> Gathered:
    return gather(load(write(folder, **changes)))


def _look(gathered: Gathered, work: Path) -> None:
    hashes = {shot.media.sha256 for shot in gathered.timeline.shots}
    look_at_heads(gathered.timeline, hashes, work)


def test_good_media_pass_both_looks(folder: Path) -> None:
    good = _gathered(
        folder,
        shots=[
            {"media": "whole.jpg", "frames": 30},
            {"media": "clip.mp4", "frames": 90, "from_s": 0.9},
        ],
        overlay="dust",
        films=[{"media": "clip.mp4"}],
        logo={"media": "whole.jpg"},
        lines=[{"media": "line.wav", "start_s": 0}],
        music="long.wav",
        effects=[{"media": "line.wav", "at_s": 0}],
    )
    _look(good, folder)
    look_at_all(good, folder)
    assert not list(folder.glob("look-*"))


@pytest.mark.parametrize(
    ("shot", "field", "says"),
    [
        ({"media": "huge.png"}, "media", "7000x7000 pixels"),
        ({"media": "head.png"}, "media", "cannot be read"),
        ({"media": "text.txt"}, "media", "Pictures are PNG, JPEG or WebP"),
        ({"media": "line.wav"}, "media", "format is not one"),
        ({"media": "clip.mp4", "from_s": 1.0}, "from_s", "lasts 1.00 s"),
    ],
)
def test_a_shot_that_cannot_be_shown_is_named_before_work_begins(
    folder: Path, shot: dict[str, Any], field: str, says: str
) -> None:
    shots = [{"media": "whole.jpg", "frames": 9}, shot | {"frames": 9}]
    gathered = _gathered(folder, shots=shots)
    for look in (_look, look_at_all):
        with pytest.raises(InvalidInput, match=says) as caught:
            look(gathered, folder)
        assert caught.value.field == f"shots.1.{field}"


def test_a_picture_that_is_cut_off_is_seen_when_all_is_decoded(folder: Path) -> None:
    gathered = _gathered(folder, shots=[{"media": "torn.jpg", "frames": 9}])
    _look(gathered, folder)
    with pytest.raises(InvalidInput, match=r"torn\.jpg cannot be read") as caught:
        look_at_all(gathered, folder)
    assert caught.value.field == "shots.0.media"


def test_media_that_are_not_asked_for_are_not_looked_at(folder: Path) -> None:
    gathered = _gathered(folder, shots=[{"media": "head.png", "frames": 9}])
    look_at_heads(gathered.timeline, {"0" * 64}, folder)


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"logo": {"media": "clip.mp4"}}, "logo.media", "is no picture"),
        ({"films": [{"media": "whole.jpg"}]}, "films.0.media", "is a picture"),
        ({"films": [{"media": "clip.mp4", "blend": "alpha"}]}, "films.0.blend", "transparency"),
        ({"lines": [{"media": "text.txt", "start_s": 0}]}, "lines.0.media", "cannot be read"),
        ({"music": "whole.jpg"}, "music", "cannot be read"),
        ({"effects": [{"media": "long.wav", "at_s": 0}]}, "effects.0.media", "30.5 s"),
    ],
)
def test_media_in_a_wrong_place_are_named(
    folder: Path, changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        look_at_all(_gathered(folder, **changes), folder)
    assert caught.value.field == field
