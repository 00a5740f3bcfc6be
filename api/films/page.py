"""The page on which a film is watched. Everything that it runs and shows comes from us."""

from __future__ import annotations

import gzip
import hashlib
import html
from functools import cache
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

_HERE: Final = Path(__file__).parent / "player"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css"}
#: What the page asks for, by name.
ASSETS: Final = (
    *("player.css", "hls.min.js", "player.js", "controls.js", "menu.js", "quality.js"),
    *("seek.js", "subtitles.js", "words.js"),
)
#: The languages that the page speaks; the first one where a browser names none of them. What
#: its scripts say is in `player/words.js`.
_SAID: Final = {
    "en": {
        "needs_script": "This page needs JavaScript to play the film.",
        "refused": "This link is incomplete or has expired. Ask for a new one.",
        "gone": "There is no such film.",
    },
    "ru": {
        "needs_script": "Чтобы показать видео, этой странице нужен JavaScript.",
        "refused": "Ссылка неполная, или срок её действия истёк. Запросите новую.",
        "gone": "Такого видео нет.",
    },
}


class Asset(NamedTuple):
    """A file of the page's, as it is sent."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str


class Page(NamedTuple):
    """What is written into the page. `shape` is the picture's width and height."""

    title: str
    language: str
    playlist: str
    thumbnails: str
    poster: str
    shape: tuple[int, int]


@cache
def asset(name: str) -> Asset:
    """One of `ASSETS`."""
    path = _HERE / name
    body = path.read_bytes()
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    return Asset(body, gzip.compress(body, 9, mtime=0), _TYPES[path.suffix], etag)


def rendered(page: Page) -> str:
    """The page's HTML."""
    values = {
        "title": page.title,
        "language": page.language,
        "playlist": page.playlist,
        "thumbnails": page.thumbnails,
        "poster": page.poster,
        "width": str(page.shape[0]),
        "height": str(page.shape[1]),
        "needs_script": _SAID[page.language]["needs_script"],
    }
    return _filled("page.html", values)


def apology(language: str, *, is_gone: bool) -> str:
    """The page for people whose link leads nowhere, or not any more."""
    text = _SAID[language]["gone" if is_gone else "refused"]
    return _filled("apology.html", {"language": language, "text": text})


def _filled(name: str, values: dict[str, str]) -> str:
    template = Template((_HERE / name).read_text(encoding="utf-8"))
    return template.substitute({each: html.escape(text) for each, text in values.items()})


def policy(media_origin: str) -> str:
    """The page's Content-Security-Policy; segments and pictures come from `media_origin`.

    hls.js plays from a `blob:`, and makes text tracks of an empty `data:`.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {media_origin}",
            f"media-src 'self' blob: data: {media_origin}",
            f"connect-src 'self' {media_origin}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        )
    )


def spoken(accept_language: str) -> str:
    """The language of `LANGUAGES` that a browser likes best (RFC 9110, 12.5.4)."""
    liked: list[tuple[float, str]] = []
    for each in accept_language.split(",")[:50]:
        name, _, weight = each.partition(";")
        language = name.strip().lower().partition("-")[0]
        if language in _SAID:
            liked.append((_weight(weight), language))
    best, language = max(liked, key=lambda pair: pair[0], default=(0.0, ""))
    return language if best > 0 else next(iter(_SAID))


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
