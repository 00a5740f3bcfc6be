"""Content and captions share a picture without touching."""

from __future__ import annotations

import pytest

from reels.models import SIZES_PX
from reels.safe_area import caption_box, content_box

SIZES = [*SIZES_PX.values(), (540, 960), (1280, 720)]
ZOOM = 1.08


@pytest.mark.parametrize("size", SIZES)
def test_content_ends_above_the_captions(size: tuple[int, int]) -> None:
    assert content_box(size, captions=True)[3] < caption_box(size)[1]


@pytest.mark.parametrize("size", SIZES)
def test_without_captions_content_reaches_further_down(size: tuple[int, int]) -> None:
    assert content_box(size, captions=False)[3] > content_box(size, captions=True)[3]


@pytest.mark.parametrize("size", SIZES)
def test_content_stays_in_the_picture_at_the_strongest_zoom(size: tuple[int, int]) -> None:
    width, height = size
    x0, y0, x1, y1 = content_box(size, captions=False)
    crop_x, crop_y = width * (1 - 1 / ZOOM) / 2, height * (1 - 1 / ZOOM) / 2
    assert x0 > crop_x
    assert y0 > crop_y
    assert x1 < width - crop_x
    assert y1 < height - crop_y


def test_upright_captions_stand_above_the_platforms_buttons() -> None:
    assert caption_box((1080, 1920))[3] <= 1920 * 0.77
