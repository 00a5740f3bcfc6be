from __future__ import annotations

from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from PIL import Image

from reels import motion
from reels.errors import RenderError
from reels.models import Motion
from reels.timeline import Media
from tests.reels.render_kit import SMALL, noisy

BT709_RED, BT709_WHITE, BT709_BLUE = (63, 102, 240), (235, 128, 128), (32, 240, 118)


def _drawn(picture: motion.Picture, seen: motion.View, size_px: tuple[int, int]) -> motion.Picture:
    buffer = np.zeros(size_px[0] * size_px[1] * 3 // 2, np.uint8)
    target = motion.split(buffer, size_px)
    motion.draw(picture, seen, target)
    return target


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [((255, 0, 0), BT709_RED), ((255, 255, 255), BT709_WHITE), ((0, 0, 255), BT709_BLUE)],
)
def test_colours_are_bt709_in_limited_range(
    tmp_path: Path, rgb: tuple[int, int, int], yuv: tuple[int, int, int]
) -> None:
    Image.new("RGB", SMALL, rgb).save(tmp_path / "flat.png")
    picture = motion.load(Media.of(tmp_path / "flat.png"), SMALL, False)
    assert tuple(int(plane[5, 5]) for plane in picture) == yuv


@pytest.mark.parametrize("source", [(400, 100), (100, 400), (90, 160), (1000, 1000), (180, 320)])
@pytest.mark.parametrize("moves", [True, False])
def test_any_source_covers_the_frame(tmp_path: Path, source: tuple[int, int], moves: bool) -> None:
    """A white picture leaves no dark rim, whatever its shape and wherever the camera looks."""
    Image.new("RGB", source, "white").save(tmp_path / "white.png")
    picture = motion.load(Media.of(tmp_path / "white.png"), SMALL, moves)
    for name in get_args(Motion):
        for at in (0, 59):
            assert _drawn(picture, motion.view(name, at, 60), SMALL).y.min() == 235


def test_a_picture_of_the_frames_size_at_rest_is_untouched(tmp_path: Path) -> None:
    picture = motion.load(noisy(tmp_path / "a.png", 1), SMALL, False)
    drawn = _drawn(picture, motion.view("none", 7, 60), SMALL)
    assert np.array_equal(drawn.y, picture.y)


def test_the_middle_of_a_wide_picture_is_kept(tmp_path: Path) -> None:
    pixels = np.zeros((320, 960, 3), np.uint8)
    pixels[:, 475:485] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    picture = motion.load(Media.of(tmp_path / "wide.png"), SMALL, False)
    columns = _drawn(picture, motion.view("none", 0, 1), SMALL).y[100].astype(float) - 16
    centre = (columns * np.arange(SMALL[0])).sum() / columns.sum()
    assert centre == pytest.approx((SMALL[0] - 1) / 2, abs=0.6)


def test_chroma_lies_where_luma_lies_after_a_zoom(tmp_path: Path) -> None:
    """A red disc on black keeps one centre in Y and V, chroma being sited left."""
    size = (360, 640)
    disc = np.zeros((size[1], size[0], 3), np.uint8)
    cv2.circle(disc, (70, 90), 30, (255, 0, 0), -1, cv2.LINE_AA)
    Image.fromarray(disc).save(tmp_path / "disc.png")
    picture = motion.load(Media.of(tmp_path / "disc.png"), size, True)
    drawn = _drawn(picture, motion.View(1.05, 0.5, 0.5), size)
    luma = _centre(drawn.y.astype(float) - 16)
    chroma = _centre(np.clip(drawn.v.astype(float) - 128, 0, None))
    assert 2 * chroma[0] == pytest.approx(luma[0], abs=0.15)
    assert 2 * chroma[1] + 0.5 == pytest.approx(luma[1], abs=0.15)


def _centre(weights: np.ndarray) -> tuple[float, float]:
    ys, xs = np.indices(weights.shape)
    return float((xs * weights).sum() / weights.sum()), float((ys * weights).sum() / weights.sum())


def test_a_zoom_moves_a_point_without_jitter(tmp_path: Path) -> None:
    """The centre of a blurred spot stays within a tenth of a pixel of its ideal path."""
    size, spot = (360, 640), (90.0, 140.0)
    ys, xs = np.indices((size[1], size[0]))
    bump = 235 * np.exp(-((xs - spot[0]) ** 2 + (ys - spot[1]) ** 2) / (2 * 6.0**2))
    Image.fromarray(np.repeat(bump[..., None], 3, 2).astype(np.uint8)).save(tmp_path / "spot.png")
    picture = motion.load(Media.of(tmp_path / "spot.png"), size, True)
    middle = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    worst = 0.0
    for at in range(90):
        seen = motion.view("zoom_in", at, 90)
        weights = np.clip(_drawn(picture, seen, size).y.astype(float) - 20, 0, None)
        found = _centre(weights)
        for axis in (0, 1):
            ideal = middle[axis] + (spot[axis] - middle[axis]) * seen.zoom
            worst = max(worst, abs(found[axis] - ideal))
    assert worst < 0.1


@pytest.mark.parametrize("name", [m for m in get_args(Motion) if m != "none"])
def test_every_motion_moves_from_first_to_last_frame_without_turning_back(name: Motion) -> None:
    views = np.array([motion.view(name, at, 90) for at in range(90)])
    steps = np.diff(views, axis=0)
    changing = np.abs(steps).max(axis=0) > 0
    assert changing.any()
    for column in steps.T[changing]:
        assert (column > 0).all() or (column < 0).all()


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\nfile:///etc/passwd", b"\x89PNG\r\n\x1a\nxx"])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(RenderError, match=r"bad\.png cannot be read"):
        motion.load(Media.of(tmp_path / "bad.png"), SMALL, False)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    Image.new("1", (8000, 6000)).save(tmp_path / "huge.png")
    with pytest.raises(RenderError, match="8000x6000"):
        motion.load(Media.of(tmp_path / "huge.png"), SMALL, False)
