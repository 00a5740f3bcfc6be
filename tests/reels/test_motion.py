from __future__ import annotations

from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from PIL import Image

from reels import motion
from reels.models import Motion
from reels.pictures import PAD, Source, load
from reels.planes import Planes, empty
from reels.timeline import Media
from tests.reels.render_kit import SMALL, noisy


def _load(media: Media, name: Motion, size_px: tuple[int, int] = SMALL) -> Source:
    return load(media, size_px, "cover", motion.reserve(name))


def _drawn(source: Source, seen: motion.View, size_px: tuple[int, int]) -> Planes:
    target = empty(size_px)
    motion.draw(source, seen, target)
    return target


@pytest.mark.parametrize("source", [(400, 100), (100, 400), (90, 160), (1000, 1000), (180, 320)])
@pytest.mark.parametrize("name", get_args(Motion))
def test_any_source_covers_the_frame(tmp_path: Path, source: tuple[int, int], name: Motion) -> None:
    """A white picture leaves no dark rim, whatever its shape and wherever the camera looks."""
    Image.new("RGB", source, "white").save(tmp_path / "white.png")
    picture = _load(Media.of(tmp_path / "white.png"), name)
    for at in (0, 1, 31, 59):
        drawn = _drawn(picture, motion.view(name, at, 60), SMALL)
        assert (drawn.y.min(), drawn.u.max(), drawn.v.max()) == (235, 128, 128)


def test_a_picture_of_the_frames_size_at_rest_is_untouched(tmp_path: Path) -> None:
    picture = _load(noisy(tmp_path / "a.png", 1), "none")
    drawn = _drawn(picture, motion.view("none", 7, 60), SMALL)
    assert np.array_equal(drawn.y, picture.planes.y[PAD:-PAD, PAD:-PAD])


def test_the_middle_of_a_wide_picture_is_kept(tmp_path: Path) -> None:
    pixels = np.zeros((320, 960, 3), np.uint8)
    pixels[:, 475:485] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    picture = _load(Media.of(tmp_path / "wide.png"), "none")
    columns = _drawn(picture, motion.view("none", 0, 1), SMALL).y[100].astype(float) - 16
    centre = (columns * np.arange(SMALL[0])).sum() / columns.sum()
    assert centre == pytest.approx((SMALL[0] - 1) / 2, abs=0.6)


def test_chroma_lies_where_luma_lies_after_a_zoom(tmp_path: Path) -> None:
    """A red disc on black keeps one centre in Y and V, chroma being sited left."""
    size = (360, 640)
    disc = np.zeros((size[1], size[0], 3), np.uint8)
    cv2.circle(disc, (70, 90), 30, (255, 0, 0), -1, cv2.LINE_AA)
    Image.fromarray(disc).save(tmp_path / "disc.png")
    picture = _load(Media.of(tmp_path / "disc.png"), "zoom_in", size)
    drawn = _drawn(picture, motion.View(1.05, 0.5, 0.5), size)
    luma = _centre(drawn.y.astype(float) - 16)
    chroma = _centre(np.clip(drawn.v.astype(float) - 128, 0, None))
    assert 2 * chroma[0] == pytest.approx(luma[0], abs=0.15)
    assert 2 * chroma[1] + 0.5 == pytest.approx(luma[1], abs=0.15)


def _centre(weights: np.ndarray) -> tuple[float, float]:
    ys, xs = np.indices(weights.shape)
    return float((xs * weights).sum() / weights.sum()), float((ys * weights).sum() / weights.sum())


@pytest.mark.parametrize("name", ["zoom_in", "zoom_out", "push_in", "pan_left", "pan_down"])
def test_a_move_carries_a_point_without_jitter(tmp_path: Path, name: Motion) -> None:
    """The centre of a soft spot stays within a tenth of a pixel of its ideal path."""
    size, spot = (360, 640), (150.0, 240.0)
    ys, xs = np.indices((size[1], size[0]))
    bump = 235 * np.exp(-((xs - spot[0]) ** 2 + (ys - spot[1]) ** 2) / (2 * 6.0**2))
    Image.fromarray(np.repeat(bump[..., None], 3, 2).astype(np.uint8)).save(tmp_path / "spot.png")
    picture = _load(Media.of(tmp_path / "spot.png"), name, size)
    worst = 0.0
    for at in range(90):
        seen = motion.view(name, at, 90)
        found = _centre(np.clip(_drawn(picture, seen, size).y.astype(float) - 20, 0, None))
        for axis, look in enumerate((seen.x, seen.y)):
            room = size[axis] * (1 - 1 / seen.zoom) * look
            ideal = (spot[axis] + 0.5 - room) * seen.zoom - 0.5
            worst = max(worst, abs(found[axis] - ideal))
    assert worst < 0.1


def test_nearly_every_frame_of_a_move_is_a_plain_resize() -> None:
    """The warp is three times as dear; a zoom needs it for few of its frames."""
    errors = []
    for at in range(120):
        step = motion.reserve("zoom_in") / motion.view("zoom_in", at, 120).zoom
        for size in (1080, 1920, 540, 960):
            room = size * (motion.reserve("zoom_in") - step) / 2
            errors.append(motion._axis(size, step, room).error_px)
    assert np.mean(np.array(errors) <= 0.03) > 0.95


def test_a_resize_and_a_warp_draw_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames of one move come from either, so nothing may jump between them."""
    picture = _load(noisy(tmp_path / "a.png", 3), "zoom_in")
    for at in (11, 30, 47):
        seen = motion.view("zoom_in", at, 60)
        resized = _drawn(picture, seen, SMALL)
        with monkeypatch.context() as patch:
            patch.setattr(motion, "_TOLERANCE_PX", -1.0)
            warped = _drawn(picture, seen, SMALL)
        for one, other in zip(resized, warped, strict=True):
            assert np.abs(one.astype(int) - other).max() <= 3


@pytest.mark.parametrize("name", [m for m in get_args(Motion) if m != "none"])
def test_every_motion_moves_from_first_to_last_frame_without_turning_back(name: Motion) -> None:
    views = np.array([motion.view(name, at, 90) for at in range(90)])
    steps = np.diff(views, axis=0)
    changing = np.abs(steps).max(axis=0) > 0
    assert changing.any()
    for column in steps.T[changing]:
        assert (column > 0).all() or (column < 0).all()
