"""Films over plain frames: the shipped dust, and films of users."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from reels import ffmpeg
from reels.errors import RenderError
from reels.overlays import FilmPainter, builtin
from reels.overlays.make_dust import frames as dust_frames
from reels.overlays.shipped import reel
from reels.planes import Planes
from reels.timeline import Film, Media
from tests.reels.overlays.kit import SIZE, at, flat, golden, photo
from tests.reels.ssim import ssim

pytestmark = pytest.mark.slow

DUST_ALIKE = 0.97
RED = "color=red:s=90x160:r=30:d=1,format=rgba,geq=r='255':g=0:b=0:a='if(lt(X,W/2),255,0)'"


def _clip(folder: Path, source: str, *coded: str, name: str) -> Media:
    command = [ffmpeg.binary(), "-v", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run([*command, *coded, name], cwd=folder, check=True)
    return Media.of(folder / name)


def _laid(film: Film, onto: Planes, work: Path, *, first: int = 0, fps: int = 30) -> Planes:
    with FilmPainter(film, onto.size_px, fps, first, work) as painter:
        painter.lay(onto)
    return onto


def test_the_shipped_dust_is_what_its_script_makes() -> None:
    """To the rounding from 256 levels to those of limited range."""
    kept, made = reel(builtin("dust").media), dust_frames()
    assert (kept.rate, len(kept.frames)) == (15, len(made))
    for number in range(0, len(made), 7):
        assert np.abs(kept.grey(number).astype(int) - made[number]).max() <= 2


def test_dust_only_adds_light_and_leaves_most_of_a_frame_alone(tmp_path: Path) -> None:
    before = photo()
    after = _laid(builtin("dust"), photo(), tmp_path, first=80)
    assert (after.y.astype(int) - before.y).min() >= -1
    assert (after.y > before.y + 20).any()
    assert np.mean(after.y != before.y) < 0.1


def test_dust_draws_no_colour(tmp_path: Path) -> None:
    laid = _laid(builtin("dust"), flat(60), tmp_path, first=80)
    assert {int(v) for v in np.unique(np.concatenate([laid.u, laid.v]))} <= {127, 128}


def test_dust_looks_like_dust(tmp_path: Path) -> None:
    """All the specks, hairs and scratches of two seconds at once: one frame has only a few."""
    clean = flat(60, (360, 640)).y
    gathered = clean.copy()
    with FilmPainter(builtin("dust"), (360, 640), 15, 0, tmp_path) as painter:
        for _ in range(30):
            painter.lay(frame := flat(60, (360, 640)))
            np.maximum(gathered, frame.y, out=gathered)
    assert ssim(clean, gathered) < DUST_ALIKE
    golden("dust", gathered, DUST_ALIKE)


@pytest.mark.parametrize("size_px", [(32, 32), (34, 1024), (640, 360), (270, 480), (66, 64)])
def test_dust_covers_frames_of_every_shape(size_px: tuple[int, int], tmp_path: Path) -> None:
    laid = flat(16, size_px)
    lit = np.zeros(laid.y.shape, bool)
    with FilmPainter(builtin("dust"), size_px, 15, 0, tmp_path) as painter:
        for _ in range(60):
            painter.lay(laid)
            lit |= laid.y > 17
    rows, columns = np.nonzero(lit)
    assert rows.min() < size_px[1] / 4 < 3 * size_px[1] / 4 < rows.max()
    assert columns.min() < size_px[0] / 3 < 2 * size_px[0] / 3 < columns.max()


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_dust_starts_again_after_four_seconds(tmp_path: Path, fps: int) -> None:
    shown = [
        _laid(builtin("dust"), flat(60), tmp_path, first=n, fps=fps).y
        for n in (7, 7 + 4 * fps, 7 + fps)
    ]
    assert np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[0], shown[2])


def test_a_film_starts_again_when_it_is_over(tmp_path: Path) -> None:
    media = _clip(tmp_path, "testsrc2=s=90x160:r=30:d=1", "-c:v", "libx264", name="film.mp4")
    one, other = (_laid(Film(media=media), flat(60), tmp_path, first=n) for n in (7, 37))
    assert np.array_equal(one.y, other.y)


def test_the_same_frame_of_the_film_is_shown_wherever_a_segment_is_cut(tmp_path: Path) -> None:
    media = _clip(tmp_path, "testsrc2=s=90x160:r=30:d=2", "-c:v", "libx264", name="film.mp4")
    film = Film(media=media, blend="screen")
    with FilmPainter(film, SIZE, 30, 0, tmp_path) as painter:
        for _ in range(25):
            painter.lay(whole := flat(60))
    assert np.array_equal(whole.y, _laid(film, flat(60), tmp_path, first=24).y)


@pytest.mark.parametrize(("frame", "film", "shown"), [(0.5, 0.5, 0.75), (0.2, 0.0, 0.2), (1, 1, 1)])
def test_screen_makes_of_two_lights_what_neither_takes_from_the_other(
    tmp_path: Path, frame: float, film: float, shown: float
) -> None:
    grey = round(255 * film)
    source = f"color=0x{grey:02x}{grey:02x}{grey:02x}:s=64x64:r=30:d=1"
    media = _clip(tmp_path, source, "-c:v", "libx264", "-pix_fmt", "yuv420p", name="grey.mp4")
    laid = _laid(Film(media=media), flat(round(16 + 219 * frame)), tmp_path)
    assert at(laid, 135, 240)[0] == pytest.approx(16 + 219 * shown, abs=3)


@pytest.mark.parametrize("blend", ["screen", "alpha"])
def test_opacity_weakens_a_film(tmp_path: Path, blend: str) -> None:
    media = _clip(tmp_path, "color=white:s=64x64:r=30:d=1,format=rgba", "-c:v", "png", name="w.mov")
    film = Film.model_validate({"media": media, "blend": blend, "opacity": 0.25})
    laid = _laid(film, flat(16), tmp_path)
    assert at(laid, 135, 240)[0] == pytest.approx(16 + 219 * 0.25, abs=3)


@pytest.mark.parametrize(
    ("name", "coded"),
    [
        ("qtrle.mov", ("-c:v", "qtrle")),
        ("png.mov", ("-c:v", "png")),
        ("prores.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-crf", "10", "-b:v", "0")),
    ],
)
def test_a_transparent_film_hides_only_what_it_covers(
    tmp_path: Path, name: str, coded: tuple[str, ...]
) -> None:
    film = Film(media=_clip(tmp_path, RED, *coded, name=name), blend="alpha")
    laid = _laid(film, flat(100), tmp_path)
    assert at(laid, 60, 200) == pytest.approx([63, 102, 240], abs=6)
    assert at(laid, 210, 200) == pytest.approx([100, 128, 128], abs=2)


def test_a_film_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"not a film")
    film = Film(media=Media.of(tmp_path / "film.mp4"))
    with pytest.raises(RenderError, match=r"film\.mp4"):
        _laid(film, flat(60), tmp_path)
