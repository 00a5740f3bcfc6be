"""Files that mean harm, or are merely broken, end in a plain message, soon, in little memory."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reels import ffmpeg, motion, pictures
from reels.errors import FfmpegTimedOut, RenderError
from reels.pcm import Sound
from reels.planes import Planes, empty, from_rgb
from reels.timeline import Media
from tests.reels.clip_kit import H264, made, numbered, numbers, read
from tests.reels.render_kit import speech_like, write_wav

pytestmark = pytest.mark.slow

SECRET = b"\0\0\0\1not yours"


def _no_clip(path: Path, work: Path, why: str) -> None:
    started = time.monotonic()
    with pytest.raises(RenderError, match=why) as caught:
        read(Media.of(path), work)
    assert time.monotonic() - started < 5
    assert path.name in caught.value.message
    assert str(work) not in str(caught.value)
    assert caught.value.remedy


def _no_sound(path: Path, work: Path, why: str) -> None:
    started = time.monotonic()
    with pytest.raises(RenderError, match=why) as caught:
        Sound.read(path, work / "raw.f32")
    assert time.monotonic() - started < 5
    assert path.name in caught.value.message
    assert str(work) not in str(caught.value)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation '
    'id="0"><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>',
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("name", ["list.mp4", "list.mp3"])
def test_a_playlist_by_another_name_opens_no_other_file(
    kind: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    other = made(
        tmp_path / "other.ts", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2",
        "-f", "lavfi", "-i", "sine=d=0.2", *H264,
    )  # fmt: skip
    playlist = tmp_path / name
    playlist.write_text(PLAYLISTS[kind].format(other.path))
    _no_clip(playlist, tmp_path / "work", "cannot be read")
    _no_sound(playlist, tmp_path / "work", "cannot be read")


def test_ffmpeg_would_open_the_other_file_without_our_guards(tmp_path: Path) -> None:
    other = made(tmp_path / "other.ts", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2", *H264)
    playlist = tmp_path / "list.mp4"
    playlist.write_text(PLAYLISTS["concat"].format(other.path.name))
    ffmpeg.run(["-i", playlist.name, "-c", "copy", "stolen.ts"], tmp_path, 20)
    assert (tmp_path / "stolen.ts").stat().st_size > 1000


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "text": b"once upon a time " * 100,
    "html": b"<!doctype html><title>404</title>" * 20,
    "zeros": bytes(50_000),
    "noise": np.random.default_rng(1).bytes(50_000),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", ["it.mp4", "it.mp3"])
def test_what_is_no_media_is_refused(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    path = tmp_path / name
    path.write_bytes(BROKEN[kind])
    _no_clip(path, tmp_path / "work", "cannot be read|has no picture")
    _no_sound(path, tmp_path / "work", "cannot be read|is empty")


def test_a_sound_is_no_clip_and_a_silent_clip_no_sound(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    sound = write_wav(tmp_path / "sound.wav", speech_like(0.5, 0.2))
    _no_clip(sound, tmp_path / "work", "no moving picture|not one that is taken")
    silent = numbered(tmp_path / "silent.mp4", 3)
    _no_sound(silent.path, tmp_path / "work", "it holds no sound")


def test_a_cut_off_clip_plays_what_is_left_of_it(tmp_path: Path) -> None:
    whole = numbered(tmp_path / "whole.mp4", 90, args=(*H264, "-g", "15", "-bf", "0"))
    fast = made(
        tmp_path / "fast.mp4", "-i", whole.path.name, "-c", "copy", "-movflags", "+faststart"
    )
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(fast.path.read_bytes()[: fast.path.stat().st_size * 2 // 3])
    shown = numbers(read(Media.of(cut), tmp_path, 100))
    left = shown.index(0, 1)
    assert 30 < left < 90
    assert shown[: left - 2] == list(range(left - 2))
    cut.write_bytes(whole.path.read_bytes()[: whole.path.stat().st_size * 2 // 3])
    _no_clip(cut, tmp_path, "it is not a whole video")


def test_a_clip_damaged_in_the_middle_plays_wherever_reading_starts(tmp_path: Path) -> None:
    whole = numbered(tmp_path / "whole.ts", 90, args=(*H264, "-g", "30", "-bf", "2"))
    content = bytearray(whole.path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = np.random.default_rng(2).bytes(third)
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(content)
    media = Media.of(damaged)
    for offset in (0, 20, 45, 85):
        assert len(read(media, tmp_path, 10, offset=offset)) == 10


def test_a_clip_whose_later_pictures_are_all_damaged_holds_its_last_good_one(
    tmp_path: Path,
) -> None:
    whole = numbered(tmp_path / "whole.mkv", 60, args=(*H264, "-g", "30", "-bf", "0"))
    noise = ("-c", "copy", "-bsf:v", "noise=amount='gte(n,30)'")
    damaged = made(tmp_path / "damaged.mkv", "-i", whole.path.name, *noise)
    assert numbers(read(damaged, tmp_path, 2, offset=28)) == [28, 29]
    assert numbers(read(damaged, tmp_path, 2, offset=45)) == [29, 29]


def test_a_gap_of_ten_hours_ends_the_clip(tmp_path: Path) -> None:
    gap = "select='lt(n,40)',setpts='if(lt(N,20),N,N+1080000)/30/TB'"
    clip = numbered(tmp_path / "clip.mp4", 60)
    for name in ("gap.mkv", "gap.ts", "gap.mp4"):
        wide = made(tmp_path / name, "-i", clip.path.name, "-vf", gap, "-fps_mode", "vfr", *H264)
        started = time.monotonic()
        shown = read(wide, tmp_path, 20)
        assert numbers(shown) == list(range(20))
        assert len(read(wide, tmp_path, 3, offset=10**6)) == 3
        assert time.monotonic() - started < 10


def test_a_gap_of_ten_hours_in_a_sound_is_closed(tmp_path: Path) -> None:
    gap = "asetpts='PTS+if(gt(T,0.5),36000/TB,0)'"
    args = ("-f", "lavfi", "-i", "sine=d=1", "-af", gap, "-c:a", "aac")
    made(tmp_path / "gap.mp4", *args)
    sound = Sound.read(tmp_path / "gap.mp4", tmp_path / "raw.f32")
    assert 40_000 < sound.samples < 60_000


def _png(width: int, height: int) -> bytes:
    """A black PNG, packed as tightly as can be."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    pack = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    rows = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small PNG of 9000² pixels, which would take 324 MB."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.png"
    path.write_bytes(_png(9000, 9000))
    assert path.stat().st_size < 400_000
    return path


def test_a_clip_of_too_many_pixels_is_refused(bomb: Path, tmp_path: Path) -> None:
    args = ("-f", "image2", "-i", str(bomb), "-c", "copy")
    clip = made(tmp_path / "bomb.mov", *args)
    _no_clip(clip.path, tmp_path, "it has more pixels than are taken")


def test_a_picture_of_too_many_pixels_is_refused_before_it_takes_memory(bomb: Path) -> None:
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from reels import pictures\n"
        "from reels.errors import RenderError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    pictures.decode(Path(sys.argv[1]))\n"
        "except RenderError as error:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)\n"
    )
    root = Path(pictures.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script, bomb], cwd=root, capture_output=True, text=True, check=True
    )
    grown_kb, _, message = done.stdout.partition(" ")
    assert int(grown_kb) < 20_000
    assert "pixels" in message


def test_a_clip_that_is_too_small_is_refused(tmp_path: Path) -> None:
    clip = made(tmp_path / "dot.mkv", "-f", "lavfi", "-i", "color=s=8x400:d=0.1", "-c:v", "png")
    _no_clip(clip.path, tmp_path, "only 8x400 pixels")


def test_a_clip_that_changes_its_size_on_the_way_plays_on(tmp_path: Path) -> None:
    parts = []
    for name, size in (("a.ts", "160x96"), ("b.ts", "96x160"), ("c.ts", "64x64")):
        source = ("-f", "lavfi", "-i", f"color=white:s={size}:d=0.2:r=30")
        parts.append(made(tmp_path / name, *source, *H264).path.read_bytes())
    (tmp_path / "all.ts").write_bytes(b"".join(parts))
    for fit in ("cover", "blur"):
        frames = read(Media.of(tmp_path / "all.ts"), tmp_path, 8, fit=fit)
        assert all(frame.y[48, 80] > 200 for frame in frames)


def test_a_photo_in_a_container_of_clips_is_refused(tmp_path: Path) -> None:
    still = ("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.04", "-frames:v", "1")
    photo = made(tmp_path / "photo.avif", *still, "-c:v", "libaom-av1", "-cpu-used", "8")
    _no_clip(photo.path, tmp_path, "is a photo, in HEIC or AVIF")


def test_a_codec_that_is_not_listed_is_not_tried(tmp_path: Path) -> None:
    clip = made(tmp_path / "odd.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.1", "-c:v", "snow",
                "-strict", "-2")  # fmt: skip
    _no_clip(clip.path, tmp_path, "its format is not one that is taken")


def test_a_clip_that_takes_too_long_is_killed_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = numbered(tmp_path / "slow.mp4", 7)
    monkeypatch.setattr("reels.footage.LOOK_TIMEOUT_S", 0.001)
    with pytest.raises(FfmpegTimedOut, match=r"slow\.mp4 takes too long") as caught:
        read(media, tmp_path)
    assert "key frame" in caught.value.remedy


HEADERS = {
    "a rate of 0": (0, 2, 16),
    "a rate of 4 GHz": (0xFFFFFFFF, 2, 16),
    "no channels": (48_000, 0, 16),
    "65535 channels": (48_000, 65_535, 16),
    "0 bits": (48_000, 2, 0),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_sound_with_an_absurd_header_is_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    rate, channels, bits = HEADERS[kind]
    frame = channels * bits // 8 & 0xFFFF
    numbers = (16, 1, channels, rate, rate * frame & 0xFFFFFFFF, frame, bits)
    content = b"\0\1" * 20_000
    head = b"WAVEfmt " + struct.pack("<IHHIIHH", *numbers) + b"data" + struct.pack("<I", 40_000)
    path = tmp_path / "absurd.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(head) + 40_000) + head + content)
    _no_sound(path, tmp_path / "work", "cannot be read|is empty")


def test_a_cut_off_sound_plays_what_is_left_of_it(tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", speech_like(1.0, 0.2))
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[:48_044])
    assert Sound.read(cut, tmp_path / "raw.f32").samples == 24_000


def test_a_sound_without_samples_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "none.wav", np.zeros(0))
    _no_sound(path, tmp_path / "raw", "is empty|cannot be read")


FRAME = (90, 160)


def _shown(path: Path) -> Planes:
    """A picture as it fills a small frame."""
    source = pictures.load(Media.of(path), FRAME, "cover")
    frame = empty(FRAME)
    motion.draw(source, motion.view("none", 0, 1), frame)
    return frame


def _looks_like(frame: Planes, rgb: tuple[int, int, int], by: int = 2) -> bool:
    wanted = from_rgb(np.full((2, 2, 3), rgb, np.uint8))
    pairs = zip(frame, wanted, strict=True)
    return all(abs(float(plane.mean()) - float(want.mean())) <= by for plane, want in pairs)


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


RED = (200, 40, 30)


def _wrong_pictures() -> dict[str, bytes]:
    red = Image.new("RGB", (64, 64), RED)
    noisy = Image.fromarray(np.random.default_rng(3).integers(0, 255, (64, 64, 3), np.uint8))
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect/></svg>"
    return {
        "gif.png": _saved(red, "GIF"),
        "tiff.png": _saved(red, "TIFF"),
        "bmp.png": _saved(red, "BMP"),
        "svg.png": svg,
        "empty.png": b"",
        "text.jpg": b"not a picture" * 50,
        "cut.png": _saved(noisy, "PNG")[:5000],
        "cut.jpg": _saved(noisy, "JPEG", quality=95)[:2000],
        "cut.webp": _saved(noisy, "WEBP", lossless=True)[:5000],
        "head.png": _saved(noisy, "PNG")[:20],
        "huge.png": _png(64, 64).replace(struct.pack(">II", 64, 64), b"\x7f\xff\xff\xff" * 2),
    }


@pytest.mark.parametrize("name", _wrong_pictures())
def test_what_is_no_whole_png_jpeg_or_webp_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(_wrong_pictures()[name])
    media = Media.of(path).model_copy(update={"kind": "picture"})
    with pytest.raises(RenderError) as caught:
        pictures.load(media, FRAME, "cover")
    assert name in caught.value.message
    assert caught.value.remedy


def _deep() -> bytes:
    grey = np.full((64, 64), 0xB0B0, np.uint16)
    return bytes(cv2.imencode(".png", grey)[1])


def _transparent_palette() -> bytes:
    image = Image.new("RGBA", (64, 64), (*RED, 255))
    image.paste((0, 255, 0, 0), (0, 0, 64, 32))
    return _saved(image.quantize(4), "PNG")


def _animated_webp() -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, (0, 0, 255))]
    return _saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)


ODD: dict[str, tuple[Callable[[], bytes], tuple[int, int, int]]] = {
    "png-that-says-jpg.jpg": (lambda: _saved(Image.new("RGB", (64, 64), RED), "PNG"), RED),
    "one-pixel.png": (lambda: _saved(Image.new("RGB", (1, 1), RED), "PNG"), RED),
    "line.png": (lambda: _saved(Image.new("RGB", (1, 4000), RED), "PNG"), RED),
    "strip.png": (lambda: _saved(Image.new("RGB", (4000, 1), RED), "PNG"), RED),
    "cmyk.jpg": (
        lambda: _saved(Image.new("RGB", (64, 64), RED).convert("CMYK"), "JPEG", quality=100),
        RED,
    ),
    "deep.png": (_deep, (0xB0, 0xB0, 0xB0)),
    "grey-alpha.png": (lambda: _saved(Image.new("LA", (64, 64), (200, 128)), "PNG"), (100,) * 3),
    "one-bit.png": (lambda: _saved(Image.new("1", (64, 64), 1), "PNG"), (255,) * 3),
    "moving.webp": (_animated_webp, RED),
    "moving.png": (
        lambda: _saved(
            Image.new("RGB", (64, 64), RED), "PNG", save_all=True,
            append_images=[Image.new("RGB", (64, 64), (0, 0, 255))],
        ),
        RED,
    ),
    "broken-profile.png": (
        lambda: _saved(Image.new("RGB", (64, 64), RED), "PNG", icc_profile=b"nonsense" * 9),
        RED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_odd_but_whole_picture_is_shown_as_it_is(name: str, tmp_path: Path) -> None:
    content, colour = ODD[name]
    path = tmp_path / name
    path.write_bytes(content())
    assert _looks_like(_shown(path), colour)


def test_a_transparent_colour_of_a_palette_is_black(tmp_path: Path) -> None:
    path = tmp_path / "palette.png"
    path.write_bytes(_transparent_palette())
    frame = _shown(path)
    assert frame.y[:60].max() <= 17
    assert abs(int(frame.y[140, 45]) - int(from_rgb(np.full((2, 2, 3), RED, np.uint8)).y[0, 0])) < 3


def test_a_picture_is_turned_as_its_camera_was_held(tmp_path: Path) -> None:
    pixels: NDArray[np.uint8] = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :32] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "turned.jpg"
    path.write_bytes(_saved(Image.fromarray(pixels), "JPEG", quality=95, exif=exif))
    frame = _shown(path)
    assert frame.y[20:60].mean() > 225
    assert frame.y[100:140].mean() < 26
