"""The supersampled reference, on pictures whose every point is known."""

from __future__ import annotations

import numpy as np
import pytest

from deployments.bench_render import reference
from reels.motion import View


@pytest.mark.parametrize("zoom", [1.0, 1.037, 1.08])
@pytest.mark.parametrize(("x", "y"), [(0.5, 0.5), (0.0, 1.0)])
def test_a_slope_is_seen_at_its_exact_places(zoom: float, x: float, y: float) -> None:
    """A luma that grows by the pixel tells where each pixel of a frame was taken."""
    source_w, source_h, width, height = 400, 700, 216, 384
    columns, rows = np.meshgrid(np.arange(source_w) + 0.5, np.arange(source_h) + 0.5)
    cover = max(width / source_w, height / source_h)
    for across, size, length, at in ((columns, width, source_w, x), (rows, height, source_h, y)):
        source = (40 + across * 0.25).astype(np.float32)
        seen = reference.frame(source, View(zoom, x, y), (width, height))
        line = seen[height // 2] if across is columns else seen[:, width // 2]
        left = (length - size / cover) / 2 + (size - size / zoom) * at / cover
        places = left + (np.arange(size) + 0.5) / (cover * zoom)
        # Rounding to whole levels is worth half a level; the edges repeat their last pixel.
        assert np.abs(line - (40 + places * 0.25))[4:-4].max() <= 0.51


def test_a_pixel_is_the_mean_of_all_that_it_covers() -> None:
    """Stripes finer than a frame's pixels become grey, where one sample would find one."""
    source = np.tile(np.array([16, 235], np.float32), (400, 200))
    seen = reference.frame(source, View(1.0, 0.5, 0.5), (100, 100))
    assert np.abs(seen[5:-5, 5:-5].astype(float) - 125.5).max() <= 1
