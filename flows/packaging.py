"""A film on the desk becomes a package in the store: playable early, and resumed by segments."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from flows.memory import memory_for
from flows.package_job import PackageJob
from flows.parcels import Parcel
from flows.shelving import Shelving
from reels.errors import InvalidInput, RenderError
from reels.film import FilmFacts, Package
from reels.hls import Captions, Ladder, Source, package, plan, source_of, write_playlists
from reels.hls.captions import write_captions
from reels.hls.encode import encode
from reels.hls.ladder import first_variant
from reels.hls.sound import encode_sounds
from reels.hls.thumbnails import INDEX as SHEET_INDEX
from reels.hls.thumbnails import POSTER, SHEET, write_poster, write_thumbnails
from reels.limits import MAX_MEDIA_S
from reels.machine import cores
from reels.models import Cue
from reels.needs import package_bytes
from reels.progress import Tally
from reels.settings import FetchSettings

#: The variant that a longer film is started with is encoded alone, so that it can be seen
#: while the others are. That decodes the film twice.
ALONE_FROM_S = 60
#: Of a film that is looked at up to a limit, the last picture is so near to it.
_NEAR_S = 10


class Film(NamedTuple):
    """A film on the desk. `is_ours` says that it is made of our own segments."""

    path: Path
    facts: FilmFacts
    is_ours: bool = False
    captions: Mapping[Captions, Sequence[Cue]] = {}


class Packaged(NamedTuple):
    """What came of a film; `encoded` counts the segments of this attempt."""

    ladder: Ladder
    state: Package
    encoded: int


def packaged(job: PackageJob, film: Film, desk: Path, tally: Tally) -> Packaged:
    """The whole package of `film`, in the store.

    Raises:
        InvalidInput: the film is too long.
        RenderError: it cannot be packaged, or there is no room for it.
        TooLarge: the machine has not the memory for it.
    """
    try:
        return _packaged(job, film, desk, tally)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RenderError(
            f"The film cannot be packaged: {reason}.",
            remedy="Mend that, and retry the job; what was done is kept.",
        ) from error


def _packaged(job: PackageJob, film: Film, desk: Path, tally: Tally) -> Packaged:
    work, root = desk / "passing", desk / "hls"
    shutil.rmtree(work, ignore_errors=True)
    for folder in (work, root):
        folder.mkdir(exist_ok=True)
    ladder = plan(_looked_at(film.path, work), is_ours=film.is_ours)
    with Shelving(job, root) as shelving:
        if _is_another(job, film.facts):
            shelving.drop()
            shutil.rmtree(root)
            root.mkdir()
        job.save("film.json", film.facts)
        shelving.restore()
        parcel = Parcel(job, ladder, root, shelving, tally, film.captions)
        parcel.begin()
        with memory_for("This package", package_bytes(ladder.source.size_px, cores())):
            _make(film, ladder, root, work, parcel)
        state = _beside(job, film.path, ladder, root, work, shelving)
    return Packaged(ladder, state, shelving.encoded)


def _make(film: Film, ladder: Ladder, root: Path, work: Path, parcel: Parcel) -> None:
    is_long = ladder.grid.length_s >= ALONE_FROM_S and len(ladder.variants) > 1
    if is_long and all(variant.way == "encode" for variant in ladder.variants):
        first = first_variant(ladder.variants)
        for language, cues in film.captions.items():
            write_captions(cues, language.language, ladder.grid, root)
        encode_sounds(film.path, ladder, root, work, on_piece=parcel.add)
        encode(film.path, ladder, root, work, only={first.name}, on_piece=parcel.add)
        parcel.publish(write_playlists(ladder, root, tuple(film.captions)))
    every = package(
        film.path,
        ladder,
        root,
        work,
        captions=film.captions,
        on_piece=parcel.add,
        on_master=parcel.publish,
    )
    parcel.publish(every)


def _beside(
    job: PackageJob, film: Path, ladder: Ladder, root: Path, work: Path, shelving: Shelving
) -> Package:
    """The pictures beside the film."""
    if not shelving.holds(POSTER):
        write_poster(ladder, root, work)
        shelving.put(POSTER)
    if not shelving.holds(SHEET_INDEX):
        write_thumbnails(film, ladder, root, work)
        shelving.put(SHEET)
        shelving.put(SHEET_INDEX)
    return job.tell(state="ready", poster=POSTER, thumbnails=SHEET_INDEX)


def _is_another(job: PackageJob, facts: FilmFacts) -> bool:
    """Whether an earlier attempt got another film at the same address."""
    known = job.load("film.json", FilmFacts)
    return known is not None and known.sha256 != facts.sha256


def _looked_at(film: Path, work: Path) -> Source:
    """A film that cannot be packaged is not kept for a retry, which may bring a better one."""
    try:
        source = source_of(film, work)
        _check_length(source)
    except (RenderError, InvalidInput):
        film.unlink(missing_ok=True)
        raise
    return source


def _check_length(source: Source) -> None:
    most_s = FetchSettings().film_max_s
    is_cut = source.has_hidden and source.length_s > MAX_MEDIA_S - _NEAR_S
    if source.length_s > most_s or is_cut:
        raise InvalidInput(
            "url",
            f"The film lasts more than {most_s:g} s.",
            remedy="Give a shorter one, or a part of it.",
        )
