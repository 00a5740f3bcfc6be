from __future__ import annotations

import os
from pathlib import Path

import pytest

from reels.errors import InvalidInput, RenderError
from reels.target import check_target, told_plainly


def test_the_directory_of_the_video_is_made(tmp_path: Path) -> None:
    check_target(tmp_path / "a" / "b" / "video.mp4", iter(()))
    assert (tmp_path / "a" / "b").is_dir()


def test_a_video_that_is_there_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").touch()
    (tmp_path / "picture.png").touch()
    check_target(tmp_path / "video.mp4", iter([tmp_path / "picture.png", tmp_path / "none"]))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("video.mov", "End its name in .mp4"),
        ("video", "End its name in .mp4"),
        ("folder.mp4", "is a directory"),
        ("clip.mp4", "would replace"),
        ("link.mp4", "would replace"),
        ("clip.mp4/video.mp4", "cannot be made"),
        (f"{'a' * 300}.mp4", "File name too long"),
        (f"{'a' * 300}/video.mp4", "File name too long"),
    ],
)
def test_a_target_that_cannot_be_is_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "link.mp4").symlink_to("clip.mp4")
    with pytest.raises(InvalidInput, match=says) as caught:
        check_target(tmp_path / name, iter([tmp_path / "clip.mp4"]))
    assert caught.value.field == "to"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidInput, match="cannot be written to"):
        check_target(tmp_path / "video.mp4", iter(()))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_is_told_as_one_however_deep_it_lies(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="no room left") as caught, told_plainly(tmp_path):
        _encode_to_a_full_disk()
    assert str(tmp_path) in caught.value.message


def test_other_failures_to_write_name_the_file(tmp_path: Path) -> None:
    where = tmp_path / "none" / "file"
    with pytest.raises(RenderError, match=f"{where} .* No such file"), told_plainly(tmp_path):
        where.touch()


def test_errors_that_say_what_is_wrong_pass(tmp_path: Path) -> None:
    error = RenderError("The clip is broken.", remedy="Use another.")
    with pytest.raises(RenderError) as caught, told_plainly(tmp_path):
        raise error
    assert caught.value is error


def _encode_to_a_full_disk() -> None:
    try:
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"more")
    except OSError as error:
        raise RenderError("Segment 3 could not be encoded.") from error
