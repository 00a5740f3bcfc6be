"""Pictures shared out over a sound, evenly or on its beats."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reels.sharing import share_out


@given(frames=st.integers(1, 30_000), pictures=st.integers(1, 20), least=st.integers(1, 30))
def test_even_shares_add_up_to_the_frame_and_differ_by_one(
    frames: int, pictures: int, least: int
) -> None:
    shares = share_out(frames, pictures, least=least)
    if frames < pictures * least:
        assert shares is None
        return
    assert shares is not None
    assert sum(shares) == frames
    assert max(shares) - min(shares) <= 1
    assert min(shares) >= least


@given(
    frames=st.integers(60, 3_000),
    pictures=st.integers(2, 20),
    beats=st.sets(st.integers(0, 3_000), min_size=1).map(sorted),
)
def test_with_beats_every_change_is_on_one_and_no_picture_is_too_short(
    frames: int, pictures: int, beats: list[int]
) -> None:
    shares = share_out(frames, pictures, least=15, beats=beats)
    if shares is None:
        return
    assert sum(shares) == frames
    assert len(shares) == pictures
    assert min(shares) >= 15
    assert set(list(accumulate(shares))[:-1]) <= set(beats)


def test_changes_stay_as_near_to_their_even_places_as_the_beats_allow() -> None:
    """The best of all choices, found by trying every one of them."""
    from itertools import combinations, pairwise

    beats = [20, 31, 47, 66, 70, 95, 101, 130, 144, 171, 180]
    frames, pictures, least = 200, 5, 15
    even = [40, 80, 120, 160]

    def cost(changes: tuple[int, ...]) -> float:
        gaps = [end - start for start, end in pairwise([0, *changes, frames])]
        if min(gaps) < least:
            return float("inf")
        return sum((one - other) ** 2 for one, other in zip(changes, even, strict=True))

    best = min(combinations(beats, 4), key=cost)
    shares = share_out(frames, pictures, least=least, beats=beats)

    assert shares is not None
    assert tuple(accumulate(shares))[:-1] == best


@pytest.mark.parametrize("beats", [[100], [100, 101, 102], [3, 197, 199]])
def test_too_few_beats_give_nothing(beats: list[int]) -> None:
    assert share_out(200, 4, least=15, beats=beats) is None


def test_one_picture_needs_no_beats() -> None:
    assert share_out(200, 1, least=15, beats=[3]) == (200,)
