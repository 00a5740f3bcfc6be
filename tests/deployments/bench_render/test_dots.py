"""The tracker of dots, on dots that were put somewhere by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from deployments.bench_render import dots
from deployments.bench_render.jitter import summary
from reels.motion import View

SIZE_PX = (1080, 1920)
SIGMA_PX = 3.2


def frame_with(middles: NDArray[np.float64]) -> NDArray[np.uint8]:
    canvas = np.full(SIZE_PX[::-1], 40.0)
    for x, y in middles:
        top, left = int(y) - 20, int(x) - 20
        window = canvas[top : top + 40, left : left + 40]
        rows, columns = np.indices(window.shape) + 0.5
        far = (columns + left - x) ** 2 + (rows + top - y) ** 2
        window += 180 * np.exp(-far / (2 * SIGMA_PX**2))
    return np.rint(canvas).astype(np.uint8)


@pytest.mark.parametrize("astray", [(0.0, 0.0), (0.3, -0.2), (-1.4, 2.6)])
def test_a_dot_is_found_to_a_fiftieth_of_a_pixel(astray: tuple[float, float]) -> None:
    wanted = dots.ideal(dots.places()[:12], View(1.04, 0.5, 0.5), SIZE_PX)
    found = dots.found(frame_with(wanted + astray), wanted)
    assert np.abs(found - wanted - astray).max() < 0.02


def test_the_middle_of_a_zoom_stays_and_all_else_moves_away_from_it() -> None:
    width, height = dots.PICTURE_PX
    middles = np.array([[width / 2, height / 2], [width / 2 + 100, height / 2]])
    seen = dots.ideal(middles, View(1.2, 0.5, 0.5), SIZE_PX)
    assert seen == pytest.approx(np.array([[540, 960], [540 + 100 / 2 * 1.2, 960]]))


def test_a_shift_that_stays_is_no_step() -> None:
    """A point that is off by the same in every frame is astray, but does not shake."""
    strayed = np.full((10, 3, 2), (0.3, 0.4))
    jitter = summary(strayed)
    assert jitter.worst == pytest.approx(0.5)
    assert jitter.shake == pytest.approx(0)
    assert jitter.step == 0
    strayed[4, 1] = (0.6, 0.8)
    assert summary(strayed).step == pytest.approx(0.5)
    assert summary(strayed).shake == pytest.approx(0.45)
