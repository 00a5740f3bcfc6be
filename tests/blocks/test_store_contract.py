"""What every artifact store promises, asked of the local one and of S3 alike."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reels.artifacts import ArtifactStore
from reels.errors import ArtifactMissing, InvalidInput

from .conftest import Opener, Sender

pytestmark = pytest.mark.slow

BAD_KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "a/..b",
    ".hidden",
    "a\\b",
    "a b",
    "a%2f",
    "ключ",
]


def test_implements_the_contract(store: ArtifactStore) -> None:
    assert isinstance(store, ArtifactStore)


def test_what_is_put_is_read_back_with_hash_size_and_type(store: ArtifactStore) -> None:
    ref = store.put("videos/ann/1/request.json", b"{}")
    assert store.read("videos/ann/1/request.json") == b"{}"
    assert ref.sha256 == hashlib.sha256(b"{}").hexdigest()
    assert (ref.size_bytes, ref.media_type) == (2, "application/json")
    assert store.head("videos/ann/1/request.json") == ref


def test_a_file_is_stored_as_its_bytes_are(store: ArtifactStore, tmp_path: Path) -> None:
    source = tmp_path / "speech.wav"
    source.write_bytes(bytes(range(256)) * 5000)
    ref = store.put("cache/speech/a.wav", source)
    assert store.read("cache/speech/a.wav") == source.read_bytes()
    assert ref == store.head("cache/speech/a.wav")
    assert ref.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()


def test_a_given_type_wins_over_the_suffix(store: ArtifactStore) -> None:
    assert store.put("a/b.json", b"x", "text/plain").media_type == "text/plain"
    head = store.head("a/b.json")
    assert head is not None
    assert head.media_type == "text/plain"


def test_empty_content_is_content(store: ArtifactStore) -> None:
    assert store.put("a/empty.json", b"").size_bytes == 0
    assert store.read("a/empty.json") == b""


def test_a_put_replaces_what_was_there(store: ArtifactStore) -> None:
    store.put("a/b.json", b"old")
    new = store.put("a/b.json", b"newer")
    assert store.read("a/b.json") == b"newer"
    assert store.head("a/b.json") == new


def test_what_is_not_there_is_said_to_be_missing(store: ArtifactStore, tmp_path: Path) -> None:
    assert store.head("no/such") is None
    with pytest.raises(ArtifactMissing):
        store.read("no/such")
    with pytest.raises(ArtifactMissing):
        store.fetch("no/such", tmp_path / "x")
    with pytest.raises(ArtifactMissing):
        store.copy("no/such", "to/here")
    assert not (tmp_path / "x").exists()
    assert list(tmp_path.glob(".*.part")) == []


def test_a_source_that_is_no_file_is_refused(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file"):
        store.put("a/b", tmp_path / "gone.wav")


def test_an_unsafe_key_is_refused_everywhere(store: ArtifactStore, tmp_path: Path) -> None:
    store.put("good", b"1")
    uses: dict[str, Callable[[str], object]] = {
        "put": lambda key: store.put(key, b""),
        "read": store.read,
        "fetch": lambda key: store.fetch(key, tmp_path / "x"),
        "head": store.head,
        "copy to": lambda key: store.copy("good", key),
        "copy from": lambda key: store.copy(key, "good"),
        "delete": store.delete,
        "link": store.link,
        "list": lambda key: store.list(f"{key}/x"),
        "sizes": lambda key: store.sizes(f"{key}/x"),
        "entries": lambda key: store.entries(f"{key}/x"),
        "upload_link": lambda key: store.upload_link(key, 1, expires_s=60),
    }
    for name, use in uses.items():
        taken = [key for key in BAD_KEYS if not _refuses(use, key)]
        assert not taken, name


def _refuses(use: Callable[[str], object], key: str) -> bool:
    try:
        use(key)
    except InvalidInput:
        return True
    return False


def test_fetch_brings_the_content_and_replaces_what_lay_there(
    store: ArtifactStore, tmp_path: Path
) -> None:
    store.put("a/b.wav", b"sound")
    target = tmp_path / "deep" / "down" / "b.wav"
    assert store.fetch("a/b.wav", target) == target
    store.put("a/b.wav", b"other")
    assert target.read_bytes() == b"sound"
    store.fetch("a/b.wav", target)
    store.fetch("a/b.wav", target)
    assert target.read_bytes() == b"other"
    assert [each.name for each in target.parent.iterdir()] == ["b.wav"]


def test_a_copy_keeps_hash_and_type_and_lives_on_its_own(store: ArtifactStore) -> None:
    original = store.put("cache/x/1", b"content", "image/png")
    copied = store.copy("cache/x/1", "videos/ann/1/frame.png")
    assert (copied.sha256, copied.media_type) == (original.sha256, "image/png")
    assert store.copy("cache/x/1", "videos/ann/1/frame.png") == copied
    store.put("cache/x/1", b"changed")
    store.delete("cache/x/1")
    assert store.read("videos/ann/1/frame.png") == b"content"
    assert store.head("videos/ann/1/frame.png") == copied


def test_list_gives_a_folder_sorted_and_nothing_beside_it(store: ArtifactStore) -> None:
    for key in ("videos/ann/1/b.json", "videos/ann/1/a/z.json", "videos/ann/10/x.json", "other"):
        store.put(key, key.encode())
    found = store.list("videos/ann/1")
    assert [ref.key for ref in found] == ["videos/ann/1/a/z.json", "videos/ann/1/b.json"]
    assert found == store.list("videos/ann/1/")
    assert found[0] == store.head("videos/ann/1/a/z.json")
    assert len(store.list("")) == 4
    assert store.list("nothing/here") == []


def test_a_copy_may_be_of_another_type(store: ArtifactStore) -> None:
    original = store.put("a/content", b"<html>", "text/html")
    copied = store.copy("a/content", "b/clip.mp4", "video/mp4")
    assert copied == store.head("b/clip.mp4")
    assert (copied.media_type, copied.sha256) == ("video/mp4", original.sha256)
    with pytest.raises(ArtifactMissing):
        store.copy("a/none", "b/clip.mp4", "video/mp4")


def test_sizes_are_those_of_the_list(store: ArtifactStore) -> None:
    for number in range(12):
        store.put(f"a/{number}/x.png", bytes(number))
    store.put("ab/x.png", b"beside")
    assert store.sizes("a") == {ref.key: ref.size_bytes for ref in store.list("a")}
    assert list(store.sizes("a"))[:3] == ["a/0/x.png", "a/1/x.png", "a/10/x.png"]
    assert store.sizes("a/") == store.sizes("a")
    assert len(store.sizes("")) == 13
    assert store.sizes("nothing/here") == {}


def test_entries_tell_when_each_was_written(store: ArtifactStore) -> None:
    store.put("a/x.png", b"12345")
    (entry,) = store.entries("a").values()
    assert entry.size_bytes == 5
    assert abs(entry.written_at - time.time()) < 60


def test_what_is_sent_by_a_link_lies_under_its_key_and_may_be_sent_again(
    store: ArtifactStore, send: Sender
) -> None:
    link = store.upload_link("uploads/ann/1/content", 12, expires_s=60)
    assert link.method == "PUT"
    assert 55 < link.expires_at.timestamp() - time.time() < 65
    for content in (b"twelve bytes", b"twelve other"):
        send(link, content)
        assert store.read("uploads/ann/1/content") == content
        found = store.head("uploads/ann/1/content")
        assert found is not None
        assert found.sha256 == hashlib.sha256(content).hexdigest()
    kept = store.copy("uploads/ann/1/content", "assets/ann/clip.mp4", "video/mp4")
    assert (kept.sha256, kept.media_type) == (found.sha256, "video/mp4")
    send(link, b"twelve third")
    assert store.head("assets/ann/clip.mp4") == kept


def test_an_uploads_link_lives_seven_days_at_most(store: ArtifactStore) -> None:
    store.upload_link("a", 1, expires_s=604_800)
    for life_s in (604_801, 0, -1):
        with pytest.raises(InvalidInput):
            store.upload_link("a", 1, expires_s=life_s)


def test_delete_removes_and_may_be_repeated(store: ArtifactStore) -> None:
    store.put("a/b", b"1")
    store.delete("a/b")
    store.delete("a/b")
    assert store.head("a/b") is None
    assert store.list("") == []


def test_a_link_serves_the_content(store: ArtifactStore, open_link: Opener) -> None:
    store.put("videos/ann@x.org/1/final.mp4", b"0123456789")
    assert open_link(store.link("videos/ann@x.org/1/final.mp4")) == b"0123456789"
    named = store.link("videos/ann@x.org/1/final.mp4", download_name='Мой "ролик"\r\n.mp4')
    assert open_link(named) == b"0123456789"
    assert "\n" not in named
    assert "%0A" not in named.upper()


def test_a_link_lives_seven_days_at_most(store: ArtifactStore) -> None:
    store.link("a", expires_s=604_800)
    for life_s in (604_801, 0, -1):
        with pytest.raises(InvalidInput):
            store.link("a", expires_s=life_s)


def test_readers_see_old_or_new_content_but_never_a_part(store: ArtifactStore) -> None:
    contents = [bytes([n]) * 200_000 for n in (1, 2)]
    store.put("a/b", contents[0])
    done = threading.Event()

    def write() -> None:
        try:
            for turn in range(20):
                store.put("a/b", contents[turn % 2])
        finally:
            done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert store.read("a/b") in contents
    writer.join()
    head = store.head("a/b")
    assert head is not None
    assert head.sha256 == hashlib.sha256(store.read("a/b")).hexdigest()
