"""What a film's package is made of follows from the film's facts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reels.hls.grid import even_grid, grid_of_keys
from reels.hls.ladder import CELLULAR_BPS, Ladder, first_variant
from reels.hls.packets import Track
from reels.hls.plan import plan
from reels.hls.rates import shown_rate, true_rate, usual_rate
from reels.hls.source import Source, SourceSound

SOUND = SourceSound(
    codec="aac",
    profile="LC",
    rate_hz=48_000,
    channels=2,
    start_s=Fraction(0),
    end_s=Fraction(20),
    rate_bps=128_000,
)


def source(**facts: Any) -> Source:
    """A film that can be copied as it is, but for `facts`."""
    usual: dict[str, Any] = {
        "size_px": (1080, 1920),
        "pixel_aspect": Fraction(1),
        "is_rotated": False,
        "is_interlaced": False,
        "codec": "h264",
        "profile": 100,
        "level": 40,
        "pixel_format": "yuv420p",
        "matrix": "bt709",
        "primaries": "bt709",
        "transfer": "bt709",
        "demuxer": "mov,mp4,m4a,3gp,3g2,mj2",
        "decoder": "",
        "fps": Fraction(30),
        "is_constant": True,
        "is_held": False,
        "start_s": Fraction(0),
        "frames": 600,
        "reach_s": 0.1,
        "key_gap_s": 2.0,
        "keys": tuple(range(0, 600, 60)),
        "has_one_setup": True,
        "has_hidden": False,
        "average_bps": 5_000_000,
        "peak_bps": 7_000_000,
        "sound": SOUND,
    }
    return Source(**usual | facts)


def described(ladder: Ladder) -> list[tuple[str, tuple[int, int], int, str]]:
    return [(each.name, each.size_px, each.rate_bps, each.way) for each in ladder.variants]


def test_a_vertical_film_in_full_size_gets_six_rungs_and_its_own_is_copied() -> None:
    found = described(plan(source()))
    assert [size for _, size, _, _ in found] == [
        (234, 416), (360, 640), (432, 768), (540, 960), (720, 1280), (1080, 1920),
    ]  # fmt: skip
    assert [way for _, _, _, way in found] == ["encode"] * 5 + ["copy"]
    assert [rate for _, _, rate, _ in found][1:5] == [365_000, 1_100_000, 2_000_000, 3_000_000]


@pytest.mark.parametrize(
    ("size_px", "sizes"),
    [
        ((1920, 1080), [(416, 234), (640, 360), (768, 432), (960, 540), (1280, 720), (1920, 1080)]),
        ((1080, 1080), [(234, 234), (360, 360), (432, 432), (540, 540), (720, 720), (1080, 1080)]),
        ((540, 960), [(234, 416), (360, 640), (432, 768), (540, 960)]),
        ((640, 1136), [(234, 416), (360, 640), (432, 766), (540, 958), (640, 1136)]),
        ((2560, 1080), [(416, 176), (640, 270), (768, 324), (960, 404), (1280, 540), (1920, 810)]),
        ((160, 96), [(160, 96)]),
        ((161, 97), [(160, 96)]),
        ((3840, 2160), [(416, 234), (640, 360), (768, 432), (960, 540), (1280, 720), (1920, 1080)]),
    ],
)
def test_films_of_any_shape_get_even_sizes_of_it_that_are_never_larger(
    size_px: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    found = plan(source(size_px=size_px, codec="vp9"))
    assert [variant.size_px for variant in found.variants] == sizes
    assert {variant.way for variant in found.variants} == {"encode"}


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ({"codec": "hevc"}, "It is hevc"),
        ({"profile": 110}, "profile is number 110"),
        ({"level": 51}, "level is 5.1"),
        ({"pixel_format": "yuv422p"}, "pixels are yuv422p"),
        ({"is_interlaced": True}, "interlaced"),
        ({"transfer": "smpte2084"}, "HDR"),
        ({"primaries": "bt2020"}, "wider than BT.709"),
        ({"is_constant": False}, "rate varies"),
        ({"fps": Fraction(120)}, "120 frames a second"),
        ({"pixel_aspect": Fraction(4, 3)}, "not square"),
        ({"is_rotated": True}, "on its side"),
        ({"size_px": (1079, 1919)}, "odd"),
        ({"size_px": (1440, 2560)}, "larger than the highest rung"),
        ({"is_held": True}, "without a picture"),
        ({"has_hidden": True}, "not to be shown"),
        ({"has_one_setup": False}, "changes under way"),
        ({"average_bps": 8_000_000, "peak_bps": 9_100_000}, "over the highest rung"),
        ({"average_bps": 2_000_000}, "more than twice"),
        ({"keys": (0, 60, 240)}, "more than 2 s apart"),
        ({"keys": tuple(range(7, 600, 60))}, "does not start with one"),
    ],
)
def test_a_film_that_some_player_would_not_take_is_encoded_and_the_reason_stated(
    fact: dict[str, Any], reason: str
) -> None:
    top = plan(source(**fact)).variants[-1]
    assert top.way == "encode"
    assert reason in top.reason


def test_our_own_films_are_copied_whatever_their_rate() -> None:
    own = source(average_bps=7_000_000, peak_bps=20_000_000)
    assert plan(own, is_ours=True).variants[-1].way == "copy"
    assert plan(own).variants[-1].way == "encode"


@pytest.mark.parametrize("sound", [SOUND, None])
@pytest.mark.parametrize("fps", [24, 60])
def test_the_lowest_variant_stays_under_192k_with_its_sound(
    sound: SourceSound | None, fps: int
) -> None:
    ladder = plan(source(sound=sound, fps=Fraction(fps)))
    lowest = ladder.variants[0]
    sound_bps = sum(each.rate_bps for each in ladder.sounds if each.name == lowest.sound)
    peak_bps = lowest.max_bps + lowest.buffer_bits // 3 + sound_bps
    assert peak_bps < CELLULAR_BPS
    assert lowest.rate_bps > 100_000


def test_a_small_film_that_is_copied_has_a_smaller_one_beside_it_where_its_peak_is_high() -> None:
    ladder = plan(source(size_px=(180, 320), average_bps=500_000, peak_bps=600_000))
    assert [(each.name, each.way) for each in ladder.variants] == [
        ("v180low", "encode"), ("v180", "copy"),
    ]  # fmt: skip


def test_a_silent_film_has_no_sounds() -> None:
    ladder = plan(source(sound=None))
    assert ladder.sounds == ()
    assert {variant.sound for variant in ladder.variants} == {""}


def test_players_start_with_2000k_or_the_next_one_below() -> None:
    assert first_variant(plan(source()).variants).size_px == (540, 960)
    small = plan(source(size_px=(360, 640), codec="vp9"))
    assert first_variant(small.variants).size_px == (360, 640)


def test_a_plan_survives_being_written_down() -> None:
    ladder = plan(source(fps=Fraction(30000, 1001)))
    assert Ladder.model_validate_json(ladder.model_dump_json()) == ladder


@pytest.mark.parametrize(
    ("fps", "step"),
    [("24000/1001", 48), ("25", 50), ("30000/1001", 60), ("59.94", 120), ("10", 20)],
)
def test_groups_last_two_seconds_to_the_nearest_frame_and_segments_three_groups(
    fps: str, step: int
) -> None:
    grid = even_grid(Fraction(fps), 1000)
    assert grid.groups[:4] == (0, step, 2 * step, 3 * step)
    assert grid.segments[:3] == (0, 3 * step, 6 * step)
    assert grid.is_even


def test_keys_at_the_grid_and_between_give_the_even_grid() -> None:
    keys = sorted({*range(0, 600, 60), 17, 100, 101, 359})
    assert grid_of_keys(Fraction(30), 600, keys) == even_grid(Fraction(30), 600)


def test_keys_of_its_own_are_grouped_into_segments_of_at_most_six_seconds() -> None:
    grid = grid_of_keys(Fraction(30), 400, range(0, 400, 50))
    assert grid is not None
    assert grid.segments == (0, 150, 300)
    assert grid.groups_of(1) == [(150, 200), (200, 250), (250, 300)]
    assert grid.segment_end(2) == 400


def test_keys_that_leave_more_than_two_seconds_give_no_grid() -> None:
    assert grid_of_keys(Fraction(30), 400, range(0, 400, 62)) is None
    assert grid_of_keys(Fraction(30), 400, (0, 60, 120)) is None
    assert grid_of_keys(Fraction(30), 400, ()) is None


def track(times_s: list[float], base: Fraction = Fraction(1, 1000)) -> Track:
    shown = np.array([round(at / float(base)) for at in times_s], np.int64)
    ones = np.ones(len(shown), np.int64)
    return Track(base, shown, ones * 33, ones, ones > 0)


@pytest.mark.parametrize("fps", ["24000/1001", "24", "25", "30000/1001", "50", "60000/1001", "15"])
def test_a_clock_of_milliseconds_does_not_hide_the_true_rate(fps: str) -> None:
    times = [5 + n / float(Fraction(fps)) for n in range(300)]
    assert true_rate(track(times)) == Fraction(fps)


def test_a_film_with_gaps_has_no_true_rate_but_that_of_its_liveliest_parts() -> None:
    times = [n / 30 for n in range(300) if n % 7]
    assert true_rate(track(times)) is None
    assert usual_rate(track(times)) == 30


@pytest.mark.parametrize(
    ("rate", "shown"), [("120", "60"), ("240", "60"), ("100", "50"), ("60", "60"),
                        ("120000/1001", "60000/1001"), ("5", "10"), ("1", "10"), ("12", "12")],
)  # fmt: skip
def test_rates_outside_the_limits_become_whole_parts_or_multiples(rate: str, shown: str) -> None:
    assert shown_rate(Fraction(rate)) == Fraction(shown)
