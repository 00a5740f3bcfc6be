from __future__ import annotations

import pytest

from flows.sharding import in_turns, share_of


@pytest.mark.parametrize(("count", "shards"), [(10, 3), (2, 5), (1, 1), (7, 7), (0, 2), (32, 4)])
def test_every_segment_falls_to_one_share(count: int, shards: int) -> None:
    items = range(count)
    assert [item for n in range(shards) for item in share_of(items, n, shards)] == list(items)


@pytest.mark.parametrize(("count", "shards"), [(10, 3), (2, 5), (1, 1), (9, 2), (32, 4)])
def test_the_render_itself_takes_every_segment_once(count: int, shards: int) -> None:
    assert sorted(in_turns(range(count), shards)) == list(range(count))


def test_the_render_begins_with_its_own_share_and_meets_helpers_from_the_other_end() -> None:
    assert in_turns(range(9), 3) == [0, 1, 2, 5, 8, 4, 7, 3, 6]
