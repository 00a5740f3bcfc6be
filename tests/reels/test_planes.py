from __future__ import annotations

import numpy as np
import pytest

from reels.planes import Planes, dim, empty, from_rgb, lay, mix, patch_from_rgba

RED, WHITE, BLUE = (63, 102, 240), (235, 128, 128), (32, 240, 118)


def _flat(yuv: tuple[int, int, int], size_px: tuple[int, int] = (40, 60)) -> Planes:
    planes = empty(size_px)
    for plane, value in zip(planes, yuv, strict=True):
        plane[:] = value
    return planes


def _rgba(size_px: tuple[int, int], colour: tuple[int, int, int, int]) -> np.ndarray:
    return np.tile(np.array(colour, np.uint8), (size_px[1], size_px[0], 1))


@pytest.mark.parametrize(
    ("rgb", "yuv"), [((255, 0, 0), RED), ((255, 255, 255), WHITE), ((0, 0, 255), BLUE)]
)
def test_colours_are_bt709_in_limited_range(
    rgb: tuple[int, int, int], yuv: tuple[int, int, int]
) -> None:
    planes = from_rgb(np.tile(np.array(rgb, np.uint8), (20, 10, 1)))
    assert tuple(int(plane[3, 3]) for plane in planes) == yuv


def test_an_opaque_patch_shows_its_own_colour_and_nothing_beside_it() -> None:
    frame = _flat((100, 128, 128))
    lay(patch_from_rgba(_rgba((8, 6), (255, 0, 0, 255)), 10, 20), frame)
    assert (
        tuple(int(plane[22 // s, 12 // s]) for plane, s in zip(frame, (1, 2, 2), strict=True))
        == RED
    )
    assert frame.y[19, 12] == frame.y[22, 9] == frame.y[26, 12] == frame.y[22, 18] == 100


def test_a_half_transparent_patch_lies_halfway_between() -> None:
    frame = _flat((16, 128, 128))
    lay(patch_from_rgba(_rgba((8, 8), (255, 255, 255, 128)), 0, 0), frame)
    assert frame.y[4, 4] == pytest.approx(16 + 219 * 128 / 255, abs=1)


def test_opacity_works_as_transparency_does() -> None:
    frame, other = _flat((60, 128, 128)), _flat((60, 128, 128))
    lay(patch_from_rgba(_rgba((8, 8), (255, 255, 255, 255)), 4, 4), frame, 0.5)
    lay(patch_from_rgba(_rgba((8, 8), (255, 255, 255, 128)), 4, 4), other)
    assert frame.y[6, 6] == pytest.approx(int(other.y[6, 6]), abs=2)
    before = frame.y.copy()
    lay(patch_from_rgba(_rgba((8, 8), (255, 0, 0, 255)), 4, 4), frame, 0.0)
    assert np.array_equal(frame.y, before)


@pytest.mark.parametrize("place", [(5, 7), (-3, -5), (37, 57), (100, 100), (-50, 0)])
def test_a_patch_may_start_at_an_odd_place_and_hang_over_the_edge(place: tuple[int, int]) -> None:
    frame = _flat((16, 128, 128))
    lay(patch_from_rgba(_rgba((7, 9), (255, 255, 255, 255)), *place), frame)
    expected = np.full((60, 40), 16)
    x0, y0 = max(0, place[0]), max(0, place[1])
    expected[y0 : max(0, place[1] + 9), x0 : max(0, place[0] + 7)] = 235
    assert np.array_equal(frame.y, expected)


def test_frames_mix_by_weight_and_dim_to_black() -> None:
    frame = _flat((100, 90, 160))
    mix(_flat((200, 110, 140)), frame, 0.25)
    assert [int(plane[0, 0]) for plane in frame] == [125, 95, 155]
    dim(frame, 0.5)
    assert [int(plane[0, 0]) for plane in frame] == pytest.approx([70, 112, 142], abs=1)
    dim(frame, 0.0)
    assert [int(plane[0, 0]) for plane in frame] == [16, 128, 128]


def test_planes_with_longer_rows_are_written_in_place() -> None:
    """An encoder's rows are longer than the picture; what lies beyond stays as it was."""
    memory = np.full((60, 64), 7, np.uint8)
    frame = Planes(memory[:, :40], np.full((30, 32), 128, np.uint8)[:, :20], _flat(WHITE).v)
    lay(patch_from_rgba(_rgba((40, 60), (255, 255, 255, 255)), 0, 0), frame)
    dim(frame, 1.0)
    assert (memory[:, :40] == 235).all()
    assert (memory[:, 40:] == 7).all()
