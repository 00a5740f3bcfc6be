from __future__ import annotations

import numpy as np
import pytest

from tests.reels.ssim import ssim

PICTURE = np.random.default_rng(1).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def test_a_picture_is_like_itself() -> None:
    assert ssim(PICTURE, PICTURE) == pytest.approx(1.0)


def test_noise_lowers_the_likeness_and_more_noise_more() -> None:
    noise = np.random.default_rng(2).normal(0, 1, PICTURE.shape)
    slight, strong = (
        np.clip(PICTURE + level * noise, 0, 255).astype(np.uint8) for level in (10, 60)
    )
    assert ssim(PICTURE, strong) < ssim(PICTURE, slight) < 0.999


def test_pictures_of_other_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        ssim(PICTURE, PICTURE[:-1])
