"""Clips: the right frame wherever reading starts, in the shape and colours of the video."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reels import ffmpeg, motion, pictures
from reels.clips import ClipReader
from reels.errors import RenderError
from reels.planes import Planes, empty, from_rgb
from reels.timeline import Media
from tests.reels.clip_kit import H264, SIZE, made, numbered, numbers, pictured, read

pytestmark = pytest.mark.slow

B_FRAMES = (*H264, "-g", "50", "-bf", "5", "-x264-params", "open-gop=1:b-pyramid=normal")
KINDS = {
    "long.mp4": B_FRAMES,
    "fragments.mp4": (*B_FRAMES, "-movflags", "frag_keyframe+empty_moov"),
    "hevc.mp4": ("-c:v", "libx265", "-x265-params", "log-level=error:keyint=40"),
    "rounded.mkv": B_FRAMES,
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "40"),
    "late.ts": (*B_FRAMES, "-output_ts_offset", "36000"),
    "packed.avi": ("-c:v", "mpeg4", "-bf", "2", "-q:v", "3", "-g", "40"),
    "small.gif": (),
}


@pytest.fixture(scope="module", params=KINDS)
def numbered_clip(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Media:
    fps = 25 if request.param.endswith("gif") else 30
    return numbered(tmp_path_factory.mktemp("clip") / request.param, 120, fps, KINDS[request.param])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """90 frames at 30 a second."""
    return numbered(tmp_path_factory.mktemp("clip") / "clip.mp4", 90, args=B_FRAMES)


def test_every_frame_is_exact_wherever_reading_starts(numbered_clip: Media, tmp_path: Path) -> None:
    fps = 25 if numbered_clip.path.suffix == ".gif" else 30
    for offset in (0, 1, 37, 99, 113):
        frames = read(numbered_clip, tmp_path, 10, fps=fps, offset=offset)
        assert numbers(frames) == [n % 120 for n in range(offset, offset + 10)]


def test_pieces_cut_anywhere_are_the_whole_to_the_byte(clip: Media, tmp_path: Path) -> None:
    whole = read(clip, tmp_path, 20, from_s=1.234, offset=45)
    pieces = read(clip, tmp_path, 7, from_s=1.234, offset=45)
    pieces += read(clip, tmp_path, 13, from_s=1.234, offset=52)
    for one, other in zip(whole, pieces, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_clip_starts_where_it_is_told_and_starts_there_again(clip: Media, tmp_path: Path) -> None:
    frames = read(clip, tmp_path, 8, from_s=2.0, offset=26)
    assert numbers(frames) == [86, 87, 88, 89, 60, 61, 62, 63]


def test_a_faster_clip_is_thinned_out_and_a_slower_one_repeats(tmp_path: Path) -> None:
    fast = numbered(tmp_path / "fast.mp4", 60, fps=60)
    assert numbers(read(fast, tmp_path, 5, offset=10)) == [20, 22, 24, 26, 28]
    slow = numbered(tmp_path / "slow.mp4", 15, fps=15)
    assert numbers(read(slow, tmp_path, 6, offset=8)) == [4, 4, 5, 5, 6, 6]


def test_a_picture_that_stays_long_is_there_wherever_reading_starts(tmp_path: Path) -> None:
    clip = numbered(tmp_path / "clip.mp4", 60)
    held = "select='lt(n,3)+gt(n,56)',setpts='if(lt(N,3),N,N+90)/30/TB'"
    uneven = made(tmp_path / "uneven.mp4", "-i", clip.path.name, "-vf", held, "-fps_mode", "vfr")
    assert numbers(read(uneven, tmp_path, 2, offset=70)) == [2, 2]
    assert numbers(read(uneven, tmp_path, 4, offset=92)) == [2, 57, 58, 59]


def test_a_short_loop_is_decoded_once(tmp_path: Path) -> None:
    class Counting(ffmpeg.Group):
        count = 0

        def add(self, member: object) -> None:
            self.count += 1
            super().add(member)  # type: ignore[arg-type]

    short = numbered(tmp_path / "short.mp4", 3)
    read(short, tmp_path)
    group = Counting()
    assert numbers(read(short, tmp_path, 9, group=group)) == [0, 1, 2] * 3
    assert group.count == 1


def test_a_clip_is_looked_at_once_and_read_where_it_lies_now(clip: Media, tmp_path: Path) -> None:
    read(clip, tmp_path)
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(clip.path.read_bytes())
    elsewhere = clip.model_copy(update={"path": moved})
    assert numbers(read(elsewhere, tmp_path, 2, offset=7)) == [7, 8]


def test_frames_are_written_into_windows_of_longer_rows(clip: Media, tmp_path: Path) -> None:
    wide = [np.full((rows, row), 77, np.uint8) for rows, row in ((96, 192), (48, 96), (48, 96))]
    windows = Planes(wide[0][:, :160], wide[1][:, :80], wide[2][:, :80])
    with ClipReader(clip, SIZE, 30, "cover", 0, 5, tmp_path) as reader:
        reader.read(windows)
    assert numbers([windows]) == [5]
    for plane, window in zip(wide, windows, strict=True):
        assert (plane[:, window.shape[1] :] == 77).all()


def test_leaving_a_reader_ends_its_child(clip: Media, tmp_path: Path) -> None:
    members = []

    class Watching(ffmpeg.Group):
        def add(self, member: object) -> None:
            members.append(member)
            super().add(member)  # type: ignore[arg-type]

    read(clip, tmp_path)
    read(clip, tmp_path, group=Watching())
    assert [member.returncode for member in members] == [-9]


def test_a_start_past_the_end_is_refused_with_the_length(clip: Media, tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"clip\.mp4 lasts 3\.00 s, so it cannot start at 3 s"):
        read(clip, tmp_path, from_s=3.0)


def quarters(width: int = 160, height: int = 96) -> NDArray[np.uint8]:
    """Red, green over blue, white."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2] = (200, 30, 40)
    rgb[: height // 2, width // 2 :] = (30, 160, 60)
    rgb[height // 2 :, : width // 2] = (30, 60, 190)
    rgb[height // 2 :, width // 2 :] = (230, 230, 230)
    return rgb


def corners(frame: Planes, inset: float = 0.25) -> list[tuple[int, int, int]]:
    """Y, Cb and Cr around the middles of the four quarters, row by row."""
    spots = [(x, y) for y in (inset, 1 - inset) for x in (inset, 1 - inset)]
    found = []
    for x, y in spots:
        parts = []
        for plane in frame:
            row, column = round(y * plane.shape[0]), round(x * plane.shape[1])
            parts.append(round(plane[row - 2 : row + 3, column - 2 : column + 3].mean()))
        found.append((parts[0], parts[1], parts[2]))
    return found


def close(one: list[tuple[int, int, int]], other: list[tuple[int, int, int]], by: int = 2) -> bool:
    return bool(np.abs(np.array(one) - np.array(other)).max() <= by)


LOSSLESS = ("-c:v", "libx264", "-qp", "0")
SCALED = "scale=out_color_matrix={}:out_range={}:flags=accurate_rnd+full_chroma_int,format={}"
COLOURS = {
    "bt709.mp4": (SCALED.format("bt709", "tv", "yuv420p"), "bt709", "tv"),
    "bt601.mp4": (SCALED.format("bt601", "tv", "yuv420p"), "smpte170m", "tv"),
    "full.mp4": (SCALED.format("bt709", "pc", "yuv420p"), "bt709", "pc"),
    "ten-bit.mp4": (SCALED.format("bt709", "tv", "yuv422p10"), "bt709", "tv"),
    "bt2020.mp4": (SCALED.format("bt2020", "tv", "yuv420p10"), "bt2020nc", "tv"),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colours_are_the_same_however_a_clip_is_coded(name: str, tmp_path: Path) -> None:
    filters, matrix, spread = COLOURS[name]
    tags = f"{filters},setparams=colorspace={matrix}:range={spread}"
    clip = pictured(tmp_path / name, quarters(), "-vf", tags, *LOSSLESS)
    assert close(corners(read(clip, tmp_path)[0]), corners(from_rgb(quarters())))


@pytest.mark.parametrize(("size", "matrix"), [((160, 96), "bt601"), ((1280, 720), "bt709")])
def test_a_clip_that_does_not_name_its_colours_is_read_as_players_do(
    size: tuple[int, int], matrix: str, tmp_path: Path
) -> None:
    filters = SCALED.format(matrix, "tv", "yuv420p") + ",setparams=colorspace=unknown"
    clip = pictured(tmp_path / "clip.mkv", quarters(*size), "-vf", filters, "-c:v", "ffv1")
    assert close(corners(read(clip, tmp_path)[0]), corners(from_rgb(quarters())))


def test_colours_of_a_wide_gamut_keep_their_look(tmp_path: Path) -> None:
    filters = SCALED.format("bt709", "tv", "yuv422p10")
    tags = f"{filters},setparams=colorspace=bt709:color_primaries=smpte432:color_trc=bt709"
    clip = pictured(tmp_path / "p3.mov", quarters(), "-vf", tags, "-c:v", "prores_ks")
    found, plain = corners(read(clip, tmp_path)[0]), corners(from_rgb(quarters()))
    assert close([found[3]], [plain[3]])
    assert found[0][2] > plain[0][2] + 3, "the same numbers mean a stronger red in Display P3"


@pytest.mark.parametrize(("transfer", "white"), [("smpte2084", 0.58), ("arib-std-b67", 0.75)])
def test_hdr_keeps_white_bright_and_grey_grey(transfer: str, white: float, tmp_path: Path) -> None:
    """White is at 203 cd/m², a signal of 58 % in PQ and 75 % in HLG (ITU-R BT.2408)."""
    grey = np.full((96, 160, 3), round(255 * white), np.uint8)
    grey[:, 80:] //= 2
    tags = f"setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}"
    filters = f"{SCALED.format('bt2020', 'tv', 'yuv420p10')},{tags}"
    clip = pictured(tmp_path / "hdr.mp4", grey, "-vf", filters, *LOSSLESS)
    left, right, *_ = corners(read(clip, tmp_path)[0])
    bright, dark = left[0], right[0]
    assert 175 <= bright <= 225
    assert 20 <= dark <= 120
    assert all(
        abs(part - 128) <= 1 for spot in corners(read(clip, tmp_path)[0]) for part in spot[1:]
    )


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("rgba.mov", ("-c:v", "png", "-pix_fmt", "rgba")),
        ("prores.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0")),
    ],
)
def test_what_is_transparent_is_over_black(
    name: str, args: tuple[str, ...], tmp_path: Path
) -> None:
    alpha = np.full((96, 160, 1), 255, np.uint8)
    alpha[:, 80:] = 0
    alpha[48:, :80] = 128
    clip = pictured(tmp_path / name, np.dstack([quarters(), alpha]), *args)
    half = quarters()
    half[:, 80:] = 0
    half[48:] //= 2
    assert close(corners(read(clip, tmp_path)[0]), corners(from_rgb(half)), by=3)


def test_a_phones_rotation_is_honoured(tmp_path: Path) -> None:
    upright = quarters(96, 160)
    lying = np.rot90(upright)
    stored = pictured(tmp_path / "stored.mp4", lying, "-vf", "format=yuv420p", *LOSSLESS)
    turned = made(
        tmp_path / "turned.mp4", "-display_rotation:v", "-90", "-i", stored.path.name, "-c", "copy"
    )
    frame = read(turned, tmp_path, size_px=(96, 160))[0]
    assert close(corners(frame), corners(from_rgb(upright)), by=4)


@pytest.mark.parametrize("fit", ["cover", "blur"])
def test_pixels_that_are_not_square_are_made_square(fit: str, tmp_path: Path) -> None:
    """A circle squeezed to half its width, with pixels twice as wide as high, is a circle."""
    disc = np.zeros((160, 160, 3), np.uint8)
    cv2.circle(disc, (80, 80), 60, (255, 255, 255), -1)
    squeezed = np.asarray(cv2.resize(disc, (80, 160), interpolation=cv2.INTER_AREA))
    wide = "format=yuv420p,setsar=2"
    clip = pictured(tmp_path / "wide.mp4", squeezed, "-vf", wide, *LOSSLESS)
    luma = read(clip, tmp_path, size_px=(128, 128), fit=fit)[0].y > 128  # type: ignore[arg-type]
    across, down = luma.any(axis=0).sum(), luma.any(axis=1).sum()
    assert abs(int(across) - 96) <= 2
    assert abs(int(down) - 96) <= 2


@pytest.mark.parametrize(("source", "frame"), [((161, 91), (96, 160)), ((90, 161), (160, 96))])
def test_cover_shows_the_middle_and_blur_the_whole(
    source: tuple[int, int], frame: tuple[int, int], tmp_path: Path
) -> None:
    """Sizes are odd on purpose."""
    clip = pictured(tmp_path / "odd.mkv", quarters(*source), "-c:v", "ffv1", "-pix_fmt", "yuv444p")
    plain = corners(from_rgb(quarters()))
    assert close(corners(read(clip, tmp_path, size_px=frame)[0]), plain)
    blurred = read(clip, tmp_path, size_px=frame, fit="blur")[0]
    scale = min(frame[0] / source[0], frame[1] / source[1])
    width, height = (round(side * scale / 2) * 2 for side in source)
    x, y = (frame[0] - width) // 4 * 2, (frame[1] - height) // 4 * 2
    inner = Planes(
        blurred.y[y : y + height, x : x + width],
        blurred.u[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2],
        blurred.v[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2],
    )
    assert close(corners(inner), plain)
    assert blurred.y[4, 4] < plain[0][0] - 10


@pytest.mark.parametrize("fit", ["cover", "blur"])
def test_a_clip_looks_like_a_picture_of_the_same(fit: str, tmp_path: Path) -> None:
    coarse = np.random.default_rng(4).integers(20, 235, (6, 10, 3), dtype=np.uint8)
    rgb = np.asarray(cv2.resize(coarse, (320, 192), interpolation=cv2.INTER_CUBIC))
    cv2.imwrite(str(tmp_path / "picture.png"), rgb[..., ::-1])
    clip = pictured(tmp_path / "clip.mov", rgb, "-c:v", "png", "-pix_fmt", "rgb24")
    size_px = (180, 320)
    source = pictures.load(Media.of(tmp_path / "picture.png"), size_px, fit)  # type: ignore[arg-type]
    still = empty(size_px)
    motion.draw(source, motion.view("none", 0, 1), still)
    moving = read(clip, tmp_path, size_px=size_px, fit=fit)[0]  # type: ignore[arg-type]
    for one, other in zip(still, moving, strict=True):
        assert np.abs(one.astype(int) - other).mean() < 1.5


def test_interlaced_clips_show_no_combs(tmp_path: Path) -> None:
    """A bar that moves 6 pixels from one field to the next."""
    frames = np.zeros((8, 96, 160, 3), np.uint8)
    for number, frame in enumerate(frames):
        frame[0::2, 12 * number : 12 * number + 40] = 255
        frame[1::2, 12 * number + 6 : 12 * number + 46] = 255
    fields = ("-vf", "setfield=tff,format=yuv420p", "-flags", "+ilme+ildct")
    clip = pictured(tmp_path / "tv.mp4", frames, *LOSSLESS, *fields)
    luma = read(clip, tmp_path, 5)[4].y.astype(int)
    assert np.abs(luma[1:] - luma[:-1]).mean() < 4
    assert luma.max() == 235
