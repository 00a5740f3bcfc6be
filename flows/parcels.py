"""What is ready of a package, in the store and in `hls/package.json`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from flows.package_job import PackageJob
from flows.shelving import Shelving
from reels.film import PackagedVariant
from reels.hls import Captions, Ladder, Variant
from reels.hls.captions import folder_of
from reels.hls.lengths import check_lengths
from reels.hls.master import MASTER
from reels.hls.pieces import Piece, finished
from reels.hls.playlists import INDEX, KEYS
from reels.hls.reading import read_master
from reels.progress import Tally

#: What a segment costs beside one that is encoded, by its pixels.
_SOUND_PX, _COPY_PX = 20_000, 40_000


class Parcel:
    """The package in `root` on its way to those who watch; `captions` are its languages."""

    def __init__(
        self,
        job: PackageJob,
        ladder: Ladder,
        root: Path,
        shelving: Shelving,
        tally: Tally,
        captions: Collection[Captions] = (),
    ) -> None:
        self._job = job
        self._ladder = ladder
        self._root = root
        self._shelving = shelving
        self._tally = tally
        self._languages = tuple(each.language for each in captions)
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
            captions=self._languages,
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
        for name in self._beside(variants):
            self._shelving.put(name)
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

    def _beside(self, variants: Sequence[Variant]) -> Iterator[str]:
        """What the master leads to, beside segments."""
        for name in dict.fromkeys(n for each in variants for n in (each.name, each.sound) if n):
            for playlist in (INDEX, KEYS):
                if (self._root / name / playlist).is_file():
                    yield f"{name}/{playlist}"
        for language in self._languages:
            folder = folder_of(language)
            # The playlist names the others, and comes after them.
            files = sorted(each.name for each in (self._root / folder).iterdir())
            yield from (f"{folder}/{name}" for name in sorted(files, key=INDEX.__eq__))


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
