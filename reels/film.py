"""Films of others: what is asked for, when two addresses lead to the same one, and what comes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pydantic import Field

from reels.addresses import read_address
from reels.manifest import StageEntry
from reels.models import ArtifactRef, Cue, LanguageTag, Model, Title
from reels.slideshow import WebAddress

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class HlsRequest(Model):
    """A film by its address on the web, and the title that it gets."""

    title: Title
    url: WebAddress = Field(description="http or https address of a film")


def normalised(url: str, field: str = "url") -> str:
    """The address in the one form that all ways to write it have (RFC 3986, 6.2.2 and 6.2.3).

    Scheme and host are in lower case, the port that goes without saying, the fragment and
    dot segments are gone, and what needs no escape has none. The query stays as it is.

    Raises:
        InvalidInput: naming `field`; it is no http or https address, or holds a user name.
    """
    address = read_address(url, field)
    path, mark, query = _escaped(address.target).partition("?")
    return f"{address.scheme}://{address.authority}{_without_dots(path)}{mark}{query}"


def _escaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        char = chr(int(found[1], 16))
        return char if char in _UNRESERVED else found[0].upper()

    return _ESCAPE.sub(one, text)


def _without_dots(path: str) -> str:
    """As RFC 3986, 5.2.4, of a path that starts with a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


class PackagedVariant(Model):
    """A size of a packaged film. What is measured is None until it is ready.

    `bandwidth_bps` is the peak, sound included, as in the master playlist; `way` says whether
    the film's own pictures are copied, and `reason` why or why not.
    """

    name: str
    size_px: tuple[int, int]
    state: Literal["pending", "ready"]
    way: Literal["copy", "encode"]
    reason: str
    bandwidth_bps: int | None = None
    average_bps: int | None = None
    codecs: str | None = None


class Package(Model):
    """`hls/package.json`: how far a film's package is; what it names lies beside it.

    It can be played as soon as one variant is ready: then `master` is there. `captions` are
    the languages. Written anew with every step.
    """

    version: Literal[1] = 1
    title: str
    url: str
    state: Literal["downloading", "packaging", "ready"]
    duration_s: float | None = None
    fps: float | None = None
    has_sound: bool | None = None
    variants: tuple[PackagedVariant, ...] = ()
    master: str | None = None
    poster: str | None = None
    thumbnails: str | None = None
    captions: tuple[str, ...] = ()
    updated_at: datetime


class FilmFacts(Model):
    """`film.json`: the film that was fetched. `address` is without its query."""

    address: str
    sha256: str
    size_bytes: int


class PackageManifest(Model):
    """Written last, by rename: a film is packaged when its manifest is there.

    `segments_encoded` are those of the last attempt alone, copied ones among them. `files`
    and `size_bytes` are of the whole package; `artifacts` are those of it that have names.
    """

    version: Literal[1] = 1
    kind: Literal["package"] = "package"
    job_id: str
    user_id: str
    title: str
    film: FilmFacts
    duration_s: float
    fps: float
    variants: tuple[PackagedVariant, ...]
    segments_total: int
    segments_encoded: int
    files: int
    size_bytes: int
    stages: tuple[StageEntry, ...]
    artifacts: dict[str, ArtifactRef]
    finished_at: datetime


class OwnFilm(Model):
    """A finished video of ours that is to be packaged, for its job.

    `cues` are in `language`; with `captioned` the picture shows them as well.
    """

    job_id: str
    user_id: str
    title: str
    video: ArtifactRef
    language: LanguageTag
    cues: tuple[Cue, ...] = ()
    captioned: bool = False


class OwnPackage(Model):
    """What is in the store of a video's package, to begin with; see `Package`."""

    master: ArtifactRef
    state: ArtifactRef


def language_name(tag: LanguageTag) -> str:
    """A language as those who speak it call it; the tag itself of one that is not listed."""
    return _LANGUAGES.get(tag.split("-")[0].lower(), tag)


_LANGUAGES = {
    "ar": "العربية",
    "cs": "Čeština",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "tr": "Türkçe",
    "uk": "Українська",
    "zh": "中文",
}
