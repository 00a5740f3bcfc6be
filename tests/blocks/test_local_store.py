"""What only the store on a directory promises: it survives crashes, full disks and odd disks."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blocks.incoming import Incoming
from blocks.local_store import LOST_AFTER_S, LocalStore
from reels.errors import InvalidInput, StoreUnavailable
from reels.grants import Grant

from .conftest import SECRET


def root(store: LocalStore) -> Path:
    return store.path("anchor").parent


@pytest.fixture
def store(local_store: LocalStore) -> LocalStore:
    local_store.put("anchor", b"")
    return local_store


def files(store: LocalStore) -> list[str]:
    return sorted(
        path.relative_to(root(store)).as_posix()
        for path in root(store).rglob("*")
        if path.is_file()
    )


def test_head_does_not_read_the_content(store: LocalStore) -> None:
    ref = store.put("a/b.wav", b"content")
    path = store.path("a/b.wav")
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.head("a/b.wav") == ref


@pytest.mark.parametrize("note", [None, "", "{", '{"inode": 1}'])
def test_content_without_a_good_note_is_hashed_and_noted_again(
    store: LocalStore, note: str | None
) -> None:
    ref = store.put("a/b.wav", b"content")
    meta = root(store) / ".meta" / "a" / "b.wav.json"
    if note is None:
        meta.unlink()
    else:
        meta.write_text(note)
    assert store.head("a/b.wav") == ref
    assert ref.sha256 in meta.read_text()


def test_a_note_of_other_content_is_not_believed(store: LocalStore) -> None:
    store.put("a/b.wav", b"old")
    old_note = (root(store) / ".meta" / "a" / "b.wav.json").read_bytes()
    new = store.put("a/b.wav", b"new")
    (root(store) / ".meta" / "a" / "b.wav.json").write_bytes(old_note)
    assert store.head("a/b.wav") == new
    assert store.list("a") == [new]


def test_a_crash_between_note_and_content_leaves_the_old_content_whole(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store.put("a/b.wav", b"old")
    real, moves = os.replace, []

    def dies_at_the_content(source: Path, target: Path) -> None:
        moves.append(target)
        if len(moves) == 2:
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", dies_at_the_content)
    with pytest.raises(KeyboardInterrupt):
        store.put("a/b.wav", b"newer")
    monkeypatch.undo()
    assert store.read("a/b.wav") == b"old"
    assert store.head("a/b.wav") == old


def test_what_dead_writers_left_is_not_listed_and_goes_with_time(store: LocalStore) -> None:
    stale = root(store) / ".tmp" / "stale"
    stale.write_bytes(b"half")
    assert [ref.key for ref in store.list("")] == ["anchor"]
    late = LocalStore(root(store), public_url="", secret=SECRET)
    late.put("x", b"")
    assert stale.exists()
    much_later = time.time() + LOST_AFTER_S + 60
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: much_later)
        later = LocalStore(root(store), public_url="", secret=SECRET)
        later.put("x", b"")
    assert not stale.exists()


def test_nothing_is_left_over_after_any_work(store: LocalStore, tmp_path: Path) -> None:
    store.put("a", b"1")
    store.put("a", b"2")
    store.copy("a", "b")
    store.copy("a", "b")
    store.fetch("a", tmp_path / "a")
    store.fetch("a", tmp_path / "a")
    assert files(store) == [".meta/a.json", ".meta/anchor.json", ".meta/b.json", "a", "anchor", "b"]
    store.delete("a")
    assert files(store) == [".meta/anchor.json", ".meta/b.json", "anchor", "b"]


def test_fetch_and_copy_move_no_bytes_where_links_are_possible(
    store: LocalStore, tmp_path: Path
) -> None:
    store.put("a", b"1")
    fetched = store.fetch("a", tmp_path / "a")
    store.copy("a", "b")
    assert fetched.samefile(store.path("a"))
    assert store.path("b").samefile(store.path("a"))


@pytest.mark.parametrize("reason", [errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP])
def test_fetch_and_copy_work_where_links_are_not(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "link", refuse)
    ref = store.put("a", b"1")
    assert store.fetch("a", tmp_path / "a").read_bytes() == b"1"
    copied = store.copy("a", "b")
    assert copied.sha256 == ref.sha256
    assert store.head("b") == copied
    assert not store.path("b").samefile(store.path("a"))


def test_stored_files_are_read_only(store: LocalStore, tmp_path: Path) -> None:
    store.put("a", b"1")
    assert store.path("a").stat().st_mode & 0o777 == 0o444
    assert store.fetch("a", tmp_path / "a").stat().st_mode & 0o222 == 0


FILL = """
import resource, signal, sys
from pathlib import Path
from blocks.local_store import LocalStore
from reels.errors import StoreUnavailable
store = LocalStore(Path(sys.argv[1]), public_url="", secret=b"s")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    store.put("a", bytes(200_000))
except StoreUnavailable as error:
    print(error)
"""


def test_when_there_is_no_room_the_old_content_stays_and_the_error_says_so(
    store: LocalStore,
) -> None:
    old = store.put("a", b"old")
    said = subprocess.run(
        [sys.executable, "-c", FILL, str(root(store))], capture_output=True, text=True, check=True
    ).stdout
    assert "disk is full" in said
    assert "VIDEO_SERVICE_DATA_DIR" in said
    assert store.read("a") == b"old"
    assert store.head("a") == old
    assert list((root(store) / ".tmp").iterdir()) == []


def test_a_disk_that_is_found_full_only_at_the_sync_is_a_full_disk(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("a", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="disk is full"):
        store.put("a", b"new")
    assert store.read("a") == b"old"
    assert list((root(store) / ".tmp").iterdir()) == []


def test_a_key_cannot_lie_inside_another_or_above_it(store: LocalStore) -> None:
    store.put("a/b", b"1")
    for key in ("a", "a/b/c"):
        with pytest.raises(InvalidInput, match="another artifact"):
            store.put(key, b"2")
        assert store.head(key) is None
    store.delete("a/b/c")
    assert store.read("a/b") == b"1"


def test_a_large_file_is_hashed_as_it_is_written(store: LocalStore, tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(os.urandom(3 << 20))
    ref = store.put("large", source)
    assert ref.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()


def test_neither_the_store_nor_its_errors_show_the_secret(store: LocalStore) -> None:
    assert SECRET.decode() not in repr(store)


def _grant(store: LocalStore, size_bytes: int, sha256: str = "") -> Grant:
    link = store.upload_link("uploads/a", size_bytes, expires_s=60, sha256=sha256)
    return store.grant(link.url.rpartition("/")[2], time.time())


@pytest.mark.parametrize(
    ("sent", "said"),
    [(b"1234", "more than 3 have come"), (b"12", "2 have come"), (b"abc", "another hash")],
)
def test_an_upload_that_is_not_as_announced_leaves_nothing(
    store: LocalStore, sent: bytes, said: str
) -> None:
    incoming = store.receive(_grant(store, 3, hashlib.sha256(b"123").hexdigest()))
    with pytest.raises(InvalidInput, match=said):
        _sent(incoming, sent)
    assert files(store) == [".meta/anchor.json", "anchor"]


def _sent(incoming: Incoming, content: bytes) -> None:
    try:
        incoming.write(content)
        incoming.keep()
    finally:
        incoming.drop()


def test_an_upload_for_which_there_is_no_room_is_refused_before_it_begins(
    store: LocalStore,
) -> None:
    with pytest.raises(StoreUnavailable, match="disk is full"):
        store.receive(_grant(store, 1 << 60))
    assert list((root(store) / ".tmp").iterdir()) == []


def test_an_upload_onto_a_disk_that_fills_up_leaves_nothing(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    incoming = store.receive(_grant(store, 3))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="disk is full"):
        _sent(incoming, b"123")
    assert files(store) == [".meta/anchor.json", "anchor"]


def test_files_by_names_that_are_no_keys_hide_no_others(store: LocalStore) -> None:
    (root(store) / "shared").mkdir()
    for name in ("Мой файл.png", "a b.png", "-x.png", "good.png"):
        (root(store) / "shared" / name).write_bytes(b"1")
    assert [ref.key for ref in store.list("shared")] == ["shared/good.png"]
