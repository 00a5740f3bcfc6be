"""What runs come to in memory: never less than what was measured of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reels.needs import listening_bytes, model_bytes, package_bytes, render_bytes

MB = 1 << 20


@pytest.mark.parametrize(
    ("size_px", "at_once", "clip_px", "measured_mb"),
    [
        ((540, 960), 2, 0, 151),
        ((540, 960), 8, 0, 382),
        ((540, 960), 4, 1920 * 1080, 418),
        ((1080, 1920), 1, 0, 183),
        ((1080, 1920), 2, 0, 334),
        ((1080, 1920), 4, 0, 649),
        ((1080, 1920), 8, 0, 1138),
        ((1080, 1920), 2, 1920 * 1080, 517),
        ((1080, 1920), 4, 1920 * 1080, 886),
        ((2160, 3840), 2, 0, 883),
    ],
)
def test_a_render_is_given_what_was_measured_and_not_three_times_as_much(
    size_px: tuple[int, int], at_once: int, clip_px: int, measured_mb: int
) -> None:
    given = render_bytes(size_px, at_once, (clip_px,) if clip_px else ())
    assert measured_mb * MB < given < 3 * measured_mb * MB


def test_a_package_is_given_what_was_measured_and_no_more_than_its_child_may_take() -> None:
    assert 601 * MB < package_bytes((1080, 1920), 2) < 2 * 601 * MB
    assert 648 * MB < package_bytes((3840, 2160), 2) < 2 * 648 * MB
    assert package_bytes((7680, 4320), 64) < 4 << 30


def test_whispers_models_are_known_by_their_names_and_by_their_files(tmp_path: Path) -> None:
    assert model_bytes("tiny") + listening_bytes() > 386 * MB
    assert model_bytes("base.en") + listening_bytes() > 543 * MB
    assert model_bytes("large-v3-turbo") < model_bytes("large-v3") == model_bytes("unheard-of")
    file = tmp_path / "mine.pt"
    file.write_bytes(bytes(2_000))
    assert model_bytes(str(file)) == 6_000
