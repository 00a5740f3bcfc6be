"""A long line is cut into stretches that a model can hear, and nothing of it is lost."""

from __future__ import annotations

import pytest

from reels.words.transcribe import stretches
from reels.words.windows import pieces, windows

MOST_S, MOST_TOKENS = 30.0, 440


def even(count: int, each_s: float, pause_after: dict[int, float]) -> list[tuple[float, float]]:
    spans, at = [], 0.0
    for index in range(count):
        spans.append((at, at + each_s))
        at += each_s + pause_after.get(index, 0.0)
    return spans


def test_a_short_line_is_one_window_of_the_whole_audio() -> None:
    (window,) = windows(even(10, 0.5, {}), [2] * 10, 6.0, MOST_S, MOST_TOKENS)
    assert (window.first, window.after, window.start_s, window.end_s) == (0, 10, 0.0, 6.0)


@pytest.mark.parametrize("each_s", [0.05, 0.4, 3.0, 25.0])
@pytest.mark.parametrize("tokens", [1, 40, 300])
def test_every_piece_is_one_windows_own_and_no_window_is_too_much(
    each_s: float, tokens: int
) -> None:
    spans = even(120, each_s, {30: 1.0, 77: 4.0})
    duration_s = spans[-1][1] + 9.0
    found = windows(spans, [tokens] * 120, duration_s, MOST_S, MOST_TOKENS)
    assert [index for window in found for index in window.own] == list(range(120))
    for window in found:
        assert window.first <= window.own.start < window.own.stop <= window.after
        assert 0 <= window.start_s <= spans[window.own.start][0]
        assert spans[window.own.stop - 1][1] <= window.end_s <= duration_s
        assert window.end_s - window.start_s <= MOST_S + 1e-6
        assert (window.after - window.first) * tokens <= MOST_TOKENS


def test_a_seam_lies_at_a_pause_and_words_beside_it_are_heard_twice() -> None:
    spans = even(100, 0.4, {45: 0.8})
    first, second, *_ = windows(spans, [2] * 100, spans[-1][1], MOST_S, MOST_TOKENS)
    assert first.own.stop == second.own.start == 46
    assert first.after > 46 > second.first


def test_a_word_as_long_as_a_page_is_cut_and_put_together_in_order() -> None:
    found = pieces(["short", "字" * 100, "end"])
    assert "".join(piece.text for piece in found if piece.word == 1) == "字" * 100
    assert [piece.begins_word for piece in found] == [True, True, *[False] * 4, True]


def test_a_long_sound_is_cut_in_its_pauses_into_parts_of_30_s_at_most() -> None:
    quiet = [(20.0, 20.2), (26.0, 27.0), (29.0, 29.1), (95.0, 96.0)]
    found = list(stretches(quiet, 120.0))
    assert found[0] == (0.0, 26.5)
    assert found[-1][1] == 120.0
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]
    assert all(0 < end - start <= 30.0 for start, end in found)
