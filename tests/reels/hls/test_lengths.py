"""No track is shown as ready that is not as long as the film."""

from __future__ import annotations

from fractions import Fraction

import pytest

from reels.errors import CheckFailed
from reels.hls.lengths import check_lengths
from tests.reels.hls.conftest import Made


def test_a_finished_package_is_as_long_as_its_film(finished_package: Made) -> None:
    made = finished_package
    check_lengths(made.ladder, made.root, made.ladder.variants)


@pytest.mark.parametrize("track", ["v234", "audio"])
def test_a_track_that_lacks_a_segment_is_told_by_its_name(own_copy: Made, track: str) -> None:
    (own_copy.root / track / "s00001.m4s").unlink()
    with pytest.raises(CheckFailed, match=f"{track} has 1 of 2 segments"):
        check_lengths(own_copy.ladder, own_copy.root, own_copy.ladder.variants)


@pytest.mark.parametrize("frames", [-2, 2])
def test_a_film_that_lasts_two_frames_more_or_less_is_told(own_copy: Made, frames: int) -> None:
    ladder = own_copy.ladder
    source = ladder.source.model_copy(update={"frames": ladder.source.frames + frames})
    other = ladder.model_copy(update={"source": source})
    with pytest.raises(CheckFailed, match=r"goes from 0\.000 s to 8\.000 s"):
        check_lengths(other, own_copy.root, ladder.variants)


def test_only_the_variants_that_are_asked_for_are_looked_at(own_copy: Made) -> None:
    """What is still being made does not keep the others back."""
    (own_copy.root / "v234" / "s00001.m4s").unlink()
    others = [each for each in own_copy.ladder.variants if each.name != "v234"]
    check_lengths(own_copy.ladder, own_copy.root, others)
    assert own_copy.ladder.source.length_s == Fraction(8)
