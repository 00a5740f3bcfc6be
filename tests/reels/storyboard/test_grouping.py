"""Scenes of fitting length."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reels.models import MAX_NARRATION_CHARS, MAX_SCENES
from reels.storyboard.grouping import MAX_PIECE_CHARS, MAX_WORDS, Piece, group
from reels.storyboard.sentences import join, weight


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, MAX_PIECE_CHARS), min_size=1, max_size=300))
def test_order_is_kept_and_every_limit_holds(sizes: list[int]) -> None:
    sizes = sizes[: next((n for n in range(len(sizes)) if sum(sizes[:n]) > 20_000), len(sizes))]
    pieces = [Piece("x" * size, paragraph=n % 7) for n, size in enumerate(sizes)]
    found = group(pieces)
    assert [piece for scene in found for piece in scene] == pieces
    assert len(found) <= MAX_SCENES
    assert all(len(join([p.text for p in scene])) <= MAX_NARRATION_CHARS for scene in found)


def test_short_sentences_share_a_scene_and_long_ones_do_not() -> None:
    short, long = Piece("Just four short words."), Piece("word " * 17 + "end.")
    assert [len(scene) for scene in group([short, short, short, long, long])] == [3, 1, 1]


def test_no_scene_spans_two_sections() -> None:
    found = group([Piece("One.", section="a"), Piece("Two.", section="b")])
    assert [len(scene) for scene in found] == [1, 1]


def test_a_list_stays_with_the_line_that_leads_to_it() -> None:
    lead = Piece("They had three things in the end:", leads=True)
    items = [Piece(f"{word}.", paragraph=n, bullet=word) for n, word in enumerate("abc", 1)]
    after = Piece("Then it rained for a very long time.", paragraph=9)
    assert group([lead, *items, after]) == [[lead, *items], [after]]


def test_a_scene_is_at_most_nine_seconds_of_speech() -> None:
    found = group([Piece("Some words are here.") for _ in range(40)])
    assert max(sum(weight(p.text) for p in scene) for scene in found) <= MAX_WORDS
