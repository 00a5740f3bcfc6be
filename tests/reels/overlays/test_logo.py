"""A logo in each corner."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytest
from PIL import Image, ImageDraw

from reels.models import SIZES_PX
from reels.overlays import logo_patch
from reels.planes import Patch, lay
from reels.safe_area import COVERED, caption_box
from reels.timeline import Logo, Media
from tests.reels.overlays.kit import SIZE, at, flat, golden

Corner = Literal["top_left", "top_right", "bottom_left", "bottom_right"]
CORNERS: tuple[Corner, ...] = get_args(Corner)
SIZES = [*SIZES_PX.values(), SIZE]


def _media(folder: Path, size_px: tuple[int, int] = (200, 100)) -> Media:
    """A blue badge with a white ring; what is transparent is red, so that it shows if seen."""
    image = Image.new("RGBA", size_px, (255, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    high = size_px[1]
    draw.rounded_rectangle((0, 0, size_px[0] - 1, high - 1), high * 0.4, fill=(20, 90, 200, 255))
    draw.ellipse((high * 0.2, high * 0.2, high * 0.8, high * 0.8), outline="white", width=high // 9)
    image.save(folder / "logo.png")
    return Media.of(folder / "logo.png")


def _rows(patch: Patch) -> tuple[int, int]:
    return patch.y, patch.y + patch.keep.y.shape[0]


def _columns(patch: Patch) -> tuple[int, int]:
    return patch.x, patch.x + patch.keep.y.shape[1]


@pytest.mark.parametrize("size_px", SIZES)
@pytest.mark.parametrize("corner", CORNERS)
def test_a_logo_lies_in_its_corner(
    tmp_path: Path, corner: Corner, size_px: tuple[int, int]
) -> None:
    patch = logo_patch(Logo(media=_media(tmp_path), corner=corner), size_px)
    assert (sum(_rows(patch)) < size_px[1]) == corner.startswith("top")
    assert (sum(_columns(patch)) < size_px[0]) == corner.endswith("left")


@pytest.mark.parametrize("corner", CORNERS)
def test_a_logo_keeps_clear_of_every_platforms_buttons(tmp_path: Path, corner: Corner) -> None:
    width, height = SIZES_PX["9:16"]
    patch = logo_patch(Logo(media=_media(tmp_path), corner=corner), (width, height))
    covered = COVERED["any"]
    assert _rows(patch)[0] >= covered.top * height - 1
    assert _rows(patch)[1] <= (1 - covered.bottom) * height + 1
    assert _columns(patch)[0] >= covered.left * width
    if corner.startswith("bottom"):
        assert _columns(patch)[1] <= (1 - covered.right) * width + 1


@pytest.mark.parametrize("size_px", SIZES)
@pytest.mark.parametrize("position", ["top", "middle", "bottom"])
@pytest.mark.parametrize("corner", CORNERS)
def test_a_logo_keeps_clear_of_captions(
    tmp_path: Path,
    corner: Corner,
    position: Literal["top", "middle", "bottom"],
    size_px: tuple[int, int],
) -> None:
    _, upper, _, lower = caption_box(size_px, position)
    logo = Logo(media=_media(tmp_path), corner=corner)
    rows = _rows(logo_patch(logo, size_px, (upper, lower)))
    assert rows[1] < upper or rows[0] > lower
    assert 0 <= rows[0] < rows[1] <= size_px[1]


def test_a_logo_has_its_width_and_opacity(tmp_path: Path) -> None:
    Image.new("RGBA", (200, 100), "white").save(tmp_path / "white.png")
    logo = Logo(media=Media.of(tmp_path / "white.png"), width=0.3, opacity=0.5)
    frame = flat(16)
    lay(logo_patch(logo, SIZE), frame)
    columns = np.nonzero(frame.y > 20)[1]
    assert np.ptp(columns) + 1 == pytest.approx(0.3 * SIZE[0], abs=2)
    assert frame.y.max() == pytest.approx(16 + 219 * 0.5, abs=2)


def test_a_tall_logo_is_held_to_its_height(tmp_path: Path) -> None:
    Image.new("RGBA", (10, 400), "white").save(tmp_path / "tall.png")
    patch = logo_patch(Logo(media=Media.of(tmp_path / "tall.png"), width=0.5), SIZE)
    assert patch.keep.y.shape[0] <= 0.12 * SIZE[1] + 2.5


def test_no_rim_of_invisible_colour_shows(tmp_path: Path) -> None:
    """What is transparent is red; nowhere is the frame redder than the badge."""
    frame = flat(120)
    lay(logo_patch(Logo(media=_media(tmp_path), corner="top_left", opacity=1), SIZE), frame)
    assert frame.v.max() <= 130


def test_an_opaque_picture_may_be_a_logo(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (0, 0, 255)).save(tmp_path / "plain.jpg")
    logo = Logo(media=Media.of(tmp_path / "plain.jpg"), corner="top_left", opacity=1)
    frame = flat(120)
    patch = logo_patch(logo, SIZE)
    lay(patch, frame)
    assert at(frame, patch.x + 20, patch.y + 20)[1] > 220


def test_logos_look_like_this(tmp_path: Path) -> None:
    frame = flat(150)
    for corner in CORNERS:
        lay(logo_patch(Logo(media=_media(tmp_path), corner=corner), SIZE), frame)
    golden("logos", frame.y, 0.98)
