"""What may go from the cache."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reels.artifacts import Entry
from reels.pruning import keys_named, to_prune

NOW = 1_000_000.0
DAY = 86_400.0


def pruned(
    entries: dict[str, Entry], *needed: str, days: float | None = None, most: int | None = None
) -> list[str]:
    keep_s = None if days is None else days * DAY
    return to_prune(entries, needed, now=NOW, keep_s=keep_s, most_bytes=most)


ENTRIES = {
    "cache/speech/old.wav": Entry(10, NOW - 9 * DAY),
    "cache/speech/old.record.json": Entry(1, NOW - 9 * DAY),
    "cache/speech/new.wav": Entry(10, NOW - 1 * DAY),
    "cache/speech/mixed.wav": Entry(10, NOW - 9 * DAY),
    "cache/speech/mixed.record.json": Entry(1, NOW - 1 * DAY),
    "cache/segments/middle.parts/1.mp4": Entry(5, NOW - 5 * DAY),
    "cache/segments/middle.parts/2.mp4": Entry(5, NOW - 5 * DAY),
}


def test_what_is_old_goes_with_all_that_belongs_to_it() -> None:
    assert pruned(ENTRIES, days=7) == ["cache/speech/old.wav", "cache/speech/old.record.json"]


def test_what_is_needed_stays_with_all_that_belongs_to_it() -> None:
    assert pruned(ENTRIES, "cache/speech/old.wav", days=7) == []


def test_where_there_is_no_room_the_oldest_go_until_there_is() -> None:
    assert pruned(ENTRIES, most=32) == ["cache/speech/old.wav", "cache/speech/old.record.json"]
    assert pruned(ENTRIES, most=30)[2:] == [
        "cache/segments/middle.parts/1.mp4",
        "cache/segments/middle.parts/2.mp4",
    ]


def test_without_limits_nothing_goes() -> None:
    assert pruned(ENTRIES) == []


def test_a_documents_keys_are_found_wherever_they_stand() -> None:
    document = b'{"a": {"key": "cache/visual/ab12.png"}, "b": ["cache/speech/c.wav", "videos/x"]}'
    assert keys_named(document) == {"cache/visual/ab12.png", "cache/speech/c.wav"}


@given(
    st.dictionaries(
        st.integers(0, 40).map(lambda n: f"cache/kind/{n}.bin"),
        st.builds(Entry, st.integers(0, 100), st.floats(0, NOW)),
    ),
    st.sets(st.integers(0, 40).map(lambda n: f"cache/kind/{n}.bin")),
    st.integers(0, 2_000),
)
def test_afterwards_there_is_room_unless_all_that_is_left_is_needed(
    entries: dict[str, Entry], needed: set[str], most: int
) -> None:
    gone = set(pruned(entries, *needed, most=most))
    left = {key: entry for key, entry in entries.items() if key not in gone}
    assert not gone & needed
    assert sum(entry.size_bytes for entry in left.values()) <= most or set(left) <= needed
