"""Files that people send are taken for what they are, and hostile ones are refused soon."""

from __future__ import annotations

import base64
import struct
import time
import wave
import zlib
from pathlib import Path

import numpy as np
import pytest

from reels.errors import InvalidInput
from reels.media import Upload, content_of, look_at
from tests.reels.clip_kit import H264, made, numbered

#: A refusal may not take longer.
SOON_S = 8.0


def _png(width: int, height: int) -> bytes:
    """A black PNG, packed as tightly as can be, without ever holding its pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(1 + 3 * width)) for _ in range(height)) + pack.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refused(content: bytes, work: Path, field: str = "data") -> str:
    """Why it is refused; nothing of ours is told, and nothing is left over."""
    path = work / "file"
    path.write_bytes(content)
    started = time.monotonic()
    with pytest.raises(InvalidInput) as caught:
        look_at(path, work, field)
    assert time.monotonic() - started < SOON_S
    assert caught.value.field == field
    assert str(work) not in str(caught.value)
    assert [each.name for each in work.iterdir()] == ["file"]
    return caught.value.message


def test_a_small_picture_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    bomb = _png(15_000, 15_000)
    assert len(bomb) < 800_000
    assert "pixels" in refused(bomb, tmp_path)


def test_a_clip_with_a_gap_of_ten_hours_ends_at_the_gap(tmp_path: Path) -> None:
    gap = "select='lt(n,40)',setpts='if(lt(N,20),N,N+1080000)/30/TB'"
    source = tmp_path / "source"
    source.mkdir()
    clip = numbered(source / "clip.mp4", 60)
    wide = made(source / "gap.mp4", "-i", clip.path.name, "-vf", gap, "-fps_mode", "vfr", *H264)
    started = time.monotonic()
    found = look_at(wide.path, tmp_path)
    assert time.monotonic() - started < SOON_S
    assert found.duration_s is not None
    assert found.duration_s < 2


PLAYLISTS = (
    "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile '{}'\n",
    '<?xml version="1.0"?><MPD><Period><BaseURL>{}</BaseURL></Period></MPD>',
)
#: What a playlist may be made to begin with, to be taken for something else.
DISGUISES = (
    b"",
    b"ID3\x03\0\0\0\0\0\0",
    b"\0\0\0\x10ftypisom\0\0\0\0",
    b"\x1a\x45\xdf\xa3",
    b"OggS",
)


@pytest.mark.parametrize("playlist", PLAYLISTS)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_playlist_by_another_name_is_refused(
    playlist: str, disguise: bytes, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    clip = made(other / "other.ts", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2", *H264)
    work = tmp_path / "work"
    work.mkdir()
    assert refused(disguise + playlist.format(clip.path).encode(), work, "content")


def test_a_sound_of_more_than_an_hour_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "long.wav"
    with wave.open(str(source), "wb") as file:
        file.setparams((1, 1, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(8_000 * 3_605))
    content = source.read_bytes()
    source.unlink()
    assert "lasts 3605 s, more than 3600 s" in refused(content, tmp_path)


def test_noise_under_every_known_head_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).bytes(20_000)
    heads = (
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\1\0WEBP",
        b"RIFF\0\0\1\0WAVE",
        b"fLaC",
    )
    for head in heads:
        assert refused(head + noise, tmp_path)


def test_content_is_measured_before_it_is_decoded_and_strictly_base64() -> None:
    assert content_of(Upload(data=base64.b64encode(b"12345").decode()), 5) == b"12345"
    for data in (
        "QUJD\n",
        "QUJ D",
        "QUJD=",
        "QUJDRA",
        "data:image/png;base64,QUJD",
        "QUJ_",
        "====",
    ):
        with pytest.raises(InvalidInput):
            content_of(Upload(data=data), 1_000)
    with pytest.raises(InvalidInput, match="more than 5"):
        content_of(Upload(data="A" * 8), 5)
