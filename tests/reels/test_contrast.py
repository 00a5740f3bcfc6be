"""Contrast is that of WCAG 2.2."""

from __future__ import annotations

import pytest

from reels.contrast import contrast, luminance

BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (118, 118, 118)


def test_black_and_white_are_as_far_apart_as_colours_can_be() -> None:
    assert contrast(BLACK, WHITE) == contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(GREY, GREY) == 1


def test_the_lightest_grey_that_may_bear_text_on_white() -> None:
    assert contrast(GREY, WHITE) >= 4.5 > contrast((119, 119, 119), WHITE)


def test_green_is_brighter_than_blue() -> None:
    assert luminance((0, 255, 0)) > 9 * luminance((0, 0, 255))
