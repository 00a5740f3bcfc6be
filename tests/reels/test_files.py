from __future__ import annotations

from pathlib import Path

import pytest

from reels.files import publish


def test_a_file_replaces_the_one_before_and_can_be_read_by_others(tmp_path: Path) -> None:
    to = tmp_path / "deep" / "video.mp4"
    for content in (b"first", b"second"):
        (tmp_path / "made").write_bytes(content)
        assert publish(tmp_path / "made", to) == to
        assert to.read_bytes() == content
    assert to.stat().st_mode & 0o777 == 0o644
    assert list(to.parent.iterdir()) == [to]


def test_what_cannot_be_published_leaves_nothing_behind(tmp_path: Path) -> None:
    to = tmp_path / "out" / "video.mp4"
    with pytest.raises(FileNotFoundError):
        publish(tmp_path / "missing", to)
    assert list(to.parent.iterdir()) == []
