"""The media that a document names are found, and become a timeline and a soundtrack."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from reels.document.media_file import MediaFile
from reels.document.model import Document
from reels.errors import InvalidInput
from reels.machine import cores
from reels.overlays import builtin
from reels.soundtrack import Soundtrack, SpokenLine, Stress
from reels.timeline import Film, Logo, Media, Shot, Timeline


class Gathered(NamedTuple):
    """What is rendered. Without any sound there is no soundtrack."""

    timeline: Timeline
    soundtrack: Soundtrack | None


def gather(document: Document) -> Gathered:
    """Find and hash every file that the document names.

    Raises:
        InvalidInput: a file is missing, empty, no file at all, cannot be read, or has
            another hash than the document says. `field` is its place, as `shots.2.media`.
    """
    media = _found(dict(_named(document)))
    timeline = Timeline(
        **document.model_dump(include=_SHARED),
        cues=document.cues,
        caption_look=document.caption_look,
        title_card=document.title_card,
        shots=_shots(document, media),
        films=_films(document, media),
        logo=_logo(document, media),
    )
    return Gathered(timeline, _soundtrack(document, media))


_SHARED = {
    "size_px",
    "fps",
    "captions",
    "language",
    "transition",
    "fade_in_frames",
    "fade_out_frames",
}
_Take = Callable[[MediaFile], Media]


def _named(document: Document) -> Iterator[tuple[str, MediaFile]]:
    """Every file with its place in the document."""
    lists: dict[str, list[MediaFile | None]] = {
        "shots": [shot.media for shot in document.shots],
        "films": [film.media for film in document.films],
        "lines": [line.media for line in document.lines],
        "effects": [each.media for each in document.effects],
    }
    for name, files in lists.items():
        for number, file in enumerate(files):
            if file:
                yield f"{name}.{number}.media", file
    if document.logo:
        yield "logo.media", document.logo.media
    if document.music:
        yield "music", document.music


def _found(named: dict[str, MediaFile]) -> _Take:
    """Look at each file once, however often it is named."""
    places = {file.path: place for place, file in reversed(named.items())}
    with ThreadPoolExecutor(cores()) as pool:
        hashed = dict(zip(places, pool.map(_hashed, places.values(), places), strict=True))
    for place, file in named.items():
        found = hashed[file.path]
        if file.sha256 not in (None, found.sha256):
            raise InvalidInput(
                f"{place}.sha256",
                f"The file {file.path} has another content: its SHA-256 is {found.sha256}.",
                remedy="Bring the right file, write this hash, or leave it out.",
            )
    return lambda file: hashed[file.path]


def _hashed(place: str, path: Path) -> Media:
    try:
        size_bytes = path.stat().st_size
        if not path.is_file():
            raise InvalidInput(place, f"{path} is not a file.")
        if not size_bytes:
            raise InvalidInput(place, f"The file {path} is empty.", remedy="Bring it anew.")
        return Media.of(path)
    except FileNotFoundError:
        raise InvalidInput(
            place,
            f"There is no file {path}.",
            remedy="Paths are relative to the directory of the timeline file.",
        ) from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise InvalidInput(place, f"The file {path} cannot be read: {reason}.") from None


def _shots(document: Document, take: _Take) -> tuple[Shot, ...]:
    return tuple(
        Shot(
            media=take(shot.media),
            frames=shot.frames_at(document.fps),
            motion=shot.motion,
            fit=shot.fit,
            from_s=shot.from_s,
            transition=shot.transition,
        )
        for shot in document.shots
    )


def _films(document: Document, take: _Take) -> tuple[Film, ...]:
    films = [
        Film(media=take(film.media), blend=film.blend, opacity=film.opacity)
        for film in document.films
    ]
    if document.overlay != "none":
        films.append(builtin(document.overlay))
    return tuple(films)


def _logo(document: Document, take: _Take) -> Logo | None:
    logo = document.logo
    if logo is None:
        return None
    return Logo(media=take(logo.media), corner=logo.corner, width=logo.width, opacity=logo.opacity)


def _soundtrack(document: Document, take: _Take) -> Soundtrack | None:
    if not (document.lines or document.music or document.effects):
        return None
    return Soundtrack(
        duration_s=document.duration_s,
        lines=tuple(
            SpokenLine(media=take(line.media), start_s=line.start_s) for line in document.lines
        ),
        music=take(document.music) if document.music else None,
        effects=tuple(
            Stress(
                name=each.name or "",
                media=take(each.media) if each.media else None,
                at_s=each.at_s,
            )
            for each in document.effects
        ),
    )
