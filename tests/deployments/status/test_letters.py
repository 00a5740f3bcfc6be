"""Letters outlive the process, each once, and of every lane only the oldest is sent."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deployments.status.letters import FILE, Letter, Letters

A, B = "ann/webhook/a", "ann/webhook/b"


def letter(change: str, job: str = "j", endpoint: str = A, until: float = 1e12) -> Letter:
    return Letter(endpoint, change, job, f"msg_{change}", b"{}", "", until)


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Letters]:
    made = Letters(tmp_path)
    yield made
    made.close()


def heads(letters: Letters, endpoint: str = A) -> list[str]:
    """The changes of all heads, by taking none of them."""
    found: list[str] = []
    seen: set[int] = set()
    while (head := letters.head(endpoint, seen)) is not None:
        found.append(head[0].change)
        seen.add(head[0].number)
    return found


def test_of_each_job_and_endpoint_the_oldest_is_the_head(letters: Letters) -> None:
    letters.add([letter("1"), letter("2"), letter("3", "k"), letter("4", endpoint=B)])
    assert heads(letters) == ["1", "3"]
    assert heads(letters, B) == ["4"]
    assert sorted(letters.endpoints()) == [A, B]
    first = letters.head(A, frozenset())
    assert first is not None
    letters.settle(first[0], 1.0, was_taken=True)
    assert sorted(heads(letters)) == ["2", "3"]


def test_a_change_that_is_told_again_is_kept_once_even_when_it_is_settled(
    letters: Letters,
) -> None:
    letters.add([letter("1"), letter("1")])
    found = letters.head(A, frozenset())
    assert found is not None
    letters.settle(found[0], 1.0, was_taken=True)
    letters.add([letter("1")])
    assert letters.count() == 0
    letters.purge(before=2.0)
    letters.add([letter("1")])
    assert letters.count() == 1


def test_what_was_not_settled_is_there_again_and_due_at_once(tmp_path: Path) -> None:
    first = Letters(tmp_path)
    first.add([letter("1"), letter("2")])
    found = first.head(A, frozenset())
    assert found is not None
    first.postpone(found[0], time.time() + 3600, 5)
    first.close()
    second = Letters(tmp_path)
    again = second.head(A, frozenset())
    second.close()
    assert again is not None
    assert (again[0].change, again[0].tries, again[1]) == ("1", 5, 0)


def test_all_of_an_endpoint_is_dropped_and_for_good_what_comes_later_too(
    letters: Letters,
) -> None:
    letters.add([letter("1"), letter("2", "k"), letter("3", endpoint=B)])
    assert letters.drop(A, 1.0) == 2
    letters.add([letter("4")])
    assert heads(letters) == ["4"]
    letters.drop(A, 1.0, for_good=True)
    letters.add([letter("5"), letter("6", endpoint=B)])
    assert (heads(letters), heads(letters, B)) == ([], ["3"])


def test_what_is_too_late_goes_and_the_rest_of_its_lane_has_its_turn(letters: Letters) -> None:
    letters.add([letter("1", until=5), letter("2", until=6), letter("3", until=50)])
    letters.add([letter("4", "k", until=5)])
    busy = letters.head(A, frozenset())
    assert busy is not None
    assert letters.expire(10.0, {busy[0].number}) == {A: 2}
    assert sorted(heads(letters)) == ["1"]
    assert letters.expire(10.0, frozenset()) == {A: 1}
    assert heads(letters) == ["3"]


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 1000)
    letters = Letters(tmp_path)
    letters.add([letter("1")])
    assert letters.count() == 1
    letters.close()
    assert (tmp_path / "webhooks.broken").exists()


def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    Letters(tmp_path).close()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_many_letters_of_a_dead_receiver_are_kept_and_looked_through_quickly(
    letters: Letters,
) -> None:
    letters.add(letter(str(uuid4()), str(n // 10)) for n in range(20_000))
    began = time.monotonic()
    for _ in range(200):
        found = letters.head(A, frozenset())
        assert found is not None
    assert time.monotonic() - began < 1
    assert letters.count() == 20_000
