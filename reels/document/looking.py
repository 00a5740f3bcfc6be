"""A look into media before work begins, so that a bad one is named with its place."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from reels import pictures
from reels.document.gathering import Gathered
from reels.errors import InvalidInput, RenderError
from reels.footage import footage
from reels.guarded import USE_ANOTHER
from reels.limits import MAX_PIXELS
from reels.loudness import RATE
from reels.machine import cores
from reels.overlays.shipped import is_shipped
from reels.pcm import Sound
from reels.soundtrack import MAX_EFFECT_S, Soundtrack
from reels.timeline import Film, Logo, Media, Shot, Timeline

_USE_A_PICTURE = "Use a PNG, JPEG or WebP file."


class _Look(NamedTuple):
    """What is looked at, where it stands, and how, given a directory for passing files."""

    place: str
    media: Media
    how: Callable[[Path], None]


def look_at_heads(timeline: Timeline, hashes: Collection[str], work: Path) -> None:
    """Look at the pictures and clips with one of these hashes; pictures are not decoded.

    `work` is a directory for passing files.

    Raises:
        InvalidInput: one is not what its place needs; `field` is the place.
    """
    seen = _seen(timeline, whole=False)
    _take((look for look in seen if look.media.sha256 in hashes), work)


def look_at_all(gathered: Gathered, work: Path) -> None:
    """Decode every picture and every sound, and look at every clip.

    `work` is a directory for passing files. Raises as `look_at_heads` does.
    """
    _take(_seen(gathered.timeline, whole=True), work)
    if gathered.soundtrack:
        _take(_heard(gathered.soundtrack), work)


def _take(looks: Iterable[_Look], work: Path) -> None:
    """Look side by side; of several faults the first in the document is told."""
    with (
        tempfile.TemporaryDirectory(dir=work, prefix="look-") as folder,
        ThreadPoolExecutor(cores()) as pool,
    ):
        results = [(look.place, pool.submit(look.how, Path(folder))) for look in looks]
        for place, result in results:
            try:
                result.result()
            except RenderError as error:
                pool.shutdown(cancel_futures=True)
                raise InvalidInput(place, error.message, remedy=error.remedy) from None
            except InvalidInput:
                pool.shutdown(cancel_futures=True)
                raise


def _seen(timeline: Timeline, *, whole: bool) -> Iterator[_Look]:
    for number, shot in enumerate(timeline.shots):
        place, media = f"shots.{number}", shot.media
        if media.kind == "clip":
            yield _Look(f"{place}.media", media, partial(_look_at_clip, shot, place))
        else:
            yield _Look(f"{place}.media", media, partial(_look_at_picture, media, whole))
    for number, film in enumerate(timeline.films):
        yield _Look(f"films.{number}.media", film.media, partial(_look_at_film, film, number))
    if timeline.logo:
        logo = timeline.logo
        yield _Look("logo.media", logo.media, partial(_look_at_logo, logo, whole))


def _heard(soundtrack: Soundtrack) -> Iterator[_Look]:
    named = [(f"lines.{n}.media", line.media) for n, line in enumerate(soundtrack.lines)]
    if soundtrack.music:
        named.append(("music", soundtrack.music))
    for place, media in named:
        yield _Look(place, media, partial(_listen, media, None))
    for number, each in enumerate(soundtrack.effects):
        if each.media:
            how = partial(_listen, each.media, MAX_EFFECT_S)
            yield _Look(f"effects.{number}.media", each.media, how)


def _look_at_picture(media: Media, whole: bool, work: Path) -> None:  # noqa: ARG001
    if whole:
        pictures.decode(media.path)
        return
    try:
        with Image.open(media.path, formats=pictures.FORMATS) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RenderError(
            f"The picture {media.path.name} cannot be read: {error}.", remedy=_USE_A_PICTURE
        ) from error
    if width * height > MAX_PIXELS:
        raise RenderError(
            f"The picture {media.path.name} has {width}x{height} pixels, more than {MAX_PIXELS}.",
            remedy="Make it smaller.",
        )


def _look_at_clip(shot: Shot, place: str, work: Path) -> None:
    try:
        clip = footage(shot.media, work)
    except RenderError as error:
        if error.remedy == USE_ANOTHER:
            error.remedy = f"Pictures are PNG, JPEG or WebP. {USE_ANOTHER}"
        raise
    if shot.from_s >= clip.length_s:
        raise InvalidInput(
            f"{place}.from_s",
            f"The clip {shot.media.path.name} lasts {float(clip.length_s):.2f} s, so it cannot "
            f"start at {shot.from_s} s.",
        )


def _look_at_film(film: Film, number: int, work: Path) -> None:
    if is_shipped(film):
        return
    name = film.media.path.name
    if film.media.kind != "clip":
        raise RenderError(f"{name} is a picture.", remedy="A picture goes into `logo`.")
    clip = footage(film.media, work)
    if film.blend == "alpha" and not clip.look.has_alpha:
        raise InvalidInput(
            f"films.{number}.blend",
            f"The clip {name} has no transparency, so it would cover the video.",
            remedy='Use "screen", or a clip with transparency: MOV, WebM or GIF.',
        )


def _look_at_logo(logo: Logo, whole: bool, work: Path) -> None:
    if logo.media.kind != "picture":
        raise RenderError(f"{logo.media.path.name} is no picture.", remedy=_USE_A_PICTURE)
    _look_at_picture(logo.media, whole, work)


def _listen(media: Media, most_s: float | None, work: Path) -> None:
    raw = work / f"{media.sha256}.f32"
    try:
        sound = Sound.read(media.path, raw)
    finally:
        raw.unlink(missing_ok=True)
    if most_s and sound.samples > most_s * RATE:
        raise RenderError(
            f"The effect {media.path.name} lasts {sound.samples / RATE:.1f} s, more than "
            f"{most_s} s.",
            remedy="What is longer goes into `music` or `lines`.",
        )
