"""Light that is added, held against the same in RGB."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from reels.overlays.light import patch_of_light, screen
from reels.planes import from_rgb, lay
from tests.reels.overlays.kit import flat

LEAK, DIM_BLUE, GREY = (200, 80, 20), (20, 30, 60), (80, 80, 80)


def _colours() -> NDArray[np.float64]:
    """Blocks of 8 pixels in the colours of photos, dark to bright."""
    random = np.random.default_rng(1)
    values = random.integers(0, 236, (256, 1)) + random.normal(0, 20, (256, 3))
    return np.kron(np.clip(np.rint(values), 0, 255).reshape(16, 16, 3), np.ones((8, 8, 1)))


@pytest.mark.parametrize("opacity", [1.0, 0.5])
@pytest.mark.parametrize(("light", "off"), [(LEAK, 3.5), (DIM_BLUE, 1.5), (GREY, 0.5)])
def test_coloured_light_keeps_its_colour(
    light: tuple[int, int, int], off: float, opacity: float
) -> None:
    """The mean error of luma and chroma, in levels, against the same blend of RGB."""
    under = _colours()
    film = np.broadcast_to(np.array(light, float), under.shape)
    wanted = 255 * (1 - (1 - under / 255) * (1 - opacity * film / 255))
    shown = from_rgb(under.astype(np.uint8))
    screen(from_rgb(film.astype(np.uint8)), shown, opacity)
    right = from_rgb(np.rint(wanted).astype(np.uint8))
    for plane, true in zip(shown, right, strict=True):
        assert np.abs(plane.astype(int) - true).mean() < off


def test_black_changes_nothing_and_white_stays_white() -> None:
    under = from_rgb(_colours().astype(np.uint8))
    before = [plane.copy() for plane in under]
    screen(flat(16, under.size_px), under)
    for plane, old in zip(under, before, strict=True):
        assert np.array_equal(plane, old)
    screen(flat(235, under.size_px), under)
    assert {int(v) for v in np.unique(under.y)} == {235}
    assert np.ptp(np.concatenate([under.u, under.v])) <= 1


def test_a_patch_of_grey_light_is_the_same_as_the_whole_frame_of_it() -> None:
    whole, pieces = flat(90, (64, 64)), flat(90, (64, 64))
    light = np.tile(np.arange(0, 252, 4, dtype=np.uint8)[:62], (62, 1))
    film = flat(16, (64, 64))
    film.y[2:, 2:] = np.rint(16 + light * (219 / 255))
    screen(film, whole)
    lay(patch_of_light(light, 2, 2), pieces)
    assert np.abs(whole.y.astype(int) - pieces.y).max() <= 2
