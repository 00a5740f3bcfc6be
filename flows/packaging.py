"""A film on the desk becomes a package in the store: playable early, and resumed by segments."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flows.package_job import PackageJob
from flows.shelving import Shelving
from reels.errors import InvalidInput, RenderError
from reels.film import FilmFacts, Package, PackagedVariant
from reels.hls import Ladder, Source, Variant, package, plan, source_of, write_playlists
from reels.hls.encode import encode
from reels.hls.ladder import first_variant
from reels.hls.lengths import check_lengths
from reels.hls.master import MASTER
from reels.hls.pieces import Piece, finished
from reels.hls.playlists import INDEX, KEYS
from reels.hls.reading import read_master
from reels.hls.sound import encode_sounds
from reels.hls.thumbnails import INDEX as SHEET_INDEX
from reels.hls.thumbnails import POSTER, SHEET, write_poster, write_thumbnails
from reels.limits import MAX_MEDIA_S
from reels.progress import Tally
from reels.settings import FetchSettings

#: The variant that a longer film is started with is encoded alone, so that it can be seen
#: while the others are. That decodes the film twice.
ALONE_FROM_S = 60
#: Of a film that is looked at up to a limit, the last picture is so near to it.
_NEAR_S = 10
#: What a segment costs beside one that is encoded, by its pixels.
_SOUND_PX, _COPY_PX = 20_000, 40_000


class Packaged(NamedTuple):
    """What came of a film; `encoded` counts the segments of this attempt."""

    ladder: Ladder
    state: Package
    encoded: int


def packaged(job: PackageJob, film: Path, facts: FilmFacts, desk: Path, tally: Tally) -> Packaged:
    """The whole package of `film`, in the store.

    Raises:
        InvalidInput: the film is too long.
        RenderError: it cannot be packaged, or there is no room for it.
    """
    try:
        return _packaged(job, film, facts, desk, tally)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RenderError(
            f"The film cannot be packaged: {reason}.",
            remedy="Mend that, and retry the job; what was done is kept.",
        ) from error


def _packaged(job: PackageJob, film: Path, facts: FilmFacts, desk: Path, tally: Tally) -> Packaged:
    work, root = desk / "passing", desk / "hls"
    shutil.rmtree(work, ignore_errors=True)
    for folder in (work, root):
        folder.mkdir(exist_ok=True)
    source = _looked_at(film, work)
    ladder = plan(source)
    with Shelving(job, root) as shelving:
        if _is_another(job, facts):
            shelving.drop()
            shutil.rmtree(root)
            root.mkdir()
        job.save("film.json", facts)
        shelving.restore()
        parcel = _Parcel(job, ladder, root, shelving, tally)
        parcel.begin()
        _make(film, ladder, root, work, parcel)
        state = _beside(job, film, ladder, root, work, shelving)
    return Packaged(ladder, state, shelving.encoded)


def _make(film: Path, ladder: Ladder, root: Path, work: Path, parcel: _Parcel) -> None:
    is_long = ladder.grid.length_s >= ALONE_FROM_S and len(ladder.variants) > 1
    if is_long and all(variant.way == "encode" for variant in ladder.variants):
        first = first_variant(ladder.variants)
        encode_sounds(film, ladder, root, work, on_piece=parcel.add)
        encode(film, ladder, root, work, only={first.name}, on_piece=parcel.add)
        parcel.publish(write_playlists(ladder, root))
    parcel.publish(package(film, ladder, root, work, on_piece=parcel.add, on_master=parcel.publish))


class _Parcel:
    """What is ready of a package, in the store and in `hls/package.json`."""

    def __init__(
        self, job: PackageJob, ladder: Ladder, root: Path, shelving: Shelving, tally: Tally
    ) -> None:
        self._job = job
        self._ladder = ladder
        self._root = root
        self._shelving = shelving
        self._tally = tally
        self._ready: set[str] = set()
        self._weights = {each.name: _SOUND_PX for each in ladder.sounds} | {
            each.name: each.size_px[0] * each.size_px[1] if each.way == "encode" else _COPY_PX
            for each in ladder.variants
        }

    def begin(self) -> None:
        """Say what there will be. What was ready in an earlier attempt stays so."""
        count = len(self._ladder.grid.segments)
        for track, weight in self._weights.items():
            self._tally.expect(track, count * weight)
            self._tally.count(track, finished(self._root / track) * weight)
        known = {each.name: each for each in self._job.tell(state="packaging").variants}
        self._job.tell(
            duration_s=float(self._ladder.grid.length_s),
            fps=round(float(self._ladder.grid.fps), 3),
            has_sound=self._ladder.source.sound is not None,
            variants=tuple(
                known.get(each.name) or _pending(each) for each in self._ladder.variants
            ),
        )

    def add(self, track: str, piece: Piece) -> None:
        """A segment has been encoded."""
        self._shelving.add(track, piece)
        self._tally.count(track, (piece.number + 1) * self._weights[track])

    def publish(self, variants: Sequence[Variant]) -> None:
        """Let these be played: their playlists are there, and the master that names them.

        Raises:
            CheckFailed: one of them is not as long as the film.
        """
        if not {each.name for each in variants} - self._ready:
            return
        check_lengths(self._ladder, self._root, variants)
        self._shelving.flush()
        for name in dict.fromkeys(n for each in variants for n in (each.name, each.sound) if n):
            for playlist in (INDEX, KEYS):
                if (self._root / name / playlist).is_file():
                    self._shelving.put(f"{name}/{playlist}")
        self._shelving.put(MASTER)
        self._ready |= {each.name for each in variants}
        streams = {
            stream.uri.partition("/")[0]: stream.attributes
            for stream in read_master(self._root / MASTER).streams
        }
        self._job.tell(
            master=MASTER,
            variants=tuple(
                _ready(each, streams[each.name]) if each.name in streams else _pending(each)
                for each in self._ladder.variants
            ),
        )


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


def _pending(variant: Variant) -> PackagedVariant:
    return PackagedVariant(
        name=variant.name,
        size_px=variant.size_px,
        state="pending",
        way=variant.way,
        reason=variant.reason,
    )


def _ready(variant: Variant, said: dict[str, str]) -> PackagedVariant:
    measured = {
        "state": "ready",
        "bandwidth_bps": int(said["BANDWIDTH"]),
        "average_bps": int(said["AVERAGE-BANDWIDTH"]),
        "codecs": said["CODECS"],
    }
    return _pending(variant).model_copy(update=measured)
