"""What people bring: pictures, clips and sounds, taken for what they are and not what they say."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from reels.errors import InvalidInput, RenderError
from reels.keys import NAME_PATTERN, check_name
from reels.models import Folder, Model
from reels.sniffing import HEAD_BYTES, FileKind, Format, sniff

#: Longer ones no video needs, and looking at them takes a machine too long.
MAX_CLIP_S, MAX_SOUND_S = 15 * 60, 60 * 60
#: For a sound's length it is decoded at this rate, into memory that is known beforehand.
_LISTEN_HZ = 8_000


def _name(value: str) -> str:
    try:
        return check_name(value) if value else value
    except InvalidInput as error:
        raise ValueError(str(error)) from None


#: What a file is to be called; its suffix follows what it is. Empty is by its content.
MediaName = Annotated[
    str,
    Field(max_length=120, json_schema_extra={"pattern": f"^$|{NAME_PATTERN}"}),
    AfterValidator(_name),
]


class Upload(Model):
    """A file as it is sent: `data` is its content in base64.

    Its suffix follows what it is. Without a `name` it is named by its content.
    """

    data: str = Field(min_length=1, json_schema_extra={"contentEncoding": "base64"})
    folder: Folder = ""
    name: MediaName = ""


class MediaFacts(Model):
    """What a file is. Sizes are as seen, upright."""

    kind: FileKind
    suffix: str
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None


def content_of(upload: Upload, most_bytes: int) -> bytes:
    """The bytes that were sent; how many there are is known before any is decoded.

    Raises:
        InvalidInput: naming `data`; too much, or no base64.
    """
    size = len(upload.data) * 3 // 4 - upload.data[-2:].count("=")
    if size > most_bytes:
        raise InvalidInput(
            "data",
            f"The file has {size:,} bytes, more than {most_bytes:,}.",
            remedy="Send a smaller file.",
        )
    try:
        # Python lets a sign of padding pass that is one too many.
        if len(upload.data) % 4:
            raise ValueError("not of whole groups")
        return base64.b64decode(upload.data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("data", "The content is not base64.") from None


def look_at(path: Path, work: Path, field: str = "data") -> MediaFacts:
    """Decode a file as far as it takes to know that it can be used.

    `work` is a directory for passing files.

    Raises:
        InvalidInput: naming `field`; it is of no kind that is taken, broken, or too long.
    """
    with path.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    if found is None:
        raise InvalidInput(
            field,
            "The file is of no kind that is taken.",
            remedy="Send a PNG, JPEG or WebP picture, an MP4, MOV or WebM clip, or a sound.",
        )
    try:
        return _facts(found, path, work)
    except RenderError as error:
        said = error.message.replace(path.name, "that was sent")
        raise InvalidInput(field, said, remedy=error.remedy) from error


def stored_name(wished: str, sha256: str, suffix: str) -> str:
    """The name to keep it under: the wished one, or the start of its hash, and its true suffix."""
    stem = Path(wished).stem if wished else sha256[:16]
    return f"{stem}{suffix}"


def _facts(found: Format, path: Path, work: Path) -> MediaFacts:
    if "picture" in found.kinds:
        return _picture(found, path)
    if "clip" in found.kinds:
        try:
            return _clip(found, path, work)
        except RenderError:
            # A container of clips may hold a sound alone.
            if "sound" not in found.kinds:
                raise
            return _sound(path, work, ".m4a" if found.suffix == ".mp4" else found.suffix)
    return _sound(path, work, found.suffix)


def _picture(found: Format, path: Path) -> MediaFacts:
    from reels.pictures import decode

    height, width = decode(path).shape[:2]
    return MediaFacts(kind="picture", suffix=found.suffix, width_px=width, height_px=height)


def _clip(found: Format, path: Path, work: Path) -> MediaFacts:
    from reels.footage import footage
    from reels.timeline import Media

    seen = footage(Media.of(path), work)
    width, height = seen.look.size_px
    return MediaFacts(
        kind="clip",
        suffix=found.suffix,
        width_px=width,
        height_px=height,
        duration_s=_bounded(float(seen.length_s), MAX_CLIP_S),
    )


def _sound(path: Path, work: Path, suffix: str) -> MediaFacts:
    from reels.sounds import decode

    raw = work / f"{path.name}.f32"
    try:
        samples = decode(path, raw, rate_hz=_LISTEN_HZ, channels=1)
    finally:
        raw.unlink(missing_ok=True)
    duration_s = _bounded(samples / _LISTEN_HZ, MAX_SOUND_S)
    return MediaFacts(kind="sound", suffix=suffix, duration_s=duration_s)


def _bounded(duration_s: float, most_s: float) -> float:
    if duration_s > most_s:
        raise RenderError(
            f"The file lasts {duration_s:.0f} s, more than {most_s:.0f} s.",
            remedy="Send a shorter one.",
        )
    return round(duration_s, 3)
