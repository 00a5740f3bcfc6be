from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from reels.codecs import options
from reels.grid import Encoder
from reels.models import Cue
from reels.probe import scan
from reels.segments import encode_all, join, plan
from reels.stretches import FrameRange, black_stretches, frozen_stretches
from reels.timeline import Shot, Timeline
from tests.reels.render_kit import flat

pytestmark = pytest.mark.slow

SIZE = (180, 320)
FPS = 30
Drawn = Callable[[int], np.ndarray]


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """Larger than the frame, with detail everywhere."""
    random = np.random.default_rng(3)
    coarse = random.integers(30, 225, (60, 40, 3), dtype=np.uint8)
    soft = Image.fromarray(coarse).resize((280, 520), Image.Resampling.BICUBIC)
    grain = random.normal(0, 8, (520, 280, 1))
    return np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8)


def _encoded(path: Path, frames: int, draw: Drawn) -> Path:
    """As segments are encoded: closed groups of pictures of 2 s."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options(Encoder(), FPS))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.codec_context.thread_count = 1
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(draw(number), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _window(photo: np.ndarray, at: int) -> np.ndarray:
    """A slow move, which never falls on whole pixels."""
    middle = SIZE[0] / 2 + 5 + 0.37 * at, SIZE[1] / 2 + 5 + 0.61 * at
    return np.asarray(cv2.getRectSubPix(photo, SIZE, middle))


def _black(path: Path, dark: list[FrameRange] | None = None) -> list[FrameRange]:
    return black_stretches(path, scan(path)[1], SIZE, FPS, dark=dark or [])


def _frozen(path: Path, moving: list[FrameRange]) -> list[FrameRange]:
    return frozen_stretches(path, scan(path)[1], SIZE, FPS, moving=moving)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 45), (60, 120), (75, 115), (100, 140), (130, 180)],
    ids=["at the start", "a whole group", "within a group", "over groups", "at the end"],
)
def test_a_black_stretch_is_found_wherever_it_is(
    tmp_path: Path, photo: np.ndarray, start: int, end: int
) -> None:
    nothing = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    path = _encoded(
        tmp_path / "x.mp4",
        180,
        lambda n: nothing if start <= n < end else _window(photo, n),
    )
    [(found_start, found_end)] = _black(path)
    assert (found_start, found_end) == pytest.approx((start, end), abs=3)
    assert _black(path, dark=[(start, end)]) == []


def test_fades_and_short_cuts_through_black_are_no_fault(tmp_path: Path, photo: np.ndarray) -> None:
    def draw(number: int) -> np.ndarray:
        level = min(1.0, abs(number - 60) / 20, number / 20, (119 - number) / 20)
        return (_window(photo, number) * level).astype(np.uint8)

    assert _black(_encoded(tmp_path / "x.mp4", 120, draw)) == []


def test_a_dark_picture_in_which_something_is_seen_is_not_black(tmp_path: Path) -> None:
    night = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    night[40:60, 30:150] = 70
    assert _black(_encoded(tmp_path / "x.mp4", 90, lambda n: night)) == []


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 180), (62, 118), (70, 110), (100, 150), (130, 180)],
    ids=["all of it", "a group", "within a group", "over groups", "at the end"],
)
def test_a_move_that_stops_is_found_wherever_it_is(
    tmp_path: Path, photo: np.ndarray, start: int, end: int
) -> None:
    path = _encoded(
        tmp_path / "x.mp4",
        180,
        lambda n: _window(photo, start if start <= n < end else n),
    )
    [(found_start, found_end)] = _frozen(path, [(0, 180)])
    assert (found_start, found_end) == pytest.approx((start, end), abs=15)
    assert _frozen(path, []) == []


def test_a_move_is_not_taken_for_a_stop(tmp_path: Path, photo: np.ndarray) -> None:
    path = _encoded(tmp_path / "x.mp4", 120, lambda n: _window(photo, n))
    assert _frozen(path, [(0, 120)]) == []


def test_a_short_stop_and_a_picture_without_detail_pass(tmp_path: Path, photo: np.ndarray) -> None:
    short = _encoded(
        tmp_path / "short.mp4", 120, lambda n: _window(photo, 50 if 50 <= n < 75 else n)
    )
    plain = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    plain[20:40, 20:60] = 200
    still = _encoded(tmp_path / "plain.mp4", 120, lambda n: plain)
    assert _frozen(short, [(0, 120)]) == []
    assert _frozen(still, [(0, 120)]) == []


CUES = tuple(
    Cue(start_s=n * 1.5, end_s=n * 1.5 + 1.4, text="some words of a caption") for n in range(4)
)


@pytest.fixture
def rendered(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A shot of 6 s with captions, in a move or at rest, as the renderer makes it."""
    coarse = np.random.default_rng(4).integers(30, 225, (60, 34, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((360, 640), Image.Resampling.BICUBIC).save(tmp_path / "p.png")
    media = flat(tmp_path / "flat.png", (0, 0, 0)).of(tmp_path / "p.png")

    def render(motion: str) -> Path:
        shot = Shot(media=media, frames=180, motion=motion)  # type: ignore[arg-type]
        made = Timeline(size_px=SIZE, shots=(shot,), cues=CUES)
        parts = encode_all(plan(made), tmp_path / "parts", 2)
        return join(parts, None, tmp_path / f"{motion}.mp4", work=tmp_path)

    return render


@pytest.mark.parametrize("motion", ["zoom_out", "pan_left", "push_in"])
def test_the_renderers_moves_move_under_captions(
    rendered: Callable[[str], Path], motion: str
) -> None:
    assert _frozen(rendered(motion), [(0, 180)]) == []


def test_a_picture_that_stands_under_changing_captions_is_found(
    rendered: Callable[[str], Path],
) -> None:
    [(start, end)] = _frozen(rendered("none"), [(0, 180)])
    assert end - start > 150
