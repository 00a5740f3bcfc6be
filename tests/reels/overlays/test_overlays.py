"""Overlays measured on plain frames, and their looks held by pictures."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from reels import ffmpeg
from reels.errors import RenderError
from reels.overlays import FilmPainter, TitlePainter, builtin, logo_patch
from reels.overlays.make_dust import frames as dust_frames
from reels.overlays.shipped import lit
from reels.planes import Planes, empty, from_rgb, lay
from reels.timeline import Film, Logo, Media, TitleCard
from tests.reels.ssim import ssim

SIZE = (270, 480)
GOLDEN = Path(__file__).parent / "golden"
#: Under this two pictures differ in what a person sees.
ALIKE = 0.97


def _flat(luma: int) -> Planes:
    planes = empty(SIZE)
    for plane, value in zip(planes, (luma, 128, 128), strict=True):
        plane[:] = value
    return planes


def _photo() -> Planes:
    coarse = np.random.default_rng(4).integers(30, 225, (9, 5, 3), dtype=np.uint8)
    return from_rgb(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC))


def _grey(planes: Planes) -> np.ndarray:
    return planes.y.copy()


def _same_as_golden(name: str, shown: np.ndarray) -> None:
    file = GOLDEN / f"{name}.png"
    if os.environ.get("REELS_REMAKE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        Image.fromarray(shown).quantize(32).save(file, optimize=True)
    kept = np.asarray(Image.open(file).convert("L"))
    assert ssim(kept, shown) > ALIKE


def _logo(folder: Path) -> Media:
    image = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).rounded_rectangle((0, 0, 199, 99), 40, fill=(20, 90, 200, 255))
    image.save(folder / "logo.png")
    return Media.of(folder / "logo.png")


def _clip(folder: Path, source: str, *coded: str, name: str) -> Media:
    command = [ffmpeg.binary(), "-v", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run([*command, *coded, name], cwd=folder, check=True)
    return Media.of(folder / name)


def _laid(film: Film, onto: Planes, tmp_path: Path, *, first: int = 0, frames: int = 1) -> Planes:
    with FilmPainter(film, SIZE, 30, first, tmp_path) as painter:
        for _ in range(frames):
            painter.lay(onto)
    return onto


def test_the_shipped_dust_is_what_its_script_makes() -> None:
    """Through the codec it stays within a few levels of the frames that were drawn."""
    made = dust_frames()
    _, kept = lit(builtin("dust").media, (960, 960))
    assert len(kept) == len(made)
    for number in (0, 12, 40):
        shown = np.zeros((960, 960), np.uint8)
        for patch in kept[number]:
            height, width = patch.keep.y.shape
            shown[patch.y : patch.y + height, patch.x : patch.x + width] = 255 - patch.keep.y
        assert np.abs(shown.astype(int) - made[number]).mean() < 0.5


def test_dust_only_adds_light_and_leaves_most_of_a_frame_alone(tmp_path: Path) -> None:
    before = _grey(_photo())
    after = _grey(_laid(builtin("dust"), _photo(), tmp_path, first=80))
    assert (after.astype(int) - before).min() >= -1
    assert (after > before + 20).any()
    assert np.mean(after != before) < 0.5


def test_dust_looks_like_dust(tmp_path: Path) -> None:
    _same_as_golden("dust", _grey(_laid(builtin("dust"), _flat(60), tmp_path, first=80)))


def test_a_film_starts_again_when_it_is_over(tmp_path: Path) -> None:
    length = len(lit(builtin("dust").media, SIZE)[1]) * 2
    one, other = (_laid(builtin("dust"), _flat(60), tmp_path, first=n) for n in (7, 7 + length))
    assert np.array_equal(one.y, other.y)


def test_the_same_frame_of_the_film_is_shown_wherever_a_segment_is_cut(tmp_path: Path) -> None:
    media = _clip(tmp_path, "testsrc2=s=90x160:r=30:d=2", "-c:v", "libx264", name="film.mp4")
    film = Film(media=media, blend="screen")
    with FilmPainter(film, SIZE, 30, 0, tmp_path) as painter:
        for _ in range(25):
            painter.lay(whole := _flat(60))
    assert np.array_equal(whole.y, _laid(film, _flat(60), tmp_path, first=24).y)


@pytest.mark.parametrize(("frame", "film", "shown"), [(0.5, 0.5, 0.75), (0.2, 0.0, 0.2), (1, 1, 1)])
def test_screen_makes_of_two_lights_what_neither_takes_from_the_other(
    tmp_path: Path, frame: float, film: float, shown: float
) -> None:
    grey = round(255 * film)
    source = f"color=0x{grey:02x}{grey:02x}{grey:02x}:s=64x64:r=30:d=1"
    media = _clip(tmp_path, source, "-c:v", "libx264", "-pix_fmt", "yuv420p", name="grey.mp4")
    laid = _laid(Film(media=media), _flat(round(16 + 219 * frame)), tmp_path)
    assert int(laid.y[240, 135]) == pytest.approx(16 + 219 * shown, abs=3)


def test_opacity_weakens_a_film(tmp_path: Path) -> None:
    media = _clip(tmp_path, "color=white:s=64x64:r=30:d=1", "-c:v", "libx264", name="white.mp4")
    laid = _laid(Film(media=media, opacity=0.25), _flat(16), tmp_path)
    assert int(laid.y[240, 135]) == pytest.approx(16 + 219 * 0.25, abs=3)


def test_a_transparent_film_hides_only_what_it_covers(tmp_path: Path) -> None:
    half = "color=red:s=90x160:r=30:d=1,format=rgba,geq=r='255':g=0:b=0:a='if(lt(X,W/2),255,0)'"
    media = _clip(tmp_path, half, "-c:v", "qtrle", name="half.mov")
    laid = _laid(Film(media=media, blend="alpha"), _flat(100), tmp_path)
    red = [int(plane[200 // s, 60 // s]) for plane, s in zip(laid, (1, 2, 2), strict=True)]
    assert red == pytest.approx([63, 102, 240], abs=4)
    clear = [int(plane[200 // s, 210 // s]) for plane, s in zip(laid, (1, 2, 2), strict=True)]
    assert clear == pytest.approx([100, 128, 128], abs=2)


def test_a_film_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"not a film")
    film = Film(media=Media.of(tmp_path / "film.mp4"))
    with pytest.raises(RenderError, match=r"film\.mp4"):
        _laid(film, _flat(60), tmp_path)


@pytest.mark.parametrize("corner", ["top_left", "top_right", "bottom_left", "bottom_right"])
def test_a_logo_lies_in_its_corner_inside_the_safe_area(tmp_path: Path, corner: str) -> None:
    frame = _flat(16)
    lay(logo_patch(Logo(media=_logo(tmp_path), corner=corner), SIZE), frame)
    rows, columns = np.nonzero(frame.y > 20)
    assert (rows.mean() < 240) == corner.startswith("top")
    assert (columns.mean() < 135) == corner.endswith("left")
    assert columns.min() >= 0.08 * SIZE[0]
    assert columns.max() <= 0.92 * SIZE[0]
    assert np.ptp(columns) == pytest.approx(0.16 * SIZE[0], abs=2)
    assert rows.min() >= 0.12 * SIZE[1]
    assert rows.max() <= 0.78 * SIZE[1]


def test_a_tall_logo_is_held_to_its_height(tmp_path: Path) -> None:
    Image.new("RGBA", (10, 400), "white").save(tmp_path / "tall.png")
    patch = logo_patch(Logo(media=Media.of(tmp_path / "tall.png"), width=0.5), SIZE)
    assert patch.keep.y.shape[0] <= 0.12 * SIZE[1] + 2


TITLES = {
    "latin": ("Why octopuses have three hearts", "A story of blue blood"),
    "cyrillic": ("Почему у осьминога три сердца?", "Короткая история"),
    "arabic": ("لماذا للأخطبوط ثلاثة قلوب؟", "قصة قصيرة"),
}


@pytest.mark.parametrize("script", TITLES)
def test_a_title_card_is_set_and_reads_over_a_picture(script: str) -> None:
    title, subtitle = TITLES[script]
    frame = _photo()
    TitlePainter(TitleCard(title=title, subtitle=subtitle), SIZE, 30, "en").lay(30, frame)
    assert frame.y.max() > 220
    _same_as_golden(f"title-{script}", _grey(frame))


def test_a_title_comes_in_and_goes_out_and_is_over_when_its_frames_are() -> None:
    card = TitleCard(title="Three hearts", frames=40)
    painter = TitlePainter(card, SIZE, 30, "en")
    light = []
    for number in range(42):
        frame = _flat(120)
        painter.lay(number, frame)
        light.append(float(frame.y[470, 10]))
    assert light[0] > light[4] > light[10]
    assert light[10] == light[25] == pytest.approx(16 + 104 * 0.34, abs=2)
    assert light[25] < light[36] < light[39]
    assert light[40] == light[41] == 120


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_short_card_is_still_seen(frames: int) -> None:
    frame = _flat(120)
    TitlePainter(TitleCard(title="Hi", frames=frames), SIZE, 30, "en").lay(frames // 2, frame)
    assert frame.y[470, 10] < 118


@pytest.mark.parametrize("title", ["W" * 120, "word " * 24, "漢" * 120, "!", "🍵"])
def test_no_title_is_cut_off(title: str) -> None:
    frame = _flat(16)
    TitlePainter(TitleCard(title=title.strip(), frames=60), SIZE, 30, "en").lay(30, frame)
    rows, columns = np.nonzero(frame.y > 60)
    assert columns.min() > 5
    assert columns.max() < SIZE[0] - 5
    assert rows.min() > 20
    assert rows.max() < 0.6 * SIZE[1]
