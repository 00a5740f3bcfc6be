"""What a file is, by its first bytes; names and headers prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

FileKind = Literal["picture", "clip", "sound"]
#: So many bytes tell.
HEAD_BYTES = 16


class Format(NamedTuple):
    """A format of files. A container of clips may hold a sound alone."""

    suffix: str
    kinds: tuple[FileKind, ...]


_JPEG, _PNG, _WEBP = (Format(suffix, ("picture",)) for suffix in (".jpg", ".png", ".webp"))
_MP4, _MATROSKA = (Format(suffix, ("clip", "sound")) for suffix in (".mp4", ".webm"))
_M4A, _MP3, _WAV, _FLAC, _OGG, _AAC = (
    Format(suffix, ("sound",)) for suffix in (".m4a", ".mp3", ".wav", ".flac", ".ogg", ".aac")
)
#: Pictures that lie in the container of MP4.
_PICTURE_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1"}


def sniff(head: bytes) -> Format | None:
    """The format of a file that starts with `head`; None is none that is taken."""
    return next((found for looks, found in _FORMATS if looks(head)), None)


def _starts(magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == form


def _brand(head: bytes) -> bytes:
    return head[8:12] if head[4:8] == b"ftyp" else b""


def _is_mpeg_frame(head: bytes) -> bool:
    """Eleven set bits, a layer, and a rate that there is."""
    return len(head) > 2 and head[0] == 0xFF and head[1] >= 0xE0 and bool(head[1] & 0x06)


def _is_adts(head: bytes) -> bool:
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


_FORMATS: tuple[tuple[Callable[[bytes], bool], Format], ...] = (
    (_starts(b"\xff\xd8\xff"), _JPEG),
    (_starts(b"\x89PNG\r\n\x1a\n"), _PNG),
    (_riff(b"WEBP"), _WEBP),
    (_riff(b"WAVE"), _WAV),
    (_starts(b"ID3"), _MP3),
    (_starts(b"fLaC"), _FLAC),
    (_starts(b"OggS"), _OGG),
    (_starts(b"\x1a\x45\xdf\xa3"), _MATROSKA),
    (lambda head: _brand(head) in (b"M4A ", b"M4B "), _M4A),
    (lambda head: bool(_brand(head)) and _brand(head) not in _PICTURE_BRANDS, _MP4),
    (_is_adts, _AAC),
    (_is_mpeg_frame, _MP3),
)
