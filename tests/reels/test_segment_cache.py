from __future__ import annotations

import os
from pathlib import Path

import pytest

from reels.encode import encode_all
from reels.errors import RenderError
from reels.grid import plan
from reels.segment_cache import Cache, user_directory
from tests.reels.render_kit import timeline


def _file(directory: Path, letter: str, used_s: float = 0) -> Path:
    """A file of 100 bytes that is named as a segment is, by a letter of its key."""
    file = directory / f"{letter * 64}.mp4"
    file.write_bytes(bytes(100))
    os.utime(file, (used_s, used_s))
    return file


def _letters(directory: Path) -> set[str]:
    return {file.name[0] for file in directory.glob("*.mp4")}


def test_the_users_cache_is_where_the_xdg_specification_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_directory() == tmp_path / "reelwright" / "segments"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for nothing in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", nothing)
        assert user_directory() == tmp_path / "home/.cache/reelwright/segments"


def test_what_was_used_least_recently_goes_first(tmp_path: Path) -> None:
    for age, letter in enumerate("dbac"):
        _file(tmp_path, letter, used_s=1000.0 - age)
    with Cache(tmp_path, limit_bytes=250).opened():
        assert _letters(tmp_path) == set("abcd")
    assert _letters(tmp_path) == {"d", "b"}


def test_a_cache_within_its_limit_is_left_alone(tmp_path: Path) -> None:
    _file(tmp_path, "a")
    with Cache(tmp_path, limit_bytes=100).opened():
        pass
    assert _letters(tmp_path) == {"a"}


def test_nothing_is_pruned_while_another_uses_the_cache(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit_bytes=0)
    _file(tmp_path, "a")
    with cache.opened() as outer:
        (outer / "passing").touch()
        with cache.opened():
            pass
        assert _letters(tmp_path) == {"a"}
        assert (outer / "passing").exists()
    assert _letters(tmp_path) == set()


def test_what_a_killed_render_left_is_swept_up(tmp_path: Path) -> None:
    left = tmp_path / "work" / "segment-abc"
    left.mkdir(parents=True)
    (left / "part.mp4").touch()
    (tmp_path / ".part-xyz").touch()
    with Cache(tmp_path).opened():
        assert left.exists()
    assert [file.name for file in tmp_path.iterdir()] == [".lock"]


def test_files_of_somebody_elses_are_never_removed(tmp_path: Path) -> None:
    names = ("holiday.mp4", f"{'a' * 63}.mp4", f"{'A' * 64}.mp4", "work/thesis.tex", ".partner")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
    with Cache(tmp_path, limit_bytes=0).opened():
        pass
    assert all((tmp_path / name).read_text() == "mine" for name in names)


def test_torn_segments_are_missing_and_whole_ones_count_as_used(tmp_path: Path) -> None:
    segments = plan(timeline(tmp_path, (20, 20, 20, 20, 20, 20), transition="cut"))
    cache = Cache(tmp_path / "cache")
    whole, *torn = encode_all(segments, cache.directory)
    content = torn[0].read_bytes()
    without_index = content[: content.index(b"moov") - 4]
    wrong = (content[:-100], b"", bytes(len(content)), content + b"...", without_index)
    for file, bad in zip(torn, wrong, strict=True):
        file.write_bytes(bad)
    os.utime(whole, (0, 0))
    assert cache.missing(segments) == list(segments[1:])
    assert whole.stat().st_mtime > 0
    assert not any(file.exists() for file in torn)


def test_a_segment_that_is_seen_twice_is_missing_once(tmp_path: Path) -> None:
    made = timeline(tmp_path, (30, 30, 30), transition="cut", motion="none", fade_out_frames=0)
    same = made.model_copy(update={"shots": (made.shots[0],) * 3})
    segments = plan(same)
    assert len(segments) == 3
    missing = Cache(tmp_path / "cache").missing(segments)
    assert [segment.key for segment in missing] == [segments[0].key, segments[1].key]


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(RenderError, match=r"cache .* cannot be used: Not a directory"),
        Cache(tmp_path / "file" / "cache").opened(),
    ):
        pass
